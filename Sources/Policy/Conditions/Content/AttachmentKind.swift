// Kinds of attachments by extension and media type. The names of the files decide as well as the declared types,
// because mail programs go by either. With `inside: true` a rule has the type by content decide too.

import Detection

/// A kind that rules can name.
enum AttachmentKind: String, Sendable, CaseIterable {
    /// What a click can run, on any common system.
    case program
    /// A file of files.
    case archive
    /// Texts, tables, slides, PDF.
    case document
    /// An office document that may carry macros.
    case macroDocument = "macro-document"
    case image
    case audio
    case video
    /// A mail within the mail.
    case message
    /// Dates and invitations.
    case calendar
    /// None of these.
    case other

    func covers(_ attachment: Attachment) -> Bool {
        guard let table = Self.tables[self] else { return !Self.tables.values.contains { $0.covers(attachment) } }
        return table.covers(attachment)
    }

    /// As ``covers(_:)``, by names alone.
    func coversName(of file: Attachment) -> Bool {
        guard let table = Self.tables[self] else { return !Self.tables.values.contains { $0.coversName(of: file) } }
        return table.coversName(of: file)
    }

    /// True for a media type of the kind.
    func hasType(_ type: String) -> Bool { covers(Attachment(names: [], type: type, bytes: 0)) }

    private struct Table: Sendable {
        let extensions: [String]
        let types: [String]

        init(extensions: String, types: String) {
            self.extensions = extensions.split(whereSeparator: \.isWhitespace).map { ".\($0)" }
            self.types = types.split(whereSeparator: \.isWhitespace).map(String.init)
        }

        func covers(_ attachment: Attachment) -> Bool {
            types.contains(where: attachment.hasType) || coversName(of: attachment)
        }

        func coversName(of file: Attachment) -> Bool { extensions.contains(where: file.hasExtension) }
    }

    /// All kinds but `other`.
    private static let tables: [AttachmentKind: Table] = [
        .program: Table(
            extensions: """
                ade adp apk app appimage application appref-ms appx appxbundle bash bat bin chm cmd com cpl crx deb \
                desktop diagcab dll dmg dylib elf exe gadget hlp hta inf ins isp jar jnlp js jse ksh lnk mde msc msi \
                msix msixbundle msp mst ocx out pif pkg ps1 ps1xml ps2 psc1 psd1 psm1 py rdp reg rpm run scf scpt scr \
                sct sh shb shs so sys url vb vbe vbs vbscript vxd wsc wsf wsh xap xbap xll library-ms pl search-ms \
                settingcontent-ms
                """,
            types: """
                application/x-msdownload application/x-msdos-program application/x-ms-dos-executable application/exe \
                application/x-exe application/x-dosexec application/x-executable \
                application/vnd.microsoft.portable-executable application/x-pie-executable application/x-sharedlib \
                application/x-elf application/x-mach-binary application/x-sh application/x-shellscript \
                text/x-shellscript application/x-bat application/bat application/x-msi application/x-ms-installer \
                application/x-ms-shortcut application/java-archive application/x-java-archive application/javascript \
                application/x-javascript text/javascript application/hta application/x-powershell \
                application/vnd.android.package-archive application/vnd.debian.binary-package \
                application/x-debian-package application/x-rpm application/x-apple-diskimage \
                application/x-ms-application application/x-java-applet application/x-object \
                text/x-msdos-batch
                """),
        .archive: Table(
            extensions: """
                7z ace alz apk ar arc arj bz2 cab cpio dmg ear egg gz img iso jar lha lz lz4 lzh lzma pak rar rpm \
                tar tbz tbz2 tgz txz tzst udf vhd vhdx war wim xar xz z zip zipx zst
                """,
            types: """
                application/zip application/x-zip-compressed application/x-7z-compressed application/vnd.rar \
                application/x-rar application/x-rar-compressed application/gzip application/x-gzip application/x-tar \
                application/x-bzip2 application/x-xz application/zstd application/vnd.ms-cab-compressed \
                application/x-iso9660-image application/x-lzh-compressed application/java-archive
                """),
        .document: Table(
            extensions: """
                abw csv doc docm docx dot dotm dotx epub key md numbers odf odg odp ods odt otp ots ott pages pdf \
                pot potm potx pps ppsm ppsx ppt pptm pptx rtf tex tsv txt vsd vsdx wpd wps xls xlsb xlsm xlsx xlt \
                xltm xltx xps
                """,
            types: """
                application/pdf application/x-pdf application/rtf text/rtf text/csv application/msword \
                application/vnd.ms-excel application/vnd.ms-powerpoint application/vnd.visio \
                application/vnd.openxmlformats-officedocument.wordprocessingml.document \
                application/vnd.openxmlformats-officedocument.spreadsheetml.sheet \
                application/vnd.openxmlformats-officedocument.presentationml.presentation \
                application/vnd.oasis.opendocument.text application/vnd.oasis.opendocument.spreadsheet \
                application/vnd.oasis.opendocument.presentation application/epub+zip
                """),
        .macroDocument: Table(
            extensions: "docm dotm potm ppam ppsm pptm sldm xlam xlsb xlsm xltm xla",
            types: """
                application/vnd.ms-word.document.macroenabled.12 application/vnd.ms-word.template.macroenabled.12 \
                application/vnd.ms-excel.sheet.macroenabled.12 application/vnd.ms-excel.template.macroenabled.12 \
                application/vnd.ms-excel.addin.macroenabled.12 application/vnd.ms-excel.sheet.binary.macroenabled.12 \
                application/vnd.ms-powerpoint.presentation.macroenabled.12 \
                application/vnd.ms-powerpoint.slideshow.macroenabled.12 \
                application/vnd.ms-powerpoint.addin.macroenabled.12
                """),
        .image: Table(
            extensions: "avif bmp dcm gif heic heif ico jfif jpe jpeg jpg jxl png psd svg svgz tif tiff webp",
            types: "image/* application/dicom"),
        .audio: Table(extensions: "aac aif aiff amr flac m4a mid midi mp3 oga ogg opus wav wma", types: "audio/*"),
        .video: Table(extensions: "3gp avi flv m4v mkv mov mp4 mpeg mpg ogv webm wmv", types: "video/*"),
        .message: Table(extensions: "eml mht mhtml msg tnef", types: "message/rfc822 message/global"),
        .calendar: Table(extensions: "ics ifb ical vcs", types: "text/calendar application/ics text/x-vcalendar"),
    ]
}

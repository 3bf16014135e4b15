// Families of files: what an extension or a claimed type promises, and which real types (by libmagic) keep the promise.
// Coarse on purpose: a mismatch is one that matters, such as a program called a picture. Pure tables.

import Detection

/// A family of files.
enum FileFamily: Sendable {
    /// What a system runs: PE, ELF, Mach-O, bytecode, installers.
    case program
    /// Office Open XML, OpenDocument, EPUB: zip files.
    case office
    /// Office files before 2007: compound files.
    case oldOffice
    case pdf, rtf, image, sound, archive, text

    /// What the names and the claimed type of a file promise; types that promise nothing are left out.
    static func claims(of file: Attachment, isMember: Bool) -> [FileFamily] {
        var claims = file.extensions.compactMap { byExtension[$0] }
        if !isMember, let family = byClaimedType(file.type) { claims.append(family) }
        return claims
    }

    /// Whether a real type breaks one of the promises; unknown where the content was not recognised.
    static func mismatch(_ claims: [FileFamily], real: String) -> Truth {
        if ["inode/x-empty", "application/x-empty"].contains(real) { return .no }
        guard let family = byRealType(real) else {
            // Sound, video and old formats are often not recognised; the others have marks that are.
            let marked = claims.contains { [.pdf, .office, .oldOffice, .image, .archive].contains($0) }
            return marked ? .unknown(.permanent("the real type \(real) says too little")) : .no
        }
        return Truth(claims.contains { !$0.accepts(family, real) })
    }

    private func accepts(_ real: FileFamily, _ type: String) -> Bool {
        switch self {
        // Installers are compound files, Java and Android programs are zip files, scripts are texts.
        case .program: [.program, .archive, .oldOffice, .text, .office].contains(real)
        // With a password such a document is a compound file.
        case .office: real == .office || type == "application/zip" || real == .oldOffice
        // Programs write RTF, HTML, CSV and new formats under the old names.
        case .oldOffice: [.oldOffice, .office, .rtf, .text].contains(real)
        case .rtf: real == .rtf || real == .text
        // SVG is text.
        case .image: real == .image || type == "image/svg+xml" || type == "text/xml" || type == "application/xml"
        case .sound: real == .sound
        case .archive: [.archive, .office].contains(real)
        case .text: real == .text || type == "image/svg+xml"
        case .pdf: real == .pdf
        }
    }

    private static func byClaimedType(_ type: String) -> FileFamily? {
        // Mail programs send everything under the first, and many things as text/plain.
        if ["application/octet-stream", "text/plain", "application/x-unknown"].contains(type) { return nil }
        return byRealType(type)
    }

    /// - Returns: nil for a type that says nothing, such as `application/octet-stream`.
    static func byRealType(_ type: String) -> FileFamily? {
        if let family = byType[type] { return family }
        // OpenDocument in one file is XML.
        if type.hasSuffix("-flat-xml") { return .text }
        if AttachmentKind.program.hasType(type) { return .program }
        if type.hasPrefix("application/vnd.openxmlformats-officedocument.")
            || type.hasPrefix("application/vnd.oasis.opendocument.")
        {
            return .office
        }
        if type.hasPrefix("image/") { return .image }
        if type.hasPrefix("audio/") || type.hasPrefix("video/") { return .sound }
        if type.hasPrefix("text/") || type.hasPrefix("message/") || type.hasSuffix("+xml") || type.hasSuffix("+json") {
            return .text
        }
        return AttachmentKind.archive.hasType(type) ? .archive : nil
    }

    private static let byType: [String: FileFamily] = table([
        (.pdf, "application/pdf application/x-pdf"), (.rtf, "text/rtf application/rtf"),
        (.office, "application/epub+zip"),
        (
            .oldOffice,
            """
            application/msword application/vnd.ms-excel application/vnd.ms-powerpoint application/vnd.ms-outlook \
            application/vnd.ms-office application/vnd.visio application/x-ole-storage application/cdfv2 \
            application/encrypted
            """
        ),
        (
            .text,
            """
            application/json application/xml application/csv application/x-ndjson application/pgp-keys \
            application/pgp-signature application/ics application/postscript text/x-shellscript text/javascript \
            application/javascript application/x-javascript
            """
        ),
        (.sound, "application/ogg application/x-matroska"),
    ])

    private static let byExtension: [String: FileFamily] = table([
        (.program, "exe dll com scr sys cpl msi msix ocx elf so dylib apk jar deb rpm class pif"),
        (.office, "docx docm dotx dotm xlsx xlsm xltx xltm xlsb pptx pptm potx ppsx ppsm odt ods odp odg ott epub"),
        (.oldOffice, "doc dot xls xlt ppt pps pot vsd"), (.pdf, "pdf"), (.rtf, "rtf"),
        (.image, "avif bmp gif heic heif ico jfif jpe jpeg jpg png svg tif tiff webp"),
        (.sound, "aac aif aiff avi flac m4a m4v mid midi mkv mov mp3 mp4 mpeg mpg oga ogg ogv opus wav webm wmv"),
        (.archive, "7z bz2 cab gz lzma rar tar tbz2 tgz txz xz zip zst"),
        (.text, "asc c csv css eml htm html ics json log md pem py sh txt tsv vcf xml yaml yml"),
    ])

    private static func table(_ rows: [(FileFamily, String)]) -> [String: FileFamily] {
        var table: [String: FileFamily] = [:]
        for (family, words) in rows {
            for word in words.split(separator: " ") { table[String(word)] = family }
        }
        return table
    }
}

// What bytes really are: libmagic, and signatures of our own where libmagic looks only at the very beginning or may be
// led astray. One handle per process; reads the database of libmagic when it is made.

import CMagic

/// The type of bytes.
final class Magic {
    private let handle: magic_t

    /// - Returns: nil where the database cannot be read.
    init?() {
        guard let handle = magic_open(MAGIC_MIME_TYPE | MAGIC_NO_CHECK_COMPRESS | MAGIC_ERROR) else { return nil }
        guard magic_load(handle, nil) == 0 else {
            magic_close(handle)
            return nil
        }
        self.handle = handle
    }

    deinit { magic_close(handle) }

    /// Media type in lower case, or nil where it cannot be told.
    func type(of bytes: [UInt8]) -> String? {
        guard !bytes.isEmpty else { return "application/x-empty" }
        // It looks at no more than the first 7 MiB whatever it is given.
        return bytes.withUnsafeBytes { raw in
            guard let text = magic_buffer(handle, raw.baseAddress, min(raw.count, 1 << 23)) else { return nil }
            let type = String(cString: text).lowercased()
            if type == "application/zip" { return Self.documentType(bytes) ?? type }
            return type.contains("/") ? type : nil
        }
    }

    /// libmagic knows Office Open XML by the order of its files, which is free.
    private static func documentType(_ bytes: [UInt8]) -> String? {
        guard Search.find(Array("[Content_Types].xml".utf8), in: bytes[...]) != nil else { return nil }
        let kinds = [
            ("word/document", "wordprocessingml.document"), ("xl/workbook", "spreadsheetml.sheet"),
            ("ppt/presentation", "presentationml.presentation"),
        ]
        let kind = kinds.first { Search.find(Array($0.0.utf8), in: bytes[...]) != nil }
        return kind.map { "application/vnd.openxmlformats-officedocument.\($0.1)" }
    }
}

/// How bytes are read.
enum Kind: Equatable {
    case zip, archive, compressed, pdf, rtf, ole, html, xml, mail, text
    /// Nothing to read in it: pictures, sound, programs.
    case silent
    case unknown

    /// - Parameters:
    ///   - realType: what libmagic says.
    ///   - claimed: what the mail or the archive says, or its name suggests; only among kinds of text it counts.
    init(_ bytes: [UInt8], realType: String?, claimed: String, name: String) {
        if let kind = Kind(signature: bytes) {
            self = kind
            return
        }
        let type = realType ?? ""
        let ending = Self.ending(of: name)
        // An office document in one file, which libmagic knows by the name of the one in a zip archive.
        if type != "text/html", XMLCharset.begins(bytes),
            type.contains("xml") || claimed.hasSuffix("xml") || Self.xmlEndings.contains(ending)
                || bytes.starts(with: Array("<?xml".utf8))
        {
            self = .xml
            return
        }
        switch type {
        case "application/zip", "application/java-archive", "application/epub+zip": self = .zip
        case "application/pdf": self = .pdf
        case "text/rtf", "application/rtf": self = .rtf
        case "application/x-ole-storage", "application/cdfv2", "application/msword", "application/vnd.ms-excel",
            "application/vnd.ms-powerpoint", "application/encrypted":
            self = .ole
        case "text/html", "application/xhtml+xml": self = .html
        case "message/rfc822", "message/news", "application/mbox": self = .mail
        case "text/xml", "application/xml", "image/svg+xml": self = .xml
        case "application/x-empty", "inode/x-empty": self = .silent
        case _ where Self.archives.contains(type): self = .archive
        case _ where Self.compressions.contains(type): self = .compressed
        case _ where type.hasPrefix("application/vnd.openxmlformats") || type.hasPrefix("application/vnd.oasis"):
            self = .zip
        case _ where type.hasPrefix("text/") || Self.texts.contains(type):
            // Mailbox files have names like INBOX.
            self =
                MailboxFile.begins(bytes) && (ending == name.lowercased() || MailboxFile.isDated(bytes.prefix(256)))
                ? .mail : Self.text(claimed: claimed, ending: ending)
        case _ where Self.isSilent(type): self = .silent
        default: self = .unknown
        }
    }

    private static let xmlEndings: Set<String> = [
        "xml", "svg", "fodt", "fods", "fodp", "fodg", "xsl", "xsd", "rdf", "kml",
    ]

    /// What follows the last dot of a name, in lower case.
    static func ending(of name: String) -> String {
        name.lowercased().split(separator: ".").last.map(String.init) ?? ""
    }

    /// False where the name lets programs open the file as a text, though it is of this kind: `cards.csv` that begins
    /// as an e-mail does; and for kinds that nothing is read of. Texts are read as texts anyway.
    func isRead(as file: Examiner.File) -> Bool {
        switch self {
        case .text, .html, .xml: return true
        case .silent, .unknown: return false
        default: return !Self.textEndings.contains(file.ending)
        }
    }

    private static let textEndings: Set<String> = [
        "txt", "csv", "tsv", "log", "md", "json", "yaml", "yml", "ini", "conf", "sql", "text", "asc", "tab", "ics",
        "vcf",
    ]

    private static func text(claimed: String, ending: String) -> Kind {
        if ["eml", "mht", "mhtml", "mbox"].contains(ending) || claimed.hasPrefix("message/")
            || claimed == "application/mbox"
        {
            return .mail
        }
        if ["html", "htm", "xhtml", "shtml"].contains(ending) || claimed == "text/html" { return .html }
        if xmlEndings.contains(ending) { return .xml }
        return .text
    }

    private init?(signature bytes: [UInt8]) {
        if bytes.starts(with: [0x50, 0x4B, 3, 4]) || bytes.starts(with: [0x50, 0x4B, 5, 6]) {
            self = .zip
        } else if bytes.starts(with: [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C]) || bytes.starts(with: Array("Rar!".utf8))
            || bytes.starts(with: Array("MSCF".utf8)) || bytes.dropFirst(257).starts(with: Array("ustar".utf8))
        {
            self = .archive
        } else if bytes.starts(with: [0x1F, 0x8B]) || bytes.starts(with: [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0])
            || bytes.starts(with: Array("BZh".utf8)) || bytes.starts(with: [0x28, 0xB5, 0x2F, 0xFD])
        {
            self = .compressed
        } else if bytes.starts(with: [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]) {
            self = .ole
        } else if bytes.starts(with: Array("{\\rt".utf8)) {
            self = .rtf
        } else if MailFile.beginsWithVersion(bytes) || MailFile.appleMessage(bytes) != nil {
            // Web archives that are called documents; the files of Apple's program.
            self = .mail
        } else if Search.find(Array("%PDF-".utf8), in: bytes[..<min(bytes.count, 1029)]) != nil {
            // Readers take a PDF whose mark stands anywhere in the first 1024 bytes.
            self = .pdf
        } else {
            return nil
        }
    }

    private static let archives: Set<String> = [
        "application/x-tar", "application/x-7z-compressed", "application/x-rar", "application/vnd.rar",
        "application/vnd.ms-cab-compressed", "application/x-cpio", "application/x-archive", "application/x-lha",
        "application/x-lzh-compressed", "application/x-iso9660-image", "application/x-rpm",
        "application/vnd.debian.binary-package",
    ]
    private static let compressions: Set<String> = [
        "application/gzip", "application/x-gzip", "application/x-bzip2", "application/x-xz", "application/zstd",
        "application/x-zstd", "application/x-lzma", "application/x-compress", "application/x-lz4", "application/x-lzip",
    ]
    private static let texts: Set<String> = [
        "application/json", "application/javascript", "application/x-ndjson", "application/csv",
        "application/x-wine-extension-ini", "application/postscript", "application/pgp-keys",
        "application/pgp-signature", "application/x-setupscript", "application/x-bytecode.python",
        "application/x-subrip",
    ]

    /// Formats that hold no text a mail policy could ask for.
    private static func isSilent(_ type: String) -> Bool {
        if ["image/", "audio/", "video/", "font/"].contains(where: type.hasPrefix) { return true }
        return [
            "application/x-dosexec", "application/vnd.microsoft.portable-executable", "application/x-executable",
            "application/x-pie-executable", "application/x-sharedlib", "application/x-mach-binary",
            "application/x-object", "application/x-java-applet", "application/vnd.ms-opentype", "application/ogg",
            "application/x-font-ttf", "application/vnd.iccprofile", "application/x-ms-shortcut",
        ].contains(type)
    }
}

// Files that are no plain text, told by their first octets: where a part is called text and is one of these, what it
// says cannot be read as text. Pure.

/// Kinds of files whose text is not in their octets as they stand.
enum FileStart {
    /// The kind that octets start as, or nil.
    static func of(_ octets: [UInt8]) -> String? {
        marks.first { octets.starts(with: $0.octets) }?.name
    }

    private static let marks: [(octets: [UInt8], name: String)] = [
        (Array("PK\u{3}\u{4}".utf8), "a ZIP file or an office document"), (Array("%PDF-".utf8), "a PDF document"),
        (Array("{\\rtf".utf8), "an RTF document"),
        ([0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1], "an old office document"),
        ([0x1F, 0x8B, 0x08], "a gzip file"), (Array("BZh".utf8) + [0x39], "a bzip2 file"),
        ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], "an xz file"),
        (Array("7z\u{BC}".unicodeScalars.map { UInt8($0.value) }), "a 7-Zip file"),
        (Array("Rar!".utf8) + [0x1A, 0x07], "a RAR file"),
    ]
}

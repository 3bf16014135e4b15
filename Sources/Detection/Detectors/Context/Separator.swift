// What stands between the digits of a number that is written in groups. Pure.

/// What may stand between the digits of a number that is written in groups.
enum Separator {
    /// Length in bytes of the separator that starts at an offset, or 0: a space, tab, hyphen or dot of ASCII, the
    /// no-break spaces and the hyphens of Unicode, the soft hyphen and zero-width characters that word processors
    /// leave.
    static func length(_ text: UnsafeBufferPointer<UInt8>, _ index: Int) -> Int {
        guard index < text.count else { return 0 }
        switch text[index] {
        case UInt8(ascii: " "), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "\t"): return 1
        case 0xC2:  // U+00A0 no-break space, U+00AD soft hyphen
            guard index + 1 < text.count else { return 0 }
            return text[index + 1] == 0xA0 || text[index + 1] == 0xAD ? 2 : 0
        case 0xE2:
            guard index + 2 < text.count else { return 0 }
            switch (text[index + 1], text[index + 2]) {
            case (0x80, 0x80...0x8D), (0x80, 0x90...0x95), (0x80, 0xAF), (0x81, 0x9F), (0x81, 0xA0), (0x88, 0x92):
                // U+2000-200D spaces and joiners, U+2010-2015 hyphens and dashes, U+202F, U+205F, U+2060, U+2212
                return 3
            default: return 0
            }
        case 0xE3:  // U+3000 ideographic space
            guard index + 2 < text.count else { return 0 }
            return text[index + 1] == 0x80 && text[index + 2] == 0x80 ? 3 : 0
        case 0xEF:  // U+FEFF zero-width no-break space
            guard index + 2 < text.count else { return 0 }
            return text[index + 1] == 0xBB && text[index + 2] == 0xBF ? 3 : 0
        default: return 0
        }
    }

    /// Length in bytes of one line end with the separators before it and the indent or quote marks (`> `) behind it, or
    /// 0: mail programs wrap lines, and put marks in front of what they quote.
    static func lineBreak(_ text: UnsafeBufferPointer<UInt8>, _ index: Int) -> Int {
        var end = index + run(text, index)
        // CRLF, LF, or CR alone as old Macs had it.
        guard end < text.count, text[end] == 13 || text[end] == 10 else { return 0 }
        end += 1
        if text[end - 1] == 13, end < text.count, text[end] == 10 { end += 1 }
        let limit = min(text.count, end + 8)
        while end < limit, text[end] == UInt8(ascii: ">") || text[end] == 32 || text[end] == 9 { end += 1 }
        return end - index
    }

    /// Length in bytes of one to three separators from an offset on (`4111 - 1111`), or 0.
    static func run(_ text: UnsafeBufferPointer<UInt8>, _ index: Int) -> Int {
        var end = index
        for _ in 0..<3 {
            let length = length(text, end)
            if length == 0 { break }
            end += length
        }
        return end - index
    }
}

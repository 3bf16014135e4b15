// The lines around an inline OpenPGP message (RFC 4880 section 6.2) in a decoded text. Pure; linear.

enum OpenPGPMarks {
    static let begin = "-----BEGIN PGP MESSAGE-----"
    static let end = "-----END PGP MESSAGE-----"

    /// True where a text has a line that begins an armored message and, behind it, one that ends it.
    static func holdsMessage(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { block(in: UnsafeRawBufferPointer($0)) } != nil
    }

    /// From the first hyphen of the first armored message to the end of its last line, its line end included.
    static func block(in octets: [UInt8]) -> Range<Int>? {
        octets.withUnsafeBytes { block(in: $0) }
    }

    private static func block(in octets: UnsafeRawBufferPointer) -> Range<Int>? {
        guard let first = line(begin, in: octets, from: 0), let last = line(end, in: octets, from: first.upperBound)
        else { return nil }
        var behind = last.upperBound
        while behind < octets.count, octets[behind] != 10, octets[behind] <= 32 { behind += 1 }
        return first.lowerBound..<min(behind + 1, octets.count)
    }

    /// Where the first line is that is this mark, white space at its end aside.
    private static func line(_ mark: String, in octets: UnsafeRawBufferPointer, from start: Int) -> Range<Int>? {
        var place = start
        let pattern = Array(mark.utf8)
        while let found = octets.find(pattern, from: place) {
            let behind = found + pattern.count
            let isAtStart = found == 0 || octets[found - 1] == 10
            let isAtEnd = behind == octets.count || octets[behind] <= 32
            if isAtStart, isAtEnd { return found..<behind }
            place = behind
        }
        return nil
    }
}

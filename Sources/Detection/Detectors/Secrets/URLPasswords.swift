// Passwords in URLs: `scheme://user:password@host` (RFC 3986 section 3.2.1). Pure.

/// Finds passwords of URLs.
enum URLPasswords {
    /// What manuals write in the place of one.
    private static let placeholders = WordSet([
        "password", "passwort", "passwd", "pass", "pwd", "secret", "token", "xxx*", "motdepasse", "contraseña",
        "wachtwoord",
        "your*", "my*", "p4ss",
    ])

    /// The password of a URL whose colon behind the scheme stands at an offset.
    static func password(_ text: UnsafeBufferPointer<UInt8>, at colon: Int) -> Range<Int>? {
        guard colon > 0, Octet.isWord(text[colon - 1]), colon + 3 < text.count, text[colon + 1] == UInt8(ascii: "/"),
            text[colon + 2] == UInt8(ascii: "/")
        else { return nil }
        var index = colon + 3
        var second: Int?
        var at: Int?
        // The authority ends at a slash; 64 bytes of user and 80 of password.
        while index < text.count, index - colon < 148, text[index] > 32, !"/?#\"'<>".utf8.contains(text[index]) {
            if text[index] == UInt8(ascii: ":"), second == nil { second = index }
            if text[index] == UInt8(ascii: "@") { at = index }
            index += 1
        }
        guard let second, let at, second + 1 < at, second - colon <= 66, at - second <= 80, at + 1 < index,
            Octet.isWord(text[at + 1]) || text[at + 1] == UInt8(ascii: "[")
        else { return nil }
        let range = second + 1..<at
        return isPlaceholder(text, range) ? nil : range
    }

    private static func isPlaceholder(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
        guard range.count >= 4, !"<[{$*%".utf8.contains(text[range.lowerBound]) else { return true }
        if range.count <= 5, text[range].allSatisfy(Octet.isDigit) { return true }
        let first = text[range.lowerBound]
        if text[range].allSatisfy({ $0 == first }) { return true }
        return placeholders.longest(at: range.lowerBound, text) == range.upperBound
    }
}

// Writes unstructured header values (Subject, Comments, display names): RFC 2047 words where they are needed, folded.
// Pure; total. The output is ASCII and never holds a bare line end, whatever the text holds.

/// Encoding of header text.
package enum HeaderText {
    /// Longest line without CRLF (RFC 2047 section 2; RFC 5322 section 2.1.1 would allow 78).
    private static let lineBytes = 76
    /// Longest encoded word.
    private static let wordBytes = 75

    /// The value of a field, to be written behind `fieldName: `.
    /// - Parameters:
    ///   - text: any text; line ends and other control characters become spaces.
    ///   - fieldName: the field's name, whose length counts on the first line.
    /// - Returns: ASCII, folded with CRLF SP, without a CRLF at its end.
    package static func encode(_ text: String, fieldName: String) -> String {
        let clean = EncodedWords.withoutControls(text)
        let used = fieldName.utf8.count + 2
        if isPlain(clean, used: used) { return clean }
        if clean.utf8.allSatisfy({ $0 < 128 }), !clean.contains("=?"), let folded = fold(clean, used: used) {
            return folded
        }
        return encodedWords(clean, used: used)
    }

    /// A phrase such as a display name: as it is where it is made of atoms, quoted where ASCII allows, else encoded
    /// words (RFC 5322 section 3.2.5, RFC 2047 section 5.3).
    package static func phrase(_ text: String) -> String {
        let clean = EncodedWords.withoutControls(text)
        let isASCII = clean.utf8.allSatisfy { $0 < 128 } && !clean.contains("=?") && clean.utf8.count <= 60
        guard isASCII else { return encodedWords(clean, used: 12) }
        if !clean.isEmpty, clean.utf8.allSatisfy(isAtomOrSpace), !clean.hasPrefix(" "), !clean.hasSuffix(" ") {
            return clean
        }
        return "\"\(clean.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
    }

    private static func isAtomOrSpace(_ octet: UInt8) -> Bool {
        octet == 32 || (octet > 32 && octet < 127 && !"()<>[]:;@\\,.\"".utf8.contains(octet))
    }

    /// ASCII that fits on one line, does not look like an encoded word, and has no white space that unfolding would
    /// trim.
    private static func isPlain(_ text: String, used: Int) -> Bool {
        text.utf8.count + used <= lineBytes && text.utf8.allSatisfy { $0 < 128 } && !text.contains("=?")
            && !text.hasPrefix(" ") && !text.hasSuffix(" ")
    }

    /// Folds before spaces; nil where a word alone is longer than a line, or where a space stands at an end or next to
    /// another (a line of white space only would be possible).
    private static func fold(_ text: String, used: Int) -> String? {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard words.allSatisfy({ !$0.isEmpty && $0.utf8.count < lineBytes }) else { return nil }
        var folded = ""
        var column = used
        for (index, word) in words.enumerated() {
            let length = word.utf8.count + (index == 0 ? 0 : 1)
            if column + length > lineBytes {
                guard index > 0 else { return nil }
                folded += "\r\n \(word)"
                column = length
            } else {
                folded += index == 0 ? String(word) : " \(word)"
                column += length
            }
        }
        return folded
    }

    /// All of the text in UTF-8 words, in the shorter of the two encodings; characters are never cut in two.
    private static func encodedWords(_ text: String, used: Int) -> String {
        let utf8 = text.utf8
        let escaped = utf8.reduce(0) { $0 + (isSafeInQ($1) || $1 == 32 ? 1 : 3) }
        let isQ = escaped <= (utf8.count + 2) / 3 * 4
        let head = "=?UTF-8?\(isQ ? "Q" : "B")?"
        var words: [String] = []
        var piece: [UInt8] = []
        var pieceCost = 0
        // The first word shares its line with the field's name; a long name leaves it a little room at least.
        var room = max(24, min(wordBytes, lineBytes - used)) - head.utf8.count - 2
        for scalar in text.unicodeScalars {
            let octets = Array(String(scalar).utf8)
            let cost = octets.reduce(0) { $0 + (isSafeInQ($1) || $1 == 32 ? 1 : 3) }
            let next = isQ ? pieceCost + cost : (piece.count + octets.count + 2) / 3 * 4
            if next > room, !piece.isEmpty {
                words.append(head + (isQ ? quoted(piece) : base64(piece)) + "?=")
                piece = []
                pieceCost = 0
                // A line begins with the space that folds it.
                room = wordBytes - head.utf8.count - 2
            }
            piece += octets
            pieceCost += cost
        }
        words.append(head + (isQ ? quoted(piece) : base64(piece)) + "?=")
        return words.joined(separator: "\r\n ")
    }

    /// What may stand unescaped even in a phrase (RFC 2047 section 5.3).
    private static func isSafeInQ(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!*+-/".utf8.contains(octet)
        }
    }

    private static func quoted(_ octets: [UInt8]) -> String {
        var text = ""
        for octet in octets {
            if octet == 32 {
                text += "_"
            } else if isSafeInQ(octet) {
                text.unicodeScalars.append(Unicode.Scalar(octet))
            } else {
                let digits = String(octet, radix: 16, uppercase: true)
                text += digits.utf8.count == 1 ? "=0\(digits)" : "=\(digits)"
            }
        }
        return text
    }

    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".unicodeScalars)

    private static func base64(_ octets: [UInt8]) -> String {
        var text = String.UnicodeScalarView()
        for start in stride(from: 0, to: octets.count, by: 3) {
            let group = octets[start..<min(start + 3, octets.count)]
            let bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
            for index in 0..<4 {
                let value = Int(bits >> UInt32(18 - 6 * index)) & 63
                text.append(index <= group.count ? alphabet[value] : "=")
            }
        }
        return String(text)
    }
}

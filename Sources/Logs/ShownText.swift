// Text of others on its way to a terminal or a log: what such a place obeys instead of showing is written as an escape.

/// Escapes for characters that are obeyed.
package enum ShownText {
    /// The text with an escape in the place of every control character, line or paragraph separator, and character that
    /// turns the direction of what follows or is not seen. Escapes are those of JSON: `\u202e`.
    /// - Parameter keepsLines: line feeds and tabs stay: the text has lines of our own.
    package static func escaped(_ text: String, keepsLines: Bool = false) -> String {
        guard text.unicodeScalars.contains(where: isObeyed) else { return text }
        var out = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n" where keepsLines, "\t" where keepsLines: out.unicodeScalars.append(scalar)
            case "\n": out += "\\n"
            case "\r": out += "\\r"
            case "\t": out += "\\t"
            case _ where isObeyed(scalar): out += escape(scalar)
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }

    /// True for what is never shown as it is.
    static func isObeyed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<32, 127..<160, 0xAD, 0x061C, 0x180E, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF,
            0xFFF9...0xFFFB:
            true
        default: false
        }
    }

    /// `\u202e`.
    static func escape(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16)
        return "\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}

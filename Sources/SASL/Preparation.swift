// SASLprep (RFC 4013) as far as Foundation goes: some characters mapped, NFKC, what must not be there refused. Names
// are compared in lower case besides. Not done: the check of bidirectional text and of unassigned code points.

import Foundation

/// Makes two spellings of one name or password meet.
package enum Preparation {
    /// Longest name or password, in octets before preparation.
    package static let mostBytes = 1024

    /// The prepared text; nil where it is empty, too long, or holds a control character, a private or a non-character.
    package static func prepare(_ text: String) -> String? {
        guard (1...mostBytes).contains(text.utf8.count) else { return nil }
        if text.utf8.allSatisfy({ (32...126).contains($0) }) { return text }
        var mapped = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if isNothing(scalar) { continue }
            // RFC 3454 table C.1.2: every other space is a space.
            mapped.append(scalar.properties.generalCategory == .spaceSeparator ? " " : scalar)
        }
        let normal = String(mapped).precomposedStringWithCompatibilityMapping
        guard !normal.isEmpty, normal.unicodeScalars.allSatisfy({ !isProhibited($0) }) else { return nil }
        return normal
    }

    /// A user's name as the file holds it: prepared, in lower case; nil for what is no name (white space, `:` and `,`
    /// would break the file or SCRAM's messages, `#` begins a comment).
    package static func name(_ text: String) -> String? {
        guard text.utf8.count <= 255, let prepared = prepare(text)?.lowercased() else { return nil }
        guard prepared.utf8.first != UInt8(ascii: "#") else { return nil }
        guard prepared.unicodeScalars.allSatisfy({ !$0.properties.isWhitespace && $0 != "," && $0 != ":" }) else {
            return nil
        }
        return prepared
    }

    /// RFC 3454 table B.1: characters that are commonly mapped to nothing.
    private static func isNothing(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x00AD, 0x034F, 0x1806, 0x180B...0x180D, 0x200B...0x200D, 0x2060, 0xFE00...0xFE0F, 0xFEFF: true
        default: false
        }
    }

    /// RFC 4013 section 2.3, by general category: control, format, private, surrogate, separators of lines, and U+FFFD.
    private static func isProhibited(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.value == 0xFFFD || scalar.properties.isNoncharacterCodePoint { return true }
        switch scalar.properties.generalCategory {
        case .control, .format, .privateUse, .surrogate, .lineSeparator, .paragraphSeparator: return true
        default: return false
        }
    }
}

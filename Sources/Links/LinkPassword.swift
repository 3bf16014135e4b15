// Passwords of letters: making them, and the one spelling under which they are derived (docs/links-protocol.md,
// section 2). Takes what a person typed; never fails on any text. Memory and randomness only.

import Foundation

/// Passwords that Letterlock makes, and normalisation of any.
package enum LinkPassword {
    /// Crockford's base32: no I, L, O, U, so that it can be read out on the phone.
    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
    private static let characters = 12
    private static let groupCharacters = 4

    /// A new password: 60 random bits as `XXXX-XXXX-XXXX`.
    /// - Throws: ``LinkError/library(_:)`` where there is no randomness.
    package static func make() throws(LinkError) -> String {
        var password = ""
        for (index, byte) in try Randomness.bytes(characters).enumerated() {
            if index > 0, index % groupCharacters == 0 { password.append("-") }
            password.append(alphabet[Int(byte & 31)])  // 32 characters: each is equally likely
        }
        return password
    }

    /// The spelling that is derived.
    ///
    /// Made: Unicode NFKC, ASCII letters in upper case, white space, dashes, full stops and underscores dropped, `O`
    /// read as `0`, `I` and `L` as `1`. Chosen: NFKC, then without white space at both ends.
    package static func normalise(_ typed: String, kind: LockedLetter.PasswordKind) -> String {
        switch kind {
        case .made: normaliseMade(typed.precomposedStringWithCompatibilityMapping)
        case .chosen: trim(typed.precomposedStringWithCompatibilityMapping)
        }
    }

    private static func normaliseMade(_ typed: String) -> String {
        var kept = String.UnicodeScalarView()
        for scalar in typed.unicodeScalars where !isWhiteSpace(scalar) && !isSeparator(scalar) {
            switch scalar {
            case "O", "o": kept.append("0")
            case "I", "i", "L", "l": kept.append("1")
            case "a"..."z": kept.append(Unicode.Scalar(UInt8(scalar.value - 32)))
            default: kept.append(scalar)
            }
        }
        return String(kept)
    }

    private static func trim(_ text: String) -> String {
        var scalars = Substring(text).unicodeScalars
        while let first = scalars.first, isWhiteSpace(first) { scalars.removeFirst() }
        while let last = scalars.last, isWhiteSpace(last) { scalars.removeLast() }
        return String(scalars)
    }

    /// What ECMAScript's `trim` takes off, so that the page can use it (ECMA-262, WhiteSpace and LineTerminator).
    private static func isWhiteSpace(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09...0x0d, 0x20, 0xa0, 0x1680, 0x2000...0x200a, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000, 0xfeff: true
        default: false
        }
    }

    /// What people, and keyboards that know better, put between groups.
    private static func isSeparator(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "." || scalar == "_" || scalar == "\u{2212}" || scalar.properties.generalCategory == .dashPunctuation
    }
}

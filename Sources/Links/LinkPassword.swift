// Passwords of letters: making them, and the one spelling under which they are derived (docs/inside/links-protocol.md,
// section 2). Takes what a person typed; never fails on any text. Memory and randomness only.

package import Cryptography
import Foundation
import Mail

/// Passwords that Letterlock makes, and normalisation of any.
package enum LinkPassword {
    /// Crockford's base32: no I, L, O, U, so that it can be read out on the phone.
    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
    private static let characters = 12
    private static let groupCharacters = 4

    /// A new password: 60 random bits as `XXXX-XXXX-XXXX`.
    /// - Throws: ``CryptographyError/library(_:)`` where there is no randomness.
    package static func make() throws(CryptographyError) -> String {
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
    /// read as `0`, `I` and `L` as `1`. Chosen: ``ChosenPassword/folded(_:)``.
    package static func normalise(_ typed: String, kind: LockedLetter.PasswordKind) -> String {
        switch kind {
        case .made: normaliseMade(typed.precomposedStringWithCompatibilityMapping)
        case .chosen: ChosenPassword.folded(typed)
        }
    }

    private static func normaliseMade(_ typed: String) -> String {
        var kept = String.UnicodeScalarView()
        for scalar in typed.unicodeScalars where !ChosenPassword.isWhiteSpace(scalar) && !isSeparator(scalar) {
            switch scalar {
            case "O", "o": kept.append("0")
            case "I", "i", "L", "l": kept.append("1")
            case "a"..."z": kept.append(Unicode.Scalar(UInt8(scalar.value - 32)))
            default: kept.append(scalar)
            }
        }
        return String(kept)
    }

    /// What people, and keyboards that know better, put between groups.
    private static func isSeparator(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "." || scalar == "_" || scalar == "\u{2212}" || scalar.properties.generalCategory == .dashPunctuation
    }
}

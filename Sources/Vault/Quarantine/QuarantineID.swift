// Names of held messages.

import Cryptography
package import Mail

/// Names of held messages.
package enum QuarantineID {
    /// Crockford's base32: can be read out and typed.
    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ")

    /// A new one: 50 random bits as `XXXXX-XXXXX`.
    /// - Throws: a ``Refusal`` of cause `internalError` where there is no randomness.
    package static func make() throws(Refusal) -> String {
        do throws(CryptographyError) {
            // 32 characters: each is equally likely.
            let characters = try Randomness.bytes(10).map { alphabet[Int($0 & 31)] }
            return String(characters[..<5]) + "-" + String(characters[5...])
        } catch {
            throw Refusal(.internalError, "internal error", detail: "making an id: \(error)")
        }
    }

    /// The spelling of an id that somebody typed; nil where it is none.
    package static func normalise(_ typed: String) -> String? {
        let characters = typed.uppercased().filter { $0 != "-" && $0 != " " }.map { character -> Character in
            switch character {
            case "O": "0"
            case "I", "L": "1"
            default: character
            }
        }
        guard characters.count == 10, characters.allSatisfy(alphabet.contains) else { return nil }
        return String(characters[..<5]) + "-" + String(characters[5...])
    }
}

// Random words that make boundaries and Message-IDs unique.

import Cryptography
import Mail

/// Random words for boundaries and Message-IDs.
enum Token {
    /// base64url without padding, from `bytes` random bytes.
    static func random(bytes: Int) throws(Refusal) -> String {
        do throws(CryptographyError) {
            return Base64URL.encode(try Randomness.bytes(bytes))
        } catch {
            throw error.refusal
        }
    }
}

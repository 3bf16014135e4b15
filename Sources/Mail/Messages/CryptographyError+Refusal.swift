// The refusal that a failure of cryptography becomes on the message path.

package import Cryptography

extension CryptographyError {
    /// A temporary failure of ours (451).
    package var refusal: Refusal {
        Refusal(
            .internalError, "the message cannot be locked now, try again later", detail: "locking a letter: \(self)")
    }
}

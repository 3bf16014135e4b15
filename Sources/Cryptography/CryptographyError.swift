// What can go wrong inside this module, and the refusal it becomes at the module's border.

package import Mail

/// Why locking or opening a letter failed.
package enum LinkError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The crypto library failed in the named step (no memory, no randomness).
    case library(String)
    /// A sealed value is shorter than its nonce and tag, or a length in it does not fit.
    case malformed(String)
    /// The tag is wrong: another key, or altered bytes.
    case wrongTag(String)
    /// The chunks end without one that carries the last-chunk flag, or go on after it.
    case incomplete

    /// Lower case, what was being done.
    package var description: String {
        switch self {
        case .library(let step): "the crypto library failed in \"\(step)\""
        case .malformed(let what): "\(what) is malformed"
        case .wrongTag(let what): "\(what) does not open: wrong key or altered bytes"
        case .incomplete: "the content is incomplete"
        }
    }

    /// The error as it crosses the border: a temporary failure of ours (451).
    package var refusal: Refusal {
        Refusal(
            .internalError, "the message cannot be locked now, try again later", detail: "locking a letter: \(self)")
    }
}

// What can go wrong with keys, tags and sealed values. Values; the refusal that it becomes is Mail's to say.

/// Why a cryptographic step failed.
package enum CryptographyError: Error, Sendable, Equatable, CustomStringConvertible {
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
}

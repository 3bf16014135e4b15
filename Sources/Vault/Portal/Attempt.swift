// The outcome of a try to open a letter. A value only.

package import Links

/// The outcome of one try to open a letter.
package enum Attempt: Sendable, Equatable {
    /// The proof is right; the count of wrong ones starts anew.
    case opened(LockedLetter.Opened)
    /// The proof is wrong and has been counted. `triesLeft` (0 to 4) more before the letter rests; with 0 it rests now.
    case wrong(triesLeft: Int)
    /// The one who asks has not the link; nothing has been counted, and nothing is told of the letter.
    case code
    /// The letter rests; whether the proof is right is not told. Seconds to wait, at least 1.
    case resting(seconds: Int)
    /// Unknown, not readable yet, expired or revoked: all alike.
    case gone
}

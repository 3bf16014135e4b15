// How guessing at a letter's password is slowed down: the same on the page, in the store and in notices.

/// Rests of a letter after wrong guesses.
package enum GuessLimits {
    /// Wrong guesses in a row after which a letter rests.
    package static let triesBeforeRest = 5
    /// First rest, in seconds; doubles each time.
    package static let firstRestSeconds: Int64 = 60
    /// Longest rest, in seconds: a letter never rests for ever.
    package static let longestRestSeconds: Int64 = 3600
}

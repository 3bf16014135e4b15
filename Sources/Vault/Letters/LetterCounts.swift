// Numbers for monitoring. Values only: no ids, no addresses.

/// How many letters there are, and how often their passwords were tried.
package struct LetterCounts: Sendable, Equatable {
    /// Kept, and not yet to be opened.
    package let sending: Int
    /// Can be opened.
    package let readable: Int
    /// Wrong passwords so far, of letters gone too.
    package let wrongAttempts: Int
    /// Right passwords so far that changed something (the first, and each after wrong ones), of letters gone too.
    package let rightAttempts: Int

    package init(
        sending: Int, readable: Int, wrongAttempts: Int, rightAttempts: Int
    ) {
        self.sending = sending
        self.readable = readable
        self.wrongAttempts = wrongAttempts
        self.rightAttempts = rightAttempts
    }
}

// An answer in the gateway's hands. A value only.

/// An answer that the gateway has opened and taken in hand.
package struct TakenAnswer: Sendable, Equatable {
    package let id: AnswerID
    /// Random word, for the Message-ID and boundary of the mail: the same at each try.
    package let token: String
    /// Seconds since 1970 of the first try.
    package let takenAtSeconds: Int64
    /// Tries before this one.
    package let tries: Int
    /// ``AnswerState/waiting``, ``AnswerState/sent`` or ``AnswerState/refused(reason:said:)``.
    package let state: AnswerState
    /// It is one of the answers that the letter may have.
    package let isCounted: Bool

    package init(
        id: AnswerID, token: String, takenAtSeconds: Int64, tries: Int, state: AnswerState, isCounted: Bool
    ) {
        self.id = id
        self.token = token
        self.takenAtSeconds = takenAtSeconds
        self.tries = tries
        self.state = state
        self.isCounted = isCounted
    }
}

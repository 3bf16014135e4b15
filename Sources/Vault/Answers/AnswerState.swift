// Where an answer stands. A value only.

/// Where an answer stands, as its reader is told.
package enum AnswerState: Sendable, Equatable {
    case uploading
    /// Handed over; the gateway has it in hand.
    case waiting
    case sent
    /// Why, as a word, and what the organisation's rules say of it.
    case refused(reason: String, said: String?)
}

// Which answers have been taken, and what became of them: decided here, whatever the outbox says later.

package import Mail

/// Answers in the gateway's hands; each is sent once. All methods throw a ``Refusal`` of cause `storage`.
package protocol TakenAnswers: Sendable {
    /// What is known of an answer; nil where it has not been taken.
    func takenAnswer(_ id: AnswerID) async throws(Refusal) -> TakenAnswer?
    /// Takes an answer in hand, or counts one more try. The first try fixes what makes its mail the same at each later
    /// one.
    /// - Returns: nil where there is no such conversation (any more).
    func takeAnswer(_ id: AnswerID, nowSeconds: Int64) async throws(Refusal) -> TakenAnswer?
    /// Notes what became of an answer, for good; one commit.
    /// - Parameters:
    ///   - state: ``AnswerState/sent`` or ``AnswerState/refused(reason:said:)``.
    ///   - isCounted: it is one of the answers that the letter may have.
    ///   - messageID: of the mail that was sent, or nil.
    ///   - linkSecret: of the link, where the answer brought it.
    func settleAnswer(
        _ id: AnswerID, as state: AnswerState, isCounted: Bool, messageID: String?, linkSecret: String?
    ) async throws(Refusal)
    /// Answers of a reader, to whatever letter, that were taken since a time.
    /// - Parameter recipient: folded.
    func answersTaken(from recipient: String, sinceSeconds: Int64) async throws(Refusal) -> Int
}

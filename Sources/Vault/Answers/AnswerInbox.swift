// The gateway's side of the outbox of answers. All of it is input: the portal's user can write it.

package import Mail

/// Answers that readers have handed over. All methods throw a ``Refusal`` of cause `storage`.
package protocol AnswerInbox: Sendable {
    /// Answers that have been handed over and whose time has come, oldest first. Cheap where there is none.
    func waitingAnswers(nowSeconds: Int64, atMost: Int) async throws(Refusal) -> [WaitingAnswer]
    /// The bytes of one item as they were uploaded.
    /// - Parameters:
    ///   - bytes: their number, as ``WaitingAnswer/items`` gives it and the caller has checked it.
    ///   - spool: what stays in memory.
    /// - Returns: nil where the pieces do not make up so many bytes.
    func item(
        _ number: Int, of id: AnswerID, bytes: Int, spool: SpoolPolicy
    ) async throws(Refusal) -> MessageBytes?
    /// Tries an answer again at this time.
    func putOff(_ id: AnswerID, untilSeconds: Int64) async throws(Refusal)
    /// It is done with: sent, or refused. Its items go at once.
    /// - Parameters:
    ///   - state: ``AnswerState/sent`` or ``AnswerState/refused(reason:said:)``; others change nothing.
    ///   - isCounted: it is one of the answers that the letter may have.
    func settle(
        _ id: AnswerID, as state: AnswerState, isCounted: Bool, nowSeconds: Int64
    ) async throws(Refusal)
    /// Deletes uploads that nothing was heard of for an hour, and what is left of answers whose letters are gone.
    /// - Returns: number of uploads deleted.
    func clearAnswers(nowSeconds: Int64) async throws(Refusal) -> Int
}

// What is kept of letters for as long as something may come back from behind them, or follow them.

package import Links
package import Mail

/// Conversations, their keys, later messages, and which messages were protected. All methods throw a ``Refusal`` of
/// cause `storage`.
package protocol Conversations: Sendable {
    /// The public point (65 bytes) that answers to new letters are sealed to; a new pair is made each 30 days.
    func answerKey(nowSeconds: Int64) async throws(Refusal) -> [UInt8]
    /// What opens the answers of a conversation; nil where it takes none, or its key is gone.
    func answerOpener(_ id: AnswerID, of conversation: Conversation) async throws(Refusal) -> AnswerOpener?
    /// The pair whose public half stands in the letter's own index; nil where it is gone.
    func gatewayKey(of conversation: Conversation) async throws(Refusal) -> GatewayKey?
    /// One letter's conversation; nil where there is none (any more).
    func conversation(_ letterID: String) async throws(Refusal) -> Conversation?
    /// Conversations with a reader that one of these messages belongs to, ours included; the newest letter first.
    /// - Parameters:
    ///   - recipient: folded.
    ///   - messageIDs: with angle brackets.
    func conversations(
        recipient: String, messageIDs: [String]
    ) async throws(Refusal) -> [Conversation]
    /// A number for the next message under a letter's link; no other message gets it.
    /// - Throws: a ``Refusal`` of cause `storage`, also where there is no such conversation (any more).
    func nextFollowing(of letterID: String) async throws(Refusal) -> Int
    /// A later message has been kept under a letter's link.
    /// - Parameters:
    ///   - messageID: with angle brackets; nil where it has none that can be repeated.
    ///   - gatewayKey: the public point in its index: its pair lives as long as the conversation.
    ///   - untilSeconds: since 1970; the conversation lives as long at least.
    func follow(
        _ letterID: String, messageID: String?, gatewayKey: [UInt8], untilSeconds: Int64
    ) async throws(Refusal)
    /// Remembers messages as protected; known ones are remembered for longer.
    /// - Parameter messageIDs: with angle brackets.
    /// - Throws: a ``Refusal`` of cause `storage`.
    func rememberProtected(_ messageIDs: [String], nowSeconds: Int64) async throws(Refusal)
    /// True where one of some messages is remembered as protected; one look-up by the key of the table.
    /// - Parameter messageIDs: with angle brackets; the first ``protectedLookup`` of them count.
    /// - Throws: a ``Refusal`` of cause `storage`.
    func knowsProtected(_ messageIDs: [String], nowSeconds: Int64) async throws(Refusal) -> Bool
}

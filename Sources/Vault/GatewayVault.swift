// All that only the gateway keeps.

package import Mail

/// What the gateway remembers beside letters: one store, whose changes to several of these are one commit.
package protocol GatewayVault: Deliveries, LetterOwners, LetterNews, Conversations, TakenAnswers, Contacts,
    QuarantineStore,
    Outbox, Counters, PendingKeys
{
    /// Forgets unfinished rows older than ``RememberedMessage/keepSeconds`` and issued letters that have expired.
    /// - Returns: number of ledger rows forgotten.
    func prune(nowSeconds: Int64) async throws(Refusal) -> Int
    /// A write that is taken back.
    /// - Throws: a refusal of cause `storage` where nothing can be written.
    func probe() async throws(Refusal)
}

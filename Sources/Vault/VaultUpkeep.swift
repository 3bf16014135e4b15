// What keeps the gateway's store in order.

package import Mail

/// Work on the store itself, whatever lies in it.
package protocol VaultUpkeep: Sendable {
    /// Forgets unfinished rows older than ``RememberedMessage/keepSeconds`` and issued letters that have expired.
    /// - Returns: number of ledger rows forgotten.
    /// - Throws: a refusal of cause `storage`.
    func prune(nowSeconds: Int64) async throws(Refusal) -> Int
    /// A write that is taken back.
    /// - Throws: a refusal of cause `storage` where nothing can be written.
    func probe() async throws(Refusal)
}

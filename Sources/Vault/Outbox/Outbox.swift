// Mails of Letterlock's own that wait for the next hop: what they are about, not what they say.

package import Mail

/// Mails of Letterlock's own. Entries are handed out one by one under a lease, so that no two senders send the same
/// mail, also where they are different machines. Each kind is claimed for itself: an entry that cannot be written holds
/// up its own kind at most.
///
/// An entry stays when it is concluded, so that nothing is told twice, and goes with what it is about. What causes a
/// notice enqueues it in the same commit (``QuarantineStore``, ``LetterNews``). All methods throw a ``Refusal`` of
/// cause `storage`.
package protocol Outbox: Sendable {
    /// Adds notices; one commit. A notice that has been enqueued before, concluded or not, and one about something that
    /// is gone are left out; one that is not wanted is concluded at once.
    func enqueue<Kind: NoticeKind>(_ notices: [Notice<Kind>], nowSeconds: Int64) async throws(Refusal)
    /// The entry of a kind that has been due for longest; nil where none is due. Unless it is concluded or tried later,
    /// it is due again when the lease ends.
    func claim<Kind: NoticeKind>(
        _ kind: Kind, leaseSeconds: Int64, nowSeconds: Int64
    ) async throws(Refusal) -> OutboxEntry<Kind>?
    /// The mail has been sent, or never will be. Also where another sender has claimed the entry meanwhile.
    func conclude<Kind: NoticeKind>(_ entry: OutboxEntry<Kind>) async throws(Refusal)
    /// The entry is due again at this time. Nothing changes where the lease has ended and somebody else has claimed it.
    func retryLater<Kind: NoticeKind>(_ entry: OutboxEntry<Kind>, atSeconds: Int64) async throws(Refusal)
    /// Entries of some kinds that are not concluded, claimed ones included.
    func waiting<Kind: NoticeKind>(_ kinds: [Kind]) async throws(Refusal) -> Int
}

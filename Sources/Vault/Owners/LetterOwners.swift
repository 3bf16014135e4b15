// Who was sent which letter, and who controls it: the gateway's side of letters. The portal never sees it.

package import Links
package import Mail

/// Addresses and times of letters that were sent. All methods throw a ``Refusal`` of cause `storage`.
package protocol LetterOwners: Sendable {
    /// Makes and checks senders' control links.
    var controlKey: ControlKey { get }
    /// Remembers letters and their conversations; one commit. ``VaultUpkeep/prune(nowSeconds:)`` forgets them:
    /// conversations once expired, letters when their sender's page has gone.
    func issued(_ letters: [LetterOwner], conversations: [Conversation]) async throws(Refusal)
    /// Forgets letters that were never sent, and their conversations. Ids that are not there are no error.
    func withdrawn(_ ids: [String]) async throws(Refusal)
    /// Who sent a letter; nil where it is unknown.
    func owner(of letterID: String) async throws(Refusal) -> LetterOwner?
    /// All letters, oldest first.
    func owners() async throws(Refusal) -> [LetterOwner]
    /// The letter has been revoked, or has expired: nobody is told anything more of it.
    func ended(_ letterID: String, _ how: LetterState) async throws(Refusal)
    /// The letter lives until another time.
    func extended(_ letterID: String, toSeconds: Int64) async throws(Refusal)
    /// The code of an address in letters.db.
    func storageOwner(_ recipient: Mailbox) throws(Refusal) -> StorageOwner
}

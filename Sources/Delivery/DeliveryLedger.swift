// What the relay needs of the ledger and of the letter store, and no more: two doors that tests can stand behind.

package import Mail
package import Vault

/// What was delivered of a message before a later failure, so that the retry sends only what is missing.
package protocol DeliveryLedger: Sendable {
    /// True where there is no row at all; costs nothing to ask.
    var isEmpty: Bool { get }
    /// What earlier tries of this message have left.
    func remembered(sender: Mailbox?, fingerprint: MessageFingerprint) async throws(Refusal)
        -> RememberedMessage
    /// These recipients have it now, those are refused for good; returns when that is on disk.
    func record(
        sender: Mailbox?, recipients: [Mailbox], refused: [Mailbox: Refusal],
        fingerprint: MessageFingerprint
    ) async throws(Refusal)
    /// The passwords of these recipients' letters have been mailed (or may have been).
    func passwordMailed(sender: Mailbox?, recipients: [Mailbox], fingerprint: MessageFingerprint)
        async throws(Refusal)
    /// The sender has been told that these recipients are refused.
    func reported(sender: Mailbox?, recipients: [Mailbox], fingerprint: MessageFingerprint)
        async throws(Refusal)
}

/// The states of letters behind links that sending them moves.
package protocol LetterStates: Sendable {
    /// Its notification is about to be sent.
    func markNotifying(_ id: String) async throws(Refusal)
    /// Their notifications have been accepted, or may have been.
    func makeReadable(_ ids: [String]) async throws(Refusal)
    /// Their notifications have not been sent and never will be.
    func discard(_ ids: [String]) async throws(Refusal)
}

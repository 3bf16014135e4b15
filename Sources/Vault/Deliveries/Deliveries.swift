// What is remembered of unfinished messages: who has been served, so that a retry serves only the others.

package import Mail

/// Which recipients of an unfinished message have been served, refused or told of.
///
/// Every method that writes returns when the change is on disk, whatever became of the calling task; what cannot be
/// written is remembered until the process ends. All of them throw a ``Refusal`` of cause `storage`.
package protocol Deliveries: Sendable {
    /// True where nothing is remembered: then no fingerprint need be made. Costs nothing to ask.
    var isEmpty: Bool { get }
    /// The code under which a message is remembered.
    /// - Parameter message: the message as it came, without its Received fields (each hop adds its own).
    func fingerprint(_ message: MessageBytes) throws(Refusal) -> MessageFingerprint
    /// All that is remembered of one message.
    /// - Parameter sender: nil is the null sender.
    func remembered(
        sender: Mailbox?, fingerprint: MessageFingerprint
    ) async throws(Refusal) -> RememberedMessage
    /// Remembers recipients as served, and others as refused for good, as of now; one commit. Where it throws, they are
    /// remembered until the process ends, and written with the next ones.
    /// - Parameters:
    ///   - copied: archives that have their copy.
    ///   - receipted: recipients of whose delivery the sender has been told.
    ///   - refused: with what was said.
    func record(
        sender: Mailbox?, recipients: [Mailbox], copied: [Mailbox], receipted: [Mailbox],
        refused: [Mailbox: Refusal], fingerprint: MessageFingerprint
    ) async throws(Refusal)
    /// Remembers that the sender has been told of these recipients' refusal.
    func reported(
        sender: Mailbox?, recipients: [Mailbox], fingerprint: MessageFingerprint
    ) async throws(Refusal)
    /// Remembers that passwords for these recipients' letters have been mailed: the retry's mail says it replaces them.
    func passwordMailed(
        sender: Mailbox?, recipients: [Mailbox], fingerprint: MessageFingerprint
    ) async throws(Refusal)
    /// Forgets what is known of one transaction: its final reply has been written. Rows of other recipients stay: an
    /// MTA sends one message to many recipients in several transactions, and another of them may be unfinished; so do
    /// copies for archives, of which another of them must not make a second one.
    func forget(
        sender: Mailbox?, recipients: [Mailbox], fingerprint: MessageFingerprint
    ) async throws(Refusal)
}

extension Deliveries {
    /// As ``record(sender:recipients:copied:receipted:refused:fingerprint:)``, without copies and receipts.
    package func record(
        sender: Mailbox?, recipients: [Mailbox], refused: [Mailbox: Refusal] = [:], fingerprint: MessageFingerprint
    ) async throws(Refusal) {
        try await record(
            sender: sender, recipients: recipients, copied: [], receipted: [], refused: refused,
            fingerprint: fingerprint)
    }
}

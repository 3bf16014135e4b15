// What a door asks of the house behind it.

package import Mail

/// Takes whole messages from a listener and answers for them.
package protocol MessageHandler: Sendable {
    /// Called once per message after its last byte, before any reply. Must return within `limits.replySeconds`.
    func handle(_ message: ReceivedMessage) async -> HandledMessage
}

/// The answer to a message.
package struct HandledMessage: Sendable {
    /// nil: everything that came of the message has been accepted (250). Else why not.
    package let refusal: Refusal?
    /// Over LMTP, the answer for each recipient in the order of the envelope (RFC 2033 section 4.2); empty where all
    /// have the answer of ``refusal``.
    package let recipientRefusals: [Refusal?]
    /// Over LMTP, places of recipients for whom the message was taken and is held back: the answer says so.
    package let heldRecipients: Set<Int>
    /// Called once after the reply has been written to the socket; not called where it could not be written.
    package let replyWritten: @Sendable () async -> Void

    /// An answer. `replyWritten` is where the ledger forgets what it kept for a retry.
    package init(
        refusal: Refusal?, recipientRefusals: [Refusal?] = [], heldRecipients: Set<Int> = [],
        replyWritten: @escaping @Sendable () async -> Void = {}
    ) {
        self.refusal = refusal
        self.recipientRefusals = recipientRefusals
        self.heldRecipients = heldRecipients
        self.replyWritten = replyWritten
    }

    /// The answer for one recipient, by its place in the envelope.
    package func refusal(forRecipient index: Int) -> Refusal? {
        recipientRefusals.indices.contains(index) ? recipientRefusals[index] : refusal
    }
}

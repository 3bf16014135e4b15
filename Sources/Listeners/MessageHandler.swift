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
    /// Called once after the reply has been written to the socket; not called where it could not be written.
    package let replyWritten: @Sendable () async -> Void

    /// An answer. `replyWritten` is where the ledger forgets what it kept for a retry.
    package init(refusal: Refusal?, replyWritten: @escaping @Sendable () async -> Void = {}) {
        self.refusal = refusal
        self.replyWritten = replyWritten
    }
}

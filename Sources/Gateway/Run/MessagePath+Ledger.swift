// What the ledger knows of a message before it is sent, and what it forgets after the reply.

import Delivery
import Links
import MIME
import Mail
import Policy
import Sealing
import Synchronization
import Vault

/// The fingerprint of one message, made where it is first needed: most messages need none.
final class LazyFingerprint: Sendable {
    private let parsed: ParsedMessage?
    private let ledger: Ledger
    private let prefix: String
    private let made = Mutex<MessageFingerprint?>(nil)

    /// - Parameter prefix: sets the message apart from the same bytes on another errand (a release).
    init(_ parsed: ParsedMessage, _ ledger: Ledger, prefix: String = "") {
        self.prefix = prefix
        self.parsed = parsed
        self.ledger = ledger
    }

    /// Of an errand that is known by its name, whatever the bytes: what is sent by it is made anew at each try.
    init(errand: String, _ ledger: Ledger) {
        prefix = errand
        parsed = nil
        self.ledger = ledger
    }

    /// The fingerprint, if it has been made.
    var known: MessageFingerprint? { made.withLock { $0 } }

    /// Makes it, or gives the one that was made.
    @Sendable func make() throws(Refusal) -> MessageFingerprint {
        if let known { return known }
        let new = try ledger.fingerprint(withoutReceived())
        made.withLock { $0 = new }
        return new
    }

    /// What makes a message the same on a retry: everything but the fields that each hop adds on top.
    private func withoutReceived() -> MessageBytes {
        guard let parsed else { return MessageBytes(prefix) }
        let bytes = parsed.received.bytes
        var pieces = [MessageBytes(prefix)]
        var kept = 0
        for field in parsed.root.header.all("Received") {
            pieces.append(bytes.slice(kept..<field.range.lowerBound))
            kept = field.range.upperBound
        }
        return MessageBytes(joining: pieces + [bytes.slice(kept..<bytes.count)])
    }
}

extension MessagePath {
    /// What earlier tries of the message have left; costs nothing while the ledger is empty.
    func remembered(of decided: DecidedMessage, _ print: LazyFingerprint) async throws(Refusal) -> RememberedMessage {
        if ledger.isEmpty { return RememberedMessage() }
        let sender = decided.parsed.received.returnPath
        return try await ledger.remembered(sender: sender, fingerprint: try print.make())
    }

    /// What is to be done once the reply has been written. Who was put off stays remembered; so do recipients of other
    /// transactions with the same message, which may still be under way. A row that cannot be forgotten now goes after
    /// seven days; the message itself is answered.
    func forget(
        _ decided: DecidedMessage, _ print: LazyFingerprint, _ progress: Progress
    ) -> @Sendable () async -> Void {
        let envelope = decided.parsed.received.envelope
        guard let fingerprint = print.known else { return { Failpoint.reach("gateway.after-reply") } }
        let served = envelope.recipients.filter { recipient in
            if case .deferred = progress.results[recipient] { false } else { true }
        }
        // Marks of copies stay their seven days: another transaction with the same message must not make a second one.
        let recipients = served + served.map(LedgerMark.receipt)
        return { [ledger] in
            Failpoint.reach("gateway.after-reply")
            try? await ledger.forget(sender: envelope.sender, recipients: recipients, fingerprint: fingerprint)
            Failpoint.reach("gateway.forgotten")
        }
    }
}

extension IssuedLetter {
    /// The gateway's own note of a letter: who wrote to whom, until when.
    init(_ letter: OutboundMessage.Letter) {
        self.init(
            id: letter.record.id, sender: letter.sender.description, recipient: letter.recipient.description,
            createdAtSeconds: letter.record.createdAtSeconds, expiresAtSeconds: letter.record.expiresAtSeconds,
            control: letter.control.map { .init(controlID: $0.controlID, messageID: $0.messageID, isFixed: $0.isFixed) }
        )
    }
}

extension LetterControl {
    /// What its sender's page is shown of a letter.
    init?(_ letter: OutboundMessage.Letter) {
        guard let control = letter.control else { return nil }
        self.init(
            letterID: letter.record.id, verifier: control.verifier, place: control.place, label: control.label,
            createdAtSeconds: letter.record.createdAtSeconds, expiresAtSeconds: letter.record.expiresAtSeconds,
            longestAtSeconds: control.longestAtSeconds)
    }
}

extension Conversation {
    /// What the gateway keeps of a letter so that something can come back.
    init(_ letter: OutboundMessage.Letter) {
        let known = letter.conversation
        self.init(
            letterID: letter.record.id, conversationKey: letter.record.conversationPublicKey,
            gatewayKey: known.gatewayKey, sender: letter.sender.description, recipient: known.reader.description,
            messageID: known.messageID, participants: known.participants.map(\.description),
            answersAllowed: letter.record.answers?.count ?? 0, expiresAtSeconds: letter.record.expiresAtSeconds)
    }
}

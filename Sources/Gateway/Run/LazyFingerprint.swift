// The fingerprint of one errand, made where it is first needed. Memory and the ledger's key.

import MIME
import Mail
import Synchronization
import Vault

/// Makes the fingerprint once: most messages need none.
final class LazyFingerprint: Sendable {
    private let parsed: ParsedMessage
    private let prefix: (text: String, coversMessage: Bool)
    private let ledger: any Deliveries
    private let made = Mutex<MessageFingerprint?>(nil)

    /// Of a message on an errand.
    init(_ parsed: ParsedMessage, _ errand: Errand, _ ledger: any Deliveries) {
        self.parsed = parsed
        prefix = errand.fingerprintPrefix
        self.ledger = ledger
    }

    /// The fingerprint, if it has been made.
    var known: MessageFingerprint? { made.withLock { $0 } }

    /// Makes it, or gives the one that was made.
    @Sendable func make() throws(Refusal) -> MessageFingerprint {
        if let known { return known }
        let new = try ledger.fingerprint(covered())
        made.withLock { $0 = new }
        return new
    }

    /// What makes a message the same on a retry: everything but the fields that each hop adds on top.
    private func covered() -> MessageBytes {
        guard prefix.coversMessage else { return MessageBytes(prefix.text) }
        let bytes = parsed.received.bytes
        var pieces = [MessageBytes(prefix.text)]
        var kept = 0
        for field in parsed.root.header.all("Received") {
            pieces.append(bytes.slice(kept..<field.range.lowerBound))
            kept = field.range.upperBound
        }
        return MessageBytes(joining: pieces + [bytes.slice(kept..<bytes.count)])
    }
}

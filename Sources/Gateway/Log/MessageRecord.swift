// What is told of one message once it has been answered: the record, and who writes it down. Addresses, rule names and
// times; never a subject, content or password.

import Delivery
package import Mail
package import Policy

/// All that the log may tell of one message.
package struct MessageRecord: Sendable {
    /// One recipient, read off the plan and the delivery.
    package struct Recipient: Sendable {
        package let address: Mailbox
        /// What the plan said; nil where the message was refused before it was judged.
        package let verdict: Verdict?
        /// How it is sealed; nil where it is not.
        package let method: MethodName?
        /// Ids of the rules that applied.
        package let rules: [String]
        /// Fingerprints of the certificates it was sealed to.
        package let fingerprints: [String]
        /// What else was done, in words: `footer`, `redirect box@example.org`.
        package let effects: [String]
        /// Ids of the rules that matched and only watch.
        package let watched: [String]
        /// How the verdict came about.
        package let notes: [String]
        /// What became of it; nil where nothing was tried.
        package let result: Fate?
    }

    /// How long each step took.
    package struct Times: Sendable {
        /// Reading, look-up of keys and judging.
        package var decide: Duration = .zero
        /// Sealing, and keeping letters.
        package var seal: Duration = .zero
        /// The next hop and the ledger, reports included.
        package var deliver: Duration = .zero
        /// From the end of the message to the answer.
        package var total: Duration = .zero
        package init() {}
    }

    /// Where it came from: id, door, user, client.
    package let origin: ReceivedMessage.Origin
    package let envelope: Envelope
    package let bytes: Int
    /// When the message had come in, in seconds since 1970-01-01T00:00:00Z.
    package let receivedAtSeconds: Int64
    /// In the order of the envelope.
    package let recipients: [Recipient]
    /// Recipients about whom a non-delivery report has gone to the sender.
    package let reported: [Mailbox]
    /// The answer for the whole message: nil is 250. Over LMTP the answers are those of ``recipients``.
    package let refusal: Refusal?
    package let times: Times

    /// - Parameter decided: the plan, or nil where the message was refused before it was judged.
    package init(
        _ message: ReceivedMessage, _ decided: DecidedMessage?, results: [Mailbox: Fate] = [:],
        reported: [Mailbox] = [], refusal: Refusal?, times: Times
    ) {
        origin = message.origin
        envelope = message.envelope
        bytes = message.bytes.count
        receivedAtSeconds = message.receivedAtSeconds
        let decisions = decided?.decisions ?? []
        recipients = message.envelope.recipients.enumerated().map { index, address in
            Recipient(address, decisions.indices.contains(index) ? decisions[index] : nil, results[address])
        }
        self.reported = reported
        self.refusal = refusal
        self.times = times
    }
}

extension MessageRecord.Recipient {
    /// The reply for this recipient alone; nil where it has the message or nothing was tried.
    package var refusal: Refusal? { result?.refusal }

    init(_ address: Mailbox, _ decision: Decision?, _ result: Fate?) {
        self.address = address
        verdict = decision?.verdict
        method = decision?.method
        rules = decision?.rules ?? []
        fingerprints =
            if case .seal(.pgp(let certificates))? = decision?.outcome { certificates.map(\.fingerprint) } else { [] }
        notes = decision?.notes ?? []
        effects = decision?.effects.words ?? []
        watched = decision?.watched ?? []
        self.result = result
    }
}

/// Writes down what became of a message: called once for each, before the answer is given.
package protocol MessageLog: Sendable {
    /// Must not fail and must not wait.
    func record(_ record: MessageRecord)
}

extension Duration {
    /// Whole milliseconds.
    package var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}

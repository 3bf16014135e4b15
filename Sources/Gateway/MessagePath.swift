// The way of one message, from what was received to what leaves. Open this file first.
//
//     read    MIME      what it is: structure, texts, byte ranges              pure
//     lookup  OpenPGP   who has a key: the only look-up                        files, gpg
//     decide  Policy    what happens to each recipient, and why                pure, cannot fail
//     seal    Sealing   OpenPGP or a locked letter, checked                    gpg
//     keep    Vault     letters behind links, still pending                    letters database
//     deliver Delivery  to the next hop: all, or an honest refusal             network, ledger
//
// A message changes type at each step, and only the module whose step it is can make the next type, so no step can be
// left out. Nothing is sent before everything is decided and sealed.

package import Delivery
import Links
import MIME
package import Mail
package import OpenPGP
package import Policy
package import Sealing
package import Vault

/// The steps with what they need.
package struct MessagePath: Sendable {
    private let limits: Limits
    private let keyring: Keyring
    private let rules: Ruleset
    private let sealer: Sealer
    private let letters: LetterStore
    private let ledger: Ledger
    private let relay: Relay
    private let gate: ReadingGate

    package init(
        limits: Limits, keyring: Keyring, rules: Ruleset, sealer: Sealer, letters: LetterStore, ledger: Ledger,
        relay: Relay
    ) {
        self.limits = limits
        self.keyring = keyring
        self.rules = rules
        self.sealer = sealer
        self.letters = letters
        self.ledger = ledger
        self.relay = relay
        self.gate = ReadingGate(limitBytes: limits.messageBytes)
    }

    /// Reads and judges: the plan for every recipient, before a byte is touched.
    /// - Throws: a ``Refusal`` of cause `storage` where the bytes cannot be read back, `mailLoop` where it goes in circles,
    ///   `deadline` where too many large messages were before it.
    package func decide(_ received: ReceivedMessage) async throws(Refusal) -> DecidedMessage {
        let bytes = received.bytes.count
        guard bytes > limits.memoryBytes else { return try await judge(received) }
        // Half of the time is for the rest of the way.
        try await within(.now + .seconds(limits.replySeconds / 2)) { [gate] () async throws(Refusal) in
            try await gate.enter(bytes)
        }
        defer { gate.leave(bytes) }
        return try await judge(received).withoutTexts()
    }

    private func judge(_ received: ReceivedMessage) async throws(Refusal) -> DecidedMessage {
        let parsed = try read(received, limits: limits)
        try refuseLoop(parsed)
        try refuseUnreadHeader(parsed)
        try refuseRoutes(received.envelope)
        let known = await keyring.lookup(addresses(of: received.envelope))
        return Policy.decide(parsed, known: known, rules: rules, nowSeconds: received.receivedAtSeconds)
    }

    /// Seals what the plan says, keeps the letters and hands everything to the next hop.
    /// - Parameter deadline: when the reply must be ready; what is under way then is aborted.
    /// - Returns: what is to be done once the reply has been written: the ledger forgets the message.
    /// - Throws: the ``Refusal`` to answer with. What was delivered before it is in the ledger, so that the sender's retry
    ///   sends only what is missing.
    package func sealAndDeliver(
        _ decided: DecidedMessage, deadline: ContinuousClock.Instant
    ) async throws(Refusal) -> @Sendable () async -> Void {
        let sender = decided.parsed.received.envelope.sender
        var fingerprint: MessageFingerprint?
        var earlier = EarlierTries()
        if !ledger.isEmpty {
            let known = try ledger.fingerprint(withoutReceived(decided.parsed))
            earlier.delivered = try await ledger.delivered(sender: sender, fingerprint: known)
            earlier.passwordMailed = try await ledger.passwordsMailed(sender: sender, fingerprint: known)
            fingerprint = known
        }
        let outbound = try await seal(decided, earlier, deadline)
        if fingerprint == nil, outbound.transmissions.count > 1 {
            fingerprint = try ledger.fingerprint(withoutReceived(decided.parsed))
        }
        if !outbound.letters.isEmpty {
            try await letters.keep(outbound.contents, outbound.letters.map(\.record))
            try await ledger.issued(outbound.letters.map(IssuedLetter.init))
        }
        try await relay.deliver(outbound, fingerprint: fingerprint, deadline: deadline)
        guard let fingerprint else { return {} }
        // A row that cannot be forgotten now goes after seven days; the message itself is delivered.
        // Only this transaction's recipients: another one with the same message may still be under way.
        let recipients = decided.parsed.received.envelope.recipients
        return { [ledger] in
            try? await ledger.forget(sender: sender, recipients: recipients, fingerprint: fingerprint)
        }
    }

    /// Sealing may wait for gpg, so it is cut off at the deadline (delivery watches the deadline itself); what passes as it
    /// is waits for nothing, and is spared the timer.
    private func seal(
        _ decided: DecidedMessage, _ earlier: EarlierTries, _ deadline: ContinuousClock.Instant
    ) async throws(Refusal) -> OutboundMessage {
        guard decided.decisions.contains(where: \.outcome.isSeal) else {
            return try await sealer.seal(decided, earlier: earlier)
        }
        return try await within(deadline) { [sealer] () async throws(Refusal) in
            try await sealer.seal(decided, earlier: earlier)
        }
    }

    /// RFC 5321 section 6.3: more Received fields than any straight way has.
    private func refuseLoop(_ parsed: ParsedMessage) throws(Refusal) {
        let count = parsed.root.header.all("Received").count
        guard count > limits.receivedFields else { return }
        throw Refusal(.mailLoop, "mail loop: \(count) Received fields exceed the limit of \(limits.receivedFields)")
    }

    /// A header read only in part may hold Bcc fields that nobody would take out.
    private func refuseUnreadHeader(_ parsed: ParsedMessage) throws(Refusal) {
        guard parsed.problems.contains(ReadProblem(.headerTooLong, path: "")) else { return }
        throw Refusal(.messageTooBig, "header section exceeds the limit of \(limits.headerBytes) bytes or of fields")
    }

    /// An address that counts as inside here could be rewritten to one outside by the next MTA.
    private func refuseRoutes(_ envelope: Envelope) throws(Refusal) {
        guard let routed = envelope.recipients.first(where: \.hasRoute) else { return }
        throw Refusal(.policy, "<\(routed)>: addresses with a route in their local part (%, !, @) are not taken")
    }

    private func addresses(of envelope: Envelope) -> [Mailbox] {
        envelope.recipients + (envelope.sender.map { [$0] } ?? []) + rules.addressesNamed
    }

    /// What makes a message the same on a retry: everything but the fields that each hop adds on top.
    private func withoutReceived(_ parsed: ParsedMessage) -> MessageBytes {
        let bytes = parsed.received.bytes
        var pieces: [MessageBytes] = []
        var kept = 0
        for field in parsed.root.header.all("Received") {
            pieces.append(bytes.slice(kept..<field.range.lowerBound))
            kept = field.range.upperBound
        }
        return MessageBytes(joining: pieces + [bytes.slice(kept..<bytes.count)])
    }
}

extension IssuedLetter {
    /// The gateway's own note of a letter: who wrote to whom, until when.
    init(_ letter: OutboundMessage.Letter) {
        self.init(
            id: letter.record.id, sender: letter.sender.description, recipient: letter.recipient.description,
            createdAtSeconds: letter.record.createdAtSeconds, expiresAtSeconds: letter.record.expiresAtSeconds)
    }
}

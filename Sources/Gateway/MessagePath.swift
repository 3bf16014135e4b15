// The way of one message, from what was received to what leaves. Open this file first.
//
//     read    MIME      what it is: structure, texts, byte ranges              pure
//     lookup  OpenPGP   who has a key: the only look-up                        files, gpg
//     contacts Vault    who has a standing password or a telephone number,     gateway database
//                       and whether what it answers was protected
//     extract Extraction  what attachments hold, where a rule asks for it    child processes, time-outs
//     decide  Policy    what happens to each recipient, and why                pure, cannot fail
//     seal    Sealing   OpenPGP or a locked letter, checked                    gpg
//     hold    Vault     who is held back for an officer, sealed to his key     gpg, gateway database
//     keep    Vault     letters behind links, still pending                    letters database
//     deliver Delivery  to the next hop                                        network, ledger
//     conclude          the one answer, and a report where it needs one        network, ledger
//
// A message changes type at each step, and only the module whose step it is can make the next type, so no step can be
// left out. Nothing is sent before everything is decided and sealed.

package import Delivery
package import Extraction
import MIME
package import Mail
package import OpenPGP
package import Policy
package import Sealing
import Texting
package import Vault

/// The steps with what they need.
package struct MessagePath: Sendable {
    let limits: Limits
    let keyring: Keyring
    let rules: Ruleset
    let sealer: Sealer
    let letters: LetterStore
    let ledger: Ledger
    let relay: Relay
    let gate: ReadingGate
    /// Takes down what can be judged again later; nil where there is no features log.
    var features: FeatureLogger?
    /// Sends passwords to telephones; nil: not set up, and no rule can use it.
    var texts: (any TextSender)?
    /// A standing password that no letter has used for so long is forgotten, in seconds.
    var standingExpireSeconds: Int64 = 365 * 86_400
    /// nil: not set up, and no rule holds anything back.
    var quarantine: Quarantine?
    /// nil: no links, so nothing comes back from behind them.
    var answers: AnswerContext?
    /// How letters behind links are made, and what their senders are told; nil: there are none.
    var links: LinkSettings?
    var notices = NoticeSettings()
    /// Mailboxes of senders whom nobody tells anything.
    var unattended = DomainList([])
    /// How much room letters may take.
    var storage = StorageQuota()
    /// nil: attachments are not looked into.
    let extraction: ExtractionPool?

    package init(
        limits: Limits, keyring: Keyring, rules: Ruleset, sealer: Sealer, letters: LetterStore, ledger: Ledger,
        relay: Relay, gate: ReadingGate, extraction: ExtractionPool?
    ) {
        self.limits = limits
        self.keyring = keyring
        self.rules = rules
        self.sealer = sealer
        self.letters = letters
        self.ledger = ledger
        self.relay = relay
        self.gate = gate
        self.extraction = extraction
    }

    /// Reads and judges: the plan for every recipient, before a byte is touched.
    /// - Parameter released: true where an officer has let it out of the quarantine.
    /// - Throws: a ``Refusal`` of cause `storage` where the bytes cannot be read back, `mailLoop` where it goes in circles,
    ///   `deadline` where too many large messages were before it.
    package func decide(_ received: ReceivedMessage, released: Bool = false) async throws(Refusal) -> DecidedMessage {
        let bytes = received.bytes.count
        guard bytes > limits.memoryBytes else { return try await judge(received, released) }
        // Half of the time is for the rest of the way.
        let seconds = received.origin.door == .milter ? limits.milterReplySeconds : limits.replySeconds
        try await within(.now + .seconds(seconds / 2)) { [gate] () async throws(Refusal) in
            try await gate.enter(bytes)
        }
        defer { gate.leave(bytes) }
        return try await judge(received, released).withoutTexts()
    }

    private func judge(_ received: ReceivedMessage, _ released: Bool) async throws(Refusal) -> DecidedMessage {
        let parsed = try read(received, limits: limits)
        try refuseLoop(parsed)
        try refuseUnreadHeader(parsed)
        try refuseRoutes(received.envelope)
        try refuseForeignFrom(parsed)
        let known = await keyring.lookup(addresses(of: received.envelope))
        let contacts = try await contacts(of: received.envelope)
        let extracted = await extract(parsed)
        let now = received.receivedAtSeconds
        let isAnswer = received.origin.isAnswer
        let (readers, linkDoubt) = try await readers(of: parsed)
        let conversation = await conversation(of: parsed)
        guard let features, !released, !isAnswer else {
            return Policy.decide(
                parsed, known: known, rules: rules, nowSeconds: now, extracted: extracted, contacts: contacts,
                released: released, isAnswer: isAnswer, readers: readers, linkDoubt: linkDoubt,
                conversation: conversation)
        }
        let judged = decideAndRecord(
            parsed, known: known, rules: rules, nowSeconds: now, extracted: extracted, contacts: contacts,
            readers: readers, linkDoubt: linkDoubt, conversation: conversation, recorder: features.recorder)
        features.log.append(judged.features)
        return judged.decided
    }

    /// Seals what the plan says, keeps the letters, hands everything to the next hop, and sees to it that the answer is true.
    ///
    /// Over SMTP a message is all or nothing until the next hop has accepted a first part; from then on it is 250 once
    /// everybody is served, or refused for good and named in a report to the sender. Over LMTP everybody has an answer of
    /// his own, which `progress` holds.
    /// - Parameters:
    ///   - deadline: when the reply must be ready; what is under way then is aborted.
    ///   - progress: is told what becomes of whom, also where this throws.
    /// - Returns: what is to be done once the reply has been written: the ledger forgets the message.
    /// - Throws: the ``Refusal`` to answer with. What was delivered before it is in the ledger, so that the sender's retry
    ///   sends only what is missing.
    package func sealAndDeliver(
        _ decided: DecidedMessage, deadline: ContinuousClock.Instant, _ progress: inout Progress
    ) async throws(Refusal) -> @Sendable () async -> Void {
        let print = LazyFingerprint(decided.parsed, ledger)
        let known = try await remembered(of: decided, print)
        var coherence = progress.begin(decided, known)
        do throws(Refusal) {
            if coherence == .wholeMessage, let refusal = decided.refusal { throw refusal }
            let sealed = try await seal(decided, known, coherence, deadline, &progress)
            Failpoint.reach("path.sealed")
            try await remember(decided, sealed)
            let isHeld = try await hold(decided, print, coherence, deadline, &progress)
            if isHeld, coherence == .wholeMessage { coherence = .afterFirstAcceptance }
            let outbound = try await keep(sealed, coherence, &progress)
            if !outbound.transmissions.isEmpty {
                let results = try await relay.deliver(
                    outbound, coherence, fingerprint: print.make, deadline: deadline, texts: texts)
                progress.results.merge(results) { $1 }
            }
            progress.delivered()
            try await giveReceipts(decided, known, print, deadline, coherence, &progress)
            await tellUnused(decided, known, deadline, progress)
            if coherence != .perRecipient { try await conclude(decided, print, deadline, &progress) }
        } catch {
            // Refused for good, nothing is out: what an earlier try remembers as refused is told by this answer.
            if error.isPermanent, !known.refused.isEmpty { await forget(decided, print, progress)() }
            throw error
        }
        return forget(decided, print, progress)
    }
}

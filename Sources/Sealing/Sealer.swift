// From the plan to what leaves. Groups the recipients by treatment, seals each group, checks every seal.
// Reaches gpg through OpenPGP's engine and the link lock through Links; never the network, never a file.
// Fails closed: any failure is a Refusal and nothing leaves.

import Links
import MIME
package import Mail
package import OpenPGP
package import Policy

/// Settings of the sealer that come from the configuration.
package struct SealerSettings: Sendable {
    /// Our host name, for Received fields and Message-IDs.
    package var hostname: String
    /// Links, or nil where links are not set up; then the policy never chooses them.
    package var links: LinkSettings?
    package var limits: Limits
    /// What of sealed messages and letters stays in memory, and where the rest goes.
    package var spool: SpoolPolicy

    package init(hostname: String, links: LinkSettings?, limits: Limits, spool: SpoolPolicy = .memoryOnly) {
        self.hostname = hostname
        self.links = links
        self.limits = limits
        self.spool = spool
    }
}

/// What letters behind links need.
package struct LinkSettings: Sendable {
    /// Public base URL without a trailing slash: `https://letters.example.org`.
    package var baseURL: String
    /// Life of a letter, in seconds.
    package var expireSeconds: Int64
    /// Header From of what Letterlock writes itself.
    package var from: Mailbox
    /// Language of the notification by recipient domain.
    package var languages: LanguageMap
    /// Rounds of the password derivation (docs/links-protocol.md); fewer only in tests.
    package var rounds: Int

    package init(
        baseURL: String, expireSeconds: Int64, from: Mailbox, languages: LanguageMap,
        rounds: Int = LetterKeys.defaultRounds
    ) {
        self.baseURL = baseURL
        self.expireSeconds = expireSeconds
        self.from = from
        self.languages = languages
        self.rounds = rounds
    }
}

/// What is known of earlier tries of the same message (from the ledger).
package struct EarlierTries: Sendable {
    /// Folded addresses that have it already: nothing is made for them.
    package var delivered: Set<String>
    /// Folded addresses for which the sender was mailed a password that no longer opens anything.
    package var passwordMailed: Set<String>

    package init(delivered: Set<String> = [], passwordMailed: Set<String> = []) {
        self.delivered = delivered
        self.passwordMailed = passwordMailed
    }
}

/// Makes the outbound message.
package struct Sealer: Sendable {
    private let engine: Engine
    private let settings: SealerSettings
    private let workshop: LetterWorkshop

    package init(engine: Engine, settings: SealerSettings) {
        self.engine = engine
        self.settings = settings
        self.workshop = LetterWorkshop()
    }

    /// Seals a decided message for everyone who does not have it yet.
    /// - Throws: the message's own refusal where the plan refuses a recipient (over SMTP a message is all or nothing);
    ///   a ``Refusal`` of cause `engine`, `sealCheck`, `storage` or `internalError` where sealing fails.
    package func seal(_ decided: DecidedMessage, earlier: EarlierTries = .init()) async throws(Refusal)
        -> OutboundMessage
    {
        if let refusal = decided.refusal { throw refusal }
        let open = decided.decisions.filter { !earlier.delivered.contains($0.recipient.folded) }
        let envelope = decided.parsed.received.envelope
        let trace = ReceivedField.make(for: decided.parsed.received, hostname: settings.hostname)
        var transmissions: [OutboundMessage.Transmission] = []
        let spool = settings.spool.derived.shared()
        for group in Treatment.groups(of: open) {
            switch group.kind {
            case .clear:
                let edit = HeaderEdit(parsed: decided.parsed, rewrittenSubject: group.rewrittenSubject)
                transmissions.append(transmission(.passed, group, envelope, [trace, edit.passed()]))
            case .pgp(let certificates):
                let sealed = try await pgp(decided.parsed, group, certificates, spool)
                transmissions.append(transmission(.sealed, group, envelope, [trace, sealed]))
            case .link: continue
            }
        }
        let linked = open.filter { $0.outcome == .seal(.link) }
        guard !linked.isEmpty else {
            return OutboundMessage(sender: envelope.sender, transmissions: transmissions, contents: [], letters: [])
        }
        let made = try await letters(decided.parsed, linked, earlier, spool)
        return OutboundMessage(
            sender: envelope.sender, transmissions: transmissions + made.transmissions, contents: made.contents,
            letters: made.letters)
    }

    /// Seals a plan whose recipients share one treatment, as the command line's do, without a Received field.
    /// - Throws: as ``seal(_:earlier:)``; a ``Refusal`` of cause `internalError` for any other plan.
    package func sealOne(_ decided: DecidedMessage) async throws(Refusal) -> MessageBytes {
        if let refusal = decided.refusal { throw refusal }
        let groups = Treatment.groups(of: decided.decisions)
        guard groups.count == 1, let group = groups.first, case .pgp(let certificates) = group.kind else {
            throw Refusal(
                .internalError, "temporary fault while protecting the message", detail: "not one treatment for all")
        }
        return try await pgp(decided.parsed, group, certificates, settings.spool)
    }

    /// One ciphertext for one group, checked.
    private func pgp(
        _ parsed: ParsedMessage, _ group: Treatment, _ certificates: [Certificate], _ spool: SpoolPolicy
    ) async throws(Refusal) -> MessageBytes {
        let edit = HeaderEdit(parsed: parsed, rewrittenSubject: group.rewrittenSubject)
        let entity = try ProtectedEntity(edit, hidesSubject: group.hidesSubject)
        let armor = try await engine.encrypt(entity.payload, to: certificates, armor: spool)
        let boundary = "=_letterlock_\(try Token.random(bytes: 15))"
        let sealed = PGPMIME.message(entity, armor: armor, boundary: boundary)
        try SealCheck.check(sealed, against: certificates, limits: settings.limits)
        return sealed
    }

    private func letters(
        _ parsed: ParsedMessage, _ linked: [Decision], _ earlier: EarlierTries, _ spool: SpoolPolicy
    ) async throws(Refusal) -> LetterPost.Made {
        guard let links = settings.links, let sender = parsed.received.envelope.sender else {
            throw Refusal(
                .internalError, "temporary fault while protecting the message",
                detail: "a link was planned without links being set up")
        }
        let post = LetterPost(
            parsed: parsed, sender: sender, links: links, hostname: settings.hostname, limits: settings.limits,
            workshop: workshop, spool: spool)
        return try await post.make(linked, replacing: earlier.passwordMailed)
    }

    private func transmission(
        _ role: OutboundMessage.Transmission.Role, _ group: Treatment, _ envelope: Envelope, _ pieces: [MessageBytes]
    ) -> OutboundMessage.Transmission {
        OutboundMessage.Transmission(
            role: role, sender: envelope.sender, recipients: group.recipients, pieces: pieces,
            smtputf8: envelope.smtputf8)
    }
}

extension OutboundMessage.Transmission {
    /// A transmission whose needs are read off its bytes and addresses.
    init(
        role: Role, sender: Mailbox?, recipients: [Mailbox], pieces: [MessageBytes], smtputf8: Bool = false
    ) {
        let content = MessageBytes(joining: pieces)
        let eightBit = content.hasHighOctet
        let utf8Address = recipients.contains(where: \.needsSMTPUTF8) || sender?.needsSMTPUTF8 == true
        self.init(
            role: role, sender: sender, recipients: recipients, content: content, needs8BitMIME: eightBit,
            // A client that asked for SMTPUTF8 may have UTF-8 header fields (RFC 6532); without 8-bit there are none.
            needsSMTPUTF8: utf8Address || (smtputf8 && eightBit))
    }
}

/// Recipients who get the same bytes in one transaction.
struct Treatment {
    enum Kind: Equatable {
        case clear
        case pgp([Certificate])
        case link
    }
    var kind: Kind
    var recipients: [Mailbox]
    let hidesSubject: Bool
    let rewrittenSubject: String?

    /// The groups of a plan: one clear and one sealed group per set of effects for visible recipients, and a sealed group
    /// of its own for every blind one, so that no ciphertext tells of another's key.
    static func groups(of decisions: [Decision]) -> [Treatment] {
        var groups: [(key: String, treatment: Treatment)] = []
        for decision in decisions {
            let kind = Kind(decision.outcome)
            guard let kind else { continue }
            let hides = decision.hidesSubject && kind != .clear
            var key = "\(kind.name) \(hides) \(decision.rewrittenSubject ?? "\u{0}")"
            if kind != .clear, !decision.isVisible { key += " \(decision.recipient)" }
            if let index = groups.firstIndex(where: { $0.key == key }) {
                groups[index].treatment.recipients.append(decision.recipient)
                groups[index].treatment.kind.merge(kind)
            } else {
                let treatment = Treatment(
                    kind: kind, recipients: [decision.recipient], hidesSubject: hides,
                    rewrittenSubject: decision.rewrittenSubject)
                groups.append((key, treatment))
            }
        }
        return groups.map(\.treatment)
    }
}

extension Treatment.Kind {
    init?(_ outcome: Decision.Outcome) {
        switch outcome {
        case .pass, .passAlreadySealed: self = .clear
        case .seal(.pgp(let certificates)): self = .pgp(certificates)
        case .seal(.link): self = .link
        case .refuse: return nil
        }
    }

    var name: String {
        switch self {
        case .clear: "clear"
        case .pgp: "pgp"
        case .link: "link"
        }
    }

    /// Joins the certificates of another recipient of the group, each once.
    mutating func merge(_ other: Self) {
        guard case .pgp(var mine) = self, case .pgp(let theirs) = other else { return }
        for certificate in theirs where !mine.contains(where: { $0.fingerprint == certificate.fingerprint }) {
            mine.append(certificate)
        }
        self = .pgp(mine)
    }
}

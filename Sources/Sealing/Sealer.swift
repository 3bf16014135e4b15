// From the plan to what leaves. Groups the recipients by what they get, seals each group, checks every seal.
// Reaches gpg through OpenPGP's engine and the link lock through Links; never the network, never a file.
// Fails closed: any failure is a Refusal and nothing leaves.

package import Foundation
package import Links
import MIME
package import Mail
package import OpenPGP
package import Policy
package import SettingValues
import Wording

/// Settings of the sealer that come from the configuration.
package struct SealerSettings: Sendable {
    /// Our host name, for Received fields and Message-IDs.
    package var hostname: String
    /// Links, or nil where links are not set up; then the policy never chooses them.
    package var links: EnabledLinks?
    /// Rounds of the password derivation (docs/inside/links-protocol.md); fewer only in tests.
    package var rounds = LetterKeys.defaultRounds
    package var limits: Limits
    /// What of sealed messages and letters stays in memory, and where the rest goes.
    package var spool: SpoolPolicy
    /// The gateway's own key, or nil where none is set up: then what has to be signed is not sent.
    package var signer: SigningKey?
    /// The gateway's key in letters, and how they may be answered.
    package var answering = Answering.unkept
    /// Makes senders' control links; nil: senders are told none.
    package var controlKey: ControlKey?
    /// Of the times in our own mails.
    package var timeZone: TimeZone
    /// Blind recipients of one message that are sealed for at a time.
    package var groupsAtOnce = 1

    package init(
        hostname: String, links: EnabledLinks?, limits: Limits, spool: SpoolPolicy = .memoryOnly,
        signer: SigningKey? = nil, timeZone: TimeZone = .gmt
    ) {
        self.timeZone = timeZone
        self.signer = signer
        self.hostname = hostname
        self.links = links
        self.limits = limits
        self.spool = spool
    }
}

/// What is known of earlier tries of the same message (from the ledger).
package struct EarlierTries: Sendable {
    /// Folded addresses that have it already, or whose fate is settled otherwise: nothing is made for them.
    package var delivered: Set<String>
    /// Folded addresses of archives that have their copy already.
    package var copied: Set<String>
    /// Folded addresses for which the sender was mailed a password that no longer opens anything.
    package var passwordMailed: Set<String>
    /// Folded addresses that have a letter of the same conversation already: what goes behind a link for them comes
    /// under that letter's link.
    package var conversations: [String: OpenConversation]
    /// True for what has no sender inside to whom a password could be mailed: then only ``conversations`` go behind
    /// links.
    package var takesNoNewLetters: Bool

    package init(
        delivered: Set<String> = [], copied: Set<String> = [], passwordMailed: Set<String> = [],
        conversations: [String: OpenConversation] = [:], takesNoNewLetters: Bool = false
    ) {
        self.copied = copied
        self.takesNoNewLetters = takesNoNewLetters
        self.delivered = delivered
        self.passwordMailed = passwordMailed
        self.conversations = conversations
    }
}

/// What could be sealed of a message, and for whom it failed.
package struct SealedApart: Sendable {
    /// Without transmissions where nothing is left to send.
    package let outbound: OutboundMessage
    /// The plan's own refusals, failures of sealing, and recipients for whose letters there was no time.
    package let failures: [Mailbox: Refusal]
}

/// Makes the outbound message.
package struct Sealer: Sendable {
    let engine: Engine
    let settings: SealerSettings
    let stretchers: PasswordStretcherPool

    /// - Parameter stretching: another one only in tests.
    package init(engine: Engine, settings: SealerSettings, stretching: Stretching = .init()) {
        self.engine = engine
        self.settings = settings
        stretchers = PasswordStretcherPool(
            rounds: settings.rounds, stretcher: stretching.stretcher, now: stretching.now)
    }

    /// Seals a decided message for everyone who does not have it yet: all of it, or a refusal.
    /// - Parameters:
    ///   - standing: the standing passwords that the plan asks for, by folded address of the reader.
    ///   - traced: false leaves out our Received field (a milter's MTA writes its own).
    /// - Throws: the message's own refusal where the plan refuses a recipient (over SMTP a message is all or nothing);
    ///   a ``Refusal`` of cause `engine`, `sealCheck`, `storage` or `internalError` where sealing fails.
    package func seal(
        _ decided: DecidedMessage, earlier: EarlierTries = .init(), standing: [String: StandingPassword] = [:],
        traced: Bool = true
    ) async throws(Refusal) -> OutboundMessage {
        if let refusal = decided.refusal { throw refusal }
        let work = Work(decided, earlier, standing, isTraced: traced, lettersUntil: nil)
        return try await make(work) { (_, refusal) throws(Refusal) in throw refusal }
    }

    /// As ``seal(_:earlier:standing:traced:)``, but letters for which there is no time are left for the next try.
    /// - Parameter until: from then on no letter is begun.
    /// - Returns: as failures those recipients for whose letters there was no time, and no others.
    package func seal(
        _ decided: DecidedMessage, lettersUntil until: ContinuousClock.Instant, earlier: EarlierTries,
        standing: [String: StandingPassword]
    ) async throws(Refusal) -> SealedApart {
        if let refusal = decided.refusal { throw refusal }
        var unfinished: [Mailbox: Refusal] = [:]
        let work = Work(decided, earlier, standing, lettersUntil: until)
        let outbound = try await make(work) { (recipients, refusal) throws(Refusal) in
            guard refusal == .unfinished else { throw refusal }
            for recipient in recipients { unfinished[recipient] = refusal }
        }
        return SealedApart(outbound: outbound, failures: unfinished)
    }

    /// Seals what can be sealed: a group that fails does not keep the others back. For LMTP, where every recipient has
    /// a reply of its own, and for the rest of a message of which a part is out already.
    /// - Parameter until: from then on no letter is begun; nil: all are made.
    package func sealApart(
        _ decided: DecidedMessage, lettersUntil until: ContinuousClock.Instant? = nil, earlier: EarlierTries = .init(),
        standing: [String: StandingPassword] = [:]
    ) async -> SealedApart {
        var failures: [Mailbox: Refusal] = [:]
        for decision in decided.decisions { failures[decision.recipient] = decision.outcome.refusal }
        do throws(Refusal) {
            let work = Work(decided, earlier, standing, lettersUntil: until)
            let outbound = try await make(work) { recipients, refusal in
                for recipient in recipients { failures[recipient] = refusal }
            }
            return SealedApart(outbound: outbound, failures: failures)
        } catch {
            // unreachable: what fails is handed to the closure, which does not throw.
            for decision in decided.decisions { failures[decision.recipient] = error }
            return SealedApart(outbound: .nothing, failures: failures)
        }
    }

    /// What is to be sealed in one try.
    private struct Work {
        let decided: DecidedMessage
        let earlier: EarlierTries
        let standing: [String: StandingPassword]
        let isTraced: Bool
        let lettersUntil: ContinuousClock.Instant?

        init(
            _ decided: DecidedMessage, _ earlier: EarlierTries, _ standing: [String: StandingPassword],
            isTraced: Bool = true, lettersUntil: ContinuousClock.Instant?
        ) {
            self.decided = decided
            self.earlier = earlier
            self.standing = standing
            self.isTraced = isTraced
            self.lettersUntil = lettersUntil
        }
    }

    /// - Parameter onFailure: is told of recipients for whom nothing could be sealed, and may give up the message.
    private func make(
        _ work: Work, onFailure: ([Mailbox], Refusal) throws(Refusal) -> Void
    ) async throws(Refusal) -> OutboundMessage {
        let (decided, earlier) = (work.decided, work.earlier)
        var open = decided.decisions.filter { !earlier.delivered.contains($0.recipient.folded) }
        let envelope = decided.parsed.received.envelope
        let trace =
            work.isTraced ? ReceivedField.make(for: decided.parsed.received, hostname: settings.hostname) : .empty
        var transmissions: [OutboundMessage.Transmission] = []
        let spool = settings.spool.derived.shared()
        // First: who has to be archived gets nothing before the archive has its copy.
        for copy in ArchiveCopy.all(of: decided, open, without: earlier.copied) {
            do throws(Refusal) {
                let sealed = try await self.sealed(copy, of: decided, spool)
                transmissions.append(copy.transmission(envelope, [trace, sealed]))
            } catch {
                try onFailure(copy.recipients, error)
                open.removeAll { copy.recipients.contains($0.recipient) }
            }
        }
        let groups = RecipientGroup.groups(of: open).filter { $0.kind != .link }
        try await SideBySide.make(of: groups, atOnce: settings.groupsAtOnce) { (group) async throws(Refusal) in
            try await made(group, of: decided.parsed, envelope, trace, spool)
        } take: { (group, made) throws(Refusal) in
            switch made {
            case .success(let transmission): transmissions.append(transmission)
            case .failure(let refusal): try onFailure(group.recipients, refusal)
            }
        }
        let isRemembered = open.contains { $0.effects.receipt }
        let linked = open.filter { $0.outcome == .seal(.link) }
        guard !linked.isEmpty else {
            return OutboundMessage(
                sender: envelope.sender, transmissions: transmissions, isRemembered: isRemembered)
        }
        do throws(Refusal) {
            let made = try await letters(work, linked, spool)
            if !made.unfinished.isEmpty { try onFailure(made.unfinished, .unfinished) }
            return OutboundMessage(
                sender: envelope.sender, transmissions: transmissions + made.transmissions, contents: made.contents,
                letters: made.letters, laterMessages: made.laterMessages, passwords: made.passwords,
                texts: made.texts, isRemembered: isRemembered || !made.unfinished.isEmpty)
        } catch {
            try onFailure(linked.map(\.recipient), error)
            return OutboundMessage(
                sender: envelope.sender, transmissions: transmissions, isRemembered: isRemembered)
        }
    }

    /// What one group gets, in clear or sealed.
    private func made(
        _ group: RecipientGroup, of parsed: ParsedMessage, _ envelope: Envelope, _ trace: MessageBytes,
        _ spool: SpoolPolicy
    ) async throws(Refusal) -> OutboundMessage.Transmission {
        let shaped = try ShapedMessage.make(parsed, group.effects, limits: settings.limits)
        guard case .pgp(let certificates) = group.kind else {
            let edit = HeaderEdit(parsed: shaped, rewrittenSubject: group.rewrittenSubject)
            let content = group.effects.signs ? try await signed(edit) : edit.passed()
            return transmission(.passed, group, envelope, [trace, content])
        }
        let sealed = try await pgp(shaped, group, certificates, spool)
        return transmission(.sealed, group, envelope, [trace, sealed])
    }

    /// Seals a plan whose recipients are one group, as the command line's do, without a Received field.
    /// - Throws: as ``seal(_:earlier:)``; a ``Refusal`` of cause `internalError` for any other plan.
    package func sealOne(_ decided: DecidedMessage) async throws(Refusal) -> MessageBytes {
        if let refusal = decided.refusal { throw refusal }
        let groups = RecipientGroup.groups(of: decided.decisions)
        guard groups.count == 1, let group = groups.first, case .pgp(let certificates) = group.kind else {
            throw Refusal(
                .internalError, "temporary fault while protecting the message", detail: "not one group of recipients")
        }
        let shaped = try ShapedMessage.make(decided.parsed, group.effects, limits: settings.limits)
        return try await pgp(shaped, group, certificates, settings.spool)
    }

    /// One ciphertext for one group, checked.
    /// - Parameter parsed: the message with the group's effects in it.
    func pgp(
        _ parsed: ParsedMessage, _ group: RecipientGroup, _ certificates: [Certificate], _ spool: SpoolPolicy
    ) async throws(Refusal) -> MessageBytes {
        let edit = HeaderEdit(parsed: parsed, rewrittenSubject: group.rewrittenSubject)
        let entity = try ProtectedEntity(edit, hidesSubject: group.hidesSubject, hidesNames: group.hidesNames)
        let signer = group.effects.signs ? try signingKey() : nil
        let armor = try await engine.encrypt(entity.payload, to: certificates, armor: spool, signer: signer)
        let boundary = "=_letterlock_\(try Token.random(bytes: 15))"
        let sealed = PGPMIME.message(entity, armor: armor, boundary: boundary)
        try SealCheck.check(sealed, against: certificates, limits: settings.limits)
        return sealed
    }

    private func letters(
        _ work: Work, _ linked: [Decision], _ spool: SpoolPolicy
    ) async throws(Refusal) -> LetterComposer.Made {
        let (parsed, earlier) = (work.decided.parsed, work.earlier)
        guard let links = settings.links, let sender = parsed.received.envelope.sender else {
            throw Refusal(
                .internalError, "temporary fault while protecting the message",
                detail: "a link was planned without links being set up")
        }
        let composer = LetterComposer(
            parsed: parsed, sender: sender, links: links, settings: settings, stretchers: stretchers, spool: spool,
            hasSenderInside: !earlier.takesNoNewLetters, everybody: work.decided.decisions, standing: work.standing,
            control: try ControlLink(settings.controlKey, baseURL: links.baseURL))
        guard !earlier.takesNoNewLetters || linked.allSatisfy({ earlier.conversations[$0.recipient.folded] != nil })
        else {
            throw Refusal(
                .busy, "the message cannot be protected at the moment, try again later",
                detail: "an answer was planned for a link that is no longer there")
        }
        return try await composer.make(
            linked, replacing: earlier.passwordMailed, conversations: earlier.conversations, until: work.lettersUntil)
    }

    private func transmission(
        _ role: OutboundMessage.Transmission.Role, _ group: RecipientGroup, _ envelope: Envelope,
        _ pieces: [MessageBytes]
    ) -> OutboundMessage.Transmission {
        OutboundMessage.Transmission(
            role: role, sender: envelope.sender, recipients: group.recipients, pieces: pieces,
            smtputf8: envelope.smtputf8, options: .init(envelope, group.recipients, isSealed: role != .passed),
            redirects: group.redirects, isBodyAltered: group.effects.altersBody)
    }

    /// The gateway's key.
    /// - Throws: a ``Refusal`` of cause `engine` where none is set up: what has to be signed does not leave unsigned.
    func signingKey() throws(Refusal) -> SigningKey {
        guard let signer = settings.signer else {
            throw Refusal(
                .engine, "signing is not available at the moment, try again later",
                detail: "a rule says 'sign', and the settings have no 'sign.key'")
        }
        return signer
    }
}

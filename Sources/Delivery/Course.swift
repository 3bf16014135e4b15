// One delivery while it is under way: what is still to be sent, what has become of whom, and what must be remembered of it.
// Values only.

package import Mail
import NIOCore
import SMTP
import Sealing
package import Vault

/// The state of one delivery.
struct Course: Sendable {
    /// Sender of the message that came in.
    let sender: Mailbox?
    /// ``Coherence/wholeMessage`` while the whole message can still be refused: nothing of it has been accepted, ever.
    private(set) var coherence: Coherence
    let deadline: NIODeadline
    /// What is to be sent, in order.
    private(set) var legs: [Leg]
    private var nextNumber: Int
    private let passwords: PasswordPost?
    private let letterIDs: [String]
    private let letterRecipients: [String: [Mailbox]]
    private let allTexts: [OutboundMessage.Text]

    /// Made where it is first needed.
    var fingerprint: MessageFingerprint?
    /// True where the ledger is told: what is accepted before a later failure must not be sent again.
    private(set) var isRecorded: Bool
    /// What has become of whom; whoever is in a leg is not in it yet.
    private(set) var results: [Mailbox: RecipientResult] = [:]
    /// Recipients whom the hop has accepted and the ledger does not know yet.
    var unrecorded: [Mailbox] = []
    /// Recipients who are refused for good, and the ledger does not know yet.
    var unrecordedRefusals: [Mailbox: Refusal] = [:]
    /// Letters whose notification is out, or may be.
    var notified: Set<String> = []
    /// Those of them that could not be made readable yet.
    var unreadable: [String] = []
    /// True where the password mail names letters that will not be sent.
    private var passwordsAreStale = false

    init(_ outbound: OutboundMessage, _ coherence: Coherence, deadline: ContinuousClock.Instant) {
        sender = outbound.sender
        self.coherence = coherence
        self.deadline = .after(deadline)
        isRecorded = coherence == .afterFirstAcceptance || outbound.transmissions.count > 1 || outbound.isRemembered
        passwords = outbound.passwords
        allTexts = outbound.texts
        isRecorded = isRecorded || !outbound.texts.isEmpty
        legs = outbound.transmissions.enumerated().map { Leg($0.element, number: $0.offset) }
        nextNumber = legs.count
        var ids: [String] = []
        var recipients: [String: [Mailbox]] = [:]
        for transmission in outbound.transmissions {
            switch transmission.role {
            case .passed, .sealed, .report: continue
            case .archive: isRecorded = true
            case .passwordMail(let mailed): ids += mailed
            case .notification(let id):
                ids.append(id)
                recipients[id] = transmission.recipients
            }
        }
        letterIDs = Array(Set(ids))
        letterRecipients = recipients
    }

    /// Letters that nobody will ever have the link of.
    var unsentLetters: [String] { letterIDs.filter { !notified.contains($0) } }

    /// To whom the notifications of these letters go.
    func recipients(ofLetters ids: [String]) -> [Mailbox] { ids.flatMap { letterRecipients[$0] ?? [] } }

    /// The leg as it stands now, or nil where nobody is left in it.
    func leg(_ number: Int) -> Leg? { legs.first { $0.number == number } }

    /// Text messages of letters whose notification is still to be sent.
    var texts: [OutboundMessage.Text] {
        let letters = letters
        return allTexts.filter { letters.contains($0.letterID) }
    }

    /// Who cannot be sent his password is not sent his link.
    mutating func settle(letter id: String, as result: RecipientResult) {
        for leg in legs {
            guard case .notification(id) = leg.role else { continue }
            settle(leg.recipients, of: leg.number, as: result)
        }
    }

    // MARK: - Before sending

    /// Leaves out recipients whose fate earlier tries have settled.
    mutating func leave(out known: RememberedMessage) {
        // A copy in an archive alone does not make a message half delivered.
        let isOut = known.delivered.contains { !LedgerMark.isMark($0) }
        if isOut || !known.reported.isEmpty || !known.held.isEmpty { coherence.loosen() }
        legs.removeAll { leg in
            leg.dependents != nil
                && leg.recipients.allSatisfy { known.delivered.contains(LedgerMark.copy(to: $0).folded) }
        }
        for leg in legs where !leg.isPasswordMail && leg.dependents == nil {
            for recipient in leg.recipients {
                guard let result = RecipientResult(of: recipient, in: known) else { continue }
                settle([recipient], of: leg.number, as: result)
            }
        }
        unrecordedRefusals = [:]
        isRecorded = isRecorded || !coherence.isWhole
    }

    /// Splits what has more recipients than the hop takes in one transaction (RFC 9422, RCPTMAX).
    mutating func split(_ most: Int?) {
        guard let most, most > 0, legs.contains(where: { $0.recipients.count > most }) else { return }
        var split: [Leg] = []
        for leg in legs {
            var rest = leg.recipients[...]
            var part = leg
            while !rest.isEmpty {
                part.recipients = Array(rest.prefix(most))
                split.append(part)
                rest = rest.dropFirst(most)
                part = leg.renumbered(nextNumber)
                nextNumber += 1
            }
        }
        legs = split
        isRecorded = true
    }

    /// Writes the password mail anew where it names somebody whose notification will not go.
    mutating func renewPasswordMail() {
        guard passwordsAreStale, let passwords else { return }
        passwordsAreStale = false
        guard let index = legs.firstIndex(where: \.isPasswordMail) else { return }
        legs[index] = Leg(passwords.transmission(for: letters), number: legs[index].number)
    }

    /// Letters whose notification is still to be sent.
    private var letters: Set<String> {
        Set(legs.compactMap { leg in if case .notification(let id) = leg.role { id } else { nil } })
    }

    // MARK: - What has become of whom

    /// The hop has accepted a leg.
    mutating func accept(_ leg: Leg) {
        legs.removeAll { $0.number == leg.number }
        guard !leg.isPasswordMail else { return }
        guard leg.dependents == nil else {
            // The message itself is not out yet: it can still be refused as a whole.
            unrecorded += leg.recipients.map(LedgerMark.copy)
            return
        }
        coherence.loosen()
        unrecorded += leg.recipients
        for recipient in leg.recipients { results[recipient] = .delivered }
    }

    /// Notes the fate of some recipients of a leg. Who gets no password mail gets no notification; where no notification is
    /// left, no password mail goes.
    mutating func settle(_ recipients: [Mailbox], of number: Int, as result: RecipientResult) {
        guard let index = legs.firstIndex(where: { $0.number == number }) else { return }
        if let ids = legs[index].passwordLetters {
            legs.remove(at: index)
            for leg in legs {
                guard case .notification(let id) = leg.role, ids.contains(id) else { continue }
                settle(leg.recipients, of: leg.number, as: result)
            }
            return
        }
        if let dependents = legs[index].dependents {
            // Without the copy they do not get the message.
            legs.remove(at: index)
            for leg in legs where !leg.isPasswordMail && leg.dependents == nil {
                let bound = leg.recipients.filter(dependents.contains)
                if !bound.isEmpty { settle(bound, of: leg.number, as: result) }
            }
            return
        }
        for recipient in recipients {
            results[recipient] = result
            if case .refused(let refusal) = result, coherence != .perRecipient { unrecordedRefusals[recipient] = refusal }
        }
        legs[index].recipients.removeAll(where: recipients.contains)
        guard legs[index].recipients.isEmpty else { return }
        let isNotification = if case .notification = legs[index].role { true } else { false }
        legs.remove(at: index)
        guard isNotification else { return }
        passwordsAreStale = true
        if letters.isEmpty { legs.removeAll(where: \.isPasswordMail) }
    }

    /// It ends here: whoever is left is put off, or refused, for this reason.
    mutating func settleRest(as refusal: Refusal) {
        for leg in legs { settle(leg.recipients, of: leg.number, as: RecipientResult(refusal)) }
    }
}

extension RecipientResult {
    /// What earlier tries have settled of a recipient, or nil.
    package init?(of recipient: Mailbox, in known: RememberedMessage) {
        let name = recipient.folded
        if known.delivered.contains(name) {
            self = .delivered
        } else if known.reported.contains(name) {
            self = .reported
        } else if known.held.contains(name) {
            self = .held
        } else if let refusal = known.refused[name] {
            self = .refused(refusal)
        } else {
            return nil
        }
    }
}

extension NIODeadline {
    /// The moment of another clock.
    static func after(_ instant: ContinuousClock.Instant) -> NIODeadline {
        let left = (instant - ContinuousClock.now).components
        return .now() + .bounded(seconds: left.seconds) + .nanoseconds(left.attoseconds / 1_000_000_000)
    }
}

extension TimeAmount {
    /// Seconds out of settings or a caller's clock, bounded to a day either way: nanoseconds must not overflow.
    static func bounded(seconds: some BinaryInteger) -> TimeAmount {
        .seconds(min(max(Int64(clamping: seconds), -86_400), 86_400))
    }
}

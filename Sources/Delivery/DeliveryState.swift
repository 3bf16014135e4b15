// One delivery while it is under way: what is still to be sent, the fate of each recipient, and what must be remembered
// of it. Values only.

import Mail
import Sealing
import Vault

/// Fates that the ledger does not know yet.
struct UnrecordedFates: Sendable {
    /// Recipients whom the hop has accepted.
    var accepted: [Mailbox] = []
    /// Archives whose copies the hop has accepted.
    var copied: [Mailbox] = []
    /// Recipients who are refused for good.
    var refused: [Mailbox: Refusal] = [:]

    var isEmpty: Bool { accepted.isEmpty && copied.isEmpty && refused.isEmpty }
}

/// The letters behind links whose notifications are sent in one delivery.
struct DeliveredLetters: Sendable {
    private let ids: Set<String>
    private let recipients: [String: [Mailbox]]
    /// Letters whose notification is out, or may be.
    var notified: Set<String> = []
    /// Those of them that could not be made readable yet.
    var unreadable: [String] = []

    init(of transmissions: [OutboundMessage.Transmission]) {
        var ids: [String] = []
        var recipients: [String: [Mailbox]] = [:]
        for transmission in transmissions {
            switch transmission.role {
            case .passed, .sealed, .report, .archive: continue
            case .passwordMail(let mailed): ids += mailed
            case .notification(let id):
                ids.append(id)
                recipients[id] = transmission.recipients
            }
        }
        self.ids = Set(ids)
        self.recipients = recipients
    }

    /// Letters that nobody will ever have the link of.
    var unsent: [String] { ids.filter { !notified.contains($0) } }

    /// To whom the notifications of these letters go.
    func recipients(of ids: [String]) -> [Mailbox] { ids.flatMap { recipients[$0] ?? [] } }
}

/// The passwords of these letters, on their two ways.
struct DeliveredPasswords: Sendable {
    /// Writes the mail to the sender; nil where there is none.
    let mail: PasswordMailComposer?
    /// Text messages.
    let texts: [OutboundMessage.Text]
    /// True where the mail names letters that will not be sent.
    var mailIsStale = false
}

/// The state of one delivery.
struct DeliveryState: Sendable {
    /// Sender of the message that came in.
    let sender: Mailbox?
    /// ``Coherence/wholeMessage`` while the whole message can still be refused: nothing of it has been accepted, ever.
    private(set) var coherence: Coherence
    /// What is to be sent, in order.
    private(set) var transactions: [PendingTransaction]
    private var nextNumber: Int
    private var passwords: DeliveredPasswords

    /// Made where it is first needed.
    var fingerprint: MessageFingerprint?
    /// True where the ledger is told: what is accepted before a later failure must not be sent again.
    private(set) var isRecorded: Bool
    /// The fate of each recipient; a recipient of a pending transaction is not in it yet.
    private(set) var fates: [Mailbox: Fate] = [:]
    /// What the ledger does not know yet.
    var unrecorded = UnrecordedFates()
    /// The letters of the message.
    var letters: DeliveredLetters

    init(_ outbound: OutboundMessage, _ coherence: Coherence) {
        sender = outbound.sender
        self.coherence = coherence
        let isArchived = outbound.transmissions.contains {
            if case .archive = $0.role { true } else { false }
        }
        isRecorded =
            coherence == .afterFirstAcceptance || outbound.transmissions.count > 1
            || outbound.isRemembered
            || !outbound.texts.isEmpty || isArchived
        passwords = DeliveredPasswords(mail: outbound.passwords, texts: outbound.texts)
        transactions = outbound.transmissions.enumerated().map {
            PendingTransaction($0.element, number: $0.offset)
        }
        nextNumber = transactions.count
        letters = DeliveredLetters(of: outbound.transmissions)
    }

    /// The transaction as it stands now, or nil where nobody is left in it.
    func transaction(_ number: Int) -> PendingTransaction? {
        transactions.first { $0.number == number }
    }

    /// Text messages of letters whose notification is still to be sent.
    var texts: [OutboundMessage.Text] {
        let letters = unsentLetters
        return passwords.texts.filter { letters.contains($0.letterID) }
    }

    /// A recipient whose password cannot be sent is not sent the link.
    mutating func settle(letter id: String, as fate: Fate) {
        for pending in transactions {
            guard case .notification(id) = pending.role else { continue }
            settle(pending.recipients, of: pending.number, as: fate)
        }
    }

    // MARK: - Before sending

    /// Leaves out recipients whose fate earlier tries have settled.
    mutating func leave(out known: RememberedMessage) {
        // A copy in an archive alone does not make a message half delivered.
        if !known.delivered.isEmpty || !known.reported.isEmpty || !known.held.isEmpty { coherence.loosen() }
        transactions.removeAll { pending in
            pending.dependents != nil
                && pending.recipients.allSatisfy {
                    known.copied.contains($0.folded)
                }
        }
        for pending in transactions where !pending.isPasswordMail && pending.dependents == nil {
            for recipient in pending.recipients {
                guard let fate = Fate(of: recipient, in: known) else { continue }
                settle([recipient], of: pending.number, as: fate)
            }
        }
        unrecorded.refused = [:]
        isRecorded = isRecorded || !coherence.isWhole
    }

    /// Splits what has more recipients than the hop takes in one transaction (RFC 9422, RCPTMAX).
    mutating func split(_ most: Int?) {
        guard let most, most > 0, transactions.contains(where: { $0.recipients.count > most }) else {
            return
        }
        var split: [PendingTransaction] = []
        for pending in transactions {
            var rest = pending.recipients[...]
            var part = pending
            while !rest.isEmpty {
                part.recipients = Array(rest.prefix(most))
                split.append(part)
                rest = rest.dropFirst(most)
                part = pending.renumbered(nextNumber)
                nextNumber += 1
            }
        }
        transactions = split
        isRecorded = true
    }

    /// Writes the password mail anew where it names somebody whose notification will not go.
    mutating func renewPasswordMail() {
        guard passwords.mailIsStale, let mail = passwords.mail else { return }
        passwords.mailIsStale = false
        guard let index = transactions.firstIndex(where: \.isPasswordMail) else { return }
        transactions[index] = PendingTransaction(
            mail.transmission(for: unsentLetters), number: transactions[index].number)
    }

    /// Letters whose notification is still to be sent.
    private var unsentLetters: Set<String> {
        Set(
            transactions.compactMap { pending in
                if case .notification(let id) = pending.role { id } else { nil }
            })
    }

    // MARK: - Fates

    /// The hop has accepted a transaction.
    mutating func accept(_ pending: PendingTransaction) {
        transactions.removeAll { $0.number == pending.number }
        guard !pending.isPasswordMail else { return }
        guard pending.dependents == nil else {
            // The message itself is not out yet: it can still be refused as a whole.
            unrecorded.copied += pending.recipients
            return
        }
        coherence.loosen()
        unrecorded.accepted += pending.recipients
        for recipient in pending.recipients { fates[recipient] = .delivered }
    }

    /// Notes the fate of some recipients of a transaction. Who gets no password mail gets no notification; where no
    /// notification is left, no password mail goes.
    mutating func settle(_ recipients: [Mailbox], of number: Int, as fate: Fate) {
        guard let index = transactions.firstIndex(where: { $0.number == number }) else { return }
        if let ids = transactions[index].passwordLetters {
            transactions.remove(at: index)
            for pending in transactions {
                guard case .notification(let id) = pending.role, ids.contains(id) else { continue }
                settle(pending.recipients, of: pending.number, as: fate)
            }
            return
        }
        if let dependents = transactions[index].dependents {
            // Without the copy they do not get the message.
            transactions.remove(at: index)
            for pending in transactions where !pending.isPasswordMail && pending.dependents == nil {
                let bound = pending.recipients.filter(dependents.contains)
                if !bound.isEmpty { settle(bound, of: pending.number, as: fate) }
            }
            return
        }
        for recipient in recipients {
            fates[recipient] = fate
            if case .refused(let refusal) = fate, coherence != .perRecipient {
                unrecorded.refused[recipient] = refusal
            }
        }
        transactions[index].recipients.removeAll(where: recipients.contains)
        guard transactions[index].recipients.isEmpty else { return }
        let isNotification = if case .notification = transactions[index].role { true } else { false }
        transactions.remove(at: index)
        guard isNotification else { return }
        passwords.mailIsStale = true
        if unsentLetters.isEmpty { transactions.removeAll(where: \.isPasswordMail) }
    }

    /// It ends here: recipients without a fate are put off, or refused, for this reason.
    mutating func settleRest(as refusal: Refusal) {
        for pending in transactions {
            settle(pending.recipients, of: pending.number, as: Fate(refusal))
        }
    }
}

// One delivery while it is under way: what is still to be sent, and what must be remembered of what was. Values only.

import Mail
import NIOCore
import SMTP
import Sealing
import Vault

/// One transmission, less the recipients who have it already.
struct Leg: Sendable {
    let role: OutboundMessage.Transmission.Role
    let sender: Mailbox?
    var recipients: [Mailbox]
    let content: MessageBytes
    let needs8BitMIME: Bool
    let needsSMTPUTF8: Bool

    init(_ transmission: OutboundMessage.Transmission) {
        role = transmission.role
        sender = transmission.sender
        recipients = transmission.recipients
        content = transmission.content
        needs8BitMIME = transmission.needs8BitMIME
        needsSMTPUTF8 = transmission.needsSMTPUTF8
    }

    /// True for the mail with passwords, which goes to the sender.
    var isPasswordMail: Bool {
        switch role {
        case .passwordMail: true
        case .passed, .sealed, .notification, .report: false
        }
    }

    /// What the client is told of it.
    func transaction(_ purpose: ClientTransaction.Purpose) -> ClientTransaction {
        ClientTransaction(
            purpose, sender: sender, recipients: recipients, contentBytes: content.count, needs8BitMIME: needs8BitMIME,
            needsSMTPUTF8: needsSMTPUTF8)
    }
}

/// The state of one delivery.
struct Course: Sendable {
    /// Sender of the message that came in.
    let sender: Mailbox?
    let fingerprint: MessageFingerprint?
    let deadline: NIODeadline
    /// True where acceptances are recorded: there was more than one transmission to begin with.
    let isRecorded: Bool
    /// What is to be sent, in order.
    private(set) var legs: [Leg]
    private let letterIDs: [String]
    private let letterRecipients: [String: [Mailbox]]

    /// Recipients whom the hop has accepted and the ledger does not know yet.
    var unrecorded: [Mailbox] = []
    /// Letters whose notification is out, or may be.
    var notified: Set<String> = []
    /// Those of them that could not be made readable yet.
    var unreadable: [String] = []

    init(_ outbound: OutboundMessage, fingerprint: MessageFingerprint?, deadline: ContinuousClock.Instant) {
        sender = outbound.sender
        self.fingerprint = fingerprint
        let left = (deadline - ContinuousClock.now).components
        self.deadline = .now() + .bounded(seconds: left.seconds) + .nanoseconds(left.attoseconds / 1_000_000_000)
        isRecorded = outbound.transmissions.count > 1
        legs = outbound.transmissions.map { Leg($0) }
        var ids: [String] = []
        var recipients: [String: [Mailbox]] = [:]
        for transmission in outbound.transmissions {
            switch transmission.role {
            case .passed, .sealed, .report: continue
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

    /// Leaves out recipients who have the message already, transmissions without any recipient left, and a password mail
    /// none of whose letters will be sent. A password mail itself is never left out for its recipient: the sender may be
    /// among the recipients of his own message.
    mutating func leave(out delivered: Set<String>) {
        guard !delivered.isEmpty else { return }
        var going: Set<String> = []
        for index in legs.indices {
            if legs[index].isPasswordMail { continue }
            legs[index].recipients.removeAll { delivered.contains($0.folded) }
            if case .notification(let id) = legs[index].role, !legs[index].recipients.isEmpty { going.insert(id) }
        }
        legs.removeAll { leg in
            if case .passwordMail(let ids) = leg.role { return going.isDisjoint(with: ids) }
            return leg.recipients.isEmpty
        }
    }
}

extension TimeAmount {
    /// Seconds out of settings or a caller's clock, bounded to a day either way: nanoseconds must not overflow.
    static func bounded(seconds: some BinaryInteger) -> TimeAmount {
        .seconds(min(max(Int64(clamping: seconds), -86_400), 86_400))
    }
}

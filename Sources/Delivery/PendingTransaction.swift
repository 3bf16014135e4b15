// One transaction with the next hop as it is still to be made. A value.

import Mail
import SMTP
import Sealing

/// One transmission, less the recipients whose fate is settled.
struct PendingTransaction: Sendable {
    /// Its name within one delivery.
    private(set) var number: Int
    let role: OutboundMessage.Transmission.Role
    let sender: Mailbox?
    var recipients: [Mailbox]
    let content: MessageBytes
    let needs8BitMIME: Bool
    let needsSMTPUTF8: Bool
    let options: OutboundMessage.Transmission.Options
    private let redirects: [Mailbox: Mailbox]

    init(_ transmission: OutboundMessage.Transmission, number: Int) {
        self.number = number
        role = transmission.role
        sender = transmission.sender
        recipients = transmission.recipients
        content = transmission.content
        needs8BitMIME = transmission.needs8BitMIME
        needsSMTPUTF8 = transmission.needsSMTPUTF8
        options = transmission.options
        redirects = transmission.redirects
    }

    /// The letters of the mail with passwords, which goes to the sender; nil for any other.
    var passwordLetters: [String]? {
        if case .passwordMail(let ids) = role { ids } else { nil }
    }
    /// True for the mail with passwords.
    var isPasswordMail: Bool { passwordLetters != nil }
    /// True for a mail to the sender without a password of ours: nobody's letter waits for it.
    var isOptional: Bool { passwordLetters?.isEmpty == true }

    /// Recipients who depend on this copy for an archive; nil for any other transmission.
    var dependents: [Mailbox]? {
        if case .archive(let recipients) = role { recipients } else { nil }
    }

    /// Whom an address of the transaction stands for.
    func originals(of address: Mailbox) -> [Mailbox] {
        recipients.filter { (redirects[$0] ?? $0) == address }
    }

    /// How the sender is told of an address: by the one in the message's envelope.
    func shown(_ address: Mailbox) -> String {
        if dependents != nil { return "archive" }
        return originals(of: address).first.map(\.description) ?? "\(address)"
    }

    /// The same under another name.
    func renumbered(_ number: Int) -> PendingTransaction {
        var pending = self
        pending.number = number
        return pending
    }

    /// What the client is told of it.
    func transaction(_ purpose: ClientTransaction.Purpose) -> ClientTransaction {
        var addresses = recipients
        var recipientOptions = options.recipientOptions
        if !redirects.isEmpty {
            addresses = []
            recipientOptions = [:]
            for recipient in recipients {
                let address = redirects[recipient] ?? recipient
                guard !addresses.contains(address) else { continue }
                addresses.append(address)
                recipientOptions[address] = options.recipientOptions[recipient]
            }
        }
        return ClientTransaction(
            purpose, sender: sender, recipients: addresses, contentBytes: content.count,
            needs8BitMIME: needs8BitMIME,
            needsSMTPUTF8: needsSMTPUTF8, ret: options.ret, envelopeID: options.envelopeID,
            recipientOptions: recipientOptions, requiresTLS: options.requiresTLS)
    }
}

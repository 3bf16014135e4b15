// One transaction with the next hop as it is still to be made. A value.

import Mail
import SMTP
import Sealing

/// One transmission, less the recipients whose fate is settled.
struct Leg: Sendable {
    /// Its name within one delivery.
    private(set) var number: Int
    let role: OutboundMessage.Transmission.Role
    let sender: Mailbox?
    var recipients: [Mailbox]
    let content: MessageBytes
    let needs8BitMIME: Bool
    let needsSMTPUTF8: Bool
    let options: OutboundMessage.Transmission.Options

    init(_ transmission: OutboundMessage.Transmission, number: Int) {
        self.number = number
        role = transmission.role
        sender = transmission.sender
        recipients = transmission.recipients
        content = transmission.content
        needs8BitMIME = transmission.needs8BitMIME
        needsSMTPUTF8 = transmission.needsSMTPUTF8
        options = transmission.options
    }

    /// The letters of the mail with passwords, which goes to the sender; nil for any other.
    var passwordLetters: [String]? {
        if case .passwordMail(let ids) = role { ids } else { nil }
    }
    /// True for the mail with passwords.
    var isPasswordMail: Bool { passwordLetters != nil }

    /// The same under another name.
    func renumbered(_ number: Int) -> Leg {
        var leg = self
        leg.number = number
        return leg
    }

    /// What the client is told of it.
    func transaction(_ purpose: ClientTransaction.Purpose) -> ClientTransaction {
        ClientTransaction(
            purpose, sender: sender, recipients: recipients, contentBytes: content.count, needs8BitMIME: needs8BitMIME,
            needsSMTPUTF8: needsSMTPUTF8, ret: options.ret, envelopeID: options.envelopeID,
            recipientOptions: options.recipientOptions, requiresTLS: options.requiresTLS)
    }
}

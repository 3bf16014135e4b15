// What leaves: the only thing Delivery accepts. Only this module can make one, so unsealed mail cannot be sent by
// mistake: it does not compile.

package import Links
package import Mail

/// Everything that comes of one message, in the order in which it must be sent.
package struct OutboundMessage: Sendable {
    /// One SMTP transaction.
    package struct Transmission: Sendable {
        /// What it is.
        package enum Role: Sendable, Equatable {
            /// The message as it came.
            case passed
            /// Sealed by OpenPGP.
            case sealed
            /// Passwords of these letters, to the inside sender.
            case passwordMail(letterIDs: [String])
            /// The link of this letter, to its recipient.
            case notification(letterID: String)
        }
        package let role: Role
        /// MAIL FROM; nil is the null sender.
        package let sender: Mailbox?
        /// RCPT TO, never empty.
        package let recipients: [Mailbox]
        /// The message to send, not dot-stuffed.
        package let content: MessageBytes
        /// True where the content has octets above 127 or the message was announced as 8BITMIME: a next hop without
        /// 8BITMIME cannot take it.
        package let needs8BitMIME: Bool
        /// True where an address or a header field needs SMTPUTF8.
        package let needsSMTPUTF8: Bool

        init(
            role: Role, sender: Mailbox?, recipients: [Mailbox], content: MessageBytes, needs8BitMIME: Bool,
            needsSMTPUTF8: Bool
        ) {
            self.role = role
            self.sender = sender
            self.recipients = recipients
            self.content = content
            self.needs8BitMIME = needs8BitMIME
            self.needsSMTPUTF8 = needsSMTPUTF8
        }
    }

    /// One letter behind a link, kept pending until its notification has been accepted.
    package struct Letter: Sendable {
        package let record: LockedLetter
        package let sender: Mailbox
        package let recipient: Mailbox

        init(record: LockedLetter, sender: Mailbox, recipient: Mailbox) {
            self.record = record
            self.sender = sender
            self.recipient = recipient
        }
    }

    /// Sender of the message that came in; nil is the null sender.
    package let sender: Mailbox?
    /// Transactions in the order of sending: passed and sealed ones, then the password mail, then the notifications.
    package let transmissions: [Transmission]
    /// Contents of the letters.
    package let contents: [LockedContent]
    /// Letters, one per link recipient.
    package let letters: [Letter]

    init(sender: Mailbox?, transmissions: [Transmission], contents: [LockedContent], letters: [Letter]) {
        self.sender = sender
        self.transmissions = transmissions
        self.contents = contents
        self.letters = letters
    }
}

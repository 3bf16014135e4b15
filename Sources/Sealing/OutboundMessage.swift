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
            /// Passwords of these letters, to the inside sender; of none where the mail only tells the sender how
            /// readers open theirs.
            case passwordMail(letterIDs: [String])
            /// The link of this letter, or of the letter that this later message comes under, to its recipient.
            case notification(letterID: String)
            /// A sealed copy for an archive: without it these recipients do not get the message.
            case archive(for: [Mailbox])
            /// A non-delivery report or a receipt, to the sender.
            case report
        }
        /// What is asked of the next hop beside delivering (RFC 3461, RFC 8689).
        package struct Options: Sendable, Equatable {
            /// RET, or nil where it is not given.
            package var ret: Envelope.Return?
            /// ENVID as written, or nil.
            package var envelopeID: String?
            /// True where only a hop with verified TLS and REQUIRETLS may have it.
            package var requiresTLS = false
            /// NOTIFY and ORCPT; a recipient without any is not in it.
            package var recipientOptions: [Mailbox: Envelope.RecipientOptions] = [:]
        }
        package let role: Role
        /// MAIL FROM; nil is the null sender.
        package let sender: Mailbox?
        /// Whom it is for, never empty: their addresses are RCPT TO, unless ``redirects`` names others.
        package let recipients: [Mailbox]
        /// Recipients in whose place another address is RCPT TO; its fate is still told of the recipient.
        package let redirects: [Mailbox: Mailbox]
        /// True where the body is another one than came in, for a message that is ``Role/passed``.
        package let isBodyAltered: Bool
        /// The message to send, not dot-stuffed.
        package let content: MessageBytes
        /// True where the content has octets above 127 or the message was announced as 8BITMIME: a next hop without
        /// 8BITMIME cannot take it.
        package let needs8BitMIME: Bool
        /// True where an address or a header field needs SMTPUTF8.
        package let needsSMTPUTF8: Bool
        /// What is asked of the next hop.
        package let options: Options

        init(
            role: Role, sender: Mailbox?, recipients: [Mailbox], content: MessageBytes, needs8BitMIME: Bool,
            needsSMTPUTF8: Bool, options: Options = .init(), redirects: [Mailbox: Mailbox] = [:],
            isBodyAltered: Bool = false
        ) {
            self.role = role
            self.sender = sender
            self.recipients = recipients
            self.content = content
            self.needs8BitMIME = needs8BitMIME
            self.needsSMTPUTF8 = needsSMTPUTF8
            self.options = options
            self.redirects = redirects
            self.isBodyAltered = isBodyAltered
        }
    }

    /// One letter behind a link, kept pending until its notification has been accepted.
    package struct Letter: Sendable {
        package let record: LockedLetter
        package let sender: Mailbox
        package let recipient: Mailbox
        package let conversation: Conversation

        /// What the gateway has to know when something comes back.
        package struct Conversation: Sendable, Equatable {
            /// Who reads the letter: the recipient, or another in the recipient's place.
            package let reader: Mailbox
            /// The gateway's public key in the letter, 65 bytes.
            package let gatewayKey: [UInt8]
            /// Message-ID of the message; nil where it has none that can be repeated.
            package let messageID: String?
            /// Whom answers may go to, the sender first.
            package let participants: [Mailbox]
        }

        /// What the gateway has to know of its sender's control.
        package struct Ownership: Sendable, Equatable {
            /// 16 bytes; with the gateway's key it makes the token.
            package let controlID: [UInt8]
            /// True where a rule has set how long it lives: then it cannot be extended.
            package let isFixed: Bool
            /// Message-ID of the message where it is fit to be repeated.
            package let messageID: String?
        }

        /// What the gateway has to know of its sender's control.
        package let ownership: Ownership

        init(
            record: LockedLetter, sender: Mailbox, recipient: Mailbox, conversation: Conversation, ownership: Ownership
        ) {
            self.record = record
            self.sender = sender
            self.recipient = recipient
            self.conversation = conversation
            self.ownership = ownership
        }
    }

    /// One later message under the link of a letter that its recipient has already; kept pending like a letter.
    package struct LaterMessage: Sendable {
        package let record: FollowingMessage
        package let recipient: Mailbox
        /// Of the message itself, with angle brackets; nil where it has none that can be repeated.
        package let messageID: String?
        /// The gateway's public key in its own index, 65 bytes.
        package let gatewayKey: [UInt8]

        init(record: FollowingMessage, recipient: Mailbox, messageID: String?, gatewayKey: [UInt8]) {
            self.record = record
            self.recipient = recipient
            self.messageID = messageID
            self.gatewayKey = gatewayKey
        }
    }

    /// A password that goes to a reader's telephone before anything else of the message goes anywhere.
    package struct Text: Sendable {
        package let letterID: String
        package let recipient: Mailbox
        package let number: PhoneNumber
        package let text: Secret

        init(letterID: String, recipient: Mailbox, number: PhoneNumber, text: Secret) {
            self.letterID = letterID
            self.recipient = recipient
            self.number = number
            self.text = text
        }
    }

    /// Sender of the message that came in; nil is the null sender.
    package let sender: Mailbox?
    /// Transactions in the order of sending: copies for archives, passed and sealed ones, then the password mail, then
    /// the notifications.
    package let transmissions: [Transmission]
    /// Contents of the letters.
    package let contents: [LockedContent]
    /// Letters, one per link recipient.
    package let letters: [Letter]
    /// Later messages under links that exist.
    package let laterMessages: [LaterMessage]
    /// Writes the password mail anew where some of its letters will not be sent; nil where there are none.
    package let passwords: PasswordMailComposer?
    /// Text messages to send, one for each letter whose password goes that way.
    package let texts: [Text]
    /// True where the ledger must know who has it even if all of it goes at once: a receipt may still have to be sent.
    package let isRemembered: Bool

    init(
        sender: Mailbox?, transmissions: [Transmission], contents: [LockedContent] = [], letters: [Letter] = [],
        laterMessages: [LaterMessage] = [], passwords: PasswordMailComposer? = nil, texts: [Text] = [],
        isRemembered: Bool = false
    ) {
        self.laterMessages = laterMessages
        self.texts = texts
        self.isRemembered = isRemembered
        self.sender = sender
        self.transmissions = transmissions
        self.contents = contents
        self.letters = letters
        self.passwords = passwords
    }

    /// The same message, remembered or not.
    func remembered(_ isRemembered: Bool) -> OutboundMessage {
        OutboundMessage(
            sender: sender, transmissions: transmissions, contents: contents, letters: letters,
            laterMessages: laterMessages,
            passwords: passwords, texts: texts, isRemembered: isRemembered)
    }

    /// The same message from nobody: a failure of delivery is told to no one, so that no bounce carries what an answer
    /// says.
    package func fromNobody() -> OutboundMessage {
        let unnamed = transmissions.map { one in
            Transmission(
                role: one.role, sender: nil, recipients: one.recipients, content: one.content,
                needs8BitMIME: one.needs8BitMIME, needsSMTPUTF8: one.needsSMTPUTF8, options: one.options,
                redirects: one.redirects, isBodyAltered: one.isBodyAltered)
        }
        return OutboundMessage(
            sender: nil, transmissions: unnamed, contents: contents, letters: letters, laterMessages: laterMessages,
            passwords: passwords, texts: texts, isRemembered: true)
    }

    /// Nothing at all: what is left of a message nobody can be served with.
    package static let nothing = OutboundMessage(sender: nil, transmissions: [])

    /// The same message with only those transmissions that `isWanted` says, in the same order, and with the letters
    /// whose notification is among them. What was sealed stays sealed: leaving out is all that can be done here.
    package func only(_ isWanted: (Transmission) -> Bool) -> OutboundMessage {
        let kept = transmissions.filter(isWanted)
        let ids = Set(
            kept.compactMap { transmission -> String? in
                if case .notification(let id) = transmission.role { id } else { nil }
            })
        let letters = letters.filter { ids.contains($0.record.id) }
        let laterMessages = laterMessages.filter { ids.contains($0.record.id) }
        let contentIDs = Set(letters.map(\.record.contentID) + laterMessages.map(\.record.contentID))
        return OutboundMessage(
            sender: sender, transmissions: kept, contents: contents.filter { contentIDs.contains($0.id) },
            letters: letters, laterMessages: laterMessages, passwords: passwords,
            texts: texts.filter { ids.contains($0.letterID) }, isRemembered: isRemembered)
    }

    /// The same message without the transmission at a place in ``transmissions``.
    package func without(_ place: Int) -> OutboundMessage {
        var index = -1
        return only { _ in
            index += 1
            return index != place
        }
    }
}

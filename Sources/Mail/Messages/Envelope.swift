// What SMTP says about a message outside of its bytes (RFC 5321 section 2.3.1).

/// Sender and recipients of one transaction, with the parameters that change how it may be passed on.
package struct Envelope: Sendable, Equatable {
    /// The body's declared encoding (RFC 6152).
    package enum Body: String, Sendable { case sevenBit = "7BIT", eightBitMIME = "8BITMIME" }

    /// How much of the message a delivery status notification returns (RET, RFC 3461 section 4.3).
    package enum Return: String, Sendable { case full = "FULL", headers = "HDRS" }

    /// When the sender wants to be told (NOTIFY, RFC 3461 section 4.1). Empty is NEVER.
    package struct Notify: OptionSet, Sendable, Hashable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }
        /// When it has been delivered.
        package static let success = Notify(rawValue: 1)
        /// When it cannot be delivered.
        package static let failure = Notify(rawValue: 2)
        /// When it is late.
        package static let delay = Notify(rawValue: 4)
        /// Never.
        package static let never: Notify = []
    }

    /// Parameters of one RCPT (RFC 3461 section 4).
    package struct RecipientOptions: Sendable, Equatable {
        /// NOTIFY, or nil where it was not given.
        package var notify: Notify?
        /// ORCPT as written (`rfc822;bob+40example.org`, the address part in xtext), or nil.
        package var originalRecipient: String?

        /// Options from their parts.
        package init(notify: Notify? = nil, originalRecipient: String? = nil) {
            self.notify = notify
            self.originalRecipient = originalRecipient
        }
    }

    /// MAIL FROM; nil is the null sender `<>`.
    package var sender: Mailbox?
    /// RCPT TO, in order, exact duplicates already removed; never empty once DATA was allowed.
    package var recipients: [Mailbox]
    /// What the bytes are: 8BITMIME where there are octets above 127, whatever BODY= said.
    package var body: Body
    /// True where the client asked for SMTPUTF8 (RFC 6531).
    package var smtputf8: Bool
    /// RET, or nil where it was not given.
    package var ret: Return?
    /// ENVID as written (xtext), or nil (RFC 3461 section 4.4).
    package var envelopeID: String?
    /// True where the client asked for REQUIRETLS (RFC 8689).
    package var requiresTLS: Bool
    /// Parameters of single recipients; a recipient without any is not in it.
    package var recipientOptions: [Mailbox: RecipientOptions]

    /// An envelope from its parts.
    package init(
        sender: Mailbox?, recipients: [Mailbox], body: Body = .sevenBit, smtputf8: Bool = false, ret: Return? = nil,
        envelopeID: String? = nil, requiresTLS: Bool = false, recipientOptions: [Mailbox: RecipientOptions] = [:]
    ) {
        self.sender = sender
        self.recipients = recipients
        self.body = body
        self.smtputf8 = smtputf8
        self.ret = ret
        self.envelopeID = envelopeID
        self.requiresTLS = requiresTLS
        self.recipientOptions = recipientOptions
    }

    /// True where the sender wants to hear of a failure for this recipient: yes by default (RFC 3461 section 4.1),
    /// never for the null sender.
    package func wantsFailureReport(for recipient: Mailbox) -> Bool {
        sender != nil && (recipientOptions[recipient]?.notify ?? .failure).contains(.failure)
    }
}

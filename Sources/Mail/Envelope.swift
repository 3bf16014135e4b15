// What SMTP says about a message outside of its bytes (RFC 5321 section 2.3.1).

/// Sender and recipients of one transaction, with the parameters that change how it may be passed on.
package struct Envelope: Sendable, Equatable {
    /// The body's declared encoding (RFC 6152).
    package enum Body: String, Sendable { case sevenBit = "7BIT", eightBitMIME = "8BITMIME" }

    /// MAIL FROM; nil is the null sender `<>`.
    package var sender: Mailbox?
    /// RCPT TO, in order, exact duplicates already removed; never empty once DATA was allowed.
    package var recipients: [Mailbox]
    /// What the bytes are: 8BITMIME where there are octets above 127, whatever BODY= said.
    package var body: Body
    /// True where the client asked for SMTPUTF8 (RFC 6531).
    package var smtputf8: Bool

    /// An envelope from its parts.
    package init(sender: Mailbox?, recipients: [Mailbox], body: Body = .sevenBit, smtputf8: Bool = false) {
        self.sender = sender
        self.recipients = recipients
        self.body = body
        self.smtputf8 = smtputf8
    }
}

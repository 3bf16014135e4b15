// What a client asks of the next hop in one transaction, and what came of it. Values only.
// Source: RFC 5321 section 3.3, RFC 1870 (SIZE), RFC 6152 (8BITMIME), RFC 6531 (SMTPUTF8), RFC 3461 (DSN), RFC 8689.

package import Mail

/// One transaction as a client starts it: envelope and facts about the content, not the content itself.
package struct ClientTransaction: Sendable, Equatable {
    /// How far the transaction goes.
    package enum Purpose: Sendable, Equatable {
        /// MAIL, every RCPT, RSET: would these recipients be taken? Sends no DATA.
        case ask
        /// MAIL, every RCPT, DATA. `askedBefore`: the hop has said yes to every recipient a moment ago, so that DATA
        /// may stand in the same segment as they do (RFC 2920).
        case send(askedBefore: Bool)
    }

    /// How far it goes.
    package var purpose: Purpose
    /// MAIL FROM; nil is the null sender `<>`.
    package let sender: Mailbox?
    /// RCPT TO, in order; never empty.
    package let recipients: [Mailbox]
    /// Length of the content in bytes, not dot-stuffed (RFC 1870 section 5).
    package let contentBytes: Int
    /// True where only a hop with 8BITMIME can take it.
    package let needs8BitMIME: Bool
    /// True where only a hop with SMTPUTF8 can take it: as the caller says, or because an address has UTF-8 in it.
    package let needsSMTPUTF8: Bool
    /// RET, or nil. It and the next three are told to hops that know DSN (RFC 3461), and not to others.
    package var ret: Envelope.Return?
    /// ENVID in xtext, or nil.
    package var envelopeID: String?
    /// NOTIFY and ORCPT of single recipients.
    package var recipientOptions: [Mailbox: Envelope.RecipientOptions]
    /// True where only a verified hop with REQUIRETLS can take it (RFC 8689).
    package var requiresTLS: Bool

    /// A transaction from its parts.
    package init(
        _ purpose: Purpose, sender: Mailbox?, recipients: [Mailbox], contentBytes: Int, needs8BitMIME: Bool = false,
        needsSMTPUTF8: Bool = false, ret: Envelope.Return? = nil, envelopeID: String? = nil,
        recipientOptions: [Mailbox: Envelope.RecipientOptions] = [:], requiresTLS: Bool = false
    ) {
        self.purpose = purpose
        self.sender = sender
        self.recipients = recipients
        self.contentBytes = contentBytes
        self.needs8BitMIME = needs8BitMIME
        self.needsSMTPUTF8 =
            needsSMTPUTF8 || sender?.needsSMTPUTF8 == true || recipients.contains(where: \.needsSMTPUTF8)
        self.ret = ret
        self.envelopeID = envelopeID
        self.recipientOptions = recipientOptions
        self.requiresTLS = requiresTLS
    }
}

/// What came of a transaction.
package enum ClientOutcome: Sendable, Equatable {
    /// `ask`: every recipient would be taken. `send`: the hop said 2xx after the final dot; it has the message now.
    case accepted
    /// The hop refused, and said so: nothing of this transaction was delivered. Never empty.
    case refused([ClientRefusal])
    /// The hop lacks what the transaction needs; nothing was written.
    case unsupported(ClientShortfall)
    /// The dialogue broke. Where ``ClientFailure/stage`` is `finalDot`, the hop may have the message or may not.
    case failed(ClientFailure)
}

/// One refusal by the hop.
package struct ClientRefusal: Sendable, Equatable {
    /// Whom it is about; nil where it is about the whole transaction (MAIL, DATA, final dot).
    package let recipient: Mailbox?
    /// What the hop said, 4xx or 5xx.
    package let reply: Reply

    /// A refusal from its parts.
    package init(recipient: Mailbox?, reply: Reply) {
        self.recipient = recipient
        self.reply = reply
    }
}

/// What a hop lacks for a transaction.
package enum ClientShortfall: Sendable, Equatable {
    /// 8BITMIME (RFC 6152).
    case eightBitMIME
    /// SMTPUTF8 (RFC 6531).
    case smtputf8
    /// The content is larger than the hop's SIZE (RFC 1870), in bytes.
    case size(limitBytes: Int)
    /// REQUIRETLS, or a connection on which the hop has proved who it is (RFC 8689 section 4.2.1).
    case requireTLS
}

/// Why and when a dialogue broke.
package struct ClientFailure: Error, Sendable, Equatable {
    /// Why.
    package enum Reason: Sendable, Equatable {
        /// The connection is gone.
        case closed
        /// The hop sent what is no reply, or a reply that makes no sense here.
        case malformed(String)
        /// The hop said 421: it is going away.
        case leaving(Reply)
        /// The hop's greeting, or its answer to EHLO and HELO, was a refusal.
        case unwelcome(Reply)
        /// TLS is a must, and the hop does not offer STARTTLS or said no to it.
        case noTLS(String)
        /// The TLS handshake failed: why.
        case tlsFailed(String)
        /// We must log in, and cannot: why.
        case loginFailed(String)
        /// No reply within the time for one.
        case silent
        /// The caller's deadline.
        case deadline
        /// The caller was cancelled.
        case cancelled
        /// Our own bytes could not be read.
        case unreadable(Refusal)
    }

    /// When.
    package enum Stage: Sendable, Equatable {
        /// Before the first transaction could begin.
        case opening
        /// Before the first byte of the content was written.
        case commands
        /// After it, and before the final dot was written: the hop must not deliver (RFC 5321 section 4.1.1.4).
        case content
        /// From the final dot on: whether the hop has the message is unknown.
        case finalDot
    }

    /// Why.
    package let reason: Reason
    /// When.
    package let stage: Stage

    /// A failure from its parts.
    package init(_ reason: Reason, at stage: Stage) {
        self.reason = reason
        self.stage = stage
    }
}

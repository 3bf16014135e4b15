// The commands of one transaction up to DATA, and the replies to them in order, one segment or one by one. Pure.
// Source: RFC 5321 section 3.3, RFC 2920 section 3.1 (which commands may share a segment, and that each reply counts).

import Mail
import NIOCore

/// MAIL, every RCPT, and what follows: RSET for an ask, DATA for a sending where nobody was refused, else RSET.
struct ClientExchange: Sendable {
    /// What a reply leads to.
    enum Step: Equatable {
        /// More replies to what was sent are to come.
        case wait
        /// Ask ``nextCommands()``.
        case more
        /// RSET has been sent with the others; its reply is to come.
        case awaitReset
        /// Send RSET.
        case reset
        /// The hop waits for the content.
        case content
        /// The hop waits for content that it must not get: close.
        case abort
        /// A reply of a kind that no server may give here.
        case nonsense
    }

    private let transaction: ClientTransaction
    private let capabilities: ClientCapabilities
    /// Commands are numbered: 0 is MAIL, then the recipients, then DATA or RSET.
    private var sent = 0
    private var answered = 0
    private var mailRefused = false
    private var refusals: [ClientRefusal] = []

    private var dataNumber: Int { transaction.recipients.count + 1 }

    init(_ transaction: ClientTransaction, _ capabilities: ClientCapabilities) {
        self.transaction = transaction
        self.capabilities = capabilities
    }

    /// What is known when the transaction ends before the content.
    var outcome: ClientOutcome { refusals.isEmpty ? .accepted : .refused(refusals) }

    /// The next segment: all that may be sent without waiting for a reply.
    mutating func nextCommands() -> ByteBuffer {
        var segment = ByteBuffer()
        if capabilities.pipelining, sent == 0 {
            segment.reserveCapacity(128 + 64 * transaction.recipients.count)
            for _ in 0..<dataNumber { appendCommand(to: &segment) }
            if endSharesTheSegment { appendCommand(to: &segment) }
        } else {
            appendCommand(to: &segment)
        }
        return segment
    }

    /// DATA shares the segment only where a refusal cannot leave the hop waiting for content: with one recipient
    /// (refused, DATA is refused too), or where all were asked a moment ago. RSET always may.
    private var endSharesTheSegment: Bool {
        switch transaction.purpose {
        case .ask: true
        case .send(let askedBefore): askedBefore || transaction.recipients.count == 1
        }
    }

    private mutating func appendCommand(to segment: inout ByteBuffer) {
        if sent == 0 {
            ClientCommands.mail(transaction, capabilities, into: &segment)
        } else if sent < dataNumber {
            ClientCommands.recipient(transaction.recipients[sent - 1], of: transaction, capabilities, into: &segment)
        } else {
            segment.writeString(transaction.purpose == .ask ? "RSET\r\n" : "DATA\r\n")
        }
        sent += 1
    }

    /// Takes the reply to the oldest command without one.
    mutating func take(_ reply: Reply) -> Step {
        guard answered < sent else { return .nonsense }
        let number = answered
        answered += 1
        if number == dataNumber { return takeData(reply) }
        guard !reply.isIntermediate else { return .nonsense }
        if !reply.isPositive, !mailRefused {
            // After a refused MAIL every RCPT is refused for the lack of it: only the first reply says something.
            mailRefused = number == 0
            let recipient = number == 0 ? nil : transaction.recipients[number - 1]
            refusals.append(ClientRefusal(recipient: recipient, reply: reply))
        }
        return next()
    }

    private func next() -> Step {
        if transaction.purpose == .ask, answered == dataNumber, sent > dataNumber { return .awaitReset }
        guard answered == sent else { return .wait }
        let recipientsDone = answered == dataNumber
        if mailRefused || (recipientsDone && (!refusals.isEmpty || transaction.purpose == .ask)) { return .reset }
        return .more
    }

    private mutating func takeData(_ reply: Reply) -> Step {
        if reply.isIntermediate { return refusals.isEmpty ? .content : .abort }
        // 2xx to DATA: the two sides do not mean the same.
        guard !reply.isPositive else { return refusals.isEmpty ? .nonsense : .abort }
        if refusals.isEmpty { refusals.append(ClientRefusal(recipient: nil, reply: reply)) }
        return .reset
    }
}

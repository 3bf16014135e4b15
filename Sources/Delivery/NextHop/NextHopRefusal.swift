// What the sender is told when the next hop did not take a message. Public texts carry the hop's own words as one
// sanitised line; our log gets the same and the cause. Pure.
// Source: RFC 5321 section 4.2, RFC 3463; 5.3.4 (RFC 1870), 5.6.3 (RFC 6152), 5.6.7 (RFC 6531).

package import Mail
import SMTP
package import Sealing
import Sockets

/// Makes refusals of outcomes.
enum NextHopRefusal {
    /// Characters of one reply that are passed on.
    private static let quotedCharacters = 300
    /// Refused recipients that are named; more are counted.
    private static let namedRecipients = 3

    /// Stands before the hop's own words.
    private static let said = "next hop said: "

    /// The deadline has passed.
    static let late = Refusal(.deadline, "the message could not be handed on in time")

    /// The refusal that an outcome stands for, or nil where it is `accepted`.
    static func from(_ outcome: ClientOutcome, to pending: PendingTransaction) -> Refusal? {
        switch outcome {
        case .accepted: nil
        case .refused(let refusals): refused(refusals, pending)
        case .unsupported(let shortfall): unsupported(shortfall, by: pending)
        case .failed(let failure): failed(failure)
        }
    }

    /// The hop lacks what a transmission needs.
    static func unsupported(_ shortfall: ClientShortfall, by pending: PendingTransaction) -> Refusal {
        switch shortfall {
        case .eightBitMIME:
            Refusal(
                .conversionRequired,
                "the next hop takes no 8-bit content, and this message must not be altered")
        case .smtputf8:
            Refusal(
                .smtputf8Required, "the next hop takes no internationalized addresses or header fields")
        case .size(let limit):
            Refusal(
                .messageTooBig,
                "the message as sent on has \(pending.content.count) bytes, the next hop takes at most \(limit) bytes"
            )
        case .requireTLS:
            Refusal(
                .requireTLSUnavailable,
                "the message asks for REQUIRETLS, and the next hop is not reached by verified TLS or does not offer it"
            )
        }
    }

    /// No connection, or no dialogue on it.
    static func notOpened(_ error: any Error, late isLate: Bool) -> Refusal {
        guard let failure = error as? ClientFailure else {
            guard !isLate else { return late }
            return Refusal(
                .nextHopUnavailable, "the next hop cannot be reached",
                detail: "connecting to the next hop: \(SocketWords.ofConnecting(error))")
        }
        return failed(failure)
    }

    /// A permanent refusal outweighs temporary ones: the message cannot go through as it is.
    private static func refused(_ refusals: [ClientRefusal], _ pending: PendingTransaction) -> Refusal {
        let permanent = refusals.filter(\.reply.isPermanent)
        let telling = permanent.isEmpty ? refusals : permanent
        guard let first = telling.first else {
            return Refusal(
                .internalError, "internal error", detail: "a refusal by the next hop without a reply")
        }
        var others = telling.dropFirst().prefix(namedRecipients - 1).map {
            "; \(about($0, pending))\(quoted($0.reply))"
        }
        .joined()
        if telling.count > namedRecipients {
            others += "; and \(telling.count - namedRecipients) more recipients"
        }
        let words = quoted(first.reply) + others
        let start = "\(pending.isPasswordMail ? "password mail to " : "")\(about(first, pending))"
        return Refusal(
            cause(first.reply), Reply.printable(start + words), hopReply: Reply.printable(words))
    }

    private static func cause(_ reply: Reply) -> Refusal.Cause {
        if reply.isPermanent {
            return .nextHopRefused(code: reply.code, enhanced: reply.enhanced ?? "5.0.0")
        }
        // 421 would tell our client that this connection ends (RFC 5321 section 4.2.2): it is the hop's that does.
        let code = reply.code == 421 ? 451 : reply.code
        return .nextHopDeferred(code: code, enhanced: reply.enhanced ?? "4.0.0")
    }

    /// What stands before the hop's words about one recipient, or about all.
    private static func about(_ refusal: ClientRefusal, _ pending: PendingTransaction) -> String {
        guard let recipient = refusal.recipient else { return said }
        return "<\(pending.shown(recipient))>: \(said)"
    }

    private static func quoted(_ reply: Reply) -> String {
        String(reply.description.prefix(quotedCharacters))
    }

    private static func failed(_ failure: ClientFailure) -> Refusal {
        let when = failure.stage == .finalDot ? " before its answer to the message" : ""
        let detail = "next hop failed at stage \"\(failure.stage)\": \(failure.reason)"
        switch failure.reason {
        case .closed:
            return Refusal(
                .nextHopUnavailable, "the next hop closed the connection\(when)", detail: detail)
        case .malformed(let why):
            return Refusal(
                .nextHopUnavailable, "the next hop does not follow the protocol",
                detail: "next hop failed at stage \"\(failure.stage)\": \(why)")
        case .leaving(let reply):
            return Refusal(cause(reply), "\(said)\(quoted(reply))", hopReply: quoted(reply))
        case .unwelcome(let reply):
            // A hop that talks to nobody is a fault of the set-up, not of the message: it stays in the sender's queue.
            return Refusal(.nextHopUnavailable, "\(said)\(quoted(reply))", hopReply: quoted(reply))
        // Of the set-up, as above: the public text says no more than that, and our log says it all.
        case .noTLS(let why):
            return Refusal(
                .nextHopUnavailable, "no secure connection to the next hop can be made",
                detail: "TLS to the next hop is required: \(why)")
        case .tlsFailed(let why):
            return Refusal(
                .nextHopUnavailable, "no secure connection to the next hop can be made",
                detail: "TLS to the next hop failed: \(why)")
        case .loginFailed(let why):
            return Refusal(
                .nextHopUnavailable, "the next hop does not let the gateway log in",
                detail: "log-in at the next hop failed: \(why)")
        case .silent:
            return Refusal(
                .nextHopUnavailable, "the next hop was silent for too long\(when)", detail: detail)
        case .deadline: return Refusal(late.cause, late.publicText, detail: detail)
        case .cancelled: return Refusal(.busy, "the gateway is stopping", detail: detail)
        case .unreadable(let refusal): return refusal
        }
    }
}

extension FailedRecipient {
    /// What a report says of a recipient who was refused: the hop's own words where there are any.
    package init(_ recipient: Mailbox, _ refusal: Refusal) {
        self.init(
            recipient: recipient, status: refusal.enhancedCode,
            said: refusal.hopReply ?? "\(refusal.replyCode) \(refusal.enhancedCode) \(refusal.publicText)")
    }
}

// What has become of one message so far: for the answer and for the log. A value.

import Delivery
import MIME
package import Mail
import Policy
import Vault

/// One message under way.
package struct Progress: Sendable {
    /// The fate of each recipient; who is not in it has none yet.
    package var results: [Mailbox: Fate] = [:]
    /// Whom a report has named to the sender.
    package var reported: [Mailbox] = []
    /// How long the steps took.
    package var times = MessageRecord.Times()
    private let start: ContinuousClock.Instant
    private var mark: ContinuousClock.Instant

    /// - Parameter start: when the message had come in whole.
    package init(start: ContinuousClock.Instant = .now) {
        self.start = start
        mark = start
    }

    // MARK: - Steps

    /// The plan is made.
    package mutating func decided() { times.decide = lap() }
    /// Everything is sealed.
    package mutating func sealed() { times.seal = lap() }
    /// The next hop has had its say; again after a report.
    package mutating func delivered() { times.deliver += lap() }
    /// The answer is known.
    package mutating func answered() {
        let now = ContinuousClock.now
        if times.seal != .zero { times.deliver += mark.duration(to: now) }
        mark = now
        times.total = start.duration(to: now)
    }

    private mutating func lap() -> Duration {
        let now = ContinuousClock.now
        defer { mark = now }
        return mark.duration(to: now)
    }

    // MARK: - Fates

    /// Notes what earlier tries have settled, and how much of the message hangs together now. Where each has a fate of his
    /// own, the plan's refusals are that; but never of somebody who has the message already.
    mutating func begin(_ decided: DecidedMessage, _ known: RememberedMessage) -> Coherence {
        var isPartlyOut = false
        if known != RememberedMessage() {
            for decision in decided.decisions {
                guard let result = Fate(of: decision.recipient, in: known) else { continue }
                results[decision.recipient] = result
                if result.isOut { isPartlyOut = true }
            }
        }
        if decided.parsed.received.origin.door == .lmtp { return .perRecipient }
        return isPartlyOut ? .afterFirstAcceptance : .wholeMessage
    }

    /// These could not be sealed, or the plan refuses them.
    mutating func fail(_ failures: [Mailbox: Refusal]) {
        for (recipient, refusal) in failures where results[recipient] == nil {
            results[recipient] = Fate(refusal)
        }
    }

    /// Whoever has no fate yet has this one; a refusal of the plan's comes first.
    mutating func failRest(of decided: DecidedMessage, _ refusal: Refusal) {
        for decision in decided.decisions where results[decision.recipient] == nil {
            results[decision.recipient] = Fate(decision.outcome.refusal ?? refusal)
        }
    }

    /// Places of recipients for whom it is held back.
    func held(of envelope: Envelope) -> Set<Int> {
        Set(envelope.recipients.indices.filter { results[envelope.recipients[$0]] == .held })
    }

    /// Over LMTP: an answer for each recipient, in the order of the envelope.
    func answers(to envelope: Envelope) -> [Refusal?] {
        envelope.recipients.map { recipient in
            guard let result = results[recipient] else {
                return Refusal(.internalError, "internal error", detail: "nothing has become of <\(recipient)>")
            }
            return result.refusal
        }
    }
}

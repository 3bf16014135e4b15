// What has become of the recipients of one message: for the reply and for the log. A value.

import Delivery
package import Mail
import Policy
import Vault

/// The fate of each recipient so far.
package struct Fates: Sendable {
    /// By recipient as the envelope has it; a recipient that is not in it has no fate yet.
    package var results: [Mailbox: Fate] = [:]
    /// Recipients that a report has named to the sender.
    package var reported: [Mailbox] = []

    /// Nobody has a fate yet.
    package init() {}

    /// The fate of one recipient; nil: none yet.
    package subscript(recipient: Mailbox) -> Fate? {
        get { results[recipient] }
        set { results[recipient] = newValue }
    }

    /// Notes what earlier tries have settled.
    /// - Returns: true where a part of the message is out.
    mutating func recall(_ plan: DecidedMessage, _ known: RememberedMessage) -> Bool {
        guard known != RememberedMessage() else { return false }
        var isPartlyOut = false
        for decision in plan.decisions {
            guard let result = Fate(of: decision.recipient, in: known) else { continue }
            results[decision.recipient] = result
            if result.isOut { isPartlyOut = true }
        }
        return isPartlyOut
    }

    /// These recipients have a fate by what the next hop, or an edit, has done.
    mutating func set(_ new: [Mailbox: Fate]) { results.merge(new) { $1 } }

    /// Sets the fate of recipients that could not be sealed to, or that the plan refuses; a fate that is there stays.
    mutating func fail(_ failures: [Mailbox: Refusal]) {
        for (recipient, refusal) in failures where results[recipient] == nil {
            results[recipient] = Fate(refusal)
        }
    }

    /// Sets this fate for every recipient without one. A refusal in the plan takes precedence.
    mutating func failRest(of plan: DecidedMessage, _ refusal: Refusal) {
        for decision in plan.decisions where results[decision.recipient] == nil {
            results[decision.recipient] = Fate(decision.outcome.refusal ?? refusal)
        }
    }

    /// Indices in the envelope of recipients for which the message is held back.
    func held(of envelope: Envelope) -> Set<Int> {
        Set(envelope.recipients.indices.filter { results[envelope.recipients[$0]] == .held })
    }

    /// Over LMTP: a reply for each recipient, in the order of the envelope.
    func replies(to envelope: Envelope) -> [Refusal?] {
        envelope.recipients.map { recipient in
            guard let result = results[recipient] else { return Self.none(recipient) }
            return result.refusal
        }
    }

    /// A recipient without a fate at the end of a walk is a mistake of ours.
    static func none(_ recipient: Mailbox) -> Refusal {
        Refusal(.internalError, "internal error", detail: "nothing has become of <\(recipient)>")
    }
}

// A message that goes to another than its recipient: judged for both, sealed to the one who gets it, never less
// protected than it would have been. Pure.

import Detection
import Mail

/// What rules make of a message for one recipient.
struct Judged {
    var choice: MethodChoice
    var outcome: Decision.Outcome
    var notes: [String]
    /// How the password of a link would go.
    var password: PasswordPlan?

    /// Goes on as judged for the one to whom it is redirected: by the rules of both, with that one's keys. What would
    /// not have left in clear to the recipient does not leave in clear to the other.
    mutating func redirect(to other: Judged, _ target: Mailbox) {
        let before = outcome
        self = other
        notes.append("redirected to \(target)")
        guard outcome == .pass, before != .pass else { return }
        let text = PublicText.line(
            "<\(choice.recipient)>: must be encrypted, and the message is redirected to a mailbox without a key")
        outcome = .refuse(
            Refusal(
                .noUsableMethod, text,
                detail: "<\(choice.recipient)>: redirected to \(target), where it would pass in clear"))
    }
}

enum Redirection {
    /// To whom the message goes instead; nil where it stays with the recipient. Followed once: the rules for the new
    /// recipient join in, but cannot send it on.
    static func target(of asked: [Consequence], for recipient: Mailbox, _ level: ProtectionLevel) -> Mailbox? {
        // What is refused or held back goes nowhere.
        guard level < .quarantine else { return nil }
        let target = asked.lazy.compactMap(\.effects.redirect).first
        return target.flatMap { $0.folded == recipient.folded ? nil : $0 }
    }
}

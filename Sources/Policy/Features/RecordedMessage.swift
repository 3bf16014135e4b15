// Answers conditions from the facts in a features line, where no recorded answer fits: rules that are new. A condition
// is answered only where every key it is written with is known here, so that a key of a later version is "does not
// say".

import Detection
import Mail
import SettingValues

/// One message as the log has it, for one recipient.
struct RecordedMessage {
    let features: MessageFeatures
    let recipient: MessageFeatures.Recipient
    let mailbox: Mailbox

    var status: KnownKeys.Status {
        switch recipient.key {
        case "usable": .usable([Certificate(fingerprint: "recorded", encryptionKeyIDs: [], source: "features log")])
        case "unusable": .unusable(reasons: ["it could not be used then"])
        case "none": .none
        default: .unknown(reason: "the look-up failed then")
        }
    }

    var link: Usability {
        features.link == "usable" ? .usable(.link) : .absent(features.link, publicly: features.link)
    }

    /// True where the built-in rule about marks applied. What the sender wrote is in no rule's hand, so neither is
    /// this.
    var isMarked: Bool { recipient.rules.contains(SenderMark.id) }

    /// The link as a method under some lists of ways of its password.
    func link(_ lists: [[PasswordMode]], _ surroundings: Surroundings) -> Usability {
        guard case .usable = link else { return link }
        let isUnattended = features.sender.flatMap { Mailbox($0) }.map(surroundings.unattended.contains) ?? true
        let choice = PasswordChoice(lists: lists, standard: surroundings.passwords, isUnattended: isUnattended)
        let wishes = (features.marks ?? []).compactMap { PasswordMode(rawValue: $0) }
        if isMarked, let forbidden = SenderMark.forbidden(wishes, choice.allowed) { return forbidden }
        let ways = recipient.passwords ?? [PasswordMode.toSender.rawValue]
        return choice.usability { mode in
            let text = "it could not be used then"
            return ways.contains(mode.rawValue) ? .usable(.toSender) : .unusable(text, publicly: text)
        }.link
    }

    /// The answer, or nil where the log does not say.
    func answer(_ definition: ConditionDefinition, _ condition: any Condition) -> Truth? {
        ConditionKind.byKey[definition.key]?.replayed(self, definition, condition)
    }
}

// encrypted: how the message came, by structure and packets.

import Detection
import MIME
import Mail

/// What `encrypted` asks for.
enum SealKind: String, Sendable, CaseIterable {
    case pgp, smime
}

/// `encrypted`: by structure and packets. What only looks like it is unknown, so that neither an exception nor a rule
/// for clear mail can be had by adding a line of armor.
struct EncryptedCondition: MessageCondition {
    let place: Place
    let leaf: Int
    /// nil: any kind.
    let kind: SealKind?
    let wanted: Bool

    var label: String { "encrypted: \(kind?.rawValue ?? String(wanted))" }
    var topic: Topic { .choice("encrypted", SealTopic.values(kind?.rawValue, wanted)) }
    var cost: Cost { .envelope }

    func test(_ facts: MessageFacts) -> Truth {
        let answer: Truth =
            switch facts.encryption {
            case .none: .no
            case .pgpMIME: Truth(kind != .smime)
            case .smime: Truth(kind != .pgp)
            case .partialPGP:
                kind == .smime ? .no : .unknown(.permanent("looks like OpenPGP, but is not wholly PGP/MIME"))
            }
        return wanted ? answer : !answer
    }

    func saw(_ facts: MessageFacts) -> [String] {
        switch facts.encryption {
        case .none: ["not encrypted"]
        case .pgpMIME: ["PGP/MIME"]
        case .smime: ["S/MIME"]
        case .partialPGP: ["something like OpenPGP"]
        }
    }
}

extension ConditionReader {
    func encrypted(_ node: ConditionNode, _ place: Place) -> (any Condition)? {
        sealKind(node, "'encrypted'", SealKind.self).map {
            EncryptedCondition(
                place: place, leaf: context.leaf("encrypted \($0)"), kind: $0.kind, wanted: $0.wanted)
        }
    }
}

extension ConditionKind {
    /// `encrypted`.
    static let encrypted = ConditionKind(
        key: "encrypted", value: .either([.boolean, .words(["pgp", "smime"])]), about: "Whether it came encrypted.",
        read: { $0.encrypted($1, $2) },
        replayed: { message, definition, _ in definition.value.text.flatMap(message.encrypted) })
}

extension RecordedMessage {
    fileprivate func encrypted(_ wanted: String) -> Truth? {
        let isPartial = features.encryption == "partial"
        let unknown = Truth.unknown(.permanent("looks like OpenPGP, but is not wholly PGP/MIME"))
        switch wanted {
        case "true": return isPartial ? unknown : Truth(features.encryption != "none")
        case "false": return isPartial ? unknown : Truth(features.encryption == "none")
        case "pgp": return isPartial ? unknown : Truth(features.encryption == "pgp")
        case "smime": return Truth(features.encryption == "smime")
        default: return nil
        }
    }
}

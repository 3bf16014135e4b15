// signed: what the message claims outside of any encryption.

import Detection
import MIME
import Mail

/// What `signed` asks for.
enum SignedKind: String, Sendable, CaseIterable {
    case pgp, smime
    /// S/MIME in one piece: the signature wraps the content, so that nothing of it can be seen here.
    case opaque
}

/// `signed`: what the message claims outside of any encryption; not verified.
struct SignedCondition: MessageCondition {
    let place: Place
    let leaf: Int
    /// nil: any kind.
    let kind: SignedKind?
    let wanted: Bool

    var label: String { "signed: \(kind?.rawValue ?? String(wanted))" }
    var topic: Topic {
        kind == .opaque ? .other : .choice("signed", SealTopic.values(kind?.rawValue, wanted))
    }
    var cost: Cost { .envelope }

    func test(_ facts: MessageFacts) -> Truth {
        let answer: Truth =
            switch facts.signature {
            case .pgpMIME: Truth(kind == nil || kind == .pgp)
            case .smime: Truth(kind == .opaque ? Self.isOpaque(facts) : kind != .pgp)
            case .none:
                facts.encryption == .none
                    ? .no : .unknown(.permanent("a signature may be inside of what is encrypted"))
            }
        return wanted ? answer : !answer
    }

    func saw(_ facts: MessageFacts) -> [String] {
        switch facts.signature {
        case .none: ["not signed"]
        case .pgpMIME: ["PGP/MIME"]
        case .smime: [Self.isOpaque(facts) ? "S/MIME, opaque" : "S/MIME"]
        }
    }

    private static func isOpaque(_ facts: MessageFacts) -> Bool { !facts.rootType.isMultipart }
}

extension ConditionReader {
    func signed(_ node: ConditionNode, _ place: Place) -> (any Condition)? {
        sealKind(node, "'signed'", SignedKind.self).map {
            SignedCondition(place: place, leaf: context.leaf("signed \($0)"), kind: $0.kind, wanted: $0.wanted)
        }
    }
}

extension ConditionKind {
    /// `signed`.
    static let signed = ConditionKind(
        key: "signed", value: .either([.boolean, .words(SignedKind.allCases.map(\.rawValue))]),
        about: "Whether it claims to be signed.",
        read: { $0.signed($1, $2) },
        replayed: { message, definition, _ in definition.value.text.flatMap(message.signed) })
}

extension RecordedMessage {
    fileprivate func signed(_ wanted: String) -> Truth? {
        if features.signature == "none", features.encryption != "none" {
            return .unknown(.permanent("a signature may be inside of what is encrypted"))
        }
        switch wanted {
        case "true": return Truth(features.signature != "none")
        case "false": return Truth(features.signature == "none")
        case "pgp", "smime": return Truth(features.signature == wanted)
        default: return nil
        }
    }
}

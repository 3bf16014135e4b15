// conversation: whether a message that this one names was protected.

import Detection
import Mail

/// `conversation: protected`.
struct ConversationCondition: MessageCondition {
    /// What is asked.
    enum State: String, CaseIterable, Sendable {
        /// A message that it names was protected.
        case protected
    }
    let place: Place
    let leaf: Int
    let state: State

    var label: String { "conversation \(state.rawValue)" }
    var cost: Cost { .envelope }

    func test(_ facts: MessageFacts) -> Truth {
        switch facts.conversation {
        case .protected: .yes
        case .unprotected, .notKnownHere: .no
        case .unknown(let reason): .unknown(.temporary("\(reason)"))
        }
    }

    func saw(_ facts: MessageFacts) -> [String] {
        switch facts.conversation {
        case .protected: ["a message that it names was protected"]
        case .unprotected: ["no message that it names is known as protected"]
        case .unknown: []
        case .notKnownHere: ["not known here"]
        }
    }
}

extension ConditionReader {
    func conversation(_ node: ConditionNode, _ place: Place) -> (any Condition)? {
        guard let state = nodes.word(node, "'conversation'", ConversationCondition.State.self) else { return nil }
        return ConversationCondition(
            place: place, leaf: context.leaf("conversation \(state.rawValue)"), state: state)
    }
}

extension ConditionKind {
    /// `conversation`.
    static let conversation = ConditionKind(
        key: "conversation", value: .words(ConversationCondition.State.allCases.map(\.rawValue)),
        about: "Whether a message that it answers was protected.",
        read: { $0.conversation($1, $2) },
        replayed: { message, definition, _ in message.conversation(definition.value) })
}

extension RecordedMessage {
    fileprivate func conversation(_ value: ConditionNode) -> Truth? {
        guard value.text == "protected" else { return nil }
        return switch features.conversation {
        case "protected": .yes
        case "unprotected": .no
        case "unknown": .unknown(.temporary("the look-up failed then"))
        default: nil
        }
    }
}

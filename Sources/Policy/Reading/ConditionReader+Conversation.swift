// Readers for the keys about what came before the message and what its sender wrote for us: conversation, password.

import Detection
import Mail

extension ConditionReader {
    func conversation(_ node: ConditionNode, _ place: Place) -> (any Condition)? {
        guard let state = nodes.word(node, "'conversation'", ConversationCondition.State.self) else { return nil }
        return ConversationCondition(
            place: place, leaf: context.leaf("conversation \(state.rawValue)"), state: state)
    }

    func password(_ node: ConditionNode, _ place: Place) -> (any Condition)? {
        guard let state = nodes.word(node, "'password'", PasswordCondition.State.self) else { return nil }
        return PasswordCondition(place: place, leaf: context.leaf("password \(state.rawValue)"), state: state)
    }
}

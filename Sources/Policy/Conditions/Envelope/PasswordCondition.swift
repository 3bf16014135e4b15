// password: what the sender wrote into the message for us.

import Detection
import Mail
import SettingValues

/// `password: given`.
struct PasswordCondition: MessageCondition {
    /// What is asked.
    enum State: String, CaseIterable, Sendable {
        /// By `[pw: …]` or by the header field.
        case given
    }
    let place: Place
    let leaf: Int
    let state: State

    var label: String { "password \(state.rawValue)" }
    var cost: Cost { .envelope }

    func test(_ facts: MessageFacts) -> Truth { Truth(facts.givesPassword) }

    func saw(_ facts: MessageFacts) -> [String] {
        [facts.givesPassword ? "a password for us in the message" : "no password for us in the message"]
    }
}

extension ConditionReader {
    func password(_ node: ConditionNode, _ place: Place) -> (any Condition)? {
        guard let state = nodes.word(node, "'password'", PasswordCondition.State.self) else { return nil }
        return PasswordCondition(place: place, leaf: context.leaf("password \(state.rawValue)"), state: state)
    }
}

extension ConditionKind {
    /// `password`.
    static let password = ConditionKind(
        key: "password", value: .words(PasswordCondition.State.allCases.map(\.rawValue)),
        about: "Whether the sender wrote a password for us into it.",
        read: { $0.password($1, $2) },
        replayed: { message, definition, _ in
            definition.value.text == "given"
                ? Truth(message.features.marks?.contains(PasswordMode.fromSender.rawValue) ?? false) : nil
        })
}

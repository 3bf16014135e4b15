// listener: by which of our listeners a message came in.

import Detection
import Mail

/// `listener`: by which of our listeners it came.
struct ListenerCondition: MessageCondition {
    let place: Place
    let leaf: Int
    /// As ``HostPort`` writes them.
    let addresses: [String]

    var cost: Cost { .envelope }
    var label: String { "listener \(addresses.joined(separator: ", "))" }
    var topic: Topic { .choice("listener", Set(addresses)) }

    func test(_ facts: MessageFacts) -> Truth {
        let listener = facts.received.origin.listener
        guard !listener.isEmpty else { return .unknown(.permanent("it came by no listener")) }
        return Truth(addresses.contains(listener))
    }

    func saw(_ facts: MessageFacts) -> [String] {
        [facts.received.origin.listener.isEmpty ? "no listener" : facts.received.origin.listener]
    }
}

extension ConditionReader {
    func listener(_ node: ConditionNode, _ place: Place) -> (any Condition)? {
        let what = "'listener'"
        guard let entries = nodes.texts(node, what) else { return nil }
        for (text, place) in entries where HostPort(text) == nil {
            nodes.problems.error(
                place, "'\(text)' is not the address of a listener",
                hint: "as the settings write it under 'listen': 127.0.0.1:10025, [::1]:25 or unix:/path")
        }
        let addresses = entries.compactMap { HostPort($0.text)?.description }
        guard addresses.count == entries.count else { return nil }
        return ListenerCondition(place: place, leaf: context.leaf("listener \(addresses)"), addresses: addresses)
    }
}

extension ConditionKind {
    /// `listener`.
    static let listener = ConditionKind(
        key: "listener", value: .texts, about: "By which listener it came, as the settings name it.",
        read: { $0.listener($1, $2) },
        replayed: { message, definition, _ in
            let listener = message.features.listener
            return listener.isEmpty ? nil : Truth(definition.value.texts.contains(listener))
        })
}

// all: a condition made of conditions, by the three-valued logic of Truth.

package import Detection
package import Mail

/// Several conditions that must all hold: `all`, or several keys in one map.
package struct AllOf: Condition {
    package let place: Place
    package let parts: [any Condition]
    private let inOrderOfCost: [any Condition]

    /// - Parameter parts: in the order in which they are written.
    package init(place: Place, parts: [any Condition]) {
        self.place = place
        self.parts = parts
        inOrderOfCost = parts.enumerated().sorted {
            ($0.element.cost, $0.offset) < ($1.element.cost, $1.offset)
        }.map(\.element)
    }

    package var label: String { "all of" }
    package var dependsOnRecipient: Bool { parts.contains { $0.dependsOnRecipient } }
    package var cost: Cost { parts.map(\.cost).max() ?? .envelope }

    package func test(_ facts: MessageFacts, _ recipient: Mailbox) -> Truth {
        var answer = Truth.yes
        for part in inOrderOfCost {
            answer = answer.and(part.test(facts, recipient))
            if answer == .no { return .no }
        }
        return answer
    }

    package func saw(_ facts: MessageFacts, _ recipient: Mailbox) -> [String] { [] }
}

extension ConditionReader {
    func all(_ node: ConditionNode, _ place: Place) -> (any Condition)? {
        combined(node, "all").map { AllOf(place: place, parts: $0) }
    }

    /// The conditions of a list; at least one.
    func combined(_ node: ConditionNode, _ key: String) -> [any Condition]? {
        let hint = "write each condition as an entry of its own: '\(key): [{subject: …}, {header: …}]'"
        guard let list = nodes.list(node, "'\(key)'", hint: hint) else { return nil }
        guard !list.isEmpty else {
            nodes.problems.error(nodes.place(node), "'\(key)' is an empty list", hint: hint)
            return nil
        }
        let parts = list.compactMap { deeper.conditions($0, "'\(key)'") }
        return parts.count == list.count ? parts : nil
    }
}

extension ConditionKind {
    /// `all`.
    static let all = ConditionKind(
        key: "all", value: .list(.map("conditions")), about: "All of these must hold.",
        read: { $0.all($1, $2) })
}

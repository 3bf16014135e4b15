// any: a condition made of conditions, by the three-valued logic of Truth.

package import Detection
package import Mail

/// Several conditions of which one must hold: `any`.
package struct AnyOf: Condition {
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

    package var label: String { "any of" }
    package var dependsOnRecipient: Bool { parts.contains { $0.dependsOnRecipient } }
    package var cost: Cost { parts.map(\.cost).max() ?? .envelope }

    package func test(_ facts: MessageFacts, _ recipient: Mailbox) -> Truth {
        var answer = Truth.no
        for part in inOrderOfCost {
            answer = answer.or(part.test(facts, recipient))
            if answer == .yes { return .yes }
        }
        return answer
    }

    package func saw(_ facts: MessageFacts, _ recipient: Mailbox) -> [String] { [] }
}

extension ConditionReader {
    func any(_ node: ConditionNode, _ place: Place) -> (any Condition)? {
        combined(node, "any").map { AnyOf(place: place, parts: $0) }
    }
}

extension ConditionKind {
    /// `any`.
    static let any = ConditionKind(
        key: "any", value: .list(.map("conditions")), about: "One of these must hold.",
        read: { $0.any($1, $2) })
}

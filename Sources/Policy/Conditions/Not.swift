// not: the opposite of a condition, by the three-valued logic of Truth.

package import Detection
package import Mail

/// A condition that must not hold: `not`.
package struct Not: Condition {
    package let place: Place
    /// What must not hold.
    package let part: any Condition

    /// The opposite of a condition.
    package init(place: Place, part: any Condition) {
        self.place = place
        self.part = part
    }

    package var parts: [any Condition] { [part] }
    package var label: String { "not" }
    package var dependsOnRecipient: Bool { part.dependsOnRecipient }
    package var cost: Cost { part.cost }

    package func test(_ facts: MessageFacts, _ recipient: Mailbox) -> Truth { !part.test(facts, recipient) }
    package func saw(_ facts: MessageFacts, _ recipient: Mailbox) -> [String] { [] }
}

extension ConditionReader {
    func not(_ node: ConditionNode, _ place: Place) -> (any Condition)? {
        deeper.conditions(node, "'not'").map { Not(place: place, part: $0) }
    }
}

extension ConditionKind {
    /// `not`.
    static let not = ConditionKind(
        key: "not", value: .map("conditions"), about: "This must not hold.",
        read: { $0.not($1, $2) })
}

// all, any, not: conditions made of conditions, by the three-valued logic of Truth.

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
    func all(_ node: ConditionNode, _ place: Place) -> (any Condition)? {
        combined(node, "all").map { AllOf(place: place, parts: $0) }
    }

    func any(_ node: ConditionNode, _ place: Place) -> (any Condition)? {
        combined(node, "any").map { AnyOf(place: place, parts: $0) }
    }

    func not(_ node: ConditionNode, _ place: Place) -> (any Condition)? {
        deeper.conditions(node, "'not'").map { Not(place: place, part: $0) }
    }

    private func combined(_ node: ConditionNode, _ key: String) -> [any Condition]? {
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

extension ConditionKind {
    /// `any`.
    static let any = ConditionKind(
        key: "any", value: .list(.map("conditions")), about: "One of these must hold.",
        read: { $0.any($1, $2) })
}

extension ConditionKind {
    /// `not`.
    static let not = ConditionKind(
        key: "not", value: .map("conditions"), about: "This must not hold.",
        read: { $0.not($1, $2) })
}

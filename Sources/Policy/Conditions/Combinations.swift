// all, any, not: conditions made of conditions, by the three-valued logic of Truth.

import Mail

/// Several conditions that must all hold: `all`, or several keys in one map.
struct AllOf: Condition {
    let place: Place
    let parts: [any Condition]
    private let inOrderOfCost: [any Condition]

    init(place: Place, parts: [any Condition]) {
        self.place = place
        self.parts = parts
        inOrderOfCost = parts.enumerated().sorted {
            ($0.element.cost, $0.offset) < ($1.element.cost, $1.offset)
        }.map(\.element)
    }

    var label: String { "all of" }
    var dependsOnRecipient: Bool { parts.contains { $0.dependsOnRecipient } }
    var cost: Cost { parts.map(\.cost).max() ?? .envelope }

    func test(_ facts: MessageFacts, _ recipient: Mailbox) -> Truth {
        var answer = Truth.yes
        for part in inOrderOfCost {
            answer = answer.and(part.test(facts, recipient))
            if answer == .no { return .no }
        }
        return answer
    }

    func saw(_ facts: MessageFacts, _ recipient: Mailbox) -> [String] { [] }
}

/// Several conditions of which one must hold: `any`.
struct AnyOf: Condition {
    let place: Place
    let parts: [any Condition]
    private let inOrderOfCost: [any Condition]

    init(place: Place, parts: [any Condition]) {
        self.place = place
        self.parts = parts
        inOrderOfCost = parts.enumerated().sorted {
            ($0.element.cost, $0.offset) < ($1.element.cost, $1.offset)
        }.map(\.element)
    }

    var label: String { "any of" }
    var dependsOnRecipient: Bool { parts.contains { $0.dependsOnRecipient } }
    var cost: Cost { parts.map(\.cost).max() ?? .envelope }

    func test(_ facts: MessageFacts, _ recipient: Mailbox) -> Truth {
        var answer = Truth.no
        for part in inOrderOfCost {
            answer = answer.or(part.test(facts, recipient))
            if answer == .yes { return .yes }
        }
        return answer
    }

    func saw(_ facts: MessageFacts, _ recipient: Mailbox) -> [String] { [] }
}

/// A condition that must not hold: `not`.
struct Not: Condition {
    let place: Place
    let part: any Condition

    var parts: [any Condition] { [part] }
    var label: String { "not" }
    var dependsOnRecipient: Bool { part.dependsOnRecipient }
    var cost: Cost { part.cost }

    func test(_ facts: MessageFacts, _ recipient: Mailbox) -> Truth { !part.test(facts, recipient) }
    func saw(_ facts: MessageFacts, _ recipient: Mailbox) -> [String] { [] }
}

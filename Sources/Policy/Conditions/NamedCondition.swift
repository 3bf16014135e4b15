// Reads `conditions` of the files, and `condition: NAME` where one is used. A named condition is read when it is first
// met, so that one may use another that stands further down or in another file.

package import Detection

package import Detection
package import Mail

/// `condition: NAME`: what stands under that name in `conditions`.
package struct NamedCondition: Condition {
    package let place: Place
    /// The name.
    package let name: String
    /// What stands under it.
    package let part: any Condition

    package var parts: [any Condition] { [part] }
    package var label: String { "condition \(name)" }
    package var dependsOnRecipient: Bool { part.dependsOnRecipient }
    package var cost: Cost { part.cost }

    package func test(_ facts: MessageFacts, _ recipient: Mailbox) -> Truth { part.test(facts, recipient) }
    package func saw(_ facts: MessageFacts, _ recipient: Mailbox) -> [String] { [] }
}

/// A condition under `conditions`.
package struct NamedDefinition {
    /// How far it has been read.
    package enum State {
        case unread
        /// Met again in this state, it asks for itself.
        case reading
        /// nil: it could not be read, and has a finding.
        case read((any Condition)?)
    }
    /// Where its name stands.
    package let place: Place
    let node: ConditionNode
    let nodes: NodeReader
    /// How far it has been read.
    package internal(set) var state = State.unread

    /// One that nobody has read.
    package init(place: Place, node: ConditionNode, nodes: NodeReader) {
        self.place = place
        self.node = node
        self.nodes = nodes
    }
}

extension ConditionReader {
    /// Conditions that one may be made of, spelt out: names that name names grow fast.
    private static let largest = 1000
    /// Conditions of all uses together.
    private static let largestTogether = 100_000

    /// `condition: NAME`.
    func named(_ node: ConditionNode, _ place: Place) -> (any Condition)? {
        guard node.scalar != nil else {
            nodes.problems.error(
                nodes.place(node), "'condition' must be one name of those under 'conditions'",
                hint: "for several, write 'all: [{ condition: a }, { condition: b }]', or 'any'")
            return nil
        }
        guard let name = nodes.text(node, "'condition'") else { return nil }
        guard context.conditions[name] != nil else {
            unknown(name, nodes.place(node))
            return nil
        }
        guard let part = definition(name, usedAt: nodes.place(node)) else { return nil }
        // A named one may have been read where there was more room.
        guard depth + part.nesting <= 2 * Self.deepest else {
            nodes.problems.error(place, "conditions nest deeper than limit \(Self.deepest)")
            return nil
        }
        context.conditionsSpelledOut += part.size
        guard context.conditionsSpelledOut <= Self.largestTogether else {
            nodes.problems.error(
                place, "named conditions, spelt out, are more than \(Self.largestTogether) conditions together")
            return nil
        }
        return NamedCondition(place: place, name: name, part: part)
    }

    /// What stands under a name that is known.
    /// - Returns: nil where it cannot be read; then there is a finding.
    package func definition(_ name: String, usedAt place: Place) -> (any Condition)? {
        guard let written = context.conditions[name] else { return nil }
        switch written.state {
        case .read(let condition): return condition
        case .reading:
            let circle = context.conditionsBeingRead.drop { $0 != name } + [name]
            nodes.problems.error(
                place, "condition '\(name)' asks for itself: \(circle.joined(separator: " -> "))",
                hint: "take one of these uses away")
            return nil
        case .unread: break
        }
        context.conditions[name]?.state = .reading
        context.conditionsBeingRead.append(name)
        var reader = ConditionReader(nodes: written.nodes, context: context)
        reader.depth = depth + 1
        var condition = reader.conditions(written.node, "condition '\(name)'")
        context.conditionsBeingRead.removeLast()
        if let size = condition?.size, size > Self.largest {
            nodes.problems.error(
                written.place, "condition '\(name)', spelt out, is \(size) conditions, limit \(Self.largest)")
            condition = nil
        }
        context.conditions[name]?.state = .read(condition)
        return condition
    }

    /// A list or a detector of that name is what was meant more often than a condition with a name like it.
    private func unknown(_ name: String, _ place: Place) {
        if context.listNames.contains(name) || context.networkLists[name] != nil {
            nodes.problems.error(
                place, "'\(name)' is a list, and 'condition' names one of those under 'conditions'",
                hint: "write 'recipient: { in: \(name) }', or sender, or client")
        } else if context.detectorNames.contains(name) {
            nodes.problems.error(
                place, "'\(name)' is a detector, and 'condition' names one of those under 'conditions'",
                hint: "write 'content: { detector: \(name) }'")
        } else {
            nodes.unknown(name, place, "condition", in: holder, known: context.conditions.keys.sorted())
        }
    }
}

extension ConditionKind {
    /// `condition`.
    static let named = ConditionKind(
        key: "condition", value: .text, about: "The condition of that name, under `conditions`.",
        read: { $0.named($1, $2) })
}

// From the nodes of `when` and `unless` to conditions: the table of keys, and the combinations. The readers of the keys
// are in the `ConditionReader+….swift` beside it.

import Detection
import Mail

/// Reads conditions of one file.
package struct ConditionReader {
    let nodes: NodeReader
    let context: RuleContext

    /// - Parameters:
    ///   - nodes: of the file.
    ///   - context: of the load.
    package init(nodes: NodeReader, context: RuleContext) {
        self.nodes = nodes
        self.context = context
    }

    private typealias Read = @Sendable (ConditionReader) -> (ConditionNode, Place) -> (any Condition)?

    /// All keys of a condition map.
    private static let table: [(key: String, read: Read)] = [
        ("sender", ConditionReader.sender), ("recipient", ConditionReader.recipient),
        ("subject", ConditionReader.subject), ("header", ConditionReader.header), ("size", ConditionReader.size),
        ("attachment", { reader in { reader.attachment($0, $1) } }), ("content", ConditionReader.content),
        ("encrypted", ConditionReader.encrypted), ("signed", ConditionReader.signed),
        ("from", ConditionReader.from), ("reply-to", ConditionReader.replyTo),
        ("sender-matches-from", ConditionReader.senderMatchesFrom), ("recipients", ConditionReader.recipients),
        ("user", ConditionReader.user), ("listener", ConditionReader.listener), ("client", ConditionReader.client),
        ("key", ConditionReader.key), ("time", ConditionReader.time), ("date-range", ConditionReader.dateRange),
        ("conversation", ConditionReader.conversation), ("password", ConditionReader.password),
        ("condition", ConditionReader.named), ("all", ConditionReader.all), ("any", ConditionReader.any),
        ("not", ConditionReader.not),
    ]
    private static let keys = table.map(\.key)
    /// Nesting of `all`, `any`, `not` and `condition`.
    static let deepest = 30

    var depth = 0
    /// Whose conditions are being read, for findings: `'when' of rule 'cards'`.
    var holder = "'condition'"

    /// A map of conditions: several keys mean *and*.
    package func conditions(_ node: ConditionNode, _ what: String) -> (any Condition)? {
        guard depth <= Self.deepest else {
            nodes.problems.error(nodes.place(node), "conditions nest deeper than limit \(Self.deepest)")
            return nil
        }
        if let name = node.scalar?.string, context.conditions[name] != nil {
            nodes.problems.error(
                nodes.place(node), "\(what) must be a map of keys, and is '\(name)'",
                hint: "write '{ condition: \(name) }'")
            return nil
        }
        guard let entries = nodes.map(node, what) else { return nil }
        guard !entries.isEmpty else {
            nodes.problems.error(
                nodes.place(node), "\(what) is empty",
                hint: "leave it out, or name a condition: \(Self.keys.joined(separator: ", "))")
            return nil
        }
        var parts: [any Condition] = []
        var holding = self
        holding.holder = what
        for (key, place, value) in entries {
            guard let entry = Self.table.first(where: { $0.key == key }) else {
                if context.conditions[key] != nil {
                    nodes.problems.error(
                        place, "unknown condition '\(key)' in \(what)", hint: "write 'condition: \(key)'")
                } else {
                    nodes.unknown(key, place, "condition", in: what, known: Self.keys)
                }
                continue
            }
            context.define(key, value, at: place)
            if let condition = entry.read(holding)(value, place) { parts.append(condition) }
        }
        guard parts.count == entries.count else { return nil }
        return parts.count == 1 ? parts[0] : AllOf(place: nodes.place(node), parts: parts)
    }

    private var deeper: ConditionReader {
        var reader = self
        reader.depth += 1
        return reader
    }

    private func all(_ node: ConditionNode, _ place: Place) -> (any Condition)? {
        combined(node, "all").map { AllOf(place: place, parts: $0) }
    }

    private func any(_ node: ConditionNode, _ place: Place) -> (any Condition)? {
        combined(node, "any").map { AnyOf(place: place, parts: $0) }
    }

    private func not(_ node: ConditionNode, _ place: Place) -> (any Condition)? {
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

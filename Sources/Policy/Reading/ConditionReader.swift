// From the nodes of `when` and `unless` to conditions. What is read under a key is said by its kind (ConditionKind).

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

    private static let keys = ConditionKind.known.map(\.key)
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
            guard let kind = ConditionKind.byKey[key] else {
                if context.conditions[key] != nil {
                    nodes.problems.error(
                        place, "unknown condition '\(key)' in \(what)", hint: "write 'condition: \(key)'")
                } else {
                    nodes.unknown(key, place, "condition", in: what, known: Self.keys)
                }
                continue
            }
            if kind.isLeaf { context.define(key, value, at: place) }
            if let condition = kind.read(holding, value, place) { parts.append(condition) }
        }
        guard parts.count == entries.count else { return nil }
        return parts.count == 1 ? parts[0] : AllOf(place: nodes.place(node), parts: parts)
    }

    var deeper: ConditionReader {
        var reader = self
        reader.depth += 1
        return reader
    }
}

// What must hold for every message, from every sender: `invariants:` of a case file. Its `when` is read by the reader
// of the rules: each invariant becomes a rule in watch mode, so that the engine itself says which recipients it is
// about.

import Detection
import Mail
import Policy
import Yams

/// One invariant.
package struct Invariant: Sendable {
    /// What must hold for every recipient that it is about.
    package enum Property: String, Sendable, CaseIterable {
        /// Sealed, refused or held back: never in clear.
        case protected
        /// Refused, put off or held back.
        case stays
        /// Not behind a link.
        case notByLink = "not-by-link"
        /// Where it is sealed, its subject is hidden.
        case subjectHidden = "subject-hidden"
        /// Each recipient gets exactly one fate: something that leaves, or a refusal.
        case recipientsKept = "recipients-kept"
        /// Nothing that leaves names a blind recipient.
        case bccHidden = "bcc-hidden"

        /// True for those that are about what leaves rather than about the plan.
        var isAboutLeaving: Bool { self == .recipientsKept || self == .bccHidden }
    }

    package let name: String
    package let file: String
    package let line: Int
    package let property: Property
    /// `when` as YAML, or nil: every message.
    let when: String?

    /// The rule that stands for it.
    func rule(_ id: String) -> String {
        let head = "  - id: \(id)\n    mode: watch\n    then: { protect: preferred }\n"
        guard let when else { return head }
        let indented = when.split(separator: "\n").map { "      \($0)" }.joined(separator: "\n")
        return "\(head)    when:\n\(indented)\n"
    }

    /// A policy file with a rule for each.
    static func policyFile(_ invariants: [Invariant]) -> PolicyFile {
        let rules = invariants.enumerated().map { $1.rule(id($0)) }.joined()
        return PolicyFile(name: "invariants", text: "version: 1\nrules:\n\(rules)")
    }

    /// The id of the rule that stands for an invariant.
    static func id(_ index: Int) -> String { "invariant-\(index)" }
}

/// Reads `invariants:`.
struct InvariantReader {
    let nodes: NodeReader

    func invariants(_ node: ConditionNode) -> [Invariant] { (nodes.list(node, "invariants") ?? []).compactMap(one) }

    private func one(_ node: ConditionNode) -> Invariant? {
        guard let fields = nodes.fields(node, "an invariant", known: ["name", "when", "then"]) else { return nil }
        guard let name = fields["name"].flatMap({ nodes.text($0, "name") }),
            let then = fields["then"]
        else {
            nodes.problems.error(
                fields.place, "an invariant needs 'name' and 'then'", hint: "such as 'then: protected'")
            return nil
        }
        guard let property = nodes.word(then, "then of an invariant", Invariant.Property.self) else { return nil }
        var when: String?
        if let condition = fields["when"] {
            guard let text = try? Yams.serialize(node: condition.yaml) else { return nil }
            when = text
        }
        return Invariant(
            name: name, file: fields.place.file, line: fields.place.line, property: property, when: when)
    }
}

extension ConditionNode {
    /// As YAML has it: texts in quotes stay texts.
    fileprivate var yaml: Node {
        switch value {
        case .scalar(let scalar): Node(scalar.string, .implicit, scalar.isPlain ? .plain : .doubleQuoted)
        case .sequence(let nodes): Node(nodes.map(\.yaml), .implicit)
        case .mapping(let entries): Node(entries.map { ($0.key.yaml, $0.value.yaml) }, .implicit)
        }
    }
}

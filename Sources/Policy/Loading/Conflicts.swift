// What can be said of rules together before any message comes: methods that can never, or may not, have anything in
// common. At run time an empty intersection refuses the message; here its author learns of it.

import Mail

/// Looks at rules two by two.
struct Conflicts {
    let rules: [Rule]
    let defaults: Defaults
    let problems: Problems

    /// Adds findings.
    func check(_ surroundings: Surroundings) {
        for (index, rule) in rules.enumerated() {
            guard let methods = rule.then.with else { continue }
            if methods == [.link], !surroundings.linksAvailable {
                problems.warning(
                    place(rule), "rule '\(rule.info.id)' allows links only, and links are not set up",
                    hint: "set 'links.url' in the settings, or add 'pgp' to its 'with'")
            }
            for other in rules[..<index] { check(rule, other) }
        }
    }

    private func check(_ rule: Rule, _ other: Rule) {
        guard let mine = rule.then.with, let others = other.then.with, !mine.contains(where: others.contains) else {
            return
        }
        let names = "rules '\(other.info.id)' and '\(rule.info.id)'"
        let apart =
            "'\(other.info.id)' (\(other.info.file):\(other.info.line)) allows \(Self.list(others)),"
            + " '\(rule.info.id)' allows \(Self.list(mine))"
        let hint = "\(apart); give them a method in common, or keep them apart with 'unless'"
        if Self.implies(rule, other) || Self.implies(other, rule) {
            problems.error(
                place(rule), "\(names) match together and their 'with' have no method in common: nothing could be sent",
                hint: hint)
        } else if !Self.exclude(rule, other), !Self.exclude(other, rule) {
            problems.warning(
                place(rule), "\(names) have no method in common: a message that both match is refused", hint: hint)
        }
    }

    /// True where the second rule surely applies whenever the first does.
    private static func implies(_ first: Rule, _ second: Rule) -> Bool {
        second.unless == nil && conjuncts(second.when).isSubset(of: conjuncts(first.when))
    }

    /// True where the second rule surely does not apply when the first does.
    private static func exclude(_ first: Rule, _ second: Rule) -> Bool {
        let facts = conjuncts(first.when)
        if let unless = second.unless, conjuncts(unless).isSubset(of: facts) { return true }
        return conjuncts(second.when).contains { fact in
            facts.contains { $0.isOpposite(of: fact) }
        }
    }

    /// A condition in a form that is equal for equal conditions.
    private struct Fact: Hashable {
        let text: String

        func isOpposite(of other: Fact) -> Bool {
            text == "not(\(other.text))" || other.text == "not(\(text))" || isOutside(other) || other.isOutside(self)
        }

        /// `recipient in x` against `recipient not-in x`.
        private func isOutside(_ other: Fact) -> Bool {
            ["recipient", "sender"].contains { who in
                text.hasPrefix("\(who) in ") && other.text == "\(who) not-in \(text.dropFirst(who.count + 4))"
            }
        }
    }

    private static func conjuncts(_ condition: (any Condition)?) -> Set<Fact> {
        guard let condition else { return [] }
        if condition is AllOf { return condition.parts.reduce(into: []) { $0.formUnion(conjuncts($1)) } }
        return [Fact(text: text(condition))]
    }

    private static func text(_ condition: any Condition) -> String {
        condition.parts.isEmpty
            ? condition.label : "\(condition.label)(\(condition.parts.map(text).sorted().joined(separator: "; ")))"
    }

    private static func list(_ methods: [MethodName]) -> String { methods.map(\.rawValue).joined(separator: ", ") }
    private func place(_ rule: Rule) -> Place { Place(file: rule.info.file, line: rule.info.line) }
}

// Rules that add nothing: whenever they apply, other rules apply that ask for all that they ask for, or for more.

import Detection
import Mail
import Policy

/// Shadowed and repeated rules.
struct Shadowing: PolicyCheck {
    func run(_ policy: AnalysedPolicy, _ problems: Problems) {
        // Of two equal rules the second is the one to go.
        let impliable = ImplicationIndex(policy.rules.map(\.when))
        for (index, rule) in policy.rules.enumerated() where rule.rule.mode == .act {
            let others = impliable.impliable(by: rule.when).filter { position in
                let other = policy.rules[position]
                guard position != index, policy.implies(rule, other), other.rule.mode == .act else { return false }
                return position < index || !policy.implies(other, rule)
            }
            let above = others.map { (isBefore: $0 < index, then: policy.rules[$0].rule.then) }
            guard Self.asksNothingNew(rule.rule.then, above, policy.defaults) else { continue }
            report(rule, others.map { policy.rules[$0] }, policy, problems)
        }
    }

    private func report(
        _ rule: AnalysedRule, _ others: [AnalysedRule], _ policy: AnalysedPolicy, _ problems: Problems
    ) {
        guard !others.isEmpty else {
            problems.info(
                rule.place, "rule '\(rule.id)' asks for nothing that the defaults do not ask for",
                hint: "take it away, or say in 'then' what it is for", code: "no-effect")
            return
        }
        let names = others.prefix(3).map { "'\($0.id)' (\($0.place.file):\($0.place.line))" }.joined(separator: ", ")
        if let same = others.first(where: { policy.implies($0, rule) }), same.rule.then.level == rule.rule.then.level {
            problems.warning(
                rule.place, "rule '\(rule.id)' says the same as '\(same.id)' (\(same.place.file):\(same.place.line))",
                hint: "take one of them away", code: "duplicate-rule")
            return
        }
        problems.warning(
            rule.place,
            "rule '\(rule.id)' never changes anything: whenever it applies, as much or more is asked for by \(names)",
            hint: "take it away, or give the other an exception with 'unless'", code: "shadowed-rule")
    }

    /// True where a rule among others that apply whenever it does makes no difference.
    static func asksNothingNew(
        _ rule: Consequence, _ others: [(isBefore: Bool, then: Consequence)], _ defaults: Defaults
    ) -> Bool {
        // What is held back is judged again without the rules that held it.
        let others = others.filter { $0.then.level != .quarantine || rule.level == .quarantine }
        // A refusal leaves nothing to ask for, and the words are those of the first.
        if rule.level == .refuse || rule.level == .quarantine {
            return others.contains {
                $0.then.level > rule.level
                    || ($0.then.level == rule.level && ($0.isBefore || $0.then.refusalText == rule.refusalText))
            }
        }
        if others.contains(where: { $0.then.level == .refuse }) { return true }
        return levelIsAsked(rule, others, defaults) && methodsAreAsked(rule, others) && restIsAsked(rule, others)
    }

    private static func levelIsAsked(
        _ rule: Consequence, _ others: [(isBefore: Bool, then: Consequence)], _ defaults: Defaults
    ) -> Bool {
        if rule.level <= defaults.protect, rule.level != .preferred { return true }
        // Of rules that prefer, each alone must allow clear text: methods that only this one has would matter.
        let mine = Set(rule.with ?? defaults.with)
        let all = others.map(\.then) + [Consequence(level: defaults.protect)]
        return all.contains { other in
            other.level > rule.level
                || (other.level == rule.level
                    && (rule.level != .preferred || mine.isSubset(of: Set(other.with ?? defaults.with))))
        }
    }

    private static func methodsAreAsked(
        _ rule: Consequence, _ others: [(isBefore: Bool, then: Consequence)]
    ) -> Bool {
        guard let with = rule.with else { return true }
        let lists = others.compactMap { $0.then.with.map(Set.init) }
        guard let first = lists.first else { return false }
        return lists.reduce(first) { $0.intersection($1) }.isSubset(of: Set(with))
    }

    private static func restIsAsked(
        _ rule: Consequence, _ others: [(isBefore: Bool, then: Consequence)]
    ) -> Bool {
        if rule.hidesSubject, !others.contains(where: { $0.then.hidesSubject }) { return false }
        guard Set(rule.strippedPatterns).isSubset(of: Set(others.flatMap(\.then.strippedPatterns))) else {
            return false
        }
        let strips = Set(others.flatMap(\.then.strips).map(\.leaf))
        guard rule.strips.allSatisfy({ strips.contains($0.leaf) }) else { return false }
        var theirs = Effects()
        for other in others { theirs.merge(other.then.effects) }
        if let target = rule.effects.redirect, theirs.redirect != target { return false }
        var together = theirs
        together.merge(rule.effects)
        return together == theirs
    }
}

// What can be said of rules together before any message comes: methods that can never, or may not, have anything in
// common. At run time an empty intersection refuses the message; here its author learns of it.

import Detection
import Mail
import Policy

/// Looks at rules two by two.
struct Conflicts {
    let analysis: AnalysedPolicy
    let problems: Problems

    /// Adds findings.
    func check() {
        checkPasswords()
        let rules = analysis.rules.filter { $0.rule.then.with != nil }
        // Few rules differ in their methods.
        let byMethods = Dictionary(grouping: rules.indices) { rules[$0].rule.then.with ?? [] }
        for (index, rule) in rules.enumerated() {
            if rule.rule.then.with == [.link], !analysis.surroundings.linksAvailable {
                problems.warning(
                    rule.place, "rule '\(rule.id)' allows links only, and links are not set up",
                    hint: "set 'links.url' in the settings, or add 'pgp' to its 'with'", code: "links-not-set-up")
            }
            let mine = rule.rule.then.with ?? []
            let others = byMethods.filter { !$0.key.contains(where: mine.contains) }.values.joined().filter {
                $0 < index
            }
            check(rule, others.sorted().map { rules[$0] })
        }
    }

    /// Ways of passwords that two rules have nothing of in common: a letter that both match could go by none.
    private func checkPasswords() {
        let rules = analysis.rules.filter { $0.rule.then.effects.link.passwords != nil }
        for (index, rule) in rules.enumerated() {
            let mine = rule.rule.then.effects.link.passwords ?? []
            let other = rules[..<index].first { other in
                let theirs = other.rule.then.effects.link.passwords ?? []
                return !theirs.contains(where: mine.contains) && !analysis.keepApart(rule, other)
            }
            guard let other else { continue }
            problems.warning(
                rule.place,
                "\(names(other, rule)) have no way of passwords in common: a letter that both match is refused",
                hint: "add a way of the one to 'link.password' of the other", code: "no-common-password")
        }
    }

    /// One finding of a kind for each rule: that of the first other rule, with the number of those like it.
    private func check(_ rule: AnalysedRule, _ others: [AnalysedRule]) {
        let together = others.filter { Self.asksForAll(rule, of: $0) || Self.asksForAll($0, of: rule) }
        if let other = together.first {
            problems.error(
                rule.place,
                "\(names(other, rule)) match together and their 'with' have no method in common: nothing could be sent",
                hint: hint(other, rule, more: together.count - 1), code: "no-common-method")
        }
        let perhaps = others.filter { other in
            !together.contains { $0.id == other.id } && !analysis.keepApart(rule, other)
        }
        if let other = perhaps.first {
            problems.warning(
                rule.place, "\(names(other, rule)) have no method in common: a message that both match is refused",
                hint: hint(other, rule, more: perhaps.count - 1), code: "may-have-no-common-method")
        }
    }

    /// True where one says all that the other says, so that it surely matches only where the other does.
    private static func asksForAll(_ one: AnalysedRule, of other: AnalysedRule) -> Bool {
        other.unless == nil && other.conjuncts.isSubset(of: one.conjuncts)
    }

    private func names(_ other: AnalysedRule, _ rule: AnalysedRule) -> String { "rules '\(other.id)' and '\(rule.id)'" }

    private func hint(_ other: AnalysedRule, _ rule: AnalysedRule, more: Int) -> String {
        let apart =
            "'\(other.id)' (\(other.place.file):\(other.place.line)) allows \(Self.list(other)),"
            + " '\(rule.id)' allows \(Self.list(rule))"
        let rest = more > 0 ? "; the same goes for \(more) more" : ""
        return "\(apart)\(rest); give them a method in common, or keep them apart with 'unless'"
    }

    private static func list(_ rule: AnalysedRule) -> String {
        (rule.rule.then.with ?? []).map(\.rawValue).joined(separator: ", ")
    }
}

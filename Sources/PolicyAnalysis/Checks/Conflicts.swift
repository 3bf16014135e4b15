// What can be said of rules together before any message comes: methods that can never, or may not, have anything in
// common. At run time an empty intersection refuses the message; here its author learns of it.

import Detection
import Mail
import Policy

/// Rules by what their `with` says: few rules differ in it, so that of two of them it is asked once.
private struct MethodClasses {
    private var classes: [Int] = []
    private var disjoint: [[Bool]] = []

    init(_ methods: [[MethodName]]) {
        var known: [[MethodName]: Int] = [:]
        var different: [[MethodName]] = []
        for list in methods {
            if let number = known[list] {
                classes.append(number)
            } else {
                known[list] = different.count
                classes.append(different.count)
                different.append(list)
            }
        }
        disjoint = different.map { one in different.map { other in !one.contains(where: other.contains) } }
    }

    /// True where two rules have no method in common.
    func areDisjoint(_ one: Int, _ other: Int) -> Bool { disjoint[classes[one]][classes[other]] }

    /// False where every rule has a method in common with this one.
    func canDiffer(_ number: Int) -> Bool { disjoint[classes[number]].contains(true) }
}

/// Looks at rules two by two.
struct Conflicts {
    let analysis: AnalysedPolicy
    let problems: Problems

    /// Adds findings.
    /// - Returns: conditions of two rules that were compared.
    @discardableResult
    func check() -> Int {
        let rules = analysis.rules.filter { $0.rule.then.with != nil }
        let meetings = RuleMeetings(rules, analysis.logic)
        let alike = ConjunctIndex(rules)
        let methods = MethodClasses(rules.map { $0.rule.then.with ?? [] })
        let compared = checkPasswords()
        for (number, rule) in rules.enumerated() {
            if rule.rule.then.with == [.link], !analysis.surroundings.linksAvailable {
                problems.warning(
                    rule.place, "rule '\(rule.id)' allows links only, and links are not set up",
                    hint: "set 'links.url' in the settings, or add 'pgp' to its 'with'", code: "links-not-set-up")
            }
            guard methods.canDiffer(number) else { continue }
            let together = alike.together(with: number).filter { methods.areDisjoint(number, $0) }
            let perhaps = meetings.earlier(than: number) {
                methods.areDisjoint(number, $0) && !together.contains($0)
            }
            report(rule, together: together.sorted().map { rules[$0] }, perhaps: perhaps.map { rules[$0] })
        }
        return compared + meetings.comparisons
    }

    /// Ways of passwords that two rules have nothing of in common: a letter that both match could go by none.
    private func checkPasswords() -> Int {
        let rules = analysis.rules.filter { $0.rule.then.effects.link.passwords != nil }
        let meetings = RuleMeetings(rules, analysis.logic)
        for (number, rule) in rules.enumerated() {
            let mine = rule.rule.then.effects.link.passwords ?? []
            let others = meetings.earlier(than: number, atMost: 1) { other in
                let theirs = rules[other].rule.then.effects.link.passwords ?? []
                return !theirs.contains(where: mine.contains)
            }
            guard let other = others.first.map({ rules[$0] }) else { continue }
            problems.warning(
                rule.place,
                "\(names(other, rule)) have no way of passwords in common: a letter that both match is refused",
                hint: "add a way of the one to 'link.password' of the other", code: "no-common-password")
        }
        return meetings.comparisons
    }

    /// One finding of a kind for each rule: that of the first other rule, with the number of those like it.
    private func report(_ rule: AnalysedRule, together: [AnalysedRule], perhaps: [AnalysedRule]) {
        if let other = together.first {
            problems.error(
                rule.place,
                "\(names(other, rule)) match together and their 'with' have no method in common: nothing could be sent",
                hint: hint(other, rule, more: together.count - 1), code: "no-common-method")
        }
        if let other = perhaps.first {
            problems.warning(
                rule.place, "\(names(other, rule)) have no method in common: a message that both match is refused",
                hint: hint(other, rule, more: perhaps.count - 1), code: "may-have-no-common-method")
        }
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

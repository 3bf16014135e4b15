// What holds for several rules: named conditions that nobody uses, `scope` and `exempt` without rules, exceptions that
// anybody can make.

import Detection
import Mail
import Policy

/// Conditions under `conditions` that no rule comes to, not by another condition either.
struct UnusedConditions: PolicyCheck {
    func run(_ policy: AnalysedPolicy, _ problems: Problems) {
        // `scope` and `exempt` count where they concern a rule.
        let used = policy.rules.reduce(into: Set<String>()) { $0.formUnion($1.rule.names) }
        for one in policy.shared {
            guard case .named(let name) = one.kind, !used.contains(name) else { continue }
            problems.warning(
                one.place, "condition '\(name)' is not used by any rule",
                hint: "use it as 'condition: \(name)', or take it away", code: "unused-condition")
        }
    }
}

/// `scope` and `exempt`.
struct FileWide: PolicyCheck {
    func run(_ policy: AnalysedPolicy, _ problems: Problems) {
        for one in policy.shared {
            if case .named = one.kind { continue }
            let rules = policy.rules.filter { one.concerns($0.rule) }
            if rules.isEmpty { withoutRules(one, problems) }
            guard one.kind == .exempt else { continue }
            if !Self.saysWho(one.condition, negated: false) {
                problems.warning(
                    one.place,
                    "\(one.quoted) names neither recipient nor sender: "
                        + "anybody who writes such a message is exempt from every"
                        + " rule of the file",
                    hint:
                        "add 'recipient: { in: … }' or 'sender: { in: … }' to it, and to each alternative under 'any'",
                    code: "exempt-without-address")
            }
            let claim = policy.claims.claim(one.condition)
            if !rules.isEmpty, rules.allSatisfy({ policy.logic.excludes($0.when, claim) }) {
                problems.info(
                    one.place, "\(one.quoted) never matters: it cannot be true where a rule of the file applies",
                    hint: "take it away, or look whether another exception was meant", code: "idle-exception")
            }
        }
    }

    private func withoutRules(_ one: SharedCondition, _ problems: Problems) {
        problems.warning(
            one.place, "\(one.quoted) does nothing: there is no rule in this file",
            hint: "it holds for the rules of its own file only: write it where they stand", code: "file-without-rules")
    }

    /// True where it can only hold for some recipients or senders.
    /// - Parameter negated: true below an odd number of `not`.
    private static func saysWho(_ condition: any Condition, negated: Bool) -> Bool {
        switch condition {
        case let not as Not: saysWho(not.part, negated: !negated)
        case is AllOf where !negated, is AnyOf where negated:
            condition.parts.contains { saysWho($0, negated: negated) }
        default:
            condition.parts.isEmpty
                ? condition.saysWho : condition.parts.allSatisfy { saysWho($0, negated: negated) }
        }
    }
}

// Rules that only watch, by their dates; rules that send mail to different addresses.

import Detection
import Mail
import Policy

/// `mode: watch` near, or past, its date.
struct WatchedRules: PolicyCheck {
    func run(_ policy: AnalysedPolicy, _ problems: Problems) {
        for rule in policy.rules {
            guard let found = WatchDates.finding(rule.rule, nowSeconds: policy.nowSeconds) else { continue }
            if found.severity == .info {
                problems.info(rule.place, found.message, hint: found.hint, code: found.code)
            } else {
                problems.warning(rule.place, found.message, hint: found.hint, code: found.code)
            }
        }
    }
}

/// `redirect` of two rules: the first counts.
struct Redirects: PolicyCheck {
    func run(_ policy: AnalysedPolicy, _ problems: Problems) {
        let rules = policy.rules.filter { $0.rule.then.effects.redirect != nil }
        let meetings = RuleMeetings(rules, policy.logic)
        let targets = rules.map { $0.rule.then.effects.redirect?.folded }
        for (number, rule) in rules.enumerated() {
            let others = meetings.earlier(than: number, atMost: 1) { targets[$0] != targets[number] }
            guard let other = others.first.map({ rules[$0] }) else { continue }
            problems.warning(
                rule.place,
                "rules '\(other.id)' and '\(rule.id)' redirect to "
                    + "different addresses: mail that both match goes to that of"
                    + " '\(other.id)'",
                hint: "keep them apart with 'unless'", code: "two-redirects")
        }
    }
}

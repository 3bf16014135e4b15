// Conditions that contradict each other, and exceptions that take everything, or nothing, away.

import Detection
import Mail
import Policy

/// `all` of conditions that cannot hold together.
struct NeverTrue: PolicyCheck {
    func run(_ policy: AnalysedPolicy, _ problems: Problems) {
        for written in policy.written {
            let condition = written.condition
            let what = "\(written.what) can never be true"
            if case .address(_, let test) = condition.topic, AddressLogic.isEmpty(test) {
                problems.warning(
                    condition.place, "\(what): all that 'in' names is in 'not-in' too",
                    hint: "\(condition.label); take one of the two away", code: "never-true")
            }
            if condition is AllOf { contradictions(among: condition.parts, what, policy, problems) }
        }
        for rule in policy.rules {
            guard let scope = rule.rule.scope, let when = rule.rule.when else { continue }
            let (around, own) = (policy.claims.claim(scope), policy.claims.claim(when))
            guard policy.logic.excludes(around, own) else { continue }
            problems.warning(
                when.place,
                "'when' of rule '\(rule.id)' can never be true where 'scope' of its file is: '\(around.label)' and"
                    + " '\(own.label)' contradict each other",
                hint: "move the rule into another file", code: "never-true")
        }
    }

    private func contradictions(
        among parts: [any Condition], _ what: String, _ policy: AnalysedPolicy, _ problems: Problems
    ) {
        for (index, part) in parts.enumerated() {
            for other in parts[..<index]
            where policy.logic.excludes(policy.claims.claim(other), policy.claims.claim(part)) {
                problems.warning(
                    part.place,
                    """
                    \(what): '\(policy.claims.claim(other).label)' and \
                    '\(policy.claims.claim(part).label)' contradict each other
                    """,
                    hint: "where either may hold, write them under 'any'", code: "never-true")
                return
            }
        }
    }
}

/// `unless` beside `when`, and `exempt` beside both.
struct Exceptions: PolicyCheck {
    func run(_ policy: AnalysedPolicy, _ problems: Problems) {
        for rule in policy.rules {
            guard let exception = rule.rule.exception, rule.rule.condition != nil else { continue }
            let own = rule.rule.unless
            if policy.logic.implies(rule.when, rule.unless) {
                problems.warning(
                    exception.place,
                    "rule '\(rule.id)' can never apply for certain: \(Self.word(rule.rule)) is true whenever 'when' is",
                    hint: "make the exception narrower than the rule", code: "never-applies")
            } else if let own, policy.logic.excludes(rule.when, policy.claims.claim(own)) {
                problems.info(
                    own.place, "'unless' of rule '\(rule.id)' never matters: it cannot be true where 'when' is",
                    hint: "take it away, or look whether another exception was meant", code: "idle-exception")
            }
        }
    }

    private static func word(_ rule: Rule) -> String {
        if rule.exempt == nil { return "'unless'" }
        return rule.unless == nil ? "'exempt' of its file" : "'unless' or 'exempt'"
    }
}

// Conditions that contradict each other, and exceptions that take everything, or nothing, away.

import Mail

/// `all` of conditions that cannot hold together.
struct NeverTrue: PolicyCheck {
    func run(_ policy: PolicyAnalysis, _ problems: Problems) {
        for rule in policy.rules {
            for (key, condition) in policy.conditions(of: rule.rule) {
                let what = "'\(key)' of rule '\(rule.id)' can never be true"
                if let test = Self.addresses(condition), AddressLogic.isEmpty(test) {
                    problems.warning(
                        condition.place, "\(what): all that 'in' names is in 'not-in' too",
                        hint: "\(condition.label); take one of the two away", code: "never-true")
                }
                if condition is AllOf { contradictions(among: condition.parts, what, policy, problems) }
            }
        }
    }

    private func contradictions(
        among parts: [any Condition], _ what: String, _ policy: PolicyAnalysis, _ problems: Problems
    ) {
        for (index, part) in parts.enumerated() {
            for other in parts[..<index]
            where policy.logic.excludes(policy.claims.claim(other), policy.claims.claim(part)) {
                problems.warning(
                    part.place,
                    "\(what): '\(policy.claims.claim(other).label)' and '\(policy.claims.claim(part).label)' contradict each other",
                    hint: "where either may hold, write them under 'any'", code: "never-true")
                return
            }
        }
    }

    private static func addresses(_ condition: any Condition) -> AddressTest? {
        switch condition {
        case let sender as SenderCondition: sender.addresses
        case let recipient as RecipientCondition: recipient.addresses
        case let from as FromCondition: from.addresses
        case let replyTo as ReplyToCondition: replyTo.addresses
        default: nil
        }
    }
}

/// `unless` beside `when`.
struct Exceptions: PolicyCheck {
    func run(_ policy: PolicyAnalysis, _ problems: Problems) {
        for rule in policy.rules {
            guard let unless = rule.rule.unless, rule.when != nil else { continue }
            if policy.logic.implies(rule.when, rule.unless) {
                problems.warning(
                    unless.place, "rule '\(rule.id)' can never apply for certain: 'unless' is true whenever 'when' is",
                    hint: "make the exception narrower than the rule", code: "never-applies")
            } else if policy.logic.excludes(rule.when, rule.unless) {
                problems.info(
                    unless.place, "'unless' of rule '\(rule.id)' never matters: it cannot be true where 'when' is",
                    hint: "take it away, or look whether another exception was meant", code: "idle-exception")
            }
        }
    }
}

// What the cases have seen of the rules: each rule applying and not applying, each condition true and false. Built on the
// explanations of the engine itself. Pure.

import Policy

/// Coverage of a policy by its cases.
package struct Coverage: Sendable, Encodable {
    /// One condition of a rule, or a combination of conditions.
    package struct Condition: Sendable, Encodable {
        /// What it says.
        package let says: String
        package let file: String
        package let line: Int
        package let column: Int
        /// Judgements (one per case and recipient) in which it was true, false, unknown.
        package internal(set) var yes = 0
        package internal(set) var no = 0
        package internal(set) var unknown = 0

        /// What no case has seen; empty where both outcomes were.
        package var missing: [String] { (yes == 0 ? ["true"] : []) + (no == 0 ? ["false"] : []) }
    }

    /// One rule.
    package struct Rule: Sendable, Encodable {
        package let id: String
        package let file: String
        package let line: Int
        /// True where it has conditions, so that it can fail to apply.
        package let hasConditions: Bool
        /// Judgements in which it applied, and did not.
        package internal(set) var applied = 0
        package internal(set) var notApplied = 0
        /// Those of `when` and `unless`, outermost first.
        package internal(set) var conditions: [Condition] = []

        /// What no case has seen of the rule itself.
        package var missing: [String] {
            (applied == 0 ? ["applying"] : []) + (hasConditions && notApplied == 0 ? ["not applying"] : [])
        }
    }

    package private(set) var rules: [Rule] = []

    /// Outcomes that could be seen, and those that were.
    package var outcomes: Int {
        rules.reduce(0) { $0 + ($1.hasConditions ? 2 : 1) + 2 * $1.conditions.count }
    }
    package var seen: Int {
        outcomes - rules.reduce(0) { $0 + $1.missing.count + $1.conditions.reduce(0) { $0 + $1.missing.count } }
    }
    /// Rounded down: 100 only where nothing is missing.
    package var percent: Int { outcomes == 0 ? 100 : seen * 100 / outcomes }
    /// Rules that have applied.
    package var rulesApplied: Int { rules.count { $0.applied > 0 } }
    package var rulesPercent: Int { rules.isEmpty ? 100 : rulesApplied * 100 / rules.count }

    /// Judges all cases.
    package init(_ cases: PreparedCases) {
        for prepared in cases.cases {
            guard let parsed = prepared.parsed else { continue }
            let record = explain(
                parsed, known: prepared.item.known, rules: cases.rulesets[prepared.ruleset],
                nowSeconds: prepared.item.nowSeconds, extracted: prepared.extracted)
            for recipient in record.recipients { add(recipient.rules) }
        }
    }

    private mutating func add(_ traces: [RuleTrace]) {
        if rules.isEmpty {
            rules = traces.map {
                Rule(
                    id: $0.rule.id, file: $0.rule.file, line: $0.rule.line,
                    hasConditions: $0.when != nil || $0.unless != nil)
            }
        }
        for (index, trace) in traces.enumerated() where index < rules.count {
            if trace.application.counts { rules[index].applied += 1 } else { rules[index].notApplied += 1 }
            var slot = 0
            if let when = trace.when { add(when, counts: true, to: index, &slot) }
            // Whether the exception holds is looked at only where the rule would apply.
            if let unless = trace.unless { add(unless, counts: trace.when?.result != .no, to: index, &slot) }
        }
    }

    private mutating func add(_ trace: ConditionTrace, counts: Bool, to rule: Int, _ slot: inout Int) {
        if slot == rules[rule].conditions.count {
            rules[rule].conditions.append(
                Condition(
                    says: trace.label, file: trace.place.file, line: trace.place.line, column: trace.place.column))
        }
        if counts {
            switch trace.result {
            case .yes: rules[rule].conditions[slot].yes += 1
            case .no: rules[rule].conditions[slot].no += 1
            case .unknown: rules[rule].conditions[slot].unknown += 1
            }
        }
        slot += 1
        for part in trace.parts { add(part, counts: counts, to: rule, &slot) }
    }

    /// What is missing, a line each, then the sums.
    package var text: String {
        var lines: [String] = []
        for rule in rules {
            for missing in rule.missing {
                lines.append("\(rule.file):\(rule.line): rule \(rule.id) was never seen \(missing)")
            }
            for condition in rule.conditions {
                for missing in condition.missing {
                    lines.append(
                        "\(condition.file):\(condition.line):\(condition.column): '\(condition.says)' (rule \(rule.id)) was never"
                            + " \(missing)" + (condition.unknown > 0 ? " (\(condition.unknown) times unknown)" : ""))
                }
            }
        }
        lines.append("rules: \(rulesApplied) of \(rules.count) have applied, \(rulesPercent) %")
        lines.append("outcomes of rules and conditions: \(seen) of \(outcomes) seen, \(percent) %")
        return lines.joined(separator: "\n")
    }
}

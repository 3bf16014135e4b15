// What the cases have seen of the rules: each rule applying and not applying, each condition true and false. Built on
// the explanations of the engine itself. Pure.

import Detection
import Mail
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

    /// What stands once and holds for several rules: `scope` and `exempt` of a file, a condition with a name. An
    /// outcome counts in whichever rule it was seen.
    package struct Shared: Sendable, Encodable {
        /// `scope of policy/rules.yaml`, `condition outbound`.
        package let label: String
        /// Outermost first.
        package internal(set) var conditions: [Condition] = []
    }

    package private(set) var rules: [Rule] = []
    package private(set) var shared: [Shared] = []

    private var conditions: [Condition] { rules.flatMap(\.conditions) + shared.flatMap(\.conditions) }
    /// Outcomes that could be seen, and those that were.
    package var outcomes: Int { rules.reduce(0) { $0 + ($1.hasConditions ? 2 : 1) } + 2 * conditions.count }
    package var seen: Int {
        outcomes - rules.reduce(0) { $0 + $1.missing.count } - conditions.reduce(0) { $0 + $1.missing.count }
    }
    /// Rounded down: 100 only where nothing is missing.
    package var percent: Int { outcomes == 0 ? 100 : seen * 100 / outcomes }
    /// Rules that have applied.
    package var rulesApplied: Int { rules.count { $0.applied > 0 } }
    package var rulesPercent: Int { rules.isEmpty ? 100 : rulesApplied * 100 / rules.count }

    /// Judges all cases.
    package init(_ cases: PreparedCases) {
        for prepared in cases.cases {
            guard let record = prepared.explained(cases.rulesets[prepared.ruleset]) else { continue }
            for recipient in record.recipients {
                // The built-in rule is nobody's to cover.
                add(recipient.rules.filter { $0.rule.id != SenderMark.id })
            }
        }
    }

    private mutating func add(_ traces: [RuleTrace]) {
        if rules.isEmpty {
            rules = traces.map {
                Rule(
                    id: $0.rule.id, file: $0.rule.file, line: $0.rule.line,
                    hasConditions: $0.when != nil || $0.unless != nil || $0.scope != nil || $0.exempt != nil)
            }
        }
        for (index, trace) in traces.enumerated() where index < rules.count {
            if trace.application.counts { rules[index].applied += 1 } else { rules[index].notApplied += 1 }
            if let scope = trace.scope { add(scope, counts: true, toShared: "scope of \(trace.rule.file)") }
            var slot = 0
            if let when = trace.when { add(when, counts: true, to: .rule(index), &slot) }
            // Whether the exception holds is looked at only where the rule would apply.
            let wouldApply = trace.when?.result != .no && trace.scope?.result != .no
            if let unless = trace.unless { add(unless, counts: wouldApply, to: .rule(index), &slot) }
            if let exempt = trace.exempt { add(exempt, counts: wouldApply, toShared: "exempt of \(trace.rule.file)") }
        }
    }

    /// Whose conditions.
    private enum Owner {
        case rule(Int), shared(Int)
    }

    private mutating func add(_ trace: ConditionTrace, counts: Bool, toShared label: String) {
        if !shared.contains(where: { $0.label == label }) { shared.append(Shared(label: label)) }
        guard let index = shared.firstIndex(where: { $0.label == label }) else { return }
        var slot = 0
        add(trace, counts: counts, to: .shared(index), &slot)
    }

    private mutating func add(_ trace: ConditionTrace, counts: Bool, to owner: Owner, _ slot: inout Int) {
        switch owner {
        case .rule(let index): Self.count(trace, counts, in: &rules[index].conditions, at: slot)
        case .shared(let index): Self.count(trace, counts, in: &shared[index].conditions, at: slot)
        }
        slot += 1
        for part in trace.parts {
            if let name = trace.name {
                add(part, counts: counts, toShared: "condition \(name)")
            } else {
                add(part, counts: counts, to: owner, &slot)
            }
        }
    }

    private static func count(_ trace: ConditionTrace, _ counts: Bool, in conditions: inout [Condition], at slot: Int) {
        if slot == conditions.count {
            conditions.append(
                Condition(
                    says: trace.label, file: trace.place.file, line: trace.place.line, column: trace.place.column))
        }
        guard counts else { return }
        switch trace.result {
        case .yes: conditions[slot].yes += 1
        case .no: conditions[slot].no += 1
        case .unknown: conditions[slot].unknown += 1
        }
    }

    /// What is missing, a line each, then the sums.
    package var text: String {
        var lines: [String] = []
        for rule in rules {
            for missing in rule.missing {
                lines.append("\(rule.file):\(rule.line): rule \(rule.id) was never seen \(missing)")
            }
            lines += rule.conditions.flatMap { Self.missing($0, of: "rule \(rule.id)") }
        }
        for one in shared { lines += one.conditions.flatMap { Self.missing($0, of: one.label) } }
        lines.append("rules: \(rulesApplied) of \(rules.count) have applied, \(rulesPercent) %")
        lines.append("outcomes of rules and conditions: \(seen) of \(outcomes) seen, \(percent) %")
        return lines.joined(separator: "\n")
    }

    private static func missing(_ condition: Condition, of owner: String) -> [String] {
        condition.missing.map { missing in
            "\(condition.file):\(condition.line):\(condition.column): "
                + "'\(condition.says)' (\(owner)) was never \(missing)"
                + (condition.unknown > 0 ? " (\(Counted.of(condition.unknown, "time")) unknown)" : "")
        }
    }
}

// One small mistake at a time in a condition and in every condition it is made of. Pure.

import Detection
import Mail
import Policy

/// Changes conditions.
enum ConditionMutator {
    /// One changed condition.
    struct Edit {
        /// Where the change is.
        let place: Place
        /// What was done.
        let change: String
        /// The whole condition with the change in it.
        let result: any Condition
    }

    /// - Parameter newLeaf: number of a leaf that nobody uses: a changed leaf must not share another's answer.
    static func edits(of condition: any Condition, newLeaf: Int) -> [Edit] {
        let said = text(condition)
        var edits: [Edit] = []
        if let not = condition as? Not {
            // Its part negated is the part itself, so that is not made twice.
            edits.append(Edit(place: not.place, change: "drops the 'not' before '\(text(not.part))'", result: not.part))
            edits += Self.edits(of: not.part, newLeaf: newLeaf).filter { !($0.result is Not) }.map {
                Edit(place: $0.place, change: $0.change, result: Not(place: not.place, part: $0.result))
            }
            return edits
        }
        edits.append(
            Edit(
                place: condition.place, change: "negates '\(said)'",
                result: Not(place: condition.place, part: condition)
            ))
        if let all = condition as? AllOf {
            edits += combined(all.parts, newLeaf) { AllOf(place: all.place, parts: $0) }
        } else if let any = condition as? AnyOf {
            edits += combined(any.parts, newLeaf) { AnyOf(place: any.place, parts: $0) }
        } else if !(condition is NamedCondition) {
            // What is under a name is changed once, where it stands.
            edits += condition.mutants(newLeaf: newLeaf).map {
                Edit(place: condition.place, change: "'\(condition.label)': \($0.change)", result: $0.condition)
            }
        }
        return edits
    }

    private static func combined(
        _ parts: [any Condition], _ newLeaf: Int, _ make: ([any Condition]) -> any Condition
    ) -> [Edit] {
        var edits: [Edit] = []
        for (index, part) in parts.enumerated() {
            if parts.count > 1 {
                var rest = parts
                rest.remove(at: index)
                edits.append(Edit(place: part.place, change: "drops '\(text(part))'", result: make(rest)))
            }
            for edit in Self.edits(of: part, newLeaf: newLeaf) {
                var changed = parts
                changed[index] = edit.result
                edits.append(Edit(place: edit.place, change: edit.change, result: make(changed)))
            }
        }
        return edits
    }

    /// A condition in words, cut to a line.
    private static func text(_ condition: any Condition) -> String {
        if condition.parts.isEmpty || condition is NamedCondition { return condition.label }
        let parts = condition.parts.map(text).joined(separator: "; ")
        let whole = "\(condition.label) (\(parts))"
        return whole.count > 90 ? whole.prefix(90) + "…" : whole
    }
}

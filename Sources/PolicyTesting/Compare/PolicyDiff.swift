// Two policies, the same messages: whose verdict changes, by which rules, and whether anybody is protected less. What
// cannot be told counts as less.

import Mail
import Policy

/// What a comparison found.
package struct PolicyDiff: Sendable, Encodable {
    /// One recipient of one message.
    package struct Example: Sendable, Encodable {
        /// Path, with the line where the file holds several; for a features log the message's id too.
        package let message: String
        package let recipient: String
        package let old: String
        package let new: String
        package let effect: Effect
    }

    /// What a change does to the protection.
    package enum Effect: String, Sendable, Encodable {
        case stronger, other, weaker
        case cannotTell = "cannot tell"
    }

    /// All changes that the same rules make.
    package struct Group: Sendable, Encodable {
        /// `-id` applies only by the old policy, `+id` only by the new one, `~id` by both and asks for something else,
        /// `?id` may apply, as far as the features log can tell.
        package let rules: [String]
        /// What of these rules that they share with others differs between the policies: `scope of rules.yaml`,
        /// `exempt of rules.yaml`, `condition outbound`.
        package let shared: [String]
        package internal(set) var count = 0
        package internal(set) var weaker = 0
        package internal(set) var cannotTell = 0
        /// How often: `seal by pgp -> pass`.
        package internal(set) var changes: [String: Int] = [:]
        /// The first of them; weaker ones first.
        package internal(set) var examples: [Example] = []
    }

    package internal(set) var messages = 0
    package internal(set) var recipients = 0
    package internal(set) var unchanged = 0
    package internal(set) var changed = 0
    package internal(set) var weaker = 0
    package internal(set) var cannotTell = 0
    /// Messages that could not be judged: why, the first of them.
    package internal(set) var unreadable: [String] = []
    package internal(set) var unreadableCount = 0
    /// Older than asked for.
    package internal(set) var tooOld = 0
    /// Weaker ones first, then by count.
    package internal(set) var groups: [Group] = []

    /// True where protection weakens nowhere, and that is certain.
    package var holds: Bool { weaker == 0 && cannotTell == 0 && unreadableCount == 0 }

    static let exampleLimit = 5
}

/// What one policy makes of one recipient.
struct JudgedRecipient {
    /// By all rules that may apply.
    let most: Decision
    /// What it can come to, each once; nil: anything. One where everything is known.
    let possible: [Decision]?
    /// Rules that the features log is not enough for.
    let untold: [String]

    init(_ decision: Decision) {
        (most, possible, untold) = (decision, [decision], [])
    }

    init(_ replayed: ReplayedDecision) {
        (most, possible, untold) = (replayed.most, replayed.possible, replayed.untold)
    }
}

/// Adds comparisons up.
struct DiffCollector {
    let oldRules: Ruleset
    let newRules: Ruleset
    private(set) var diff = PolicyDiff()
    private var groups: [String: PolicyDiff.Group] = [:]

    init(old: Ruleset, new: Ruleset) {
        oldRules = old
        newRules = new
    }

    mutating func countMessage() { diff.messages += 1 }
    mutating func countTooOld() { diff.tooOld += 1 }

    mutating func unreadable(_ name: String, _ why: String) {
        diff.messages += 1
        diff.unreadableCount += 1
        if diff.unreadable.count < 20 { diff.unreadable.append("\(name): \(why)") }
    }

    mutating func add(_ name: String, old before: JudgedRecipient, new after: JudgedRecipient) {
        diff.recipients += 1
        let old = Span(before)
        let new = Span(after)
        if old.isKnown, new.isKnown, old.verdicts == new.verdicts {
            diff.unchanged += 1
            return
        }
        diff.changed += 1
        let effect = Self.effect(old, new)
        let rules = difference(before, after)
        let key = rules.joined(separator: " ")
        var group = groups[key] ?? PolicyDiff.Group(rules: rules, shared: shared(rules))
        let example = PolicyDiff.Example(
            message: name, recipient: after.most.recipient.description, old: old.word, new: new.word, effect: effect)
        group.count += 1
        group.changes["\(old.word) -> \(new.word)", default: 0] += 1
        switch effect {
        case .weaker:
            group.weaker += 1
            diff.weaker += 1
        case .cannotTell:
            group.cannotTell += 1
            diff.cannotTell += 1
        case .stronger, .other: break
        }
        let isGrave = effect == .weaker || effect == .cannotTell
        if group.examples.count < PolicyDiff.exampleLimit {
            group.examples.append(example)
        } else if isGrave, let mild = group.examples.lastIndex(where: { $0.effect == .stronger || $0.effect == .other })
        {
            group.examples[mild] = example
        }
        groups[key] = group
    }

    /// The result, in its order.
    func finished() -> PolicyDiff {
        var result = diff
        result.groups = groups.values.map { group in
            var sorted = group
            sorted.examples.sort { ($0.effect == .weaker ? 0 : 1) < ($1.effect == .weaker ? 0 : 1) }
            return sorted
        }.sorted {
            ($0.weaker, $0.cannotTell, $0.count, $1.rules.joined()) > (
                $1.weaker, $1.cannotTell, $1.count, $0.rules.joined()
            )
        }
        return result
    }

    /// The verdicts that a recipient can have.
    private struct Span {
        /// Each once.
        let verdicts: [ComparedVerdict]
        /// False where there are too many to look at.
        let isWhole: Bool
        var isKnown: Bool { isWhole && verdicts.count == 1 }
        var word: String { verdicts.map(\.word).joined(separator: " or ") }

        init(_ judged: JudgedRecipient) {
            var verdicts: [ComparedVerdict] = []
            for decision in judged.possible ?? [judged.most] {
                let verdict = ComparedVerdict(decision)
                if !verdicts.contains(verdict) { verdicts.append(verdict) }
            }
            self.verdicts = verdicts
            isWhole = judged.possible != nil
        }
    }

    /// Weaker where it is, however the unknown facts are; where it may be, that cannot be told.
    private static func effect(_ old: Span, _ new: Span) -> PolicyDiff.Effect {
        guard old.isWhole, new.isWhole else { return .cannotTell }
        let pairs = old.verdicts.flatMap { before in new.verdicts.map { (before, $0) } }
        let weaker = pairs.count { $0.1.isWeaker(than: $0.0) }
        if weaker == pairs.count { return .weaker }
        if weaker > 0 { return .cannotTell }
        return pairs.contains { $0.0.isWeaker(than: $0.1) } ? .stronger : .other
    }

    /// What stands outside of these rules and differs: the rules themselves may be the same, letter by letter.
    private func shared(_ rules: [String]) -> [String] {
        let ids = rules.map { String($0.dropFirst()) }
        let (old, new) = (oldRules.shared(by: ids), newRules.shared(by: ids))
        return Set(old.keys).union(new.keys).filter { label in
            // A condition that only one of them uses is the same as before: what uses it differs.
            if label.hasPrefix("condition "), old[label] == nil || new[label] == nil { return false }
            return old[label] != new[label]
        }.sorted()
    }

    /// The rules that make the difference.
    private func difference(_ before: JudgedRecipient, _ after: JudgedRecipient) -> [String] {
        let untold = Set(before.untold + after.untold)
        // The built-in rule is the same in both.
        let old = before.most.rules.filter { $0 != SenderMark.id }
        let new = after.most.rules.filter { $0 != SenderMark.id }
        var rules = old.filter { !new.contains($0) && !untold.contains($0) }.map { "-\($0)" }
        rules += new.filter { !old.contains($0) && !untold.contains($0) }.map { "+\($0)" }
        for id in new where old.contains(id) && oldRules.asks(id) != newRules.asks(id) { rules.append("~\(id)") }
        rules += untold.sorted().map { "?\($0)" }
        return rules.isEmpty ? ["defaults"] : rules
    }
}

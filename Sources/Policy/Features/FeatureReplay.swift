// Judges a message again from its line in the features log. What the log does not say can be anything: every condition
// has a least and a greatest answer, and every recipient two decisions, one for the rules that apply for certain, one
// for all that may apply. Where they are the same, the log says enough. Pure.

import Detection
import MIME
import Mail

/// The decisions for one recipient between which the log cannot tell.
package struct ReplayedDecision: Sendable {
    /// By the rules that apply whatever the log leaves out.
    package let least: Decision
    /// By all rules that may apply.
    package let most: Decision
    /// By every choice among the rules that may apply, each decision once; nil where there are too many choices.
    package let possible: [Decision]?
    /// Ids of the rules that the log is not enough for.
    package let untold: [String]
}

/// Judges features by one ruleset.
package struct FeatureReplay: Sendable {
    /// Why a condition has no answer.
    package static let missing = "the features log does not say"

    private let rules: Ruleset
    private let fingerprints: [Place: String]

    /// - Parameter fingerprint: as the log was written with.
    package init(_ rules: Ruleset, fingerprint: (String) -> String) {
        self.rules = rules
        var fingerprints: [Place: String] = [:]
        for leaf in rules.leaves { fingerprints[leaf.place] = rules.question(of: leaf).map(fingerprint) }
        self.fingerprints = fingerprints
    }

    /// - Returns: a decision per recipient of the features; nil where an address in them is none.
    package func decisions(_ features: MessageFeatures) -> [ReplayedDecision]? {
        var decisions: [ReplayedDecision] = []
        for recipient in features.recipients {
            guard let mailbox = Mailbox(recipient.address) else { return nil }
            decisions.append(decision(RecordedMessage(features: features, recipient: recipient, mailbox: mailbox)))
        }
        return decisions
    }

    private func decision(_ message: RecordedMessage) -> ReplayedDecision {
        var least: [Application] = []
        var most: [Application] = []
        var untold: [Int] = []
        for rule in rules.compiled {
            let when = rule.condition.map { range($0, message) } ?? TruthRange(.yes)
            let unless = rule.exception.map { range($0, message) } ?? TruthRange(.no)
            let low = Application(when: when.least, unless: unless.most)
            let high = Application(when: when.most, unless: unless.least)
            if low != high { untold.append(least.count) }
            least.append(low)
            most.append(high)
        }
        return ReplayedDecision(
            least: decision(message, least), most: decision(message, most),
            possible: possible(message, least, most, untold), untold: untold.map { rules.compiled[$0].info.id })
    }

    /// Sixty-four choices at most.
    private func possible(
        _ message: RecordedMessage, _ least: [Application], _ most: [Application], _ untold: [Int]
    ) -> [Decision]? {
        guard untold.count <= 6 else { return nil }
        var decisions: [Decision] = []
        for choice in 0..<(1 << untold.count) {
            var applications = least
            for (bit, index) in untold.enumerated() where choice >> bit & 1 == 1 { applications[index] = most[index] }
            let one = decision(message, applications)
            if !decisions.contains(one) { decisions.append(one) }
        }
        return decisions
    }

    /// The join, as the judgement makes it.
    private func decision(_ message: RecordedMessage, _ applications: [Application]) -> Decision {
        let now = message.features.timeSeconds
        let matching = zip(rules.compiled, applications).filter { $0.1.counts }.map { (rule: $0, application: $1) }
        let applied = matching.filter { !$0.rule.mode.watches(atSeconds: now) }
        let choice = MethodChoice(
            recipient: message.mailbox,
            asked: applied.map(\.rule.then) + (message.isMarked ? [SenderMark.consequence] : [])
                + [Consequence(level: rules.defaults.protect)],
            doubts: applied.map(\.application.doubt), defaults: rules.defaults,
            pgp: Usability(message.status),
            link: message.link(applied.compactMap(\.rule.then.effects.link.passwords), rules.surroundings),
            isSealedAlready: message.recipient.sealedAlready)
        var outcome = choice.outcome().outcome
        var refuses = false
        var undecided: String?
        for (rule, application) in applied {
            if case .applies = application, rule.then.level == .refuse { refuses = true }
            if case .undecided(let reason) = application { undecided = undecided ?? reason.description }
        }
        if let undecided, !refuses { outcome = .refuse(MethodChoice.undecided(message.mailbox, because: undecided)) }
        let outside = Set(message.features.outside ?? [])
        let hidesNames = applied.contains { rule, _ in
            rule.contentConditions.contains { fingerprints[$0.place].map(outside.contains) ?? false }
        }
        var effects = Effects()
        if outcome.goes {
            for (rule, _) in applied {
                effects.merge(rule.then.effects)
                // Which parts go cannot be told; that the rule takes some out can.
                effects.strippedParts += rule.then.strips.map { "of \($0.label)" }
            }
        }
        return Decision(
            recipient: message.mailbox, isVisible: message.recipient.visible,
            rules: applied.map(\.rule.info.id) + (message.isMarked ? [SenderMark.id] : []),
            outcome: outcome, hidesSubject: outcome.isSeal && choice.asked.contains { $0.hidesSubject },
            hidesNames: outcome.isSeal && hidesNames, effects: effects,
            watched: matching.filter { $0.rule.mode.watches(atSeconds: now) }.map(\.rule.info.id))
    }

    private func range(_ condition: any Condition, _ message: RecordedMessage) -> TruthRange {
        switch condition {
        case let named as NamedCondition: return range(named.part, message)
        case let not as Not: return !range(not.part, message)
        case is AllOf: return condition.parts.reduce(TruthRange(.yes)) { $0.and(range($1, message)) }
        case is AnyOf: return condition.parts.reduce(TruthRange(.no)) { $0.or(range($1, message)) }
        default:
            guard condition.parts.isEmpty, let print = fingerprints[condition.place] else { return .missing }
            if let text = message.recipient.answers[print] ?? message.features.answers[print],
                let answer = Truth(recorded: text)
            {
                return TruthRange(answer)
            }
            guard let definition = rules.definitions[condition.place] else { return .missing }
            return message.answer(definition, condition).map { TruthRange($0) } ?? .missing
        }
    }
}

/// Between which answers a condition is, in the order false, unknown, true, in which the operations are monotone.
struct TruthRange: Equatable {
    var least: Truth
    var most: Truth

    static let missing = TruthRange(least: .no, most: .yes)

    init(_ answer: Truth) { self.init(least: answer, most: answer) }
    init(least: Truth, most: Truth) {
        self.least = least
        self.most = most
    }

    func and(_ other: TruthRange) -> TruthRange {
        TruthRange(least: least.and(other.least), most: most.and(other.most))
    }
    func or(_ other: TruthRange) -> TruthRange {
        TruthRange(least: least.or(other.least), most: most.or(other.most))
    }
    static prefix func ! (range: TruthRange) -> TruthRange { TruthRange(least: !range.most, most: !range.least) }
}

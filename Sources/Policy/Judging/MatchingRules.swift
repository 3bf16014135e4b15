// Which rules match, for each recipient of one message. What is the same for all of them is found out once: the rules
// that do not ask about the recipient, and those of the others that the message itself rules out. The answers are
// those of asking every rule for every recipient (`explain` does that, and tests compare the two). Belongs to one
// judgement.

import Detection
import Mail

/// A rule, by its number, that applies or may apply.
typealias RuleMatch = (rule: Int, application: Application)

/// The rules of one message.
final class MatchingRules {
    private let rules: Ruleset
    let facts: MessageFacts
    /// Those that match for all recipients; nil: not asked yet.
    private var shared: [RuleMatch]?
    /// Those of ``RuleIndex/unlisted`` that the message does not rule out.
    private var unlisted: [Int] = []
    /// Whether ``unlisted`` is without the rules that the scan of content made silent.
    private var knowsSilent = false
    /// Whether the message rules out a listed rule, by its number, where that was asked.
    private var ruledOut: [Int: Bool] = [:]
    private var outside: [Int: Bool] = [:]
    private var inSubject: [Int: Bool] = [:]

    init(_ rules: Ruleset, _ facts: MessageFacts) {
        self.rules = rules
        self.facts = facts
    }

    /// Those that match for a recipient, in the order of the rules.
    func matching(_ recipient: Mailbox) -> [RuleMatch] {
        let shared = self.shared ?? askShared(recipient)
        var own: [RuleMatch] = []
        for number in candidates(recipient) where !isSilent(number) {
            let application = application(of: number, to: recipient)
            if application.counts { own.append((number, application)) }
        }
        return Self.merged(shared, own)
    }

    /// True where what one of some rules looks for stands in the message's header, the subject aside.
    func standOutside(_ numbers: [Int]) -> Bool {
        numbers.contains { number in
            if let known = outside[number] { return known }
            let stands = facts.standsOutside(rules.compiled[number])
            outside[number] = stands
            return stands
        }
    }

    /// True where one of some rules hides the Subject, or what it looks for stands there, or may.
    func makeSubjectPrivate(_ numbers: [Int]) -> Bool {
        numbers.contains { number in
            if let known = inSubject[number] { return known }
            let rule = rules.compiled[number]
            let isPrivate = rule.then.hidesSubject || facts.findsInSubject(rule)
            inSubject[number] = isPrivate
            return isPrivate
        }
    }

    // MARK: - Asking

    private func application(of number: Int, to recipient: Mailbox) -> Application {
        rules.compiled[number].application(facts, recipient)
    }

    private func askShared(_ recipient: Mailbox) -> [RuleMatch] {
        var matching: [RuleMatch] = []
        for number in rules.index.shared where !isSilent(number) {
            let application = application(of: number, to: recipient)
            if application.counts { matching.append((number, application)) }
        }
        shared = matching
        unlisted = rules.index.unlisted.filter { !isRuledOut($0, recipient) }
        return matching
    }

    private func candidates(_ recipient: Mailbox) -> [Int] {
        if !knowsSilent, facts.metInContent != nil {
            knowsSilent = true
            unlisted.removeAll(where: isSilent)
        }
        let listed = rules.index.listed.rules(for: facts.folded(recipient)).filter { number in
            if let known = ruledOut[number] { return !known }
            let isOut = isRuledOut(number, recipient)
            ruledOut[number] = isOut
            return !isOut
        }
        return listed.isEmpty ? unlisted : listed + unlisted
    }

    private func isSilent(_ number: Int) -> Bool {
        facts.metInContent.map { rules.index.isSilent(number, $0) } ?? false
    }

    private func isRuledOut(_ number: Int, _ recipient: Mailbox) -> Bool {
        rules.index.ownParts[number]?.ruleOut(facts, recipient) ?? false
    }

    private static func merged(_ shared: [RuleMatch], _ own: [RuleMatch]) -> [RuleMatch] {
        own.isEmpty ? shared : (shared + own).sorted { $0.rule < $1.rule }
    }
}

extension Rule {
    /// Whether it applies to a recipient.
    func application(_ facts: MessageFacts, _ recipient: Mailbox) -> Application {
        let when = condition?.test(facts, recipient) ?? .yes
        if when == .no { return .no }
        return Application(when: when, unless: exception?.test(facts, recipient) ?? .no)
    }
}

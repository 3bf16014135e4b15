// The judgement: a message that was read, the keys that are known, the rules - and for every recipient a decision with
// its reasons. Pure and total: no error, no clock, no input or output. `explain` is the same evaluation with its
// record.

package import MIME
package import Mail

/// Judges a message.
/// - Parameters:
///   - parsed: the message as far as it could be read.
///   - known: keys of the recipients; an address that was not looked up counts as one without a key.
///   - rules: a checked ruleset.
///   - nowSeconds: when it is judged, in seconds since 1970; whether keys have expired is for the look-up to say.
///   - extracted: what was found inside of its attachments.
///   - released: true where an officer has let it out of the quarantine: rules that ask for it are set aside, all others hold.
/// - Returns: one decision per envelope recipient.
package func decide(
    _ parsed: ParsedMessage, known: KnownKeys, rules: Ruleset, nowSeconds: Int64,
    extracted: ExtractedParts = ExtractedParts(), released: Bool = false
) -> DecidedMessage {
    Judgement(parsed, known, rules, nowSeconds, extracted, released: released).decided()
}

/// Judges a message and says why: the same evaluation as ``decide(_:known:rules:nowSeconds:extracted:)``.
package func explain(
    _ parsed: ParsedMessage, known: KnownKeys, rules: Ruleset, nowSeconds: Int64,
    extracted: ExtractedParts = ExtractedParts()
) -> Explanation {
    let judgement = Judgement(parsed, known, rules, nowSeconds, extracted)
    let traces = parsed.received.envelope.recipients.map(judgement.trace)
    let decided = DecidedMessage(parsed: parsed, decisions: traces.map(\.decision), known: known)
    return Explanation(decided: decided, judgedAtSeconds: nowSeconds, recipients: traces)
}

/// One message being judged.
private struct Judgement {
    let parsed: ParsedMessage
    let known: KnownKeys
    let rules: Ruleset
    let facts: MessageFacts
    let link: Usability
    let visible: Set<String>
    let nowSeconds: Int64
    let released: Bool

    init(
        _ parsed: ParsedMessage, _ known: KnownKeys, _ rules: Ruleset, _ nowSeconds: Int64,
        _ extracted: ExtractedParts, released: Bool = false
    ) {
        self.released = released
        self.nowSeconds = nowSeconds
        self.parsed = parsed
        self.known = known
        self.rules = rules
        facts = MessageFacts(parsed, rules, known: known, nowSeconds: nowSeconds, extracted: extracted)
        link = .link(sender: parsed.received.envelope.sender, rules.surroundings)
        visible = VisibleAddresses.of(parsed)
    }

    func decided() -> DecidedMessage {
        DecidedMessage(
            parsed: parsed,
            decisions: parsed.received.envelope.recipients.map { recipient in
                let applications = rules.compiled.map { application(of: $0, to: recipient) }
                return verdict(recipient, applications).decision
            }, known: known)
    }

    func trace(_ recipient: Mailbox) -> RecipientTrace {
        let applications = rules.compiled.map { application(of: $0, to: recipient) }
        let (decision, choice) = verdict(recipient, applications)
        let traces = zip(rules.compiled, applications).map { rule, application in
            RuleTrace(
                rule: rule.info, application: application, asks: rule.then.summary,
                when: rule.when?.trace(facts, recipient), unless: rule.unless?.trace(facts, recipient))
        }
        return RecipientTrace(
            decision: decision, rules: traces, level: choice.level, allowedMethods: choice.allowed)
    }

    private func application(of rule: Rule, to recipient: Mailbox) -> Application {
        let when = rule.when?.test(facts, recipient) ?? .yes
        if when == .no { return .no }
        return Application(when: when, unless: rule.unless?.test(facts, recipient) ?? .no)
    }

    /// The join of all rules that apply.
    private func verdict(
        _ recipient: Mailbox, _ applications: [Application]
    ) -> (decision: Decision, choice: MethodChoice) {
        let matching = zip(rules.compiled, applications).filter { $0.1.counts }
        let acting = matching.filter { !$0.0.mode.watches(atSeconds: nowSeconds) }
        let applied = acting.filter { !released || $0.0.then.level != .quarantine }
        let watched = matching.filter { $0.0.mode.watches(atSeconds: nowSeconds) }.map(\.0.info.id)
        let status = known[recipient]
        let choice = MethodChoice(
            recipient: recipient,
            asked: applied.map(\.0.then) + [Consequence(level: rules.defaults.protect)],
            defaults: rules.defaults, pgp: Usability(status), link: link,
            isSealedAlready: SealedAlready.holds(parsed.encryption, status))
        let temporary = Self.undecided(applied)
        var (outcome, notes) = choice.outcome()
        if let temporary, !Self.refusesForCertain(applied) {
            outcome = .refuse(MethodChoice.undecided(recipient, because: temporary))
        }
        for case (let rule, .appliesUnknown(let reason)) in applied {
            notes.insert("rule \(rule.info.id) applies because \(reason)", at: 0)
        }
        for (rule, _) in acting where released && rule.then.level == .quarantine {
            notes.insert("rule \(rule.info.id) is set aside: an officer has released the message", at: 0)
        }
        let goes = outcome.goes
        var effects = Effects()
        if goes { for (rule, _) in applied { effects.merge(rule.then.effects) } }
        let decision = Decision(
            recipient: recipient, isVisible: visible.contains(recipient.folded), rules: applied.map(\.0.info.id),
            outcome: outcome, hidesSubject: outcome.isSeal && choice.asked.contains { $0.hidesSubject },
            rewrittenSubject: goes ? subject(without: applied.flatMap(\.0.then.strippedPatterns)) : nil,
            effects: effects, watched: watched, notes: notes)
        return (decision, choice)
    }

    /// Why some rule cannot be decided now.
    private static func undecided(_ applied: [(Rule, Application)]) -> String? {
        for case (let rule, .undecided(let reason)) in applied { return "rule \(rule.info.id): \(reason)" }
        return nil
    }

    /// A rule that surely applies and refuses: trying again cannot change that.
    private static func refusesForCertain(_ applied: [(Rule, Application)]) -> Bool {
        applied.contains { rule, application in
            guard rule.then.level == .refuse, case .applies = application else { return false }
            return true
        }
    }

    private func subject(without patterns: [Int]) -> String? {
        guard !patterns.isEmpty, let subject = parsed.subject else { return nil }
        return SubjectTag.stripped(subject, of: patterns, rules.matchers)
    }
}

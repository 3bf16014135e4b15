// The judgement: a message that was read, the keys that are known, the rules - and for every recipient a decision with
// its reasons. Pure and total: no error, no clock, no input or output. `explain` is the same evaluation with its
// record.

import Detection
package import MIME
package import Mail
import SettingValues

/// Judges a message.
/// - Parameters:
///   - parsed: the message as far as it could be read.
///   - known: keys of the recipients; an address that was not looked up counts as one without a key.
///   - rules: a checked ruleset.
///   - nowSeconds: when it is judged, in seconds since 1970; whether keys have expired is for the look-up to say.
///   - extracted: what was found inside of its attachments.
///   - contacts: standing passwords and telephone numbers of the recipients.
///   - released: true where an officer has let it out of the quarantine: rules that ask for it are set aside, all
///     others hold.
///   - isAnswer: true for what came back from behind a link: it goes sealed to a recipient who has a key, and behind no
///     new link.
///   - readers: folded addresses that have a letter of the same conversation: what goes behind a link for them comes
///     under that link, and opens with the password they know.
///   - linkDoubt: why nobody can say whether a link can be made now; nil: nothing is known against it. Whom one would
///     be made for is put off; it is never as if there were no links.
///   - conversation: whether the messages that it names were protected.
/// - Returns: one decision per envelope recipient.
package func decide(
    _ parsed: ParsedMessage, known: KnownKeys, rules: Ruleset, nowSeconds: Int64,
    extracted: ExtractedParts = ExtractedParts(), contacts: KnownContacts = KnownContacts(), released: Bool = false,
    isAnswer: Bool = false, readers: Set<String> = [], linkDoubt: String? = nil,
    conversation: KnownConversation = .notKnownHere
) -> DecidedMessage {
    Judgement(
        parsed, known, rules, nowSeconds, extracted, contacts, conversation, released: released, isAnswer: isAnswer,
        readers: readers, linkDoubt: linkDoubt
    ).decided()
}

/// Judges a message and says why: the same evaluation as ``decide(_:known:rules:nowSeconds:extracted:)``.
package func explain(
    _ parsed: ParsedMessage, known: KnownKeys, rules: Ruleset, nowSeconds: Int64,
    extracted: ExtractedParts = ExtractedParts(), contacts: KnownContacts = KnownContacts(),
    conversation: KnownConversation = .notKnownHere
) -> Explanation {
    let judgement = Judgement(parsed, known, rules, nowSeconds, extracted, contacts, conversation)
    let parsed = judgement.parsed
    let traces = parsed.received.envelope.recipients.map(judgement.trace)
    let decided = DecidedMessage(parsed: parsed, decisions: traces.map(\.decision), known: known)
    return Explanation(
        decided: decided, judgedAtSeconds: nowSeconds, recipients: traces, extracted: extracted,
        detectors: judgement.facts.detectorCounts().filter { $0.value > 0 })
}

/// Judges a message and takes down what the features log keeps of it: the same evaluation as
/// ``decide(_:known:rules:nowSeconds:extracted:)``.
package func decideAndRecord(
    _ parsed: ParsedMessage, known: KnownKeys, rules: Ruleset, nowSeconds: Int64,
    extracted: ExtractedParts = ExtractedParts(), contacts: KnownContacts = KnownContacts(),
    readers: Set<String> = [], linkDoubt: String? = nil, conversation: KnownConversation = .notKnownHere,
    recorder: FeatureRecorder
) -> (decided: DecidedMessage, features: MessageFeatures) {
    let judgement = Judgement(
        parsed, known, rules, nowSeconds, extracted, contacts, conversation, readers: readers, linkDoubt: linkDoubt)
    let decided = judgement.decided()
    let features = recorder.features(
        of: decided, judgement.facts, link: judgement.link, wishes: judgement.wishes.modes
    ) { recipient in
        judgement.passwordWays(for: recipient)
    }
    return (decided, features)
}

/// One message being judged.
private struct Judgement {
    let parsed: ParsedMessage
    let known: KnownKeys
    let rules: Ruleset
    let matchingRules: MatchingRules
    var facts: MessageFacts { matchingRules.facts }
    /// But for what stands in ``linkDoubt``: a mark of the sender's is looked for all the same.
    let link: Usability
    let linkDoubt: String?
    let readers: Set<String>
    let visible: Set<String>
    let nowSeconds: Int64
    let released: Bool
    let isAnswer: Bool
    let original: ReceivedMessage
    let wishes: SenderWishes
    let passwords: PasswordFacts

    init(
        _ parsed: ParsedMessage, _ known: KnownKeys, _ rules: Ruleset, _ nowSeconds: Int64,
        _ extracted: ExtractedParts, _ contacts: KnownContacts, _ conversation: KnownConversation,
        released: Bool = false, isAnswer: Bool = false, readers: Set<String> = [], linkDoubt: String? = nil
    ) {
        self.readers = readers
        self.linkDoubt = linkDoubt
        original = parsed.received
        link =
            isAnswer
            ? .absent("answers do not go behind links", publicly: "answers do not go behind links")
            : .link(sender: parsed.received.envelope.sender, rules.surroundings)
        // Before anything looks at it.
        wishes = SenderWishes(
            of: parsed, by: Self.writer(of: parsed.received, rules.surroundings, isAnswer),
            inside: rules.surroundings.inside)
        let parsed = wishes.parsed
        passwords = PasswordFacts(wishes: wishes, contacts: contacts, surroundings: rules.surroundings)
        self.released = released
        self.isAnswer = isAnswer
        self.nowSeconds = nowSeconds
        self.parsed = parsed
        self.known = known
        self.rules = rules
        let facts = MessageFacts(parsed, rules, known: known, nowSeconds: nowSeconds, extracted: extracted)
        facts.conversation = conversation
        facts.givesPassword = wishes.password != nil
        matchingRules = MatchingRules(rules, facts)
        visible = VisibleAddresses.of(parsed)
    }

    /// Whose words it holds. The author is one of ours where the envelope says so.
    private static func writer(
        of received: ReceivedMessage, _ surroundings: Surroundings, _ isAnswer: Bool
    ) -> SenderWishes.Writer {
        guard !isAnswer, let sender = received.envelope.sender, surroundings.inside.contains(sender) else {
            return .outside
        }
        return .inside(marks: surroundings.linksAvailable)
    }

    func decided() -> DecidedMessage {
        DecidedMessage(
            parsed: parsed,
            decisions: parsed.received.envelope.recipients.map { verdict($0, matchingRules.matching($0)).decision },
            known: known,
            original: original, holdsWishes: wishes.isGiven)
    }

    func trace(_ recipient: Mailbox) -> RecipientTrace {
        let applications = rules.compiled.map { $0.application(facts, recipient) }
        let matching = zip(rules.compiled.indices, applications).filter { $0.1.counts }
        let (decision, choice) = verdict(recipient, matching)
        var traces = zip(rules.compiled, applications).map { rule, application in
            RuleTrace(
                rule: rule.info, application: application, asks: rule.then.summary,
                when: rule.when?.trace(facts, recipient), unless: rule.unless?.trace(facts, recipient),
                scope: rule.scope?.trace(facts, recipient), exempt: rule.exempt?.trace(facts, recipient))
        }
        // It is shown where there is something to show.
        if wishes.isGiven {
            traces.append(
                RuleTrace(
                    rule: SenderMark.info, application: decision.rules.contains(SenderMark.id) ? .applies : .no,
                    asks: SenderMark.consequence.summary, when: nil, unless: nil, scope: nil, exempt: nil))
        }
        return RecipientTrace(
            decision: decision, rules: traces, level: choice.level, allowedMethods: choice.allowed)
    }

    /// The join of all rules that apply, and what they ask for beside it.
    private func verdict(
        _ recipient: Mailbox, _ matching: [RuleMatch]
    ) -> (decision: Decision, choice: MethodChoice) {
        var acting = acting(matching)
        var applied = acting.map { (rules.compiled[$0.rule], $0.application) }
        let watched = matching.map { rules.compiled[$0.rule] }.filter { $0.mode.watches(atSeconds: nowSeconds) }
            .map(\.info.id)
        var judged = judged(recipient, keysOf: recipient, applied)
        let target = Redirection.target(of: applied.map(\.0.then), for: recipient, judged.choice.level)
        if let target {
            let more = self.acting(matchingRules.matching(target))
            acting += more
            applied += more.map { (rules.compiled[$0.rule], $0.application) }
            judged.redirect(to: self.judged(recipient, keysOf: target, applied), target)
        }
        for (number, _) in matching where released && rules.compiled[number].then.level == .quarantine {
            let rule = rules.compiled[number]
            judged.notes.insert("rule \(rule.info.id) is set aside: an officer has released the message", at: 0)
        }
        let planner = EffectsPlanner(parsed: parsed, known: known, facts: facts, recipient: recipient)
        let effects = planner.plan(applied.map(\.0.then), redirect: target, &judged.outcome, &judged.notes)
        let numbers = Set(acting.map(\.rule)).sorted()
        // What a rule refuses is refused for the rule's reason; any other way out is this one.
        if let problem = wishes.problem, judged.outcome.refusal?.cause != .policy {
            judged.outcome = .refuse(Refusal(.policy, PublicText.refusal(recipient, nil, problem)))
        }
        let outcome = judged.outcome
        let password = outcome == .seal(.link) ? judged.password : nil
        let isMarked = isMarked(recipient, target ?? recipient)
        if let password, password != .toSender { judged.notes.append("password: \(password.mode.rawValue)") }
        let decision = Decision(
            recipient: recipient, isVisible: visible.contains((target ?? recipient).folded),
            rules: numbers.map { rules.compiled[$0].info.id } + (isMarked ? [SenderMark.id] : []), outcome: outcome,
            hidesSubject: outcome.isSeal && judged.choice.asked.contains { $0.hidesSubject },
            hidesNames: outcome.isSeal && matchingRules.standOutside(numbers),
            subjectIsPrivate: matchingRules.makeSubjectPrivate(numbers),
            rewrittenSubject: outcome.goes ? subject(without: applied.flatMap(\.0.then.strippedPatterns)) : nil,
            effects: outcome.goes ? effects : Effects(), watched: watched, password: password,
            isProtected: outcome.goes && judged.choice.level >= .required,
            isMarkUnused: isMarked && outcome.goes && password == nil, notes: judged.notes)
        return (decision, judged.choice)
    }

    /// True where the built-in rule applies.
    private func isMarked(_ recipient: Mailbox, _ address: Mailbox) -> Bool {
        SenderMark.applies(wishes.isGiven, to: recipient, address, inside: rules.surroundings.inside)
    }

    /// Those of some rules that act.
    private func acting(_ matching: [RuleMatch]) -> [RuleMatch] {
        matching.filter { number, _ in
            let rule = rules.compiled[number]
            return !rule.mode.watches(atSeconds: nowSeconds) && !(released && rule.then.level == .quarantine)
        }
    }

    /// What these rules make of a message for a recipient.
    /// - Parameter address: whose keys it is sealed to: the recipient, or the address it is redirected to.
    private func judged(_ recipient: Mailbox, keysOf address: Mailbox, _ applied: [(Rule, Application)]) -> Judged {
        let status = known[address]
        let lists = applied.compactMap(\.0.then.effects.link.passwords)
        // The reader's letter opens with the password it was made with, and takes answers: where a rule has a word
        // in that, the message gets a letter of its own.
        let isBound = !lists.isEmpty || applied.contains { $0.0.then.effects.link.replies == false }
        let isReader = isReader(recipient, reader: address) && (isAnswer || !isBound)
        var (link, password) = isReader ? (.usable(.link), nil) : linkUsability(recipient, reader: address, lists)
        if let linkDoubt, case .usable = link { link = .unknown(linkDoubt) }
        let choice = MethodChoice(
            recipient: recipient,
            asked: applied.map(\.0.then) + (isMarked(recipient, address) ? [SenderMark.consequence] : [])
                + [Consequence(level: rules.defaults.protect)],
            doubts: applied.map(\.1.doubt), defaults: rules.defaults, pgp: Usability(status), link: link,
            isSealedAlready: SealedAlready.holds(parsed.encryption, status), ruleIDs: applied.map(\.0.info.id))
        let temporary = Self.undecided(applied)
        var (outcome, notes) = choice.outcome()
        if isAnswer, outcome == .pass { (outcome, notes) = choice.answered(notes) }
        if isAnswer, isReader, outcome == .pass {
            outcome = .seal(.link)
            notes.append("an answer to a reader goes under the link that he has")
        }
        if let temporary, !Self.refusesForCertain(applied) {
            outcome = .refuse(MethodChoice.undecided(recipient, because: temporary))
        }
        for case (let rule, .appliesUnknown(let reason)) in applied {
            let note = "rule \(rule.info.id) applies because \(reason)"
            if !notes.contains(note) { notes.insert(note, at: 0) }
        }
        return Judged(choice: choice, outcome: outcome, notes: notes, password: password)
    }

    /// True where the recipient has a letter of this conversation: it needs no password of its own.
    private func isReader(_ recipient: Mailbox, reader: Mailbox) -> Bool {
        guard readers.contains(recipient.folded), reader == recipient else { return false }
        if isAnswer { return true }
        if case .usable = link { return true }
        return false
    }

    /// Whether a link can be used for a recipient, and how its password goes.
    private func linkUsability(
        _ recipient: Mailbox, reader: Mailbox, _ lists: [[PasswordMode]]
    ) -> (Usability, PasswordPlan?) {
        guard case .usable = link else { return (link, nil) }
        let choice = PasswordChoice(
            lists: lists, standard: rules.surroundings.passwords, isUnattended: passwords.isUnattended)
        if isMarked(recipient, reader), let forbidden = SenderMark.forbidden(wishes.modes, choice.allowed) {
            return (forbidden, nil)
        }
        return choice.usability { passwords.way($0, for: recipient, reader: reader) }
    }

    /// The ways that could be used for a recipient, whatever the rules allow: for the features log.
    func passwordWays(for recipient: Mailbox) -> [PasswordMode] {
        guard case .usable = link else { return [.toSender] }
        return PasswordMode.allCases.filter { mode in
            if case .usable = passwords.way(mode, for: recipient, reader: recipient) { true } else { false }
        }
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

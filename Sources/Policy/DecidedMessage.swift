// The plan: for every recipient a verdict, before a byte is touched. The relay, the milter, `policy explain`, the tests
// and the log all read this one record. Only `decide` in this module can make it.

import Detection
package import MIME
package import Mail

/// A message about which everything has been decided.
package struct DecidedMessage: Sendable {
    /// The message as read, less what the sender wrote into it for us alone: all that is made of it is made of this.
    package let parsed: ParsedMessage
    /// One decision per envelope recipient, in envelope order.
    package let decisions: [Decision]
    /// What the one look-up found: a report to the sender is sealed to the key that is in it.
    package let known: KnownKeys
    /// As it came, passwords for us still in it: for a milter's edits and the quarantine's sealed copy, and nothing
    /// else.
    package let original: ReceivedMessage

    /// True where there is something in it that the sender wrote for us: a release from the quarantine needs it.
    package let holdsWishes: Bool

    init(
        parsed: ParsedMessage, decisions: [Decision], known: KnownKeys, original: ReceivedMessage? = nil,
        holdsWishes: Bool = false
    ) {
        self.original = original ?? parsed.received
        self.holdsWishes = holdsWishes
        self.parsed = parsed
        self.decisions = decisions
        self.known = known
    }

    /// The same plan without the texts that were judged: from here on nobody looks at them, and they may be large.
    package func withoutTexts() -> DecidedMessage {
        DecidedMessage(
            parsed: parsed.withoutTexts(), decisions: decisions, known: known, original: original,
            holdsWishes: holdsWishes)
    }

    /// Why the whole message is refused over SMTP, where a message is all or nothing: the first permanent refusal, else
    /// the first temporary one, else nil. Its public text names the recipient.
    package var refusal: Refusal? {
        let refusals = decisions.compactMap { $0.outcome.refusal }
        return refusals.first(where: \.isPermanent) ?? refusals.first
    }
}

/// What happens for one recipient, and why.
package struct Decision: Sendable, Equatable {
    /// What is done.
    package enum Outcome: Sendable, Equatable {
        /// Goes out as it came.
        case pass
        /// Goes out as it came because it is already encrypted to this recipient, which satisfies the policy.
        case passAlreadySealed
        /// Is sealed by this method.
        case seal(Method)
        /// Is held back for an officer: taken (250) once it lies in the quarantine. Why, as the rule says.
        case quarantine(String)
        /// Is not taken: 5xx or 4xx, as the refusal's cause says (4xx is the verdict `tempfail`).
        case refuse(Refusal)

        /// True where Letterlock seals: only then can a subject be hidden (what came sealed is not opened).
        package var isSeal: Bool {
            if case .seal = self { true } else { false }
        }

        /// True where something is sent to the recipient.
        package var goes: Bool {
            switch self {
            case .pass, .passAlreadySealed, .seal: true
            case .quarantine, .refuse: false
            }
        }

        /// The refusal, if it is one.
        package var refusal: Refusal? {
            if case .refuse(let refusal) = self { refusal } else { nil }
        }
    }
    /// A way of sealing, with what it needs.
    package enum Method: Sendable, Equatable {
        /// OpenPGP to all these certificates of the recipient; never empty.
        case pgp([Certificate])
        /// A password-unlock link.
        case link
    }

    /// The envelope recipient.
    package let recipient: Mailbox
    /// True where the address stands in To or Cc; false is a Bcc recipient, who is sealed apart.
    package let isVisible: Bool
    /// Ids of the rules that applied (their `when` was true or unknown and `unless` not true), in ruleset order.
    package let rules: [String]
    /// What is done.
    package let outcome: Outcome
    /// The outer Subject is replaced by `[...]` (header protection keeps the real one inside).
    package let hidesSubject: Bool
    /// Names beside addresses, Comments and Keywords do not stand outside, for what a rule looks for stands in one of
    /// them (header protection keeps them inside).
    package let hidesNames: Bool
    /// True where a rule that applies hides the Subject, or finds there what it looks for, or may: no mail in clear
    /// repeats it, whatever the outcome for this recipient.
    package let subjectIsPrivate: Bool
    /// The Subject as decoded text after `strip-subject-tag`, or nil where it stays as it is.
    package let rewrittenSubject: String?
    /// What else is done to the message for this recipient; empty where it does not go.
    package let effects: Effects
    /// Ids of rules that match and only watch (`mode: watch`), in ruleset order.
    package let watched: [String]
    /// How the password of its link reaches the reader; nil where it goes no such way.
    package let password: PasswordPlan?
    /// True where it goes and `protect: required` asks for its protection.
    package let isProtected: Bool
    /// True where the sender gave a password or a number that this recipient does not need.
    package let isMarkUnused: Bool
    /// How the outcome came about, for the log and explain: `pgp: expired on 2025-01-02 (bob.asc)`, `fell to link`. No
    /// content.
    package let notes: [String]

    package init(
        recipient: Mailbox, isVisible: Bool, rules: [String], outcome: Outcome, hidesSubject: Bool = false,
        hidesNames: Bool = false, subjectIsPrivate: Bool = false,
        rewrittenSubject: String? = nil, effects: Effects = Effects(), watched: [String] = [],
        password: PasswordPlan? = nil, isProtected: Bool = false, isMarkUnused: Bool = false, notes: [String] = []
    ) {
        self.password = password
        self.isProtected = isProtected
        self.isMarkUnused = isMarkUnused
        self.recipient = recipient
        self.isVisible = isVisible
        self.rules = rules
        self.outcome = outcome
        self.hidesSubject = hidesSubject
        self.hidesNames = hidesNames
        self.subjectIsPrivate = subjectIsPrivate
        self.rewrittenSubject = rewrittenSubject
        self.effects = effects
        self.watched = watched
        self.notes = notes
    }

    /// The outcome in one word.
    package var verdict: Verdict {
        switch outcome {
        case .pass, .passAlreadySealed: .pass
        case .seal: .seal
        case .quarantine: .quarantine
        case .refuse(let refusal): refusal.isPermanent ? .refuse : .tempfail
        }
    }
    /// How it is sealed; nil where it is not.
    package var method: MethodName? {
        switch outcome {
        case .seal(.pgp): .pgp
        case .seal(.link): .link
        case .pass, .passAlreadySealed, .quarantine, .refuse: nil
        }
    }
    /// How it leaves, or that it does not: `seal pgp`, `pass`.
    package var way: String { method.map { "\(verdict) \($0.rawValue)" } ?? verdict.rawValue }
}

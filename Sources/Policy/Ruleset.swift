// A ruleset that has passed every check, ready to judge. Made by `Ruleset.load` only (Loading/). Immutable and
// Sendable; the compiled patterns in it are shared by all judgements that run at once.

package import Detection
package import Mail
package import SettingValues

/// One policy file: its name as the user knows it, for diagnostics, and its text.
package struct PolicyFile: Sendable {
    /// The name that diagnostics show. One that ends in `.txt` is a list of words for `words-file`.
    package let name: String
    /// YAML, or one word a line.
    package let text: String
    /// False for a list of words.
    package var holdsRules: Bool { !name.hasSuffix(".txt") }

    /// A file from its parts.
    package init(name: String, text: String) {
        self.name = name
        self.text = text
    }
}

/// What the settings say that rules depend on.
package struct Surroundings: Sendable {
    /// Our own domains: the list `inside`.
    package var inside: DomainList
    /// Mailboxes nobody reads: a sender among them cannot pass a password on.
    package var unattended: DomainList
    /// True where password-unlock links are configured.
    package var linksAvailable: Bool
    /// True where a quarantine is configured: a key to seal to and an officer.
    package var quarantineAvailable: Bool
    /// How passwords of links reach their readers where no rule says so, in order of preference; never empty.
    package var passwords: [PasswordMode]
    /// True where a hook for text messages is configured.
    package var textsAvailable: Bool

    /// Surroundings from their parts.
    package init(
        inside: DomainList, unattended: DomainList = DomainList([]), linksAvailable: Bool,
        quarantineAvailable: Bool = false, passwords: [PasswordMode] = [.toSender], textsAvailable: Bool = false
    ) {
        self.passwords = passwords.isEmpty ? [.toSender] : passwords
        self.textsAvailable = textsAvailable
        self.inside = inside
        self.unattended = unattended
        self.linksAvailable = linksAvailable
        self.quarantineAvailable = quarantineAvailable
    }
}

/// What loading gives.
package struct RulesetResult: Sendable {
    /// The rules, or nil where there is any error.
    package let ruleset: Ruleset?
    /// All findings: by file in the given order, then by line.
    package let diagnostics: [Diagnostic]

    /// A result from its parts.
    package init(ruleset: Ruleset?, diagnostics: [Diagnostic]) {
        self.ruleset = ruleset
        self.diagnostics = diagnostics
    }
}

/// A way to protect a message, as rules name it.
package enum MethodName: String, Sendable, CaseIterable {
    /// OpenPGP.
    case pgp
    /// A password-unlock link.
    case link
}

/// How much protection is asked for; the join of several is the greatest.
package enum ProtectionLevel: Int, Sendable, Comparable, CaseIterable {
    /// Clear text is fine.
    case none
    /// Protect wherever any method exists for the recipient.
    case preferred
    /// Protect or do not send.
    case required
    /// Hold it back for an officer.
    case quarantine
    /// Do not send.
    case refuse

    package static func < (left: ProtectionLevel, right: ProtectionLevel) -> Bool { left.rawValue < right.rawValue }

    /// The word that rules use.
    package var word: String {
        switch self {
        case .none: "none"
        case .preferred: "preferred"
        case .required: "required"
        case .quarantine: "quarantine"
        case .refuse: "refuse"
        }
    }
}

/// The words of `protect`.
package enum ProtectionWord: String, CaseIterable {
    case none, preferred, required

    /// The level that the word stands for.
    package var level: ProtectionLevel {
        switch self {
        case .none: .none
        case .preferred: .preferred
        case .required: .required
        }
    }
}

/// One rule, for listings.
package struct RuleInfo: Sendable, Equatable {
    /// Its stable id.
    package let id: String
    /// What the author says it is for; "" where nothing is said.
    package let about: String
    /// The file it stands in.
    package let file: String
    /// Line of its `id`, from 1.
    package let line: Int

    /// A rule's card from its parts.
    package init(id: String, about: String, file: String, line: Int) {
        self.id = id
        self.about = about
        self.file = file
        self.line = line
    }
}

/// Rules that have passed every check.
package struct Ruleset: Sendable {
    /// The rules in order: by file, then as written.
    package var rules: [RuleInfo] { compiled.map(\.info) }
    /// To whom rules redirect or archive, each once, in order: part of the one key look-up. No other address that rules
    /// name is ever sealed to.
    package private(set) var destinations: [Mailbox]

    /// To whom rules redirect.
    package var redirects: [Mailbox] { compiled.compactMap(\.then.effects.redirect) }

    /// True where any rule asks what is inside of attachments.
    package var looksInside: Bool {
        compiled.contains {
            $0.condition?.looksInside == true || $0.exception?.looksInside == true
                || $0.then.strips.contains(where: \.looksInside)
        }
    }

    /// The rules, in order.
    package var compiled: [Rule] {
        didSet {
            index = RuleIndex(compiled, matchers)
            destinations = Self.destinations(compiled)
            passwordModes = Self.modes(compiled, surroundings)
            asksConversation = Self.asksConversation(compiled)
        }
    }
    /// True where any rule asks whether the messages that a message names were protected.
    package private(set) var asksConversation: Bool
    /// The ways of passwords that the settings or any rule speak of: what is looked for in messages.
    package private(set) var passwordModes: Set<PasswordMode>
    /// Which of them need not be asked.
    private(set) var index: RuleIndex
    /// `defaults` of the policy.
    package var defaults: Defaults
    let matchers: Matchers
    /// What the settings say.
    package let surroundings: Surroundings
    /// Number of leaf conditions: the size of the cache that one judgement needs.
    package var leafCount: Int
    /// How each condition is written, by the place of its key.
    let definitions: [Place: ConditionDefinition]
    /// What stands once and holds for several rules: `scope` and `exempt` of files, and named conditions that are used.
    package let shared: [SharedCondition]

    /// Rules that have passed every check.
    /// - Parameters:
    ///   - rules: in order.
    ///   - shared: `scope`, `exempt` and named conditions that concern a rule.
    ///   - context: of the load that read them.
    ///   - matchers: the patterns of the context, compiled.
    package init(
        _ rules: [Rule], defaults: Defaults, shared: [SharedCondition], context: RuleContext, matchers: Matchers
    ) {
        compiled = rules
        self.defaults = defaults
        self.matchers = matchers
        surroundings = context.surroundings
        leafCount = context.leafCount
        definitions = context.definitions
        self.shared = shared
        index = RuleIndex(compiled, matchers)
        destinations = Self.destinations(compiled)
        passwordModes = Self.modes(compiled, surroundings)
        asksConversation = Self.asksConversation(compiled)
    }

    private static func destinations(_ rules: [Rule]) -> [Mailbox] {
        var seen: Set<String> = []
        return rules.flatMap { ($0.then.effects.redirect.map { [$0] } ?? []) + $0.then.effects.archives }
            .filter { seen.insert($0.folded).inserted }
    }

    private static func asksConversation(_ rules: [Rule]) -> Bool {
        rules.contains { rule in
            [rule.condition, rule.exception].contains { $0?.leaves.contains { $0 is ConversationCondition } ?? false }
        }
    }

    private static func modes(_ rules: [Rule], _ surroundings: Surroundings) -> Set<PasswordMode> {
        Set(surroundings.passwords + rules.flatMap { $0.then.effects.link.passwords ?? [] })
    }
}

/// `defaults:` of the policy.
package struct Defaults: Sendable {
    /// Joins in always, like a rule that matches everything.
    package var protect: ProtectionLevel = .none
    /// The methods where no matching rule says `with`, and the order of preference always.
    package var with: [MethodName] = [.pgp, .link]

    /// What holds where a policy says nothing.
    package init() {}
}

/// Whether a rule acts.
package enum RuleMode: Sendable, Equatable {
    /// It acts.
    case act
    /// `mode: watch`: judged, counted and logged, not acted on, until a time (seconds since 1970; nil: for ever).
    case watch(untilSeconds: Int64?)

    /// True where the rule only watches at a time.
    package func watches(atSeconds now: Int64) -> Bool {
        guard case .watch(let until) = self else { return false }
        return until.map { now < $0 } ?? true
    }
}

/// One rule, checked.
package struct Rule: Sendable {
    /// Its id and where it stands.
    package let info: RuleInfo
    /// Whether it acts.
    package var mode = RuleMode.act
    /// Its own `when`; nil: matches everything.
    package var when: (any Condition)? { didSet { join() } }
    /// Its own `unless`; nil: no exception.
    package var unless: (any Condition)? { didSet { join() } }
    /// `scope` of its file.
    package var scope: (any Condition)? { didSet { join() } }
    /// `exempt` of its file.
    package var exempt: (any Condition)? { didSet { join() } }
    /// What it asks for.
    package var then: Consequence
    /// What is asked: `scope` and `when`. nil: matches everything.
    package private(set) var condition: (any Condition)?
    /// What takes it away: `unless` or `exempt`. nil: nothing does.
    package private(set) var exception: (any Condition)?

    /// A rule from its own parts; ``scope`` and ``exempt`` come from its file.
    package init(
        info: RuleInfo, mode: RuleMode, when: (any Condition)?, unless: (any Condition)?, then: Consequence
    ) {
        self.info = info
        self.mode = mode
        self.when = when
        self.unless = unless
        self.then = then
        join()
    }

    /// Made once, so that a rule without `scope` and `exempt` costs what it did.
    private mutating func join() {
        let asked = [scope, when].compactMap(\.self)
        condition = asked.count > 1 ? AllOf(place: asked[1].place, parts: asked) : asked.first
        let excepted = [unless, exempt].compactMap(\.self)
        exception = excepted.count > 1 ? AnyOf(place: excepted[0].place, parts: excepted) : excepted.first
    }
}

/// What a rule asks for.
package struct Consequence: Sendable {
    /// How much protection.
    package var level: ProtectionLevel = .none
    /// Why, with `refuse` and `quarantine`: one line of printable ASCII.
    package var refusalText = ""
    /// nil: says nothing about methods.
    package var with: [MethodName]?
    /// True where the subject outside of a sealed message is hidden.
    package var hidesSubject = false
    /// Subject patterns of this rule whose match is taken out of the subject.
    package var strippedPatterns: [Int] = []
    /// What else it asks for; carried out only where the message goes.
    package var effects = Effects()
    /// Tests of attachments: those that fit are taken out.
    package var strips: [AttachmentStrip] = []

    /// Protection alone.
    /// - Parameter refusalText: why, with `refuse` and `quarantine`: one line of printable ASCII.
    package init(level: ProtectionLevel = .none, refusalText: String = "") {
        self.level = level
        self.refusalText = refusalText
    }

    /// One line for explain.
    package var summary: String {
        var parts: [String] = [level >= .quarantine ? level.word : "protect: \(level.word)"]
        if let with { parts.append("with: \(with.map(\.rawValue).joined(separator: ", "))") }
        if hidesSubject { parts.append("hide-subject") }
        if !strippedPatterns.isEmpty { parts.append("strip-subject-tag") }
        parts += effects.words + strips.map { "strip-attachment \($0.label)" }
        return parts.joined(separator: "; ")
    }
}

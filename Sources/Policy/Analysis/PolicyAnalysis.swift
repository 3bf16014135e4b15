// What `policy check` can say of rules that load: rules that cannot match, that add nothing, that refuse whom their author
// may not have meant; patterns, lists and names that do not do what they look like. A finding is proven, or says "may".
// Each kind of finding is one type in this folder and one row of the table below. Pure.

import Mail

/// One kind of finding.
protocol PolicyCheck: Sendable {
    /// Adds findings.
    func run(_ policy: PolicyAnalysis, _ problems: Problems)
}

/// A rule with its conditions as claims.
final class AnalysedRule {
    let rule: Rule
    let id: String
    let place: Place
    /// With `scope` of its file.
    let when: Claim?
    /// With `exempt` of its file.
    let unless: Claim?
    /// Ids of the claims that must all hold; none where the rule matches everything.
    let conjuncts: Set<Int>

    init(_ rule: Rule, _ place: Place, _ claims: Claims) {
        self.rule = rule
        self.place = place
        id = rule.info.id
        when = rule.condition.map(claims.claim)
        unless = rule.exception.map(claims.claim)
        conjuncts = Set(when?.conjuncts.map(\.id) ?? [])
    }
}

/// A ruleset that is being looked at.
struct PolicyAnalysis {
    /// All kinds, in the order in which they run.
    private static let checks: [any PolicyCheck] = [
        NeverTrue(), Exceptions(), Shadowing(), Fallbacks(), UnmatchablePatterns(), ReplyPrefixes(),
        IdleWildcards(), UnusedNames(), CoveredEntries(), HeaderNames(), OutsideOnly(), WatchedRules(),
        Redirects(), UnusedConditions(), FileWide(), PatternTraps(), WordTraps(),
    ]

    let rules: [AnalysedRule]
    /// `scope` and `exempt` of files, and named conditions, those that nobody uses too.
    let shared: [SharedCondition]
    let defaults: Defaults
    let defaultsPlace: Place?
    let surroundings: Surroundings
    /// By ``PatternTarget``.
    let patterns: [[PatternSpec]]
    let names: PolicyNames
    let nowSeconds: Int64
    let claims = Claims()
    let logic = ClaimLogic()

    init(
        rules: [Rule], shared: [SharedCondition] = [], places: [String: Place], defaults: Defaults,
        defaultsPlace: Place?, surroundings: Surroundings,
        patterns: [[PatternSpec]], names: PolicyNames, nowSeconds: Int64
    ) {
        let claims = claims
        self.rules = rules.map { rule in
            AnalysedRule(
                rule, places[rule.info.id] ?? Place(file: rule.info.file, line: rule.info.line), claims)
        }
        self.shared = shared
        self.defaults = defaults
        self.defaultsPlace = defaultsPlace
        self.surroundings = surroundings
        self.patterns = patterns
        self.names = names
        self.nowSeconds = nowSeconds
    }

    /// Runs every check.
    func run(_ problems: Problems) {
        for check in Self.checks { check.run(self, problems) }
    }

    /// True where the second rule surely applies whenever the first does.
    func implies(_ first: AnalysedRule, _ second: AnalysedRule) -> Bool {
        guard logic.implies(first.when, second.when) else { return false }
        guard let exception = second.unless else { return true }
        if let mine = first.unless, logic.implies(exception, mine) { return true }
        return logic.excludes(first.when, exception)
    }

    /// True where the two rules surely never apply together.
    func keepApart(_ one: AnalysedRule, _ other: AnalysedRule) -> Bool {
        logic.excludes(one.when, other.when) || logic.implies(one.when, other.unless, certain: true)
            || logic.implies(other.when, one.unless, certain: true)
    }

    /// A condition, or one that it is made of, with whose it is.
    struct Written {
        /// `'when' of rule 'cards'`, `'scope' of rules.yaml`, `condition 'outbound'`.
        let what: String
        /// `rule 'cards'`, and for what holds for several rules as ``what``.
        let whose: String
        /// False under `unless` and `exempt`.
        let isAsked: Bool
        let condition: any Condition
    }

    /// All conditions, combinations too, each once: what is under a name is that name's.
    var written: [Written] {
        func all(_ condition: any Condition) -> [any Condition] {
            [condition] + (condition is NamedCondition ? [] : condition.parts.flatMap(all))
        }
        var written: [Written] = []
        for rule in rules {
            let whose = "rule '\(rule.id)'"
            for (key, condition) in [("when", rule.rule.when), ("unless", rule.rule.unless)] {
                written += (condition.map(all) ?? []).map {
                    Written(what: "'\(key)' of \(whose)", whose: whose, isAsked: key == "when", condition: $0)
                }
            }
        }
        for one in shared {
            written += all(one.condition).map {
                Written(what: one.quoted, whose: one.quoted, isAsked: one.kind != .exempt, condition: $0)
            }
        }
        return written
    }
}

extension SharedCondition {
    /// As findings call it.
    var quoted: String {
        switch kind {
        case .scope: "'scope' of \(file)"
        case .exempt: "'exempt' of \(file)"
        case .named(let name): "condition '\(name)'"
        }
    }
}

extension ClaimLogic {
    /// As ``implies(_:_:)``, but an exception that is missing excepts nothing.
    func implies(_ claim: Claim?, _ exception: Claim?, certain: Bool) -> Bool {
        exception != nil && implies(claim, exception)
    }
}

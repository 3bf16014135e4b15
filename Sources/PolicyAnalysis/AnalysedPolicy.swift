// What `policy check` can say of rules that load: rules that cannot match, that add nothing, that refuse whom their
// author may not have meant; patterns, lists and names that do not do what they look like. A finding is proven, or says
// "may". Each kind of finding is one type in this folder and one row of the table below. Pure.

package import Detection
import Mail
package import Policy

/// One kind of finding.
protocol PolicyCheck: Sendable {
    /// Adds findings.
    func run(_ policy: AnalysedPolicy, _ problems: Problems)
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

/// Rules that could be read, with what stands around them.
package struct LoadedPolicy {
    /// In order: by file, then as written.
    package var rules: [Rule]
    /// `scope` and `exempt` of files, and named conditions, those that nobody uses too.
    package var shared: [SharedCondition]
    /// Where each rule stands, by its id.
    package var places: [String: Place]
    /// `defaults` of the policy.
    package var defaults: Defaults
    /// Where they stand; nil where there are none.
    package var defaultsPlace: Place?
    /// What the settings say.
    package var surroundings: Surroundings
    /// By ``PatternTarget``.
    package var patterns: [[PatternSpec]] = []

    /// Nothing but what the settings say.
    package init(surroundings: Surroundings) {
        rules = []
        shared = []
        places = [:]
        defaults = Defaults()
        self.surroundings = surroundings
    }
}

/// A ruleset that is being looked at.
package struct AnalysedPolicy {
    /// All kinds, in the order in which they run.
    private static let checks: [any PolicyCheck] = [
        NeverTrue(), Exceptions(), Shadowing(), Fallbacks(), UnmatchablePatterns(), ReplyPrefixes(),
        IdleWildcards(), UnusedNames(), CoveredEntries(), OwnRemarks(), WatchedRules(),
        Redirects(), UnusedConditions(), FileWide(), PatternTraps(), WordTraps(),
    ]

    let rules: [AnalysedRule]
    private let loaded: LoadedPolicy
    /// `scope` and `exempt` of files, and named conditions, those that nobody uses too.
    var shared: [SharedCondition] { loaded.shared }
    var defaults: Defaults { loaded.defaults }
    var defaultsPlace: Place? { loaded.defaultsPlace }
    var surroundings: Surroundings { loaded.surroundings }
    /// By ``PatternTarget``.
    var patterns: [[PatternSpec]] { loaded.patterns }
    let names: PolicyNames
    let nowSeconds: Int64
    let claims = Claims()
    let logic = ClaimLogic()

    /// - Parameters:
    ///   - loaded: the rules and what stands around them.
    ///   - names: what they define and use; needed for ``run(_:)`` only.
    ///   - nowSeconds: when it is looked at, in seconds since 1970.
    package init(_ loaded: LoadedPolicy, names: PolicyNames = PolicyNames(), nowSeconds: Int64 = 0) {
        let claims = claims
        rules = loaded.rules.map { rule in
            let place = loaded.places[rule.info.id] ?? Place(file: rule.info.file, line: rule.info.line)
            return AnalysedRule(rule, place, claims)
        }
        self.loaded = loaded
        self.names = names
        self.nowSeconds = nowSeconds
    }

    /// Adds findings about methods, and ways of passwords, that rules do not have in common: found whenever rules are
    /// loaded.
    package func checkConflicts(_ problems: Problems) { Conflicts(analysis: self, problems: problems).check() }

    /// Runs every other check.
    package func run(_ problems: Problems) {
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

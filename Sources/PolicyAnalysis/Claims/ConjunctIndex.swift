// Which rules say all that another one says: found by one claim that few rules say. Pure.

/// Rules by the claims that must all hold.
struct ConjunctIndex {
    private let rules: [AnalysedRule]
    private var byClaim: [Int: [Int]] = [:]
    /// By the claim of theirs that fewest rules say.
    private var byRarest: [Int: [Int]] = [:]
    private var rarest: [Int?] = []
    private var empty: [Int] = []

    init(_ rules: [AnalysedRule]) {
        self.rules = rules
        for (number, rule) in rules.enumerated() {
            for id in rule.conjuncts { byClaim[id, default: []].append(number) }
            if rule.conjuncts.isEmpty { empty.append(number) }
        }
        for (number, rule) in rules.enumerated() {
            let id = rule.conjuncts.min { (byClaim[$0]?.count ?? 0, $0) < (byClaim[$1]?.count ?? 0, $1) }
            rarest.append(id)
            if let id { byRarest[id, default: []].append(number) }
        }
    }

    /// The numbers of the rules before one of which one says all that the other says, without exception, so that it
    /// surely matches only where the other does.
    func together(with number: Int) -> Set<Int> {
        let rule = rules[number]
        let mine = empty + rule.conjuncts.flatMap { byRarest[$0] ?? [] }
        let others = rarest[number].map { byClaim[$0] ?? [] } ?? Array(0..<number)
        return Set(mine.filter { Self.asksForAll(rule, of: rules[$0]) }).union(
            others.filter { Self.asksForAll(rules[$0], of: rule) }
        ).filter { $0 < number }
    }

    private static func asksForAll(_ one: AnalysedRule, of other: AnalysedRule) -> Bool {
        other.unless == nil && other.conjuncts.isSubset(of: one.conjuncts)
    }
}

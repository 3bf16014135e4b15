// Which rules need not be asked: a rule whose `when` can only hold where some pattern or detector of content was met
// does not apply to a message in whose texts the one scan met none of them. So a thousand rules cost little more than
// one. Pure.

import Detection

/// For each rule what its `when` needs to have been met in content.
struct RuleIndex: Sendable {
    /// Numbers of what must be met, one of them: pattern numbers, and behind them detectors. Empty: the rule is always
    /// asked.
    private let needs: [Int32]
    /// Where the needs of each rule start, and the end.
    private let starts: [Int32]

    init(_ rules: [Rule], _ matchers: Matchers) {
        var needs: [Int32] = []
        var starts: [Int32] = [0]
        for rule in rules {
            let searches = rule.condition.flatMap(Self.needs) ?? []
            needs += searches.map { Int32(clamping: matchers.number(of: $0)) }
            starts.append(Int32(clamping: needs.count))
        }
        self.needs = needs
        self.starts = starts
    }

    /// True where a rule surely does not apply.
    /// - Parameter met: by number what was met; nothing may be hidden in the message.
    func isSilent(_ rule: Int, _ met: [Bool]) -> Bool {
        let range = Int(starts[rule])..<Int(starts[rule + 1])
        if range.isEmpty { return false }
        for index in range where met[Int(needs[index])] { return false }
        return true
    }

    /// What of which at least one must be met for a condition not to be false; nil where that cannot be told.
    private static func needs(_ condition: any Condition) -> [ContentSearch.Sought]? {
        switch condition {
        case let content as ContentCondition: content.asked.looksAtQuoted ? [content.asked.sought] : nil
        case let named as NamedCondition: needs(named.part)
        case let all as AllOf: all.parts.lazy.compactMap(needs).first
        case let any as AnyOf:
            any.parts.reduce(into: [] as [ContentSearch.Sought]?) { all, part in
                guard let more = needs(part), let former = all else { return all = nil }
                all = former + more
            }
        default: nil
        }
    }
}

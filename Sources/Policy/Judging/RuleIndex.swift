// Which rules need not be asked: a rule whose `when` can only hold where some pattern or detector of content was met
// does not apply to a message in whose texts the one scan met none of them; and one whose `when` can only hold for
// recipients in a list does not apply to others. So a thousand rules cost little more than one. Pure.

import Detection
import Mail

/// For each rule what its `when` needs to have been met in content.
struct RuleIndex: Sendable {
    /// Numbers of what must be met, one of them: pattern numbers, and behind them detectors. Empty: the rule is always
    /// asked.
    private let needs: [Int32]
    /// Where the needs of each rule start, and the end.
    private let starts: [Int32]
    /// Rules whose answer is the same for all recipients, in order.
    let shared: [Int]
    /// The others that no list of recipients is needed for, in order.
    let unlisted: [Int]
    /// The others, by the recipients whom they can hold for.
    let listed: RecipientIndex
    /// For each rule that is not shared: what of it the message decides for all recipients.
    let ownParts: [Int: MessageParts]

    init(_ rules: [Rule], _ matchers: Matchers) {
        var needs: [Int32] = []
        var starts: [Int32] = [0]
        var listed = RecipientIndex.Builder()
        var (shared, unlisted): ([Int], [Int]) = ([], [])
        var ownParts: [Int: MessageParts] = [:]
        for (number, rule) in rules.enumerated() {
            if let lists = rule.condition.flatMap(Self.lists) {
                listed.add(number, lists)
            } else if rule.dependsOnRecipient {
                unlisted.append(number)
            } else {
                shared.append(number)
            }
            if rule.dependsOnRecipient { ownParts[number] = MessageParts(rule) }
            let searches = rule.condition.flatMap(Self.needs) ?? []
            needs += searches.map { Int32(clamping: matchers.number(of: $0)) }
            starts.append(Int32(clamping: needs.count))
        }
        self.needs = needs
        self.starts = starts
        self.shared = shared
        self.unlisted = unlisted
        self.listed = listed.index
        self.ownParts = ownParts
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

    /// Lists of which the recipient must be in one for a condition not to be false; nil where that cannot be told. Of
    /// several that hold together the shortest are taken.
    private static func lists(_ condition: any Condition) -> [DomainList]? {
        switch condition {
        case let recipient as RecipientCondition: recipient.addresses.within?.lists
        case let named as NamedCondition: lists(named.part)
        case let all as AllOf:
            all.parts.compactMap(lists).min { one, other in
                one.reduce(0) { $0 + $1.entries.count } < other.reduce(0) { $0 + $1.entries.count }
            }
        case let any as AnyOf:
            any.parts.reduce(into: [] as [DomainList]?) { all, part in
                guard let more = lists(part), let former = all else { return all = nil }
                all = former + more
            }
        default: nil
        }
    }
}

extension Rule {
    /// True where its answer can differ between the recipients of one message.
    fileprivate var dependsOnRecipient: Bool {
        condition?.dependsOnRecipient == true || exception?.dependsOnRecipient == true
    }
}

/// What of a rule the message decides for all recipients, at little cost: texts of the content are not read for it.
struct MessageParts: Sendable {
    /// Where one is false, the rule does not apply.
    private let asked: [any Condition]
    /// Where one is true, the rule does not apply.
    private let excepted: [any Condition]

    init(_ rule: Rule) {
        asked = rule.condition.map { Self.conjuncts($0).filter(Self.isCheap) } ?? []
        excepted = rule.exception.map { Self.alternatives($0).filter(Self.isCheap) } ?? []
    }

    /// True where the rule applies to no recipient of the message.
    /// - Parameter recipient: any; the answers are those for all.
    func ruleOut(_ facts: MessageFacts, _ recipient: Mailbox) -> Bool {
        asked.contains { $0.test(facts, recipient) == .no } || excepted.contains { $0.test(facts, recipient) == .yes }
    }

    private static func isCheap(_ condition: any Condition) -> Bool {
        !condition.dependsOnRecipient && condition.cost < .content
    }

    private static func conjuncts(_ condition: any Condition) -> [any Condition] {
        switch condition {
        case let named as NamedCondition: conjuncts(named.part)
        case let all as AllOf: all.parts.flatMap(conjuncts)
        default: [condition]
        }
    }

    private static func alternatives(_ condition: any Condition) -> [any Condition] {
        switch condition {
        case let named as NamedCondition: alternatives(named.part)
        case let any as AnyOf: any.parts.flatMap(alternatives)
        default: [condition]
        }
    }
}

/// Rules by the domains and addresses that their recipients must be among. A list that many rules name stands in it
/// once.
struct RecipientIndex: Sendable {
    /// Numbers of lists by their entries.
    private let lists: [String: [Int32]]
    /// Numbers of rules by the number of a list, in order.
    private let rules: [[Int]]

    /// Numbers of the rules that can hold for a recipient, each once, in order.
    func rules(for recipient: FoldedMailbox) -> [Int] {
        guard !lists.isEmpty else { return [] }
        var numbers: [Int] = []
        for entry in recipient.entries {
            for list in lists[entry] ?? [] { numbers += rules[Int(list)] }
        }
        guard numbers.count > 1 else { return numbers }
        numbers.sort()
        var last = -1
        numbers.removeAll { number in
            defer { last = number }
            return number == last
        }
        return numbers
    }

    /// Makes one.
    struct Builder {
        /// Where the entries of a list lie in memory: lists of one name share them. The rules keep them there.
        private struct Storage: Hashable {
            let address: UInt
            let count: Int
        }
        private var numbers: [Storage: Int] = [:]
        private var lists: [String: [Int32]] = [:]
        private var rules: [[Int]] = []

        var index: RecipientIndex { RecipientIndex(lists: lists, rules: rules) }

        mutating func add(_ rule: Int, _ needed: [DomainList]) {
            for list in needed where !list.foldedEntries.isEmpty {
                let storage = list.foldedEntries.withUnsafeBufferPointer { entries in
                    Storage(address: UInt(bitPattern: entries.baseAddress), count: entries.count)
                }
                let number = numbers[storage] ?? add(list, storage)
                if rules[number].last != rule { rules[number].append(rule) }
            }
        }

        private mutating func add(_ list: DomainList, _ storage: Storage) -> Int {
            let number = rules.count
            numbers[storage] = number
            rules.append([])
            for entry in list.foldedEntries where lists[entry]?.last != Int32(clamping: number) {
                lists[entry, default: []].append(Int32(clamping: number))
            }
            return number
        }
    }
}

// Which rules ask for addresses in common: those whose lists stand in an index under the same entry, or under one that
// holds it. Only what is asked in every case counts (`recipient: { in: … }` beside other conditions). Pure.

import Detection
import Mail
import Policy

/// Rules by the lists of addresses that they ask for.
struct AddressMeetings {
    /// Lists with more entries are left out: ``AddressLogic/areApart(_:_:)`` does not compare large ones.
    private static let entryLimit = 100

    /// Whose address a list is of.
    private struct Kind {
        /// Rules that do not ask for a list of this kind, or for a large or empty one: they may meet any.
        var others: [Int] = []
        /// By entry.
        var byEntry: [String: [Int]] = [:]
        /// By every entry that may hold one of theirs.
        var byHolder: [String: [Int]] = [:]
    }

    private var kinds: [String: Kind] = [:]
    /// Of each rule: its shortest list of each kind.
    private let entries: [[String: Set<String>]]
    private var holders: [String: [String]] = [:]

    /// - Parameter claims: what each rule asks; nil: nothing.
    init(_ claims: [Claim?]) {
        entries = claims.map(Self.entries)
        for who in Set(entries.lazy.flatMap(\.keys)) {
            var kind = Kind()
            for (number, lists) in entries.enumerated() {
                guard let list = lists[who] else {
                    kind.others.append(number)
                    continue
                }
                for entry in list { kind.byEntry[entry, default: []].append(number) }
                for holder in Set(list.flatMap { known(holdersOf: $0) }) {
                    kind.byHolder[holder, default: []].append(number)
                }
            }
            kinds[who] = kind
        }
    }

    /// Numbers of the rules that may have addresses in common with one, in order; nil: any rule.
    func candidates(of number: Int) -> [Int]? {
        let choices = entries[number].compactMap { who, list in kinds[who].map { (who, list, $0) } }
        // The kind that fewest other rules leave open; the name, so that it is the same one in each run.
        guard let (_, list, kind) = choices.min(by: { ($0.2.others.count, $0.0) < ($1.2.others.count, $1.0) }) else {
            return nil
        }
        var found = Set(kind.others)
        for entry in list {
            found.formUnion(kind.byHolder[entry] ?? [])
            for holder in holders[entry] ?? [] { found.formUnion(kind.byEntry[holder] ?? []) }
        }
        return found.sorted()
    }

    private mutating func known(holdersOf entry: String) -> [String] {
        if let known = holders[entry] { return known }
        let found = AddressLogic.holders(of: entry)
        holders[entry] = found
        return found
    }

    /// The shortest list of each kind that must hold.
    private static func entries(_ claim: Claim?) -> [String: Set<String>] {
        var shortest: [String: Set<String>] = [:]
        for part in claim?.conjuncts ?? [] {
            guard case .leaf(.address(let who, let test)) = part.shape, let within = test.within,
                within.lists.allSatisfy({ !$0.entries.isEmpty })
            else { continue }
            let entries = within.lists.flatMap(\.foldedEntries)
            guard !entries.isEmpty, entries.count <= entryLimit else { continue }
            if let other = shortest[who], other.count <= entries.count { continue }
            shortest[who] = Set(entries)
        }
        return shortest
    }
}

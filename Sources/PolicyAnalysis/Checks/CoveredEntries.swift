// Entries of lists and conditions that another entry covers.

import Detection
import Mail
import Policy

/// Entries of lists, and of `in` and `not-in`, that others cover.
struct CoveredEntries: PolicyCheck {
    /// Longer lists are not compared entry by entry.
    private static let longest = 5000

    func run(_ policy: AnalysedPolicy, _ problems: Problems) {
        for list in policy.names.lists where list.entries.count <= Self.longest {
            check(list.name, list.entries, problems)
        }
        for written in policy.written {
            let condition = written.condition
            guard case .address(_, let test) = condition.topic else { continue }
            for set in [test.within, test.outside].compactMap(\.self) {
                check(set, condition, written.whose, problems)
            }
            if let within = test.within, let outside = test.outside, AddressLogic.areApart(within, outside) {
                problems.info(
                    condition.place, "'not-in' of '\(condition.label)' does nothing: nobody who is 'in' is in it",
                    hint: "take it away", code: "covered-entry")
            }
        }
    }

    private func check(_ name: String, _ entries: [PolicyNames.Entry], _ problems: Problems) {
        let folded = entries.map { DomainList.folded($0.text) }
        var first: [String: Int] = [:]
        for (index, text) in folded.enumerated() where first[text] == nil { first[text] = index }
        let domains = DomainList(folded.filter { !$0.contains("@") })
        for (index, entry) in entries.enumerated() {
            let text = folded[index]
            if first[text] != index {
                problems.info(
                    entry.place, "'\(entry.text)' stands twice in list '\(name)'", hint: "take one away",
                    code: "covered-entry")
            } else if let network = Network(text) {
                // Of two that are the same network, the later one is told of.
                let other = entries.indices.first { other in
                    guard other != index, let wider = Network(entries[other].text), wider.covers(network) else {
                        return false
                    }
                    return other < index || !network.covers(wider)
                }
                guard let other else { continue }
                problems.info(
                    entry.place, "'\(entry.text)' in list '\(name)' is covered by '\(entries[other].text)' already",
                    hint: "take it away", code: "covered-entry")
            } else if let other = Self.cover(of: text, among: domains) {
                problems.info(
                    entry.place, "'\(entry.text)' in list '\(name)' is covered by '\(other)' already",
                    hint: "take it away", code: "covered-entry")
            }
        }
    }

    /// The entry that holds another one.
    private static func cover(of entry: String, among domains: DomainList) -> String? {
        let others = DomainList(domains.foldedEntries.filter { $0 != entry })
        guard AddressLogic.covers([others], entry) else { return nil }
        return others.entries.first { AddressLogic.covers([DomainList([$0])], entry) }
    }

    /// Names that stand beside a list that holds all of them.
    private func check(_ set: AddressSet, _ condition: any Condition, _ whose: String, _ problems: Problems) {
        for (index, name) in set.names.enumerated() where set.names.count > 1 {
            let one = AddressSet(names: [name], lists: [set.lists[index]])
            let cover = set.names.indices.first { other in
                guard other != index, set.names[other] != name || other < index else { return false }
                let wider = AddressSet(names: [set.names[other]], lists: [set.lists[other]])
                // Of two that hold the same, the later one is told of.
                return AddressLogic.isCovered(one, by: wider)
                    && (other < index || !AddressLogic.isCovered(wider, by: one))
            }
            guard let cover else { continue }
            problems.info(
                condition.place,
                "'\(name)' in '\(condition.label)' of \(whose) is covered by '\(set.names[cover])' already",
                hint: "take it away", code: "covered-entry")
        }
    }
}

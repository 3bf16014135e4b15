// Which rules can be implied by one at all: a rule that asks for a pattern is implied only by those that ask for it
// too, and one that asks for recipients of a list only by those that ask for some of the list. So thousands of rules
// are compared with few others each. What cannot be told is compared. Pure.

import Detection
import Mail
import Policy

/// Rules by something of which one that implies them must have a part.
struct ImplicationIndex {
    /// What a claim has, and what another one needs of it.
    private enum Mark: Hashable {
        /// A claim that is implied by itself only.
        case claim(Int)
        /// A number, a choice or a time, by what it is of.
        case topic(String)
        /// A name of a list, or an entry, of somebody's address.
        case address(String, String)
        /// An address that is in no list.
        case anyAddress(String)
    }

    private var byMark: [Mark: [Int]] = [:]
    private var everywhere: [Int] = []

    /// - Parameter claims: what each rule asks; nil: nothing.
    init(_ claims: [Claim?]) {
        for (number, claim) in claims.enumerated() {
            let needed = (claim?.conjuncts ?? []).compactMap(Self.needed).min { $0.count < $1.count }
            guard let needed else {
                everywhere.append(number)
                continue
            }
            for mark in needed where byMark[mark]?.last != number { byMark[mark, default: []].append(number) }
        }
    }

    /// Numbers of the rules that a claim may imply, each once, in order.
    func impliable(by claim: Claim?) -> [Int] {
        guard let claim else { return everywhere }
        var marks: Set<Mark> = []
        Self.collect(claim, into: &marks)
        return Set(everywhere + marks.flatMap { byMark[$0] ?? [] }).sorted()
    }

    /// Marks of which a claim that implies this one has one; nil where that cannot be told.
    private static func needed(_ claim: Claim) -> [Mark]? {
        guard case .leaf(let topic) = claim.shape else { return nil }
        switch topic {
        case .other: return [.claim(claim.id)]
        case .number(let what, _, _), .choice(let what, _), .minutes(let what, _): return [.topic(what)]
        case .address(let who, let test):
            guard let within = test.within else { return nil }
            let texts = Set(within.names + within.lists.flatMap(\.foldedEntries))
            return texts.map { .address(who, $0) } + [.anyAddress(who)]
        }
    }

    /// All marks that a claim has.
    private static func collect(_ claim: Claim, into marks: inout Set<Mark>) {
        switch claim.shape {
        case .all(let parts), .any(let parts): for part in parts { collect(part, into: &marks) }
        case .not(let part):
            // What is outside of a list can be inside of what covers the rest.
            if case .leaf(.address(let who, _)) = part.shape { marks.insert(.anyAddress(who)) }
        case .leaf(.other): marks.insert(.claim(claim.id))
        case .leaf(.number(let what, _, _)), .leaf(.choice(let what, _)), .leaf(.minutes(let what, _)):
            marks.insert(.topic(what))
        case .leaf(.address(let who, let test)):
            // All of its first list must be in the other's.
            guard let within = test.within else { return }
            guard let name = within.names.first, let list = within.lists.first else {
                marks.insert(.anyAddress(who))
                return
            }
            marks.insert(.address(who, name))
            for entry in list.foldedEntries.first.map(AddressLogic.holders(of:)) ?? [] {
                marks.insert(.address(who, entry))
            }
        }
    }
}

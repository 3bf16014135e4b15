// Lists of addresses as sets: which is inside of which. Entries are compared as the lists themselves do it: a domain,
// its sub-domains, an address with its +tags. Pure.

import Detection
import Mail
import Policy

/// Set algebra of `in` and `not-in`.
enum AddressLogic {
    /// True where every address that passes the first passes the second.
    static func implies(_ first: AddressTest, _ second: AddressTest) -> Bool {
        if let pattern = second.pattern, first.pattern != pattern { return false }
        if let within = second.within {
            guard let mine = first.within, isCovered(mine, by: within) else { return false }
        }
        guard let outside = second.outside else { return true }
        if let mine = first.outside, isCovered(outside, by: mine) { return true }
        if let mine = first.within { return areApart(mine, outside) }
        return false
    }

    /// True where no address passes both.
    static func excludes(_ first: AddressTest, _ second: AddressTest) -> Bool {
        if let one = first.within, let other = second.within, areApart(one, other) { return true }
        if let one = first.within, let other = second.outside, isCovered(one, by: other) { return true }
        if let one = second.within, let other = first.outside, isCovered(one, by: other) { return true }
        return false
    }

    /// True where every address passes one of them. The null sender is in no list, so it passes `not-in`.
    static func cover(_ first: AddressTest, _ second: AddressTest) -> Bool {
        guard first.pattern == nil, second.pattern == nil else { return false }
        func isBoth(_ one: AddressTest, _ other: AddressTest) -> Bool {
            guard one.outside == nil, other.within == nil, let within = one.within, let outside = other.outside else {
                return false
            }
            return isCovered(outside, by: within)
        }
        return isBoth(first, second) || isBoth(second, first)
    }

    /// True where no address can pass: all that is in `in` is in `not-in` too.
    static func isEmpty(_ test: AddressTest) -> Bool {
        guard let within = test.within, let outside = test.outside else { return false }
        return isCovered(within, by: outside)
    }

    /// True where all of the first is in the second. A name that stands in both counts whatever is in it.
    static func isCovered(_ set: AddressSet, by other: AddressSet) -> Bool {
        zip(set.names, set.lists).allSatisfy { name, list in
            // An empty list may be one that the settings fill elsewhere: nothing is concluded from it.
            other.names.contains(name)
                || (!list.foldedEntries.isEmpty
                    && list.foldedEntries.allSatisfy { entry in covers(other.lists, entry) })
        }
    }

    /// True where the two have no address in common.
    static func areApart(_ one: AddressSet, _ other: AddressSet) -> Bool {
        let (mine, others) = (one.lists.flatMap(\.foldedEntries), other.lists.flatMap(\.foldedEntries))
        guard one.lists.allSatisfy({ !$0.entries.isEmpty }), other.lists.allSatisfy({ !$0.entries.isEmpty }),
            // Large lists are not compared pair by pair.
            mine.count * others.count <= 10_000
        else { return false }
        return mine.allSatisfy { entry in
            others.allSatisfy { !holds($0, entry) && !holds(entry, $0) }
        }
    }

    /// True where one entry holds all that another stands for; both folded (`DomainList.foldedEntries`).
    static func holds(_ wide: String, _ entry: String) -> Bool {
        if wide == entry { return true }
        let (wide, entry) = (wide.utf8, entry.utf8)
        // Longer ones hold shorter ones only where a +tag is left out, and then they are shorter.
        guard wide.count < entry.count else { return false }
        if wide.first == UInt8(ascii: ".") { return entry.suffix(wide.count).elementsEqual(wide) }
        guard let at = entry.lastIndex(of: UInt8(ascii: "@")) else { return false }
        if !wide.contains(UInt8(ascii: "@")) { return entry[entry.index(after: at)...].elementsEqual(wide) }
        guard let plus = entry.firstIndex(of: UInt8(ascii: "+")), plus < at else { return false }
        return wide.elementsEqual([entry[..<plus], entry[at...]].joined())
    }

    /// Every entry that may hold all that one (folded) stands for; others do not (``holds(_:_:)``).
    static func holders(of entry: String) -> [String] {
        let mailbox = Mailbox(entry.contains("@") ? entry : "x@\(entry)")
        let domain = entry.split(separator: "@", omittingEmptySubsequences: false).last.map(String.init) ?? entry
        let parents = domain.utf8.indices.filter { domain.utf8[$0] == UInt8(ascii: ".") }.map { String(domain[$0...]) }
        var holders = [entry, domain] + parents + (mailbox.map { FoldedMailbox($0).entries } ?? [])
        if let plus = entry.firstIndex(of: "+"), let at = entry.lastIndex(of: "@"), plus < at {
            holders.append("\(entry[..<plus])\(entry[at...])")
        }
        return holders
    }

    /// True where one of the lists holds all that an entry (folded) stands for.
    static func covers(_ lists: [DomainList], _ entry: String) -> Bool {
        lists.contains { covers($0, entry) }
    }

    private static func covers(_ list: DomainList, _ entry: String) -> Bool {
        if list.foldedEntries.count <= 64 { return list.foldedEntries.contains { holds($0, entry) } }
        if entry.hasPrefix(".") {
            return list.foldedEntries.contains { $0.hasPrefix(".") && entry.hasSuffix($0) }
        }
        guard let mailbox = Mailbox(entry.contains("@") ? entry : "x@\(entry)") else { return false }
        guard list.contains(mailbox) else { return false }
        // A domain is not held by some address in it.
        return entry.contains("@") || list.foldedEntries.contains { !$0.contains("@") && holds($0, entry) }
    }
}

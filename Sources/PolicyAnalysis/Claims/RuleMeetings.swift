// Which rules may apply together: all but those that are surely kept apart (``AnalysedPolicy/keepApart(_:_:)``), found
// without comparing each rule with each. Rules whose addresses have nothing in common are not compared; exceptions are
// compared once for each different one; and two rules that ask about different things are not kept apart by what they
// ask. Pure.

import Detection
import Mail
import Policy

/// Some rules, and which of them may apply together.
final class RuleMeetings {
    let rules: [AnalysedRule]
    /// Conditions of two rules that were compared, so far.
    private(set) var comparisons = 0
    private let logic: ClaimLogic
    private let addresses: AddressMeetings
    /// Of each rule: a bit for each thing that it asks about.
    private let topics: [UInt64]
    /// Of each rule: the id of its exception.
    private let exceptions: [Int?]
    /// Of each rule: the exceptions, by id, that surely hold wherever it applies.
    private let excepted: [Set<Int>]

    init(_ rules: [AnalysedRule], _ logic: ClaimLogic) {
        self.rules = rules
        self.logic = logic
        addresses = AddressMeetings(rules.map(\.when))
        topics = rules.map { $0.when.map(Self.topics) ?? 0 }
        exceptions = rules.map { $0.unless?.id }
        excepted = Self.excepted(rules, logic)
    }

    /// The numbers of the rules before one that may apply together with it, in order.
    /// - Parameters:
    ///   - most: no more of them are looked for.
    ///   - isWanted: asked first, by number.
    func earlier(than number: Int, atMost most: Int = .max, where isWanted: (Int) -> Bool) -> [Int] {
        var found: [Int] = []
        // No closures in between: this loop runs for each two rules that no address keeps apart.
        if let candidates = addresses.candidates(of: number) {
            for other in candidates where found.count < most {
                guard other < number else { break }
                if isWanted(other), !areApart(number, other) { found.append(other) }
            }
        } else {
            for other in 0..<number where found.count < most {
                if isWanted(other), !areApart(number, other) { found.append(other) }
            }
        }
        return found
    }

    private func areApart(_ one: Int, _ other: Int) -> Bool {
        if let exception = exceptions[other], !excepted[one].isEmpty, excepted[one].contains(exception) { return true }
        if let exception = exceptions[one], !excepted[other].isEmpty, excepted[other].contains(exception) {
            return true
        }
        guard topics[one] & topics[other] != 0 else { return false }
        comparisons += 1
        return logic.excludes(rules[one].when, rules[other].when)
    }

    private static func excepted(_ rules: [AnalysedRule], _ logic: ClaimLogic) -> [Set<Int>] {
        let exceptions = Dictionary(rules.compactMap { rule in rule.unless.map { ($0.id, $0) } }) { first, _ in first }
            .values.sorted { $0.id < $1.id }
        let index = ImplicationIndex(exceptions)
        var known: [Int: Set<Int>] = [:]
        return rules.map { rule in
            guard let when = rule.when else { return [] }
            if let found = known[when.id] { return found }
            let held = index.impliable(by: when).map { exceptions[$0] }.filter { logic.implies(when, $0) }
            let ids = Set(held.map(\.id))
            known[when.id] = ids
            return ids
        }
    }

    /// Claims without a bit in common do not exclude one another: what excludes, or implies, is about the same thing.
    private static func topics(_ claim: Claim) -> UInt64 {
        switch claim.shape {
        case .all(let parts), .any(let parts):
            // Of no parts: anything can be said of it.
            parts.isEmpty ? .max : parts.reduce(0) { $0 | topics($1) }
        case .not(let part): topics(part)
        case .leaf(.other): bit("claim \(claim.id)")
        case .leaf(.address(let what, _)): bit("address \(what)")
        case .leaf(.number(let what, _, _)): bit("number \(what)")
        case .leaf(.choice(let what, _)): bit("choice \(what)")
        case .leaf(.minutes(let zone, _)): bit("minutes \(zone)")
        }
    }

    private static func bit(_ topic: String) -> UInt64 {
        // FNV-1a: the same bits in each run.
        let hash = topic.utf8.reduce(UInt64(0xcbf2_9ce4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return 1 << (hash >> 58)
    }
}

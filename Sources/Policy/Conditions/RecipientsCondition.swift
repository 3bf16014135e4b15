// recipients: the envelope's recipients taken together. Not unknown ever; but an MTA in front may have split the message,
// and then each part is an envelope of its own.

import Detection
import Mail

/// `recipients`: all keys that are given must hold.
struct RecipientsCondition: MessageCondition {
    let place: Place
    let leaf: Int
    let inside: DomainList
    var count: CountTest?
    var outsideCount: CountTest?
    /// Different domains.
    var domains: CountTest?
    /// One recipient at least is in these.
    var anyIn: AddressSet?
    /// All are.
    var allIn: AddressSet?

    var cost: Cost { .envelope }
    var label: String {
        "recipients "
            + [
                count.map { "count \($0.label)" }, outsideCount.map { "outside-count \($0.label)" },
                domains.map { "domains \($0.label)" }, anyIn.map { "any-in \($0.label)" },
                allIn.map { "all-in \($0.label)" },
            ].compactMap { $0 }.joined(separator: "; ")
    }

    func test(_ facts: MessageFacts) -> Truth {
        let all = facts.received.envelope.recipients
        var answer = Truth.yes
        if let count { answer = answer.and(count.answer(all.count)) }
        if let outsideCount { answer = answer.and(outsideCount.answer(all.count { !inside.contains($0) })) }
        if let domains { answer = answer.and(domains.answer(Self.domains(all))) }
        if let anyIn { answer = answer.and(Truth(all.contains(where: anyIn.contains))) }
        if let allIn { answer = answer.and(Truth(all.allSatisfy(allIn.contains))) }
        return answer
    }

    func saw(_ facts: MessageFacts) -> [String] {
        let all = facts.received.envelope.recipients
        let outside = all.count { !inside.contains($0) }
        return [
            "\(Counted.of(all.count, "recipient")), \(outside) outside, in \(Counted.of(Self.domains(all), "domain"))"
        ]
    }

    var saysWho: Bool { allIn != nil }

    /// Where only one thing is asked.
    var topic: Topic {
        guard anyIn == nil, allIn == nil else { return .other }
        let tests = [("count", count), ("outside-count", outsideCount), ("domains", domains)]
            .compactMap { name, test in test.map { (name, $0) } }
        guard tests.count == 1, let (name, test) = tests.first else { return .other }
        return .number("recipients \(name)", test)
    }

    private static func domains(_ all: [Mailbox]) -> Int { Set(all.map(\.foldedDomain)).count }
}

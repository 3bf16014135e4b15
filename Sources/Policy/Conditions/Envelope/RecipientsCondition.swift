// recipients: the envelope's recipients taken together. Not unknown ever; but an MTA in front may have split the
// message, and then each part is an envelope of its own.

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
        let folded = facts.foldedRecipients
        var answer = Truth.yes
        if let count { answer = answer.and(count.answer(all.count)) }
        if let outsideCount { answer = answer.and(outsideCount.answer(folded.count { !inside.contains($0) })) }
        if let domains { answer = answer.and(domains.answer(Self.domains(all))) }
        if let anyIn { answer = answer.and(Truth(folded.contains(where: anyIn.contains))) }
        if let allIn { answer = answer.and(Truth(folded.allSatisfy(allIn.contains))) }
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

extension ConditionReader {
    func recipients(_ node: ConditionNode, _ place: Place) -> (any Condition)? {
        let what = "'recipients'"
        let known = ["count", "outside-count", "domains", "any-in", "all-in"]
        guard let fields = asked(node, what, known: known) else { return nil }
        var condition = RecipientsCondition(place: place, leaf: 0, inside: context.surroundings.inside)
        for (key, test) in [
            ("count", \RecipientsCondition.count), ("outside-count", \RecipientsCondition.outsideCount),
            ("domains", \RecipientsCondition.domains),
        ] {
            guard let node = fields[key] else { continue }
            guard let bounds = countTest(node, "\(key) of \(what)") else { return nil }
            condition[keyPath: test] = bounds
        }
        for (key, set) in [("any-in", \RecipientsCondition.anyIn), ("all-in", \RecipientsCondition.allIn)] {
            guard let node = fields[key] else { continue }
            guard let addresses = addressSet(node, "'\(key)' of \(what)") else { return nil }
            condition[keyPath: set] = addresses
        }
        return RecipientsCondition(
            place: place, leaf: context.leaf(condition.label), inside: condition.inside, count: condition.count,
            outsideCount: condition.outsideCount, domains: condition.domains, anyIn: condition.anyIn,
            allIn: condition.allIn)
    }
}

extension ConditionKind {
    /// `recipients`.
    static let recipients = ConditionKind(
        key: "recipients", value: .map("recipients"), about: "The envelope's recipients taken together.",
        maps: [
            PolicyGrammar.Map(
                name: "recipients",
                keys: [
                    PolicyGrammar.key("count", .map("count"), "How many there are."),
                    PolicyGrammar.key("outside-count", .map("count"), "How many are not inside."),
                    PolicyGrammar.key("domains", .map("count"), "In how many domains."),
                    PolicyGrammar.key("any-in", .texts, "One of them is in these."),
                    PolicyGrammar.key("all-in", .texts, "All of them are."),
                ], probe: PolicyGrammar.probe("{ recipients: { count: { over: 1 }, KEY: 1 } }")),
            PolicyGrammar.Map(
                name: "count",
                keys: [
                    PolicyGrammar.key("over", .integer(0...1_000_000), "More than this."),
                    PolicyGrammar.key("under", .integer(1...1_000_000), "Less than this."),
                ], probe: PolicyGrammar.probe("{ recipients: { count: { over: 1, KEY: 1 } } }")),
        ],
        read: { $0.recipients($1, $2) },
        replayed: { message, definition, condition in message.recipients(definition, condition) })
}

extension RecordedMessage {
    /// Their number; and where they are not hidden, where they are.
    fileprivate func recipients(_ definition: ConditionDefinition, _ condition: any Condition) -> Truth? {
        guard let asked = condition as? RecipientsCondition,
            let fields = definition.value.fields(["count", "outside-count", "domains", "any-in", "all-in"])
        else { return nil }
        if features.salted, Set(fields.keys) != ["count"] { return nil }
        let all = features.recipients.compactMap { Mailbox($0.address) }
        guard all.count == features.recipients.count else { return nil }
        let folded = all.map(FoldedMailbox.init)
        var answer = Truth.yes
        if let count = asked.count { answer = answer.and(count.answer(all.count)) }
        if let outside = asked.outsideCount {
            answer = answer.and(outside.answer(folded.count { !asked.inside.contains($0) }))
        }
        if let domains = asked.domains {
            answer = answer.and(domains.answer(Set(all.map(\.foldedDomain)).count))
        }
        if let any = asked.anyIn { answer = answer.and(Truth(folded.contains(where: any.contains))) }
        if let every = asked.allIn { answer = answer.and(Truth(folded.allSatisfy(every.contains))) }
        return answer
    }
}

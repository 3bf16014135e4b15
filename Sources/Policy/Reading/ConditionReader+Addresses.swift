// Readers for the keys about addresses: sender, recipient, from, reply-to, sender-matches-from, recipients, key.

import Detection
import Mail

extension ConditionReader {
    func sender(_ node: ConditionNode, _ place: Place) -> (any Condition)? {
        addresses(node, "'sender'").map {
            SenderCondition(place: place, leaf: context.leaf("sender \($0.question)"), addresses: $0)
        }
    }

    func recipient(_ node: ConditionNode, _ place: Place) -> (any Condition)? {
        addresses(node, "'recipient'").map {
            RecipientCondition(place: place, leaf: context.leaf("recipient \($0.question)"), addresses: $0)
        }
    }

    func from(_ node: ConditionNode, _ place: Place) -> (any Condition)? {
        addresses(node, "'from'").map {
            FromCondition(place: place, leaf: context.leaf("from \($0.question)"), addresses: $0)
        }
    }

    func replyTo(_ node: ConditionNode, _ place: Place) -> (any Condition)? {
        addresses(node, "'reply-to'").map {
            ReplyToCondition(place: place, leaf: context.leaf("reply-to \($0.question)"), addresses: $0)
        }
    }

    func senderMatchesFrom(_ node: ConditionNode, _ place: Place) -> (any Condition)? {
        nodes.boolean(node, "'sender-matches-from'").map {
            SenderMatchesFromCondition(place: place, leaf: context.leaf("sender-matches-from \($0)"), wanted: $0)
        }
    }

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

    func key(_ node: ConditionNode, _ place: Place) -> (any Condition)? {
        let what = "'key'"
        guard let fields = asked(node, what, known: ["of", "is"]) else { return nil }
        var owner = KeyCondition.Owner.recipient
        if let node = fields["of"] {
            guard let word = nodes.word(node, "of of \(what)", KeyCondition.Owner.self) else { return nil }
            owner = word
        }
        guard let node = fields["is"] else {
            nodes.problems.error(
                fields.place, "\(what) has no 'is'", hint: "write '{ of: recipient, is: usable }'")
            return nil
        }
        guard let entries = nodes.texts(node, "is of \(what)") else { return nil }
        let known = KeyCondition.State.allCases.map(\.rawValue)
        for (text, place) in entries where KeyCondition.State(rawValue: text) == nil {
            nodes.unknown(text, place, "state", in: what, known: known)
        }
        let states = entries.compactMap { KeyCondition.State(rawValue: $0.text) }
        guard states.count == entries.count else { return nil }
        let question = "key \(owner) \(states)"
        return KeyCondition(place: place, leaf: context.leaf(question), owner: owner, states: states)
    }

    /// `in`, `not-in` and `matches`.
    private func addresses(_ node: ConditionNode, _ what: String) -> AddressTest? {
        if let scalar = node.scalar {
            nodes.problems.error(
                nodes.place(node), "\(what) must be a map of keys, and is '\(scalar.string)'",
                hint: "write '{ in: \(scalar.string) }' or '{ not-in: \(scalar.string) }'")
            return nil
        }
        guard let fields = nodes.fields(node, what, known: ["in", "not-in", "matches"]) else { return nil }
        guard !fields.isEmpty else {
            nodes.problems.error(
                fields.place, "\(what) says neither 'in' nor 'not-in'", hint: "or 'matches' with a pattern")
            return nil
        }
        var test = AddressTest()
        if let node = fields["in"] {
            guard let set = addressSet(node, "'in' of \(what)") else { return nil }
            test.within = set
        }
        if let node = fields["not-in"] {
            guard let set = addressSet(node, "'not-in' of \(what)") else { return nil }
            test.outside = set
        }
        if let node = fields["matches"] {
            guard let text = nodes.pattern(node, "matches of \(what)") else { return nil }
            let spec = PatternSpec(source: .expression(text), place: nodes.place(node))
            test.pattern = context.register(spec, for: .address)
            test.patternLabel = spec.label
        }
        return test
    }

    /// List names, domains, addresses: one or several.
    func addressSet(_ node: ConditionNode, _ what: String) -> AddressSet? {
        guard let entries = nodes.texts(node, what) else { return nil }
        var lists: [DomainList] = []
        for (entry, place) in entries {
            if entry == "inside" {
                lists.append(context.surroundings.inside)
            } else if let list = context.lists[entry] {
                lists.append(list)
            } else if context.networkLists[entry] != nil {
                nodes.problems.error(
                    place, "list '\(entry)' is of networks, and \(what) asks for mail addresses",
                    hint: "write 'client: { in: \(entry) }', or name a list of addresses")
            } else if let problem = ListEntry.problem(entry) {
                if let hint = ListEntry.side(entry) {
                    nodes.problems.error(place, "unknown list '\(entry)' in \(what)", hint: hint)
                } else if let hint = ListEntry.likely(entry) {
                    nodes.problems.error(place, "\(what): \(problem)", hint: hint)
                } else if entry.contains("@") || entry.contains(".") || Network(entry) != nil {
                    nodes.problems.error(place, "\(what): \(problem)")
                } else {
                    nodes.unknown(entry, place, "list", in: what, known: context.listNames)
                }
            } else {
                if let (message, hint) = ListEntry.trap(entry) {
                    nodes.problems.warning(place, message, hint: hint, code: "wildcard-entry")
                }
                if let (message, hint) = ListEntry.doubt(entry) { nodes.problems.warning(place, message, hint: hint) }
                context.name([entry])
                lists.append(DomainList([entry]))
            }
        }
        return lists.count == entries.count ? AddressSet(names: entries.map(\.text), lists: lists) : nil
    }
}

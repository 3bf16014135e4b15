// Addresses of conditions: in or not in lists, or matching a pattern. A list is a name from `lists`, the built-in
// `inside`, or a literal domain or address. What sender, recipient, from and reply-to share.

import Detection
package import Mail

/// What `in` or `not-in` names, resolved.
package struct AddressSet: Sendable {
    /// As written.
    package let names: [String]
    /// The lists behind the names, in the same order.
    package let lists: [DomainList]

    /// - Parameters:
    ///   - names: as written.
    ///   - lists: the lists behind them, in the same order.
    package init(names: [String], lists: [DomainList]) {
        self.names = names
        self.lists = lists
    }

    func contains(_ mailbox: FoldedMailbox) -> Bool { lists.contains { $0.contains(mailbox) } }
    var label: String { names.joined(separator: ", ") }
}

/// `in`, `not-in`, `matches`: all that are given must hold.
package struct AddressTest: Sendable {
    /// One that asks for nothing.
    package init() {}

    /// `in`; nil: anybody.
    package var within: AddressSet?
    /// `not-in`; nil: nobody.
    package var outside: AddressSet?
    /// A pattern of target `address`, by number.
    package var pattern: Int?
    var patternLabel = ""

    /// The null sender `<>` is in no list and matches nothing.
    func answer(for mailbox: Mailbox?, _ facts: MessageFacts) -> Truth {
        guard isListed(mailbox, facts) else { return .no }
        guard let pattern else { return .yes }
        guard let mailbox else { return .no }
        // As written and folded: `"bob"@X.org` and `bob@x.org` are one address.
        let asWritten = facts.matches(.address, pattern, in: mailbox.description)
        return asWritten.or(facts.matches(.address, pattern, in: mailbox.folded))
    }

    /// The answer for several addresses of which any could be meant: unknown where they differ, so that neither a rule
    /// nor an exception can be had by adding one.
    func answer(forEach mailboxes: [Mailbox], _ facts: MessageFacts) -> Truth {
        let answers = mailboxes.map { answer(for: $0, facts) }
        let some = answers.reduce(Truth.no) { $0.or($1) }
        let all = answers.reduce(Truth.yes) { $0.and($1) }
        return some == all ? some : .unknown(.permanent("its addresses give different answers"))
    }

    private func isListed(_ mailbox: Mailbox?, _ facts: MessageFacts) -> Bool {
        guard let mailbox else { return within == nil }
        if let within, !within.contains(facts.folded(mailbox)) { return false }
        if let outside, outside.contains(facts.folded(mailbox)) { return false }
        return true
    }

    /// What it asks, unmistakably: a list's name stands for one list in the whole ruleset.
    var question: String {
        "in \(within?.names ?? []) not-in \(outside?.names ?? []) matches \(pattern.map(String.init) ?? "")"
    }

    var label: String {
        [
            within.map { "in \($0.label)" }, outside.map { "not-in \($0.label)" },
            pattern.map { _ in "matches \(patternLabel)" },
        ].compactMap { $0 }.joined(separator: ", ")
    }
}

extension AddressTest {
    /// Each entry of a list taken away; of a list of one entry only where another list is left.
    var mutants: [(change: String, test: AddressTest)] {
        var all: [(String, AddressTest)] = []
        for (word, key) in [("in", \AddressTest.within), ("not-in", \AddressTest.outside)] {
            guard let set = self[keyPath: key] else { continue }
            for (index, list) in set.lists.enumerated() where set.names[index] != "inside" {
                for entry in list.entries where set.lists.count > 1 || list.entries.count > 1 {
                    var lists = set.lists
                    lists[index] = DomainList(list.entries.filter { $0 != entry })
                    var changed = self
                    changed[keyPath: key] = AddressSet(names: set.names, lists: lists)
                    all.append(("\(word) without \(entry)", changed))
                }
            }
        }
        return all
    }
}

extension ConditionReader {
    /// `in`, `not-in` and `matches`.
    func addressTest(_ node: ConditionNode, _ what: String) -> AddressTest? {
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
                lists.append(DomainList([entry]))
            }
        }
        return lists.count == entries.count ? AddressSet(names: entries.map(\.text), lists: lists) : nil
    }
}

extension RecordedMessage {
    /// The answer for an address of the log. In a salted log nobody can be looked up in a list.
    func address(_ text: String?, _ definition: ConditionDefinition) -> Truth? {
        guard !features.salted, let fields = definition.value.fields(["in", "not-in"]) else { return nil }
        let mailbox = text.flatMap { Mailbox($0) }
        if text != nil, mailbox == nil { return nil }
        func isIn(_ names: ConditionNode) -> Bool {
            guard let mailbox else { return false }
            return names.texts.contains { (definition.lists[$0] ?? DomainList([$0])).contains(mailbox) }
        }
        if let names = fields["in"], !isIn(names) { return .no }
        if let names = fields["not-in"], isIn(names) { return .no }
        return .yes
    }
}

extension PolicyGrammar {
    /// The keys of conditions on addresses.
    static let addressMap =
        PolicyGrammar.Map(
            name: "address",
            keys: [
                PolicyGrammar.key("in", .texts, "In one of these lists, domains or addresses; `inside` is our own."),
                PolicyGrammar.key("not-in", .texts, "In none of these."),
                PolicyGrammar.key("matches", .text, "The address matches this pattern."),
            ], probe: PolicyGrammar.probe("{ sender: { in: inside, KEY: 1 } }"))
}

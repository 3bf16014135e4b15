// sender, recipient: the envelope's addresses, in or not in lists, or matching a pattern. A list is a name from `lists`,
// the built-in `inside`, or a literal domain or address.

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

    func contains(_ mailbox: Mailbox) -> Bool { lists.contains { $0.contains(mailbox) } }
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
        guard isListed(mailbox) else { return .no }
        guard let pattern else { return .yes }
        guard let mailbox else { return .no }
        // As written and folded: `"bob"@X.org` and `bob@x.org` are one address.
        let asWritten = facts.matches(.address, pattern, in: mailbox.description)
        return asWritten.or(facts.matches(.address, pattern, in: mailbox.folded))
    }

    /// The answer for several addresses of which any could be meant: unknown where they differ, so that neither a rule nor
    /// an exception can be had by adding one.
    func answer(forEach mailboxes: [Mailbox], _ facts: MessageFacts) -> Truth {
        let answers = mailboxes.map { answer(for: $0, facts) }
        let some = answers.reduce(Truth.no) { $0.or($1) }
        let all = answers.reduce(Truth.yes) { $0.and($1) }
        return some == all ? some : .unknown(.permanent("its addresses give different answers"))
    }

    private func isListed(_ mailbox: Mailbox?) -> Bool {
        if let within {
            guard let mailbox, within.contains(mailbox) else { return false }
        }
        if let outside, let mailbox, outside.contains(mailbox) { return false }
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
    fileprivate var mutants: [(change: String, test: AddressTest)] {
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

/// `sender`: MAIL FROM.
struct SenderCondition: MessageCondition {
    let place: Place
    let leaf: Int
    let addresses: AddressTest

    var label: String { "sender \(addresses.label)" }
    var cost: Cost { .envelope }

    func test(_ facts: MessageFacts) -> Truth { addresses.answer(for: facts.sender, facts) }
    func saw(_ facts: MessageFacts) -> [String] { [facts.sender?.description ?? "<> (the null sender)"] }
    var topic: Topic { .address("sender", addresses) }
    var saysWho: Bool { true }
    func mutants(newLeaf: Int) -> [(change: String, condition: any Condition)] {
        addresses.mutants.map { ($0.change, SenderCondition(place: place, leaf: newLeaf, addresses: $0.test)) }
    }
}

/// `recipient`: the recipient that is judged.
struct RecipientCondition: Condition {
    let place: Place
    let leaf: Int
    let addresses: AddressTest

    var label: String { "recipient \(addresses.label)" }
    var dependsOnRecipient: Bool { true }
    var cost: Cost { .envelope }

    func test(_ facts: MessageFacts, _ recipient: Mailbox) -> Truth {
        facts.remembered(leaf, for: recipient) { addresses.answer(for: recipient, facts) }
    }
    func saw(_ facts: MessageFacts, _ recipient: Mailbox) -> [String] { [recipient.description] }
    var topic: Topic { .address("recipient", addresses) }
    var saysWho: Bool { true }
    func mutants(newLeaf: Int) -> [(change: String, condition: any Condition)] {
        addresses.mutants.map { ($0.change, RecipientCondition(place: place, leaf: newLeaf, addresses: $0.test)) }
    }
}

// sender, recipient: the envelope's addresses, in or not in lists, or matching a pattern. A list is a name from `lists`,
// the built-in `inside`, or a literal domain or address.

import Mail

/// What `in` or `not-in` names, resolved.
struct AddressSet: Sendable {
    /// As written.
    let names: [String]
    /// The lists behind the names, in the same order.
    let lists: [DomainList]

    init(names: [String], lists: [DomainList]) {
        self.names = names
        self.lists = lists
    }

    func contains(_ mailbox: Mailbox) -> Bool { lists.contains { $0.contains(mailbox) } }
    var label: String { names.joined(separator: ", ") }
}

/// `in`, `not-in`, `matches`: all that are given must hold.
struct AddressTest: Sendable {
    var within: AddressSet?
    var outside: AddressSet?
    /// A pattern of target `address`, by number.
    var pattern: Int?
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

/// `sender`: MAIL FROM.
struct SenderCondition: MessageCondition {
    let place: Place
    let leaf: Int
    let addresses: AddressTest

    var label: String { "sender \(addresses.label)" }
    var cost: Cost { .envelope }

    func test(_ facts: MessageFacts) -> Truth { addresses.answer(for: facts.sender, facts) }
    func saw(_ facts: MessageFacts) -> [String] { [facts.sender?.description ?? "<> (the null sender)"] }
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
}

// sender, recipient: the envelope's addresses, in or not in lists. A list is a name from `lists`, the built-in
// `inside`, or a literal domain or address.

import Mail

/// What `in` or `not-in` names, resolved.
struct AddressSet: Sendable {
    /// As written.
    let names: [String]
    private let lists: [DomainList]

    init(names: [String], lists: [DomainList]) {
        self.names = names
        self.lists = lists
    }

    func contains(_ mailbox: Mailbox) -> Bool { lists.contains { $0.contains(mailbox) } }
    var label: String { names.joined(separator: ", ") }
}

/// `in`, `not-in` or both.
struct AddressTest: Sendable {
    var within: AddressSet?
    var outside: AddressSet?

    /// The null sender `<>` is in no list.
    func holds(for mailbox: Mailbox?) -> Bool {
        if let within {
            guard let mailbox, within.contains(mailbox) else { return false }
        }
        if let outside, let mailbox, outside.contains(mailbox) { return false }
        return true
    }

    /// What it asks, unmistakably: a list's name stands for one list in the whole ruleset.
    var question: String { "in \(within?.names ?? []) not-in \(outside?.names ?? [])" }

    var label: String {
        [within.map { "in \($0.label)" }, outside.map { "not-in \($0.label)" }].compactMap { $0 }.joined(
            separator: ", ")
    }
}

/// `sender`: MAIL FROM.
struct SenderCondition: MessageCondition {
    let place: Place
    let leaf: Int
    let addresses: AddressTest

    var label: String { "sender \(addresses.label)" }
    var cost: Cost { .envelope }

    func test(_ facts: MessageFacts) -> Truth { Truth(addresses.holds(for: facts.sender)) }
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
        facts.remembered(leaf, for: recipient) { Truth(addresses.holds(for: recipient)) }
    }
    func saw(_ facts: MessageFacts, _ recipient: Mailbox) -> [String] { [recipient.description] }
}

// recipient: the recipient that is judged.

import Detection
import Mail

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

extension ConditionReader {
    func recipient(_ node: ConditionNode, _ place: Place) -> (any Condition)? {
        addressTest(node, "'recipient'").map {
            RecipientCondition(place: place, leaf: context.leaf("recipient \($0.question)"), addresses: $0)
        }
    }
}

extension ConditionKind {
    /// `recipient`.
    static let recipient = ConditionKind(
        key: "recipient", value: .map("address"), about: "The recipient that is judged.",
        read: { $0.recipient($1, $2) },
        replayed: { message, definition, _ in message.address(message.recipient.address, definition) })
}

// sender: the envelope's sender.

import Detection
import Mail

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

extension ConditionReader {
    func sender(_ node: ConditionNode, _ place: Place) -> (any Condition)? {
        addressTest(node, "'sender'").map {
            SenderCondition(place: place, leaf: context.leaf("sender \($0.question)"), addresses: $0)
        }
    }
}

extension ConditionKind {
    /// `sender`.
    static let sender = ConditionKind(
        key: "sender", value: .map("address"), about: "The envelope's sender.",
        maps: [PolicyGrammar.addressMap],
        read: { $0.sender($1, $2) },
        replayed: { message, definition, _ in message.address(message.features.sender, definition) })
}

// reply-to: where answers go.

import Detection
import Mail

/// `reply-to`: where answers go.
struct ReplyToCondition: MessageCondition {
    let place: Place
    let leaf: Int
    let addresses: AddressTest

    var label: String { "reply-to \(addresses.label)" }
    var cost: Cost { .structure }

    func test(_ facts: MessageFacts) -> Truth {
        switch HeaderAddresses.replyTo(facts) {
        case .known(let mailboxes): addresses.answer(forEach: mailboxes, facts)
        case .unknown(let why): why
        }
    }
    func saw(_ facts: MessageFacts) -> [String] { HeaderAddresses.replyTo(facts).shown }
    var topic: Topic { .address("reply-to", addresses) }
}

extension ConditionReader {
    func replyTo(_ node: ConditionNode, _ place: Place) -> (any Condition)? {
        addressTest(node, "'reply-to'").map {
            ReplyToCondition(place: place, leaf: context.leaf("reply-to \($0.question)"), addresses: $0)
        }
    }
}

extension ConditionKind {
    /// `reply-to`.
    static let replyTo = ConditionKind(
        key: "reply-to", value: .map("address"), about: "The addresses in Reply-To.",
        read: { $0.replyTo($1, $2) })
}

// from: the addresses in From.

import Detection
import Mail

/// `from`: the header's From.
struct FromCondition: MessageCondition {
    let place: Place
    let leaf: Int
    let addresses: AddressTest

    var label: String { "from \(addresses.label)" }
    var cost: Cost { .structure }

    func test(_ facts: MessageFacts) -> Truth {
        switch HeaderAddresses.from(facts) {
        case .known(let mailboxes): addresses.answer(forEach: mailboxes, facts)
        case .unknown(let why): why
        }
    }
    func saw(_ facts: MessageFacts) -> [String] { HeaderAddresses.from(facts).shown }
    var topic: Topic { .address("from", addresses) }
}

extension ConditionReader {
    func from(_ node: ConditionNode, _ place: Place) -> (any Condition)? {
        addressTest(node, "'from'").map {
            FromCondition(place: place, leaf: context.leaf("from \($0.question)"), addresses: $0)
        }
    }
}

extension ConditionKind {
    /// `from`.
    static let from = ConditionKind(
        key: "from", value: .map("address"), about: "The addresses in From.",
        read: { $0.from($1, $2) })
}

// sender-matches-from: the envelope's sender against From.

import Detection
import Mail

/// `sender-matches-from`: MAIL FROM is the address in From.
struct SenderMatchesFromCondition: MessageCondition {
    let place: Place
    let leaf: Int
    let wanted: Bool

    var label: String { "sender-matches-from: \(wanted)" }
    var cost: Cost { .structure }

    func test(_ facts: MessageFacts) -> Truth {
        let answer: Truth
        switch HeaderAddresses.from(facts) {
        case .unknown(let why): answer = why
        case .known(let mailboxes):
            let same = mailboxes.count { $0.folded == facts.sender?.folded }
            answer =
                same == 0 || same == mailboxes.count
                ? Truth(same > 0) : .unknown(.permanent("From names several authors, and the sender is one of them"))
        }
        return wanted ? answer : !answer
    }
    func saw(_ facts: MessageFacts) -> [String] {
        ["sender \(facts.sender?.description ?? "<>")"] + HeaderAddresses.from(facts).shown.map { "From \($0)" }
    }
}

extension ConditionReader {
    func senderMatchesFrom(_ node: ConditionNode, _ place: Place) -> (any Condition)? {
        nodes.boolean(node, "'sender-matches-from'").map {
            SenderMatchesFromCondition(place: place, leaf: context.leaf("sender-matches-from \($0)"), wanted: $0)
        }
    }
}

extension ConditionKind {
    /// `sender-matches-from`.
    static let senderMatchesFrom = ConditionKind(
        key: "sender-matches-from", value: .boolean, about: "Whether the envelope's sender stands in From.",
        read: { $0.senderMatchesFrom($1, $2) })
}

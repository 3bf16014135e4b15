// What a condition is. To add one: a file in a folder here with its `ConditionKind`, its name in
// `ConditionKind.known`, and its cases in policy/tests.

package import Detection
package import Mail

/// One condition of a rule, or a combination of conditions. Pure: everything it may look at is in the facts.
package protocol Condition: Sendable {
    /// Where it stands.
    var place: Place { get }
    /// What it says, in one line that is the same for equal conditions.
    var label: String { get }
    /// True where the answer can differ between the recipients of one message.
    var dependsOnRecipient: Bool { get }
    /// What it costs: cheap conditions are asked first.
    var cost: Cost { get }
    /// Its answer.
    func test(_ facts: MessageFacts, _ recipient: Mailbox) -> Truth
    /// What it looked at, for explain: decoded, digits masked.
    func saw(_ facts: MessageFacts, _ recipient: Mailbox) -> [String]
    /// The conditions it is made of.
    var parts: [any Condition] { get }
    /// True where it asks what is inside of attachments, so that they must be looked into first.
    var looksInside: Bool { get }
    /// The same with one small mistake at a time in what it asks, and what the mistake is: `over 101 bytes`. Mistakes
    /// that any condition can have (negated, left out) are made elsewhere.
    /// - Parameter newLeaf: the number of the changed leaf, which must not share another's answer.
    func mutants(newLeaf: Int) -> [(change: String, condition: any Condition)]
    /// What can be compared of it with other conditions.
    var topic: Topic { get }
    /// What `policy check` says of it by itself.
    /// - Parameters:
    ///   - whose: `rule 'cards'`, `condition 'outbound'`.
    ///   - isAsked: false where it is an exception.
    func remarks(whose: String, isAsked: Bool) -> [ConditionRemark]
    /// True where it can only hold for some senders or recipients, whatever else the message is.
    var saysWho: Bool { get }
}

extension Condition {
    package var parts: [any Condition] { [] }
    package var looksInside: Bool { parts.contains { $0.looksInside } }
    package func mutants(newLeaf: Int) -> [(change: String, condition: any Condition)] { [] }
    package var topic: Topic { .other }
    package var saysWho: Bool { false }
    package func remarks(whose: String, isAsked: Bool) -> [ConditionRemark] { [] }

    /// The answer with all that led to it. Every part is asked, so the answer of a combination is that of `test`, which
    /// stops early: false decides an *and* wherever it stands, true an *or*.
    func trace(_ facts: MessageFacts, _ recipient: Mailbox) -> ConditionTrace {
        ConditionTrace(
            label: label, place: place, result: test(facts, recipient), saw: saw(facts, recipient),
            name: (self as? NamedCondition)?.name,
            parts: parts.map { $0.trace(facts, recipient) })
    }
}

/// What `policy check` says of one condition, as information.
package struct ConditionRemark: Sendable {
    /// What is odd.
    package let message: String
    /// What to do.
    package let hint: String
    /// The stable name of the finding.
    package let code: String
}

/// What asking a condition costs.
package enum Cost: Int, Sendable, Comparable {
    /// Envelope and sizes.
    case envelope
    /// Structure and short texts.
    case structure
    /// A scan of all text.
    case content

    package static func < (left: Cost, right: Cost) -> Bool { left.rawValue < right.rawValue }
}

/// A leaf whose answer is the same for all recipients: asked once per message.
package protocol MessageCondition: Condition {
    /// Its number among all leaves of the ruleset.
    var leaf: Int { get }
    /// Its answer.
    func test(_ facts: MessageFacts) -> Truth
    /// What it looked at.
    func saw(_ facts: MessageFacts) -> [String]
}

extension MessageCondition {
    var dependsOnRecipient: Bool { false }
    func test(_ facts: MessageFacts, _ recipient: Mailbox) -> Truth {
        facts.remembered(leaf) { test(facts) }
    }
    func saw(_ facts: MessageFacts, _ recipient: Mailbox) -> [String] { saw(facts) }
}

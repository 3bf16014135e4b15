// subject: every Subject field, decoded.

import Detection
import MIME
import Mail

/// `subject`.
struct SubjectCondition: MessageCondition {
    let place: Place
    let leaf: Int
    let text: TextTest
    let label: String

    var cost: Cost { .structure }

    func test(_ facts: MessageFacts) -> Truth {
        facts.headerAnswer(of: "Subject") { text.holds(for: $0, .subject, facts) }
    }

    func saw(_ facts: MessageFacts) -> [String] {
        facts.subjects.isEmpty ? ["no subject"] : facts.subjects.map { Masking.shown($0) }
    }
}

extension ConditionReader {
    func subject(_ node: ConditionNode, _ place: Place) -> (any Condition)? {
        guard let (test, label) = textTest(node, "'subject'", .subject) else { return nil }
        return SubjectCondition(
            place: place, leaf: context.leaf("subject \(test)"), text: test, label: "subject \(label)")
    }
}

extension ConditionKind {
    /// `subject`.
    static let subject = ConditionKind(
        key: "subject", value: .either([.text, .map("subject")]), about: "The decoded Subject.",
        maps: [
            PolicyGrammar.Map(
                name: "subject",
                keys: [
                    PolicyGrammar.key("is", .text, "It is this."),
                    PolicyGrammar.key("matches", .text, "It matches this pattern."),
                    PolicyGrammar.key("words", .texts, "It has one of these words."),
                    PolicyGrammar.key("case", .words(["exact", "any"]), "Whether upper and lower case differ."),
                    PolicyGrammar.key("whole-word", .boolean, "The pattern matches whole words only."),
                ], probe: PolicyGrammar.probe("{ subject: { is: x, KEY: 1 } }"))
        ],
        read: { $0.subject($1, $2) })
}

extension Condition {
    /// Numbers of the subject patterns that speak for it: not those under `not`.
    package var subjectPatterns: [Int] {
        if let subject = self as? SubjectCondition, case .matches(let pattern) = subject.text { return [pattern] }
        if self is Not { return [] }
        return parts.flatMap(\.subjectPatterns)
    }
}

// subject, header: decoded header fields. Every field of the name is looked at: programs differ in which of two they
// show.

import Mail

/// What a header field's text is compared with.
enum TextTest: Sendable {
    /// Equal but for case and surrounding space, or exactly equal.
    case equals(String, exactCase: Bool)
    /// Matches a pattern, by number in its target.
    case matches(Int)

    /// Compares a text.
    func holds(for text: String, _ target: PatternTarget, _ facts: MessageFacts) -> Truth {
        switch self {
        case .equals(let wanted, let exactCase):
            Truth(exactCase ? text == wanted : text.lowercased() == wanted.lowercased())
        case .matches(let pattern): facts.matches(target, pattern, in: text)
        }
    }

    func label(_ target: PatternTarget, _ matchers: Matchers) -> String {
        switch self {
        case .equals(let wanted, let exactCase): "is '\(wanted)'" + (exactCase ? ", case exact" : "")
        case .matches(let pattern): matchers.spec(target, pattern).label
        }
    }
}

/// `subject`.
struct SubjectCondition: MessageCondition {
    let place: Place
    let leaf: Int
    let text: TextTest
    let label: String

    var cost: Cost { .structure }

    func test(_ facts: MessageFacts) -> Truth {
        facts.headerAnswer(facts.subjects) { text.holds(for: $0, .subject, facts) }
    }

    func saw(_ facts: MessageFacts) -> [String] {
        facts.subjects.isEmpty ? ["no subject"] : facts.subjects.map { Masking.shown($0) }
    }
}

/// `header`.
struct HeaderCondition: MessageCondition {
    enum Question: Sendable {
        case exists(Bool)
        case text(TextTest)
    }
    let place: Place
    let leaf: Int
    let name: String
    let question: Question
    let label: String

    var cost: Cost { .structure }

    func test(_ facts: MessageFacts) -> Truth {
        let texts = facts.headerTexts(name)
        switch question {
        case .exists(let wanted):
            let exists = facts.headerAnswer(texts) { _ in .yes }
            return wanted ? exists : !exists
        case .text(let test): return facts.headerAnswer(texts) { test.holds(for: $0, .header, facts) }
        }
    }

    func saw(_ facts: MessageFacts) -> [String] {
        let texts = facts.headerTexts(name)
        return texts.isEmpty ? ["no \(name)"] : texts.map { "\(name): \(Masking.shown($0))" }
    }
}

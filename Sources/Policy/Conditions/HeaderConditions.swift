// subject, header: decoded header fields. Every field of the name is looked at: programs differ in which of two they
// show.

import MIME
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

/// What a header field's date is compared with.
struct DateTest: Sendable, Equatable {
    /// More than so many seconds before now.
    var olderSeconds: Int64?
    /// Less than so many seconds before now, or later than now.
    var newerSeconds: Int64?
    /// The answer where there is no such field; nil: unknown.
    var missing: Bool?

    /// The answer for the fields of a name.
    func answer(_ texts: [String], _ facts: MessageFacts) -> Truth {
        if facts.hiddenHeader != .no { return facts.hiddenHeader }
        guard !texts.isEmpty else {
            return missing.map(Truth.init) ?? .unknown(.permanent("there is no such field, so no date"))
        }
        if olderSeconds == nil, newerSeconds == nil { return Truth(missing == false) }
        let answers = texts.map { one($0, facts.nowSeconds) }
        let some = answers.reduce(Truth.no) { $0.or($1) }
        let all = answers.reduce(Truth.yes) { $0.and($1) }
        return some == all ? some : .unknown(.permanent("its fields give different answers"))
    }

    private func one(_ text: String, _ now: Int64) -> Truth {
        guard let date = MailDate.seconds(text) else { return .unknown(.permanent("the date cannot be read")) }
        let age = now.subtractingReportingOverflow(date).partialValue
        if let olderSeconds, age <= olderSeconds { return .no }
        if let newerSeconds, age >= newerSeconds { return .no }
        return .yes
    }

    var label: String {
        [
            olderSeconds.map { "older-than \($0) s" }, newerSeconds.map { "newer-than \($0) s" },
            missing.map { "missing: \($0)" },
        ].compactMap { $0 }.joined(separator: ", ")
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
        facts.headerAnswer(of: "Subject") { text.holds(for: $0, .subject, facts) }
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
        case count(CountTest)
        case date(DateTest)
    }
    let place: Place
    let leaf: Int
    let name: String
    let question: Question
    let label: String

    var cost: Cost { .structure }

    func test(_ facts: MessageFacts) -> Truth {
        let texts = facts.headerFields(name).map(\.text)
        switch question {
        case .exists(let wanted):
            let exists = facts.headerAnswer(texts) { _ in .yes }
            return wanted ? exists : !exists
        case .text(let test): return facts.headerAnswer(of: name) { test.holds(for: $0, .header, facts) }
        case .count(let test):
            guard let hidden = facts.hiddenHeader.unknown else { return test.answer(texts.count) }
            return test.answer(atLeast: texts.count, atMost: nil, because: hidden)
        case .date(let test): return test.answer(facts.headerFields(name).map(\.unfolded), facts)
        }
    }

    /// True where it looks for something in the text of these fields.
    func asksText(of field: String) -> Bool {
        guard case .text = question else { return false }
        return name.lowercased() == field.lowercased()
    }

    func saw(_ facts: MessageFacts) -> [String] {
        let texts = facts.headerTexts(name)
        return texts.isEmpty ? ["no \(name)"] : texts.map { "\(name): \(Masking.shown($0))" }
    }
}

// subject, header: decoded header fields. Every field of the name is looked at: programs differ in which of two they
// show.

import Detection
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

    var topic: Topic {
        guard case .count(let count) = question else { return .other }
        return .number("header \(name.lowercased())", count)
    }

    /// A name that is nearly that of a field which programs write.
    func remarks(whose: String, isAsked: Bool) -> [ConditionRemark] {
        guard name.count > 3, !Self.fieldsOfPrograms.contains(where: { $0.lowercased() == name.lowercased() }),
            let likely = Diagnostic.nearest(to: name, among: Self.fieldsOfPrograms),
            abs(likely.count - name.count) <= 1
        else { return [] }
        return [
            ConditionRemark(
                message: "no program that we know of writes a header field '\(name)'",
                hint: "did you mean '\(likely)'?", code: "unknown-header")
        ]
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

extension HeaderCondition {
    fileprivate static let fieldsOfPrograms = [
        "From", "To", "Cc", "Bcc", "Subject", "Date", "Sender", "Reply-To", "Message-ID", "In-Reply-To", "References",
        "Return-Path", "Received", "MIME-Version", "Content-Type", "Content-Disposition", "Content-Language",
        "Sensitivity", "Importance", "Priority", "X-Priority", "X-MSMail-Priority", "Precedence", "Auto-Submitted",
        "List-ID", "List-Unsubscribe", "List-Post", "Keywords", "Comments", "Organization", "User-Agent", "X-Mailer",
        "X-Originating-IP", "X-Spam-Status", "X-Spam-Flag", "Authentication-Results", "DKIM-Signature", "Autocrypt",
        "Disposition-Notification-To", "Return-Receipt-To", "Expires", "Thread-Topic", "Thread-Index",
        "Accept-Language",
        "X-Auto-Response-Suppress", "X-MS-Exchange-Organization-AuthAs", "Delivered-To", "Resent-From", "Resent-To",
        "X-Classification", "X-Confidential", "msip_labels",
    ]
}

extension Condition {
    /// Numbers of the subject patterns that speak for it: not those under `not`.
    package var subjectPatterns: [Int] {
        if let subject = self as? SubjectCondition, case .matches(let pattern) = subject.text { return [pattern] }
        if self is Not { return [] }
        return parts.flatMap(\.subjectPatterns)
    }
}

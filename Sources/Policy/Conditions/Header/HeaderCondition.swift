// header: every field of a name, decoded: programs differ in which of two they show.

import Detection
import MIME
import Mail

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

extension ConditionReader {
    func header(_ node: ConditionNode, _ place: Place) -> (any Condition)? {
        let what = "'header'"
        guard let fields = nodes.fields(node, what, known: ["name", "exists", "count", "date"] + Self.textKeys) else {
            return nil
        }
        guard let nameNode = fields["name"] else {
            nodes.problems.error(
                fields.place, "\(what) has no 'name'", hint: "write '{ name: Sensitivity, is: Private }'")
            return nil
        }
        guard let name = nodes.text(nameNode, "name of \(what)") else { return nil }
        guard name.utf8.allSatisfy({ $0 > 32 && $0 < 127 && $0 != UInt8(ascii: ":") }) else {
            nodes.problems.error(nodes.place(nameNode), "'\(name)' cannot be the name of a header field")
            return nil
        }
        guard oneOf(fields, ["exists", "is", "matches", "words", "count", "date"], what) else { return nil }
        if fields.contains("count") || fields.contains("date") { return counted(fields, name, place) }
        if let node = fields["exists"] {
            guard let wanted = nodes.boolean(node, "exists of \(what)") else { return nil }
            return HeaderCondition(
                place: place, leaf: context.leaf("header \(name.lowercased()) exists \(wanted)"), name: name,
                question: .exists(wanted),
                label: "header \(name) exists: \(wanted)")
        }
        guard let (test, label) = textTest(fields, what, .header) else { return nil }
        return HeaderCondition(
            place: place, leaf: context.leaf("header \(name.lowercased()) \(test)"), name: name, question: .text(test),
            label: "header \(name) \(label)")
    }

    private func counted(_ fields: NodeReader.Fields, _ name: String, _ place: Place) -> (any Condition)? {
        let question: HeaderCondition.Question
        let says: String
        if let node = fields["count"] {
            guard let test = countTest(node, "count of 'header'") else { return nil }
            (question, says) = (.count(test), "count \(test.label)")
        } else {
            guard let node = fields["date"], let test = dateTest(node, "date of 'header'") else { return nil }
            (question, says) = (.date(test), "date \(test.label)")
        }
        return HeaderCondition(
            place: place, leaf: context.leaf("header \(name.lowercased()) \(says)"), name: name, question: question,
            label: "header \(name) \(says)")
    }

    private func dateTest(_ node: ConditionNode, _ what: String) -> DateTest? {
        let known = ["older-than", "newer-than", "missing"]
        guard let fields = asked(node, what, known: known) else { return nil }
        var test = DateTest()
        if let node = fields["older-than"] {
            guard let seconds = duration(node, "older-than of \(what)") else { return nil }
            test.olderSeconds = seconds
        }
        if let node = fields["newer-than"] {
            guard let seconds = duration(node, "newer-than of \(what)") else { return nil }
            test.newerSeconds = seconds
        }
        if let node = fields["missing"] {
            guard let missing = nodes.boolean(node, "missing of \(what)") else { return nil }
            test.missing = missing
        }
        if let older = test.olderSeconds, let newer = test.newerSeconds, older >= newer {
            nodes.problems.error(
                fields.place, "\(what) can never be true: nothing is older than \(older) s and newer than \(newer) s",
                code: "never-true")
            return nil
        }
        return test
    }
}

extension ConditionKind {
    /// `header`.
    static let header = ConditionKind(
        key: "header", value: .map("header"), about: "Any header field.",
        maps: [
            PolicyGrammar.Map(
                name: "header",
                keys: [
                    PolicyGrammar.key("name", .text, "The field's name.", needed: true),
                    PolicyGrammar.key("is", .text, "Its text is this."),
                    PolicyGrammar.key("matches", .text, "Its text matches this pattern."),
                    PolicyGrammar.key("words", .texts, "Its text has one of these words."),
                    PolicyGrammar.key("exists", .boolean, "Whether there is such a field."),
                    PolicyGrammar.key("count", .map("count"), "How many fields of the name there are."),
                    PolicyGrammar.key("date", .map("header-date"), "Its date."),
                    PolicyGrammar.key("case", .words(["exact", "any"]), "Whether upper and lower case differ."),
                    PolicyGrammar.key("whole-word", .boolean, "The pattern matches whole words only."),
                ], probe: PolicyGrammar.probe("{ header: { name: X, is: y, KEY: 1 } }")),
            PolicyGrammar.Map(
                name: "header-date",
                keys: [
                    PolicyGrammar.key("older-than", .text, "So long before now: 30d."),
                    PolicyGrammar.key("newer-than", .text, "Less long ago than this, or later than now."),
                    PolicyGrammar.key("missing", .boolean, "The answer where there is no such field."),
                ], probe: PolicyGrammar.probe("{ header: { name: Date, date: { older-than: 30d, KEY: 1 } } }")),
        ],
        read: { $0.header($1, $2) },
        replayed: { message, definition, _ in message.header(definition.value) })
}

extension RecordedMessage {
    /// `exists`, and `is` where the text was kept or there is no such field.
    fileprivate func header(_ value: ConditionNode) -> Truth? {
        let hidden = features.hidden.header.map { Truth.unknown(.permanent(UnknownReason($0))) } ?? .no
        guard let fields = value.fields(["name", "exists", "is"]), let name = fields["name"]?.text?.lowercased()
        else { return nil }
        let isThere = features.fields.contains(name)
        if let wanted = fields["exists"]?.text {
            let answer = Truth(isThere).or(hidden)
            return wanted == "false" ? !answer : answer
        }
        guard let wanted = fields["is"]?.text else { return nil }
        guard isThere else { return hidden }
        guard let texts = features.headers[name] else { return nil }
        return Truth(texts.contains { $0.lowercased() == wanted.lowercased() }).or(hidden)
    }
}

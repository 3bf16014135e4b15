// near, quoted, and the texts of attachments.

import Detection
import MIME
import Mail
import Policy
import Testing

struct ContentOptionTests {
    static let card = "4111 1111 1111 1111"

    @Test(arguments: [
        ("{detector: payment-card, near: {words: [card], within: 20}}", "my card is \(card)", true),
        ("{detector: payment-card, near: {words: [card], within: 20}}", "\(card), that is my card", true),
        ("{detector: payment-card, near: {words: [card], within: 5}}", "\(card), that is my card", false),
        ("{detector: payment-card, near: {words: [card], within: 20}}", "\(card)", false),
        ("{detector: payment-card, near: {words: [card], within: 20}}", "postcards \(card)", false),
        ("{detector: payment-card, near: {pattern: card, within: 20}}", "postcards \(card)", true),
        ("{detector: payment-card, near: {words: [card], within: 4}}", "card éééé\(card)", false),
        ("{detector: payment-card, near: {words: [card], within: 5}}", "card éééé\(card)", true),
        ("{words: [plan], near: {words: [secret]}}", "a plan, quite secret", true),
        ("{words: [plan], near: {words: [secret]}}", "a plan \(String(repeating: "x", count: 90)) secret", false),
        (
            "{words: [plan], near: {words: [secret]}, at-least: 2}",
            "secret plan \(String(repeating: "-", count: 200)) plan", false
        ),
        ("{words: [plan], near: {words: [secret]}, at-least: 2}", "secret plan, secret plan", true),
        // One of the places of a value that is written twice is near.
        (
            "{detector: payment-card, near: {words: [card], within: 9}}",
            "\(card) \(String(repeating: "-", count: 99)) card \(card)", true
        ),
    ])
    func nearLimitsWhatCounts(_ content: String, _ text: String, _ found: Bool) throws {
        let rules = try oneRule(when: "{ content: \(content) }")
        #expect(try rules.matches(plain(text)) == found)
    }

    @Test(arguments: [
        ("nightjar", true), ("> nightjar", false), (">> nightjar", false), ("  > nightjar", false),
        ("x > nightjar", true), ("-----Original Message-----\nFrom: x\n\nnightjar", false),
        ("-------- Ursprüngliche Nachricht --------\nnightjar", false),
        ("nightjar\n-----Original Message-----\nx", true),
        ("-----Original Message\nnightjar", false), ("-- \nnightjar", true),
    ])
    func quotedTextCanBeLeftOut(_ text: String, _ found: Bool) throws {
        let rules = try oneRule(when: "{ content: { pattern: nightjar, quoted: no } }")
        #expect(try rules.matches(plain(text)) == found)
        let everywhere = try oneRule(when: "{ content: nightjar }")
        #expect(try everywhere.matches(plain(text)))
    }

    @Test(arguments: [
        ("<p>nightjar</p>", true), ("<p>Hi</p><blockquote type=cite><p>nightjar</p></blockquote>", false),
        ("<blockquote>a<blockquote>b</blockquote>nightjar</blockquote>x", false),
        ("<blockquote>a</blockquote>nightjar", true), ("<blockquote>nightjar", true),
        ("<BLOCKQUOTE>nightjar</BLOCKQUOTE >", false),
    ])
    func quotedHTMLCanBeLeftOut(_ html: String, _ found: Bool) throws {
        let rules = try oneRule(when: "{ content: { words: [nightjar], quoted: false } }")
        let mail = "Subject: x\nMIME-Version: 1.0\nContent-Type: text/html\n\n\(html)\n"
        #expect(try rules.matches(message(mail)) == found)
    }

    static let withDocument = """
        Subject: x
        MIME-Version: 1.0
        Content-Type: multipart/mixed; boundary=b

        --b

        hello
        --b
        Content-Type: application/msword; name=report.doc
        Content-Transfer-Encoding: base64

        AAAA
        --b
        Content-Type: image/png
        Content-Transfer-Encoding: base64

        AAAA
        --b--

        """

    func answer(_ rules: Ruleset, _ extracted: ExtractedParts) throws -> ConditionTrace {
        let record = explain(
            try message(Self.withDocument), known: KnownKeys(), rules: rules, nowSeconds: 0, extracted: extracted)
        return try #require(record.recipients.first?.rules.first?.when)
    }

    @Test func textsOfAttachmentsAreSearched() throws {
        let rules = try oneRule(when: "{ content: nightjar }")
        let part = ExtractedPart(
            realType: "application/msword",
            texts: [.init(name: "", text: "dull"), .init(name: "a.zip/b.txt", text: "NIGHTJAR")])
        let trace = try answer(rules, ExtractedParts(["2": part], state: .done))
        #expect(trace.result == .yes)
        #expect(trace.saw == ["part 2 a.zip/b.txt: NIGHTJAR"])
        #expect(try answer(rules, ExtractedParts(["2": ExtractedPart()], state: .done)).result == .no)
        #expect(try answer(rules, ExtractedParts()).result == .no)
    }

    @Test func allFormsOfATextAreSearchedAndCountOnce() throws {
        let number = "4111 1111 1111 1111"
        func part(_ forms: [String], _ role: ExtractedPart.Text.Role = .content) -> ExtractedParts {
            ExtractedParts(
                ["2": ExtractedPart(realType: "application/x", texts: [.init(name: "", forms: forms, role: role)])],
                state: .done)
        }
        let one = try oneRule(when: "{ content: { detector: payment-card } }")
        let two = try oneRule(when: "{ content: { detector: payment-card, at-least: 2 } }")
        for role in [ExtractedPart.Text.Role.content, .rereading, .about] {
            #expect(try answer(one, part(["dull", "dull", "card \(number)"], role)).result == .yes)
            #expect(try answer(two, part(["card \(number)", "\(number) card"], role)).result == .no)
        }
        let word = try oneRule(when: "{ content: { pattern: nightjar, at-least: 2 } }")
        #expect(try answer(word, part(["nightjar", "a nightjar"])).result == .no)
        #expect(try answer(word, part(["nightjar nightjar", "x"])).result == .yes)
        // The program that looks into attachments may say anything.
        #expect(try answer(one, part([])).result == .no)
    }

    /// A staff list is a list also where one number stands in every row; a number that a letter repeats is one.
    @Test func aListCountsByItsRows() throws {
        func found(_ text: String) throws -> Truth {
            let part = ExtractedPart(realType: "text/csv", texts: [.init(name: "", text: text)])
            let rules = try oneRule(when: "{ content: { detector: nl-bsn, at-least: 10 } }")
            return try answer(rules, ExtractedParts(["2": part], state: .done)).result
        }
        let rows = (1...12).map { "\(1000 + $0);Naam \($0);123456782" }
        #expect(try found((["nr;naam;bsn"] + rows).joined(separator: "\n")) == .yes)
        #expect(try found((["nr;naam;bsn"] + rows.prefix(9)).joined(separator: "\n")) == .no)
        #expect(try found(String(repeating: "Uw BSN is 123456782, zoals gezegd.\n", count: 12)) == .no)
    }

    @Test func whatCannotBeReadIsUnknown() throws {
        let rules = try oneRule(when: "{ content: nightjar }")
        let damaged = try answer(
            rules, ExtractedParts(["2": ExtractedPart(problem: .unreadable("damaged"))], state: .done))
        #expect(damaged.result.unknown?.reason == "part 2, application/msword, could not be read: damaged")
        let busy = try answer(
            rules, ExtractedParts(["2": ExtractedPart(problem: .temporary("time-out"))], state: .done))
        #expect(busy.result.isTemporary)
        let off = try answer(rules, ExtractedParts(state: .unavailable("no sandbox")))
        #expect(
            off.result.unknown?.reason
                == "part 2, application/msword, could not be read: attachments cannot be looked into (no sandbox)")
        // Why they cannot is no business of the sender's.
        #expect(off.result.unknown?.because.publicly.contains("sandbox") == false)
        // Nothing but a picture: there is no text in it.
        let picture =
            "Subject: x\nMIME-Version: 1.0\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\nAAAA\n"
        let record = explain(
            try message(picture), known: KnownKeys(), rules: rules, nowSeconds: 0,
            extracted: ExtractedParts(state: .unavailable("no sandbox")))
        #expect(record.recipients.first?.rules.first?.when?.result == .no)
    }

    @Test func foundCountsThoughSomethingIsHidden() throws {
        let rules = try oneRule(when: "{ content: hello }")
        #expect(try answer(rules, ExtractedParts(state: .unavailable("no sandbox"))).result == .yes)
    }
}

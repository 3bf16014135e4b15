// What the sender is told where a rule applies because something could not be read: which part, what is the matter, and
// the rule's own text; never a name, never content. The same words stand in the notes, and so in explain and the log.

import Detection
import MIME
import Mail
import Policy
import Testing

struct RefusalTextTests {
    private static let broken =
        "Subject: x\nContent-Type: multipart/mixed; boundary=mm\n\n--mm\n\nhi\n"
        + "--mm\nContent-Type: application/zip; name=\"payroll 4111111111111111.zip\"\n"
        + "Content-Transfer-Encoding: base64\n\nUEsDBA==\n--mm--\n"

    private func decision(_ text: String, _ rules: Ruleset, _ part: ExtractedPart, from: String? = "alice@example.org")
        throws
        -> Decision
    {
        let extracted = ExtractedParts(["2": part], state: .done)
        return try #require(
            decide(try message(text, from: from), known: KnownKeys(), rules: rules, nowSeconds: 0, extracted: extracted)
                .decisions.first)
    }

    @Test func aRefusalNamesThePartAndKeepsTheRulesText() throws {
        let shipped = try #require(try StartingPolicyTests.startingPolicy().ruleset)
        let damaged = ExtractedPart(realType: "application/zip", problem: .unreadable("the file: it is damaged"))
        let refused = try decision(Self.broken, shipped, damaged)
        let text = try #require(refused.outcome.refusal?.publicText)
        let reason = "part 2, application/zip, could not be read: the file: it is damaged"
        #expect(text.hasPrefix("<carol@elsewhere.example>: \(reason); "))
        #expect(text.contains("send the file itself and write [secure] into the subject"))
        #expect(!text.contains("payroll") && !text.contains("4111"))
        #expect(refused.notes.contains("rule no-locked-archives applies because \(reason)"))
        let record = explain(
            try message(Self.broken), known: KnownKeys(), rules: shipped, nowSeconds: 0,
            extracted: ExtractedParts(["2": damaged], state: .done))
        let rule = try #require(record.recipients.first?.rules.first { $0.rule.id == "no-locked-archives" })
        #expect(rule.application.doubt?.part == .init(path: "2", type: "application/zip"))
        #expect(rule.application.doubt?.cause == "the file: it is damaged")
    }

    /// A rule that surely applies says the true reason, whatever else could not be read.
    @Test func aCertainRefusalComesFirst() throws {
        let rules = try ruleset(
            """
            version: 1
            rules:
              - {id: a, when: {content: nightjar}, then: {refuse: one}}
              - {id: b, when: {subject: x}, then: {refuse: two}}

            """
        )
        let damaged = ExtractedPart(problem: .unreadable("the file: it is damaged"))
        #expect(
            try decision(Self.broken, rules, damaged).outcome.refusal?.publicText == "<carol@elsewhere.example>: two")
    }

    @Test func soDoesARefusalForWantOfAMethod() throws {
        let rules = try oneRule(when: "{ content: nightjar }")
        let damaged = ExtractedPart(problem: .unreadable("the file: it is damaged"))
        let text = try #require(try decision(Self.broken, rules, damaged, from: nil).outcome.refusal?.publicText)
        #expect(
            text.hasPrefix(
                """
                <carol@elsewhere.example>: part 2, application/zip, could not be read: the file: it is damaged; must be
                """
            ))
    }

    @Test func aTemporaryCauseIsForTheLogAlone() throws {
        let rules = try oneRule(when: "{ content: nightjar }")
        let refusal = try #require(
            try decision(Self.broken, rules, ExtractedPart(problem: .temporary("no time left"))).outcome.refusal)
        #expect(refusal.publicText == "<carol@elsewhere.example>: cannot be decided now, try again later")
        #expect(refusal.detail.contains("part 2, application/zip, could not be read now: no time left"))
    }

    /// What the sender wrote as a type is repeated only where it looks like one.
    @Test(arguments: [
        ("application/zip", "part 2, application/zip"), ("application/4111111111111111", "part 2"),
        ("secret/word", "part 2"),
        ("application/\(String(repeating: "a", count: 90))", "part 2"),
        ("application/vnd.ms-excel.sheet.macroenabled.12", "part 2, application/vnd.ms-excel.sheet.macroenabled.12"),
    ])
    func typesAreRepeatedWithCare(_ type: String, _ shown: String) {
        #expect(UnknownReason.Place(path: "2", type: type).description == shown)
    }

    /// A long address must not take the room of what is said.
    @Test func longAddressesAreShortened() throws {
        let long = String(repeating: "a", count: 250) + "@elsewhere.example"
        let rules = try oneRule(when: "{ subject: x }", then: "{ refuse: \"not so\" }")
        let text = try #require(
            try rules.decision(message("Subject: x\n\nhi\n", to: [long])).outcome.refusal?.publicText)
        #expect(text.hasSuffix(": not so") && text.contains("...") && text.contains("@elsewhere.example>"))
    }
}

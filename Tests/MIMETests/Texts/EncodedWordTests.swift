// RFC 2047 as mail really has it, read through the Subject.

import MIME
import Mail
import Testing

@Suite struct EncodedWordTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let raw: String
        let text: String
        var isBad = false
        var testDescription: String { raw }
    }
    static let cases: [Case] = [
        Case(raw: "plain", text: "plain"),
        Case(raw: "=?UTF-8?B?R3LDvMOfZQ==?= =?UTF-8?B?IGF1cyBLw7Zsbg==?=", text: "Grüße aus Köln"),
        Case(raw: "=?utf-8?q?caf=C3?= =?utf-8?q?=A9?=", text: "café"),
        Case(raw: "=?utf-8?q?caf=C3?=\n =?UTF-8?B?qQ==?=", text: "café"),
        Case(raw: "=?utf-8?q?a?= b =?utf-8?q?c?=", text: "a b c"),
        Case(raw: "=?utf-8?q?a_b=20c?=", text: "a b c"),
        Case(raw: "[=?utf-8?q?secure?=] hello", text: "[secure] hello"),
        Case(raw: "x=?utf-8?q?y?=z", text: "xyz"),
        Case(raw: "=?utf-8*en?q?lang?=", text: "lang"),
        Case(raw: "=?iso-8859-15?Q?100_=A4?=", text: "100 €"),
        Case(raw: "=?windows-1251?B?0fLw7uro?=", text: "Строки"),
        Case(raw: "=?koi8-r?B?8NLJ18XU?=", text: "Привет"),
        Case(raw: "=?ISO-2022-JP?B?GyRCJDMkcyRLJEEkTxsoQg==?=", text: "こんにちは"),
        Case(raw: "=?UTF-8?B?Y2Fm w6k=?=", text: "café", isBad: true),
        Case(raw: "=?UTF-8?Q?with space?=", text: "with space", isBad: true),
        Case(raw: "=?UTF-8?Q?what?_?=", text: "what? ", isBad: true),
        Case(raw: "=?UTF-8?B?Y2Fmw6k?=", text: "café"),
        Case(raw: "=?klingon?Q?abc?=", text: "abc", isBad: true),
        Case(raw: "=?UTF-8?Q?=FF?=", text: "\u{FFFD}", isBad: true),
        Case(raw: "=?UTF-8?X?abc?=", text: "=?UTF-8?X?abc?="),
        Case(raw: "=?UTF-8?Q?abc", text: "=?UTF-8?Q?abc"),
        Case(raw: "=?=?=?UTF-8?Q?a?=", text: "=?=?a"),
        Case(raw: "=?UTF-8?Q?=0D=0ABcc:_eve@example.org?=", text: "  Bcc: eve@example.org"),
        Case(raw: "=?UTF-8?Q??=x", text: "x"),
        Case(raw: "a = b ?= c", text: "a = b ?= c"),
        Case(raw: "one\n\ttwo\n three", text: "one two three"),
    ]

    @Test(arguments: cases) func decodes(_ fixture: Case) throws {
        let message = try readText("Subject: \(fixture.raw)\n\n")
        #expect(message.subject == fixture.text)
        #expect(message.problems.contains { $0.kind == .badEncodedWord } == fixture.isBad)
    }

    /// Beginnings without end are searched once, not once each.
    @Test func countsLinearWork() throws {
        var steps: [Int] = []
        for count in [250, 500, 1000] {
            let subject = String(repeating: "=?a?q?", count: count)
            steps.append(try countSteps(of: "Subject: \(subject)\n\n"))
        }
        #expect(steps[1] < steps[0] * 3)
        #expect(steps[2] < steps[1] * 3)
    }
}

// Texts are matched as a reader sees them, and shown and cut as they came.

import Mail
import Policy
import Testing

struct NormalisationTests {
    struct Search: Sendable, CustomTestStringConvertible {
        let content: String
        let text: String
        let found: Bool
        var testDescription: String { "\(content) in '\(text)'" }
        init(_ content: String, _ text: String, _ found: Bool = true) {
            self.content = content
            self.text = text
            self.found = found
        }
    }

    static let searches: [Search] = [
        .init("secret", "se\u{200B}cret"), .init("secret", "s\u{202E}ecret"), .init("secret", "se\u{AD}cret"),
        .init("secret", "ｓｅｃｒｅｔ"), .init("secret", "𝐬𝐞𝐜𝐫𝐞𝐭"), .init("office", "oﬃce"),
        .init("{words: [café]}", "cafe\u{301}"),
        .init("{words: [café]}", "CAFÉ"), .init("{words: [cafe]}", "café", false),
        .init("'\\d{4}'", "１２３４"), .init("'\\d{4}'", "١٢٣٤"), .init("'\\d{4}'", "𝟏𝟐𝟑𝟒"), .init("'\\d{4}'", "①②③④"),
        .init("'1{4}'", "1\u{336}1\u{336}1\u{336}1\u{336}"), .init("'a b'", "a\u{2003}b"), .init("'No 5'", "№ 5"),
        // Cyrillic letters in a Latin word; a word of one script stays what it is.
        .init("secret", "sеcrеt"), .init("secret", "sесret"), .init("тайна", "тайна"), .init("caxap", "сахар", false),
        .init("'ГОСТ ?\\d+'", "ГОСТ 2020"), .init("'ТУ\\d+'", "ТУ2020"), .init("'TY\\d+'", "ТУ2020"),
        .init("{words: [naïve]}", "nai\u{308}ve"), .init("한국", "\u{1112}\u{1161}\u{11AB}\u{1100}\u{116E}\u{11A8}"),
    ]

    @Test(arguments: searches)
    func textsAreNormalised(_ search: Search) throws {
        let rules = try oneRule(when: "{ content: \(search.content) }")
        #expect(try rules.matches(plain(search.text)) == search.found)
    }

    @Test func subjectsAreNormalisedToo() throws {
        let rules = try oneRule(when: "{ subject: '\\[secure\\]' }")
        #expect(try rules.matches(plain(subject: "=?utf-8?Q?[sec=E2=80=8Bure]?= x")))
    }

    /// What is cut out of a subject is what stands there, not what it was taken for.
    @Test(arguments: [
        ("é\u{200B}x [se\u{200B}cure] résumé", "é\u{200B}x résumé"), ("ﬁne [ｓｅｃｕｒｅ] №1", "ﬁne №1"),
        ("[secure] e\u{301}te\u{301}", "e\u{301}te\u{301}"),
    ])
    func tagsAreCutWhereTheyStand(_ subject: String, _ rest: String) throws {
        let rules = try oneRule(
            when: "{ subject: '\\[secure\\]' }", then: "{ protect: required, strip-subject-tag: true }")
        let encoded =
            "=?utf-8?Q?"
            + subject.utf8.map { octet in
                let hex = String(octet, radix: 16, uppercase: true)
                return "=" + (hex.count == 1 ? "0" : "") + hex
            }.joined() + "?="
        let decision = try rules.decision(plain(subject: encoded, "x"), usable("carol@elsewhere.example"))
        #expect(Array((decision.rewrittenSubject ?? "").unicodeScalars) == Array(rest.unicodeScalars))
    }

    @Test func whatWasSeenIsShownAsItCame() throws {
        let rules = try oneRule(when: "{ content: { words: [secret] } }")
        let record = explain(
            try plain("é \u{200B}ﬁn: ｓｅｃｒｅｔ."), known: KnownKeys(), rules: rules, nowSeconds: 0)
        #expect(record.recipients.first?.rules.first?.when?.saw == ["body: ｓｅｃｒｅｔ"])
    }

    /// Characters that stand for many cannot make a text grow without end.
    @Test func growthIsBounded() throws {
        let rules = try oneRule(when: "{ content: nightjar }")
        #expect(try rules.matches(plain(String(repeating: "\u{FDFA}", count: 400_000) + " nightjar")))
    }
}

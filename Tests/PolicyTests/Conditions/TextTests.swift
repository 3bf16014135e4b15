// Patterns and words: case, whole words in every script, counting, and the texts that are searched.

import Mail
import Policy
import Testing

struct TextTests {
    struct Search: Sendable, CustomTestStringConvertible {
        let content: String
        let text: String
        let found: Bool
        var testDescription: String { "\(content) in '\(text)'" }
        init(_ content: String, _ text: String, _ found: Bool) {
            self.content = content
            self.text = text
            self.found = found
        }
    }

    static let searches: [Search] = [
        .init("secret", "a SECRET plan", true), .init("'se.ret'", "asecreta", true), .init("secret", "sacred", false),
        .init("{pattern: Secret, case: exact}", "secret", false),
        .init("{pattern: Secret, case: exact}", "Secret", true),
        .init("{pattern: Secret, case: any}", "secret", true),
        .init("{words: [confidentialité]}", "la CONFIDENTIALITÉ.", true),
        .init("{words: [confidentialité]}", "confidentialités", false),
        .init("{words: [confidentialité]}", "préconfidentialité", false),
        .init("{words: [confidentialité]}", "confidentialite\u{301}", true),
        .init("{words: [\"confidentialite\\u0301\"]}", "confidentialité", true),
        .init("{words: [confidentialite]}", "confidentialite\u{301}", false),
        .init("{words: [тайна]}", "Это ТАЙНА!", true), .init("{words: [тайна]}", "тайная", false),
        .init("{words: [jar]}", "nightjar", false), .init("{words: [jar]}", "éjar", false),
        .init("{words: [jar]}", "night-jar_x", true),
        .init("{words: [jar]}", "9jar", false), .init("{words: [jar]}", "jar", true),
        .init("{words: [top secret]}", "Top\r\n  secret", true),
        .init("{words: [top secret]}", "top\u{A0}secret", true), .init("{words: [top secret]}", "topsecret", false),
        .init("{words: [b, a b]}", "xa b", true), .init("{words: [C++]}", "in c++ and", true),
        .init("{words: [a.b]}", "axb", false),
        .init("{words: [4711]}", "No 4711.", true), .init("{words: [4711]}", "47110", false),
        .init("{words: [NIGHTJAR], case: exact}", "nightjar", false),
        .init("{pattern: 'PAT-\\d{4}', whole-word: true}", "see PAT-1234.", true),
        .init("{pattern: 'PAT-\\d{4}', whole-word: true}", "see PAT-12345", false),
        .init("{pattern: 'PAT-\\d{4}', whole-word: true}", "éPAT-1234", false),
        // Leftmost start is inside of a word, a shorter form with the same end is not.
        .init("{pattern: '(night )?jar', whole-word: true}", "midnight jar", true),
        .init("{pattern: '(night)?jar', whole-word: true}", "midnightjar", false),
        .init("{pattern: 'a+', whole-word: true}", "aaaa", true),
        .init("{pattern: 'a+', whole-word: true}", "aaab", false),
        .init("{pattern: secret, at-least: 3}", "secret secret", false),
        .init("{pattern: secret, at-least: 3}", "secretsecret secret", true),
        .init("{words: [secret], at-least: 2}", "secret secrets", false),
        .init("{words: [secret], at-least: 2}", "secret, Secret", true),
        .init("{pattern: '\\d+', at-least: 2}", "123456", false),
        .init("{pattern: '\\d+', at-least: 2}", "12 34", true),
    ]

    @Test(arguments: searches)
    func contentIsSearched(_ search: Search) throws {
        let rules = try oneRule(when: "{ content: \(search.content) }")
        #expect(try rules.matches(plain(search.text)) == search.found)
    }

    @Test(arguments: searches.filter { !$0.content.contains("at-least") && !$0.text.contains("\n") })
    func subjectsAreSearchedAlike(_ search: Search) throws {
        let subject = search.content.replacing("{pattern:", with: "{matches:")
        let rules = try oneRule(when: "{ subject: \(subject) }")
        let encoded =
            "=?utf-8?Q?" + search.text.utf8.map { "=" + String($0 + 0, radix: 16, uppercase: true).leftPadded }.joined()
            + "?="
        #expect(try rules.matches(plain(subject: encoded, "nothing")) == search.found)
    }

    @Test func detectorsOfThePolicyWork() throws {
        let extra =
            "detectors: { codename: { words: [NIGHTJAR, NIGHTINGALE] }, file: { pattern: 'F-\\d+', case: exact } }"
        let words = try oneRule(when: "{ content: { detector: codename } }", extra: extra)
        #expect(try words.matches(plain("the Nightingale sings")))
        #expect(try !words.matches(plain("Nightingales")))
        let pattern = try oneRule(when: "{ content: { detector: file, at-least: 2 } }", extra: extra)
        #expect(try pattern.matches(plain("F-1 F-2")))
        #expect(try !pattern.matches(plain("F-1 f-2")))
    }

    @Test func everyPartThatIsTextIsSearched() throws {
        let rules = try oneRule(when: "{ content: NIGHTJAR }")
        let parts = [
            "Content-Type: text/plain\n\nnightjar",
            "Content-Type: text/csv\nContent-Disposition: attachment; filename=a.csv\n\na;nightjar",
            "Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\nbmlnaHRqYXI=",
            "Content-Type: text/plain; charset=utf-16le\nContent-Transfer-Encoding: base64\n\nbgBpAGcAaAB0AGoAYQByAA==",
            "Content-Type: text/html\n\n<b>night</b>jar", "Content-Type: text/html\n\n<!-- nightjar -->",
            "Content-Type: message/rfc822\n\nSubject: x\n\nnightjar", "\nnightjar",
        ]
        for part in parts {
            let text =
                "Subject: x\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\(part)\n--b--\n"
            #expect(try rules.matches(message(text)), "\(part)")
        }
        let silent = "Subject: x\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nhello\n--b--\n"
        #expect(try !rules.matches(message(silent)))
    }

    @Test func theTwoFormsOfHTMLCountOnce() throws {
        let rules = try oneRule(when: "{ content: { pattern: nightjar, at-least: 2 } }")
        let once = "Subject: x\nMIME-Version: 1.0\nContent-Type: text/html\n\n<p>nightjar</p>\n"
        #expect(try !rules.matches(message(once)))
        #expect(try rules.matches(message(once.replacing("</p>", with: " nightjar</p>"))))
    }

    /// Mail programs write a letter twice, as text and as HTML: a word in both was written once. Other parts add up.
    @Test(arguments: [
        ("alternative", "nightjar", "nightjar", false), ("alternative", "nightjar", "nightjar nightjar", true),
        ("mixed", "nightjar", "nightjar", true), ("mixed", "nightjar", "", false),
    ])
    func alternativesCountOnce(_ subtype: String, _ text: String, _ html: String, _ matches: Bool) throws {
        let rules = try oneRule(when: "{ content: { words: [nightjar], at-least: 2 } }")
        let mail = """
            Subject: x
            MIME-Version: 1.0
            Content-Type: multipart/\(subtype); boundary=b

            --b

            \(text)
            --b
            Content-Type: text/html

            <p>\(html)</p>
            --b--

            """
        #expect(try rules.matches(message(mail)) == matches)
    }

    @Test func hostileTextsAreBounded() throws {
        let rules = try oneRule(
            when:
                """
                { any: [ {content: {pattern: '(a b )*a b', whole-word: \
                true}}, {content: {words: [a], at-least: 1000}} ] }
                """
        )
        let text = "xa " + String(repeating: "b a ", count: 200_000) + "bx"
        // Found, or given up as unknown: never a sure no without having looked, and never without end.
        #expect(try rules.matches(plain(text)))
    }
}

extension String {
    fileprivate var leftPadded: String { count == 1 ? "0" + self : self }
}

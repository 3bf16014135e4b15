// Patterns, words and values that are written as for another program: a warning or an error with what to write, and
// none on the shipped policy and the examples of the documentation.

import Foundation
import Mail
import Policy
import PolicyLanguage
import Testing

struct TrapTests {
    private static func check(_ yaml: String) -> [Diagnostic] {
        Ruleset.check(
            files: [PolicyFile(name: "rules.yaml", text: yaml)],
            surroundings: Surroundings(inside: DomainList(["example.org", ".example.org"]), linksAvailable: true),
            nowSeconds: 1_795_649_400
        ).diagnostics
    }

    private static func rule(_ when: String) -> String {
        "version: 1\nrules:\n  - {id: r, when: {\(when)}, then: {protect: required}}\n"
    }

    private static let codes: Set<String> = [
        "brackets-as-text", "slashes-around", "doubled-backslash", "star-as-wildcard", "idle-flag", "pattern-in-words",
        "commas-in-words", "wildcard-entry", "byte-order-mark",
    ]

    @Test(
        "Traps",
        arguments: [
            ("subject: '[secure]'", "brackets-as-text", "\\[secure\\]"),
            ("subject: '^[secure]'", "brackets-as-text", "\\[secure\\]"),
            ("subject: '[secure] .*x'", "brackets-as-text", "\\[secure\\]"),
            ("content: {pattern: '(?s)[pw: geheim]'}", "brackets-as-text", "\\[pw: geheim\\]"),
            ("header: {name: X, matches: '[vertraulich]+'}", "brackets-as-text", "\\[vertraulich\\]"),
            ("subject: '[abc]|[xyz]'", "brackets-as-text", "\\[abc\\]"),
            ("sender: {matches: '[admin]@example'}", "brackets-as-text", "\\[admin\\]"),
            ("subject: '^\\s*[draft].*'", "brackets-as-text", "\\[draft\\]"),
            ("subject: r'secret'", "slashes-around", "write 'secret'"),
            ("subject: {words: ['colo?r']}", "pattern-in-words", "regular expression"),
            ("subject: {words: ['%secret%']}", "pattern-in-words", "regular expression"),
            ("user: {in: '*@example.org'}", "wildcard-entry", "write 'example.org'"),
            ("subject: '/secret/i'", "slashes-around", "write 'secret'"),
            ("content: '/secret/'", "slashes-around", "secret"),
            ("content: '\\\\d{4}'", "doubled-backslash", "'\\d'"),
            ("subject: '\\\\[secure\\\\]'", "doubled-backslash", "'\\['"),
            ("content: 'AKTE\\\\s+\\\\d'", "doubled-backslash", "'\\s'"),
            ("attachment: {name: 'invoice*.pdf'}", "star-as-wildcard", "'.*'"),
            ("sender: {matches: 'noreply*@example'}", "star-as-wildcard", "'.*'"),
            ("subject: 'secret*'", "star-as-wildcard", "leave the star out"),
            ("subject: '(?i)secret'", "idle-flag", "take it away"),
            ("subject: '(?i)(?i)secret'", "idle-flag", "take it away"),
            ("content: {pattern: '(?i)secret', case: exact}", "idle-flag", "take one of the two away"),
            ("content: {words: ['x*']}", "pattern-in-words", "whole-word: true"),
            ("content: {words: [alpha, '*ship']}", "pattern-in-words", "whole-word: true"),
            ("subject: {words: ['^secret']}", "pattern-in-words", "regular expression"),
            ("subject: {words: ['secret$']}", "pattern-in-words", "regular expression"),
            ("subject: {words: ['secret|geheim']}", "pattern-in-words", "regular expression"),
            ("subject: {words: ['AKTE \\d+']}", "pattern-in-words", "regular expression"),
            ("subject: {words: ['(?i)secret']}", "pattern-in-words", "regular expression"),
            ("subject: {words: ['/secret/i']}", "pattern-in-words", "regular expression"),
            ("content: {pattern: x, near: {words: 'x*'}}", "pattern-in-words", "whole-word: true"),
            ("content: {words: 'secret, confidential'}", "commas-in-words", "[secret, confidential]"),
            ("content: {words: 'to be, or not'}", "commas-in-words", "[\"to be, or not\"] for the phrase"),
            ("subject: '[pw]'", "brackets-as-text", "\\[pw\\]"),
            ("subject: '^[pw]'", "brackets-as-text", "\\[pw\\]"),
            ("content: 'geheim|[pw]'", "brackets-as-text", "\\[pw\\]"),
            ("subject: 'Re: [Akte] x'", "brackets-as-text", "\\[Akte\\]"),
            ("content: {words: ['f*ck', 'SECRET*PLAN']}", "pattern-in-words", "whole-word: true"),
        ])
    func found(_ when: String, _ code: String, _ hint: String) throws {
        let findings = Self.check(Self.rule(when)).filter { $0.severity == .warning }
        #expect(findings.map(\.code) == [code], "\(findings.map(\.description))")
        let finding = try #require(findings.first)
        #expect(finding.line == 3 && finding.column > 0 && finding.hint?.contains(hint) == true, "\(finding)")
    }

    @Test(
        "Look-alikes that are meant",
        arguments: [
            "subject: '\\[secure\\]'", "subject: '[Cc]onfidential'", "content: 'gr[ae]y'", "content: '[0-9]{4}'",
            "content: '[a-z]+-[0-9]+'", "content: 'x[aeiou]y'", "content: '[€$£] ?[0-9]'", "content: '[^abc]x'",
            "content: '[bcdfgh]x'", "content: 'x[JFMASOND] [0-9]'", "content: '[äöüÄÖÜ]x'", "content: '[abcABC]x'",
            "subject: '[\\[(]secure[\\])]'", "content: '/var/log/'", "content: 'https?://intern'",
            "content: 'C:\\\\data'",
            "content: '\\\\\\\\server\\\\share'", "content: 'C:\\\\dwg'", "content: '\\d{4}'",
            "attachment: {name: '^invoice.*\\.pdf$'}", "content: 'colou*r'", "subject: 'secret.*plan'",
            "content: {pattern: '(?-i)NIGHTJAR'}", "content: {pattern: 'NIGHTJAR', case: exact}", "subject: '(?s)a.*b'",
            "content: {words: ['US$', '100$', '[secure]', 'AT&T', 'C++', '(c)', 'what?', 'a/b', '.NET', 'C:\\data']}",
            "content: {words: ['top secret, burn after reading this letter at once', 'Meier, Huber']}",
            "content: {words: ['/etc/passwd', '***', '1.500,00']}",
            "content: '[secrt]{6}'", "content: '[abcdefabcdef]{32}'", "content: '[abcdefabcdef]+'",
            "subject: 'Haus [abcd]$'", "subject: 'Haus [ABCabc] .*Garten'", "subject: '[xX]'", "content: '[secrt]+x'",
            "header: {name: X-Class, matches: '^[abc]$'}", "subject: 'Haus [ac]$'",
            "content: {words: ['to be, or not']}", "content: {words: ['Smith, John']}",
            "content: {pattern: x, near: {words: ['Smith, John']}}",
            "content: {words: ['M*A*S*H', 'm*a*s*h', 'E*TRADE', 'the M*A*S*H unit']}",
        ])
    func meant(_ when: String) {
        let findings = Self.check(Self.rule(when)).filter {
            Self.codes.contains($0.code ?? "") || $0.severity == .error
        }
        #expect(findings.map(\.description) == [])
    }

    @Test("A byte order mark is left out, with a warning, in rules and in lists of words")
    func byteOrderMark() throws {
        let yaml =
            "\u{feff}" + Self.rule("content: {detector: birds}") + "detectors: {birds: {words-file: birds.txt}}\n"
        let result = Ruleset.check(
            files: [
                PolicyFile(name: "rules.yaml", text: yaml),
                PolicyFile(name: "birds.txt", text: "\u{feff}nightjar\nnightingale\n"),
            ], surroundings: Surroundings(inside: DomainList(["example.org"]), linksAvailable: true), nowSeconds: 0)
        #expect(result.diagnostics.map(\.code) == ["byte-order-mark", "byte-order-mark"])
        #expect(Set(result.diagnostics.map(\.file)) == ["rules.yaml", "birds.txt"])
        #expect(result.diagnostics.allSatisfy { $0.severity == .warning && $0.line == 1 })
        let rules = try #require(result.ruleset)
        #expect(try rules.matches(try plain("a nightjar sings")))
        #expect(rules.rules.first?.line == 3)
        // A finding behind it has the place that editors show.
        let wrong = Self.check("\u{feff}version: 1\nrulez: []\n")
        #expect(wrong.map { "\($0.line):\($0.column)" } == ["1:1", "2:1"])
    }

    @Test(
        "Values as other programs write them",
        arguments: [
            ("encrypted: yes", "write true"), ("encrypted: 'true'", "take the quotes away"),
            ("attachment: {mismatch: yes}", "write true"), ("attachment: {inside: 'true', kind: program}", "quotes"),
            ("user: {authenticated: off}", "write false"), ("sender-matches-from: no", "write false"),
            ("content: {detector: iban, at-least: '3'}", "take the quotes away"),
            ("subject: '*.doc'", "any text is '.*'"),
            ("recipients: {count: {over: \"20\"}}", "take the quotes away"),
        ])
    func values(_ when: String, _ hint: String) {
        let result = load(Self.rule(when))
        #expect(result.ruleset == nil)
        let finding = result.diagnostics.first
        #expect(hint.isEmpty || finding?.hint?.contains(hint) == true, "\(result.diagnostics.map(\.description))")
    }

    @Test("No false hit on the shipped policy and on any example of the documentation")
    func everyday() throws {
        let top = StartingPolicyTests.folder.deletingLastPathComponent()
        var texts = [try String(contentsOf: top.appending(path: "policy/rules.yaml"), encoding: .utf8)]
        let docs = FileManager.default.enumerator(at: top.appending(path: "docs"), includingPropertiesForKeys: nil)
        for case let page as URL in docs?.allObjects ?? [] where page.pathExtension == "md" {
            let blocks = try String(contentsOf: page, encoding: .utf8).components(separatedBy: "```yaml\n").dropFirst()
                .map { $0.components(separatedBy: "```")[0] }
            texts += blocks.filter { $0.hasPrefix("version: 1") }
            texts += blocks.filter { $0.hasPrefix("  - id: ") }.map { "version: 1\nrules:\n\($0)" }
        }
        #expect(texts.count > 20)
        for text in texts {
            if text.contains("\nrules:"), text.contains("then:"), !text.contains("quarantine") {
                let errors = Self.check(text).filter { $0.severity == .error && !$0.message.contains("unknown list") }
                #expect(errors.map(\.description) == [], "\(text)")
            }
            let found = Self.check(text).filter { Self.codes.contains($0.code ?? "") }
            #expect(found.map(\.description) == [], "\(text)")
        }
    }
}

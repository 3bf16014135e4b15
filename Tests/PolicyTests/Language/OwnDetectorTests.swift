// Detectors that a policy defines: files of words, check sums, what must stand near; and bounds of what is compiled.

import Mail
import Policy
import PolicyLanguage
import Testing

struct OwnDetectorTests {
    func rules(_ detector: String, words: String? = nil, options: String = "") throws -> Ruleset {
        let yaml = """
            version: 1
            detectors: { own: \(detector) }
            rules:
              - { id: r, when: { content: { detector: own\(options) } }, then: { protect: required } }
            """
        var files = [PolicyFile(name: "policy/rules.yaml", text: yaml)]
        if let words { files.append(PolicyFile(name: "policy/terms.txt", text: words)) }
        let result = Ruleset.load(
            files: files, surroundings: Surroundings(inside: DomainList(["example.org"]), linksAvailable: true))
        return try #require(result.ruleset, "\(result.diagnostics)")
    }

    static let tenThousand = (0..<10_000).map { "term\($0)x" }

    @Test func tenThousandWordsLoadFastAndAreFoundWhole() throws {
        let extra = ["Projet Éole", "naïve", "C++", "@tag", "тайна", "top  secret"]
        let started = ContinuousClock.now
        let rules = try rules(
            "{ words-file: terms.txt }",
            words: "# a list\n\n" + (Self.tenThousand + extra).joined(separator: "\n") + "\r\n")
        #expect(ContinuousClock.now - started < .seconds(5))
        for word in [
            "term0x", "TERM9999X", "(term4711x)", "projet  éole", "PROJET\nÉOLE", "nai\u{308}ve", "c++", "in C++.",
            "@Tag",
            "ТАЙНА!", "top secret", "é-term7x",
        ] {
            #expect(try rules.matches(plain("so \(word) it is")), "\(word)")
        }
        for word in [
            "term10000x", "term0", "xterm0x", "term0xx", "tag", "C", "projet", "projet éoles", "topsecret", "тайная",
            "éterm7x",
        ] {
            #expect(try !rules.matches(plain("so \(word) it is")), "\(word)")
        }
    }

    @Test func longListsCountAndKnowCase() throws {
        let words = Self.tenThousand.prefix(200).joined(separator: "\n") + "\nTop\nTop Secret"
        let two = try rules("{ words-file: terms.txt, case: exact }", words: words, options: ", at-least: 2")
        #expect(try two.matches(plain("term1x term1x")))
        #expect(try !two.matches(plain("term1x TERM1X")))
        #expect(try !two.matches(plain("a Top Secret plan")))
        #expect(try two.matches(plain("Top Secret, Top")))
    }

    @Test(arguments: [
        ("{ words-file: other.txt }", "there is no 'other.txt'"), ("{ words-file: ../terms.txt }", "beside the rules"),
        ("{ words-file: terms.txt, words: [a] }", "must have either"),
        ("{ words-file: terms.txt, whole-word: false }", "whole words always"),
        ("{ words: [a], checksum: luhn }", "needs a 'pattern'"),
        ("{ pattern: '\\d+', checksum: luhm }", "did you mean 'luhn'?"),
        ("{ pattern: '\\d+', checksum: { weights: [1] } }", "needs 'weights' and 'modulus'"),
        ("{ pattern: '\\d+', checksum: { weights: [1], modulus: 1 } }", "must be from 2"),
        ("{ pattern: '\\d+', checksum: { weights: [1], modulus: 7, equals: 7 } }", "must be from 0 to 6"),
        ("{ pattern: a, near: { within: 5 } }", "must have either 'words' or 'pattern'"),
        ("{ pattern: a, near: { words: [b], within: 5000 } }", "must be from 0 to 1000"),
    ])
    func mistakesAreFound(_ detector: String, _ message: String) {
        let yaml = "version: 1\ndetectors: { own: \(detector) }\n"
        let result = Ruleset.load(
            files: [PolicyFile(name: "p/rules.yaml", text: yaml), PolicyFile(name: "p/terms.txt", text: "a\nb\n")],
            surroundings: Surroundings(inside: DomainList(["example.org"]), linksAvailable: true))
        let all = result.diagnostics.map(\.description).joined(separator: "\n")
        #expect(result.ruleset == nil)
        #expect(all.contains(message), "\(all)")
    }

    @Test func aLineThatIsNoWordIsFoundWithItsPlace() throws {
        let result = Ruleset.load(
            files: [
                PolicyFile(name: "p/rules.yaml", text: "version: 1\ndetectors: { own: { words-file: terms.txt } }\n"),
                PolicyFile(name: "p/terms.txt", text: "good\n+++\n"),
            ], surroundings: Surroundings(inside: DomainList([]), linksAvailable: true))
        let finding = try #require(result.diagnostics.first)
        #expect(finding.file == "p/terms.txt" && finding.line == 2)
    }

    @Test(arguments: [
        ("{ pattern: '\\d{8}', checksum: luhn }", "49927398", false),
        ("{ pattern: '\\d{11}', checksum: luhn }", "49927398716", true),
        ("{ pattern: '\\d{11}', checksum: luhn }", "49927398717", false),
        // Any of the lengths that the pattern allows may be the right one.
        ("{ pattern: '\\d{9,13}', checksum: luhn }", "4992739871699", true),
        ("{ pattern: '[0-9A-Z]{20}', checksum: mod97 }", "5493001KJTIIGC8Y1R12", true),
        ("{ pattern: '[0-9A-Z]{20}', checksum: mod97 }", "5493001KJTIIGC8Y1R13", false),
        ("{ pattern: '\\d{9}[\\dX]', checksum: mod11 }", "080442957X", true),
        ("{ pattern: '\\d{9}[\\dX]', checksum: mod11 }", "0804429571", false),
        // EAN-13: 1 and 3 in turn, modulo 10.
        ("{ pattern: '\\d{13}', checksum: { weights: [1, 3], modulus: 10 } }", "4006381333931", true),
        ("{ pattern: '\\d{13}', checksum: { weights: [1, 3], modulus: 10 } }", "4006381333932", false),
        // Luhn written out.
        (
            "{ pattern: '\\d{11}', checksum: { weights: [1, 2], from: right, products: digits, modulus: 10 } }",
            "49927398716", true
        ),
        ("{ pattern: '\\d{9}', checksum: { weights: [9, 8, 7, 6, 5, 4, 3, 2, -1], modulus: 11 } }", "111222333", true),
        ("{ pattern: '\\d{2}', checksum: { weights: 1, modulus: 10, equals: [3, 5] } }", "32", true),
        ("{ pattern: '\\d{2}', checksum: { weights: 1, modulus: 10, equals: [3, 4] } }", "32", false),
    ])
    func checkSumsDecide(_ detector: String, _ text: String, _ found: Bool) throws {
        #expect(try rules(detector).matches(plain("no. \(text) of it")) == found)
    }

    @Test func differentValuesOfACheckSumCount() throws {
        let two = try rules("{ pattern: '\\d{11}', checksum: luhn }", options: ", at-least: 2")
        #expect(try !two.matches(plain("49927398716 and 49927398716")))
        #expect(try two.matches(plain("49927398716 and 00000000018")))
    }

    @Test func detectorsOfOnesOwnKnowNear() throws {
        let rules = try rules("{ pattern: 'K-\\d{4}', near: { words: [Akte], within: 10 } }")
        #expect(try rules.matches(plain("Akte K-1234")))
        #expect(try !rules.matches(plain("K-1234")))
    }

    /// Written out such expressions have millions of states: they are refused before the engine sees them.
    @Test(arguments: [
        "(a{1,1000}){1,1000}", "((a{1,100}){1,100}){1,100}", "(.{1,200}){1,200}", "a{1,40000}",
        "([^x]{1,99}y){1,99}", "(((((a{9}){9}){9}){9}){9}){9}", "a{99999999999999999999}",
        String(repeating: "(a|b", count: 900) + String(repeating: "){0,9}", count: 900),
        String(repeating: "x", count: 1_000_000),
    ])
    func largeExpressionsAreRefusedFast(_ pattern: String) {
        let started = ContinuousClock.now
        let result = load("version: 1\nrules:\n  - {id: r, when: {content: '\(pattern)'}, then: {protect: none}}\n")
        #expect(result.ruleset == nil)
        #expect(result.diagnostics.contains { $0.severity == .error })
        #expect(result.diagnostics.allSatisfy { $0.message.utf8.count < 2000 })
        #expect(ContinuousClock.now - started < .seconds(10))
    }

    /// What is just small enough compiles in bounded time.
    @Test(arguments: ["(.{1,50}){1,50}", "[a-zé]{1,3000}", "(a|b)*c{500}", "(\\w+\\s+){1,400}x", "(a{1,90}b){1,90}"])
    func largestExpressionsCompileInTime(_ pattern: String) {
        let started = ContinuousClock.now
        _ = load(
            """
            version: 1
            rules:
              - {id: r, when: {content: {pattern: '\(pattern)', at-least: 2}}, then: {protect: none}}

            """
        )
        #expect(ContinuousClock.now - started < .seconds(30))
    }
}

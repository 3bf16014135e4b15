// Every mistake in a policy file is found, with its place, and with a hint where one helps.

import Mail
import Policy
import PolicyLanguage
import Testing

struct CheckTests {
    struct Mistake: Sendable, CustomTestStringConvertible {
        let name: String
        /// Whole file.
        let yaml: String
        /// `line:column` of the finding, or `line` alone.
        let at: String
        let message: String
        var hint: String = ""
        var testDescription: String { name }

        /// A mistake in one rule's `when` (line 5).
        static func when(_ name: String, _ when: String, _ at: String, _ message: String, _ hint: String = "")
            -> Mistake
        {
            Mistake(
                name: name, yaml: "version: 1\nrules:\n  - id: r\n    then: { protect: required }\n    when: \(when)\n",
                at: at, message: message, hint: hint)
        }

        /// A mistake in one rule's `then` (line 5).
        static func then(_ name: String, _ then: String, _ at: String, _ message: String, _ hint: String = "")
            -> Mistake
        {
            Mistake(
                name: name, yaml: "version: 1\nrules:\n  - id: r\n    when: { subject: x }\n    then: \(then)\n",
                at: at,
                message: message, hint: hint)
        }
    }

    static let fileMistakes: [Mistake] = [
        .init(name: "empty", yaml: "", at: "1:1", message: "empty", hint: "version: 1"),
        .init(name: "no version", yaml: "rules: []\n", at: "1:1", message: "no 'version'", hint: "version: 1"),
        .init(name: "later version", yaml: "version: 2\n", at: "1:10", message: "version must be 1"),
        .init(name: "no map", yaml: "- a\n", at: "1:1", message: "must be a map"),
        .init(name: "no YAML", yaml: "version: 1\nrules: [\n", at: "3", message: "not YAML", hint: "single quotes"),
        .init(name: "tab", yaml: "version: 1\nrules:\n\t- id: x\n", at: "3", message: "not YAML"),
        .init(
            name: "unknown top key", yaml: "version: 1\nrulez: []\n", at: "2:1", message: "unknown key 'rulez'",
            hint: "did you mean 'rules'?"),
        .init(
            name: "key twice", yaml: "version: 1\nrules:\n  - id: a\n    id: b\n    then: {protect: none}\n", at: "3",
            message: "'id'"),
        .init(
            name: "unknown rule key",
            yaml: "version: 1\nrules:\n  - id: a\n    wehn: {subject: x}\n    then: {refuse: no}\n",
            at: "4:5", message: "unknown key 'wehn' in a rule", hint: "did you mean 'when'?"),
        .init(
            name: "two rules, one id",
            yaml:
                "version: 1\nrules:\n  - id: a\n    then: {protect: required}\n  - id: a\n    then: {protect: none}\n",
            at: "5:5", message: "two rules have the id 'a'", hint: "rules.yaml:3"),
        .init(
            name: "no id", yaml: "version: 1\nrules:\n  - then: {protect: none}\n", at: "3:5", message: "no 'id'"),
        .init(
            name: "bad id", yaml: "version: 1\nrules:\n  - id: a b\n    then: {protect: none}\n", at: "3:9",
            message: "cannot be the id"),
        .init(name: "no then", yaml: "version: 1\nrules:\n  - id: a\n", at: "3:5", message: "has no 'then'"),
        .init(
            name: "rules no list", yaml: "version: 1\nrules: {}\n", at: "2:8",
            message: "'rules' must be a list, and is a map"),
        .init(
            name: "list entry", yaml: "version: 1\nlists:\n  p: [acme]\n", at: "3:7",
            message: "'acme' is neither a domain nor an address, in list 'p'"),
        .init(
            name: "list address", yaml: "version: 1\nlists:\n  p: [a@@b.c]\n", at: "3:7",
            message: "is not a mail address"),
        .init(name: "list inside", yaml: "version: 1\nlists:\n  inside: [a.b]\n", at: "3:3", message: "is built in"),
        .init(
            name: "detector built in", yaml: "version: 1\ndetectors:\n  iban: {words: [x]}\n", at: "3:3",
            message: "is built in"),
        .init(
            name: "detector of nothing", yaml: "version: 1\ndetectors:\n  d: {case: exact}\n", at: "3:6",
            message: "either 'pattern' or 'words'"),
        .init(
            name: "detector pattern", yaml: "version: 1\ndetectors:\n  d: {pattern: '\\bx'}\n", at: "3:16",
            message: "\\b is not supported", hint: "whole-word: true"),
        .init(
            name: "defaults with nothing", yaml: "version: 1\ndefaults: {with: []}\n", at: "2:18",
            message: "names no method"),
        .init(
            name: "defaults protect", yaml: "version: 1\ndefaults: {protect: requird}\n", at: "2:21",
            message: "unknown protect in 'defaults' 'requird'", hint: "did you mean 'required'?"),
        .init(
            name: "anchor", yaml: "version: 1\nlists:\n  a: &x [a.b]\n  b: *x\n", at: "3",
            message: "anchor or alias 'x'"),
        .init(
            name: "always together, nothing in common",
            yaml: """
                version: 1
                rules:
                  - {id: a, when: {subject: x}, then: {protect: required, with: [pgp]}}
                  - {id: b, when: {subject: x, size: {over: 1MB}}, then: {protect: required, with: [link]}}
                """, at: "4", message: "no method in common", hint: "'a' (rules.yaml:3) allows pgp"),
    ]

    static let whenMistakes: [Mistake] = [
        .when("unknown condition", "{ subjct: x }", "5:13", "unknown condition 'subjct'", "did you mean 'subject'?"),
        .when("empty map", "{}", "5:11", "is empty"),
        .when("a text", "x", "5:11", "must be a map of keys, and is 'x'"),
        .when("subject nothing", "{ subject: }", "5", "must be a text, and is nothing"),
        .when("subject list", "{ subject: [a] }", "5:22", "must be a map of keys, and is a list"),
        .when("subject keys", "{ subject: { is: a, matches: b } }", "5", "both 'is' and 'matches'"),
        .when(
            "subject unknown key", "{ subject: { match: a } }", "5", "unknown key 'match'", "did you mean 'matches'?"),
        .when(
            "word boundary", "{ subject: '\\bconfidentialité\\b' }", "5:22", "\\b is not supported",
            "whole-word: true"),
        .when("backspace", "{ subject: \"\\bx\" }", "5:22", "backspace", "whole-word: true"),
        .when("back-reference", "{ subject: '(a)\\1' }", "5:22", "is refused", "linear time"),
        .when("look-ahead", "{ content: 'a(?=b)' }", "5:22", "is refused", "linear time"),
        .when("parenthesis", "{ content: { pattern: '(a' } }", "5", "is refused: missing close parenthesis"),
        .when("empty match", "{ subject: 'a*' }", "5:22", "is refused", "matches every text"),
        .when("too large", "{ subject: 'a{1,40000}' }", "5:22", "is refused", "shorter"),
        .when("header without name", "{ header: { is: x } }", "5", "has no 'name'", "name: Sensitivity"),
        .when("header without question", "{ header: { name: X } }", "5", "says none of"),
        .when("header name", "{ header: { name: 'X:', exists: true } }", "5", "cannot be the name"),
        .when(
            "header exists", "{ header: { name: X, exists: perhaps } }", "5",
            "must be true or false, and is 'perhaps'"),
        .when("sender bare", "{ sender: inside }", "5:21", "must be a map of keys", "{ in: inside }"),
        .when("sender unknown key", "{ sender: { within: inside } }", "5", "unknown key 'within'"),
        .when("unknown list", "{ recipient: { in: insid } }", "5:30", "unknown list 'insid'", "did you mean 'inside'?"),
        .when("bad address", "{ recipient: { in: 'a@' } }", "5:30", "is not a mail address"),
        .when("recipient nothing", "{ recipient: {} }", "5", "neither 'in' nor 'not-in'"),
        .when("empty list of lists", "{ recipient: { in: [] } }", "5", "is an empty list"),
        .when("size bare", "{ size: 10MiB }", "5", "must be a map of keys", "{ over: 10MiB }"),
        .when("size unit", "{ size: { over: 10 parsecs } }", "5", "must be a size, and is '10 parsecs'", "10MiB"),
        .when("size overflow", "{ size: { over: 99999999999999GiB } }", "5", "too large"),
        .when("size never", "{ size: { over: 2MB, under: 1MB } }", "5", "can never be true"),
        .when(
            "attachment kind", "{ attachment: { kind: programm } }", "5", "unknown kind 'programm'",
            "did you mean 'program'?"),
        .when("attachment type", "{ attachment: { type: pdf } }", "5", "is not a media type", "application/pdf"),
        .when("attachment extension", "{ attachment: { extension: '*.exe' } }", "5", "is not an extension"),
        .when("attachment nothing", "{ attachment: {} }", "5", "asks for nothing"),
        .when("attachment bare", "{ attachment: exe }", "5", "must be a map of keys", "{ name: exe }"),
        .when("content nothing", "{ content: { at-least: 2 } }", "5", "says none of"),
        .when(
            "content unknown detector", "{ content: { detector: ibann } }", "5", "unknown detector 'ibann'",
            "did you mean 'iban'?"),
        .when("at-least zero", "{ content: { detector: iban, at-least: 0 } }", "5", "must be from 1 to 1000"),
        .when("at-least text", "{ content: { detector: iban, at-least: many } }", "5", "must be a whole number"),
        .when(
            "detector with case", "{ content: { detector: iban, case: exact } }", "5", "no meaning beside 'detector'"),
        .when("words not whole", "{ content: { words: [a], whole-word: false } }", "5", "whole words always"),
        .when("word of spaces", "{ content: { words: ['  '] } }", "5", "only white space"),
        .when(
            "case", "{ content: { pattern: a, case: exakt } }", "5", "unknown case of 'content' 'exakt'",
            "did you mean 'exact'?"),
        .when("encrypted", "{ encrypted: pgpp }", "5:24", "unknown 'encrypted' 'pgpp'", "did you mean 'pgp'?"),
        .when("any no list", "{ any: { subject: a } }", "5", "'any' must be a list", "entry of its own"),
        .when("any empty", "{ any: [] }", "5", "is an empty list"),
        .when("not list", "{ not: [a] }", "5", "must be a map of keys, and is a list"),
        .when(
            "deep inside", "{ any: [ { not: { subjet: a } } ] }", "5", "unknown condition 'subjet'",
            "did you mean 'subject'?"),
    ]

    static let thenMistakes: [Mistake] = [
        .then("unknown effect", "{ protekt: required }", "5:13", "unknown key 'protekt'", "did you mean 'protect'?"),
        .then("nothing", "{}", "5:11", "asks for nothing"),
        .then("protect", "{ protect: yes }", "5", "unknown protect"),
        .then("quarantine", "{ quarantine: true }", "5:13", "the settings set up none", "quarantine.key"),
        .then(
            "smime", "{ protect: required, with: [smime] }", "5:39", "method 'smime' does not exist yet", "pgp, link"),
        .then("method", "{ protect: required, with: [pgq] }", "5:39", "unknown method 'pgq'", "did you mean 'pgp'?"),
        .then("method twice", "{ protect: required, with: [pgp, pgp] }", "5", "stands twice"),
        .then("no method", "{ protect: required, with: [] }", "5:38", "names no method"),
        .then("with without protection", "{ protect: none, with: [pgp] }", "5", "no meaning without protection"),
        .then("refuse and protect", "{ refuse: no, protect: required }", "5", "no meaning beside 'refuse'"),
        .then("refuse true", "{ refuse: true }", "5:21", "must be a text", "quotes"),
        .then("refuse a novel", "{ refuse: '\(String(repeating: "x", count: 300))' }", "5", "limit 200"),
        .then("hide-subject", "{ protect: required, hide-subject: 1 }", "5", "must be true or false"),
    ]

    @Test(arguments: fileMistakes + whenMistakes + thenMistakes)
    func mistakesAreFoundWithTheirPlace(_ mistake: Mistake) throws {
        let result = load(mistake.yaml)
        #expect(result.ruleset == nil)
        let shown = result.diagnostics.map(\.description).joined(separator: "\n")
        let finding = try #require(result.diagnostics.first { $0.severity == .error }, "no error")
        #expect(finding.file == "rules.yaml")
        let place = mistake.at.contains(":") ? "\(finding.line):\(finding.column)" : "\(finding.line)"
        #expect(place == mistake.at, "\(shown)")
        #expect(finding.message.contains(mistake.message), "\(shown)")
        if !mistake.hint.isEmpty { #expect(finding.hint?.contains(mistake.hint) == true, "\(shown)") }
        #expect(!finding.message.hasSuffix("."))
    }

    @Test func stripSubjectTagNeedsASubjectPattern() {
        let yaml =
            """
            version: 1
            rules:
              - id: r
                when: {size: {over: 1}}
                then: {protect: required, strip-subject-tag: true}

            """
        let findings = load(yaml).diagnostics
        #expect(findings.map(\.line) == [5])
        #expect(findings.first?.message.contains("needs a 'subject' pattern") == true)
    }

    @Test func allMistakesOfAllFilesComeAtOnce() {
        let result = Ruleset.load(
            files: [
                PolicyFile(
                    name: "a.yaml", text: "version: 1\nlists: {p: [x]}\nrules:\n  - {id: r, then: {protect: maybe}}\n"),
                PolicyFile(name: "b.yaml", text: "rules:\n  - {id: r, when: {subject: '('}, then: {protect: none}}\n"),
            ], surroundings: Surroundings(inside: DomainList([]), linksAvailable: true))
        #expect(result.ruleset == nil)
        #expect(result.diagnostics.map { "\($0.file):\($0.line)" } == ["a.yaml:2", "a.yaml:4", "b.yaml:1", "b.yaml:2"])
    }

    @Test func aListOfALaterFileCanBeUsedAndDefaultsStandOnce() throws {
        let surroundings = Surroundings(inside: DomainList([]), linksAvailable: true)
        let first =
            """
            version: 1
            defaults: {with: [pgp]}
            rules:
              - {id: r, when: {recipient: {in: p}}, then: {protect: required}}

            """
        let result = Ruleset.load(
            files: [
                PolicyFile(name: "a.yaml", text: first),
                PolicyFile(name: "b.yaml", text: "version: 1\nlists: {p: [x.example, y@z.example]}\n"),
            ], surroundings: surroundings)
        #expect(result.diagnostics == [])
        #expect(result.ruleset?.rules == [RuleInfo(id: "r", about: "", file: "a.yaml", line: 4)])
        #expect(result.ruleset?.destinations == [])
        let twice = Ruleset.load(
            files: [
                PolicyFile(name: "a.yaml", text: "version: 1\ndefaults: {with: [pgp]}\n"),
                PolicyFile(name: "b.yaml", text: "version: 1\ndefaults: {with: [pgp]}\n"),
            ], surroundings: surroundings)
        #expect(twice.diagnostics.contains { $0.file == "b.yaml" && $0.message.contains("set twice") })
    }

    @Test func aPossibleConflictIsAWarningAndAnExcludedOneIsNone() {
        func rules(_ a: String, _ b: String) -> String {
            "version: 1\nlists: {p: [p.example]}\nrules:\n  - {id: a, \(a), then: {protect: required, with: [pgp]}}\n"
                + "  - {id: b, \(b), then: {protect: required, with: [link]}}\n"
        }
        let possible = load(rules("when: {subject: a}", "when: {subject: b}"))
        #expect(possible.ruleset != nil)
        #expect(possible.diagnostics.map(\.severity) == [.warning])
        #expect(load(rules("when: {recipient: {in: p}}", "when: {recipient: {not-in: p}}")).diagnostics == [])
        #expect(load(rules("when: {subject: a}", "when: {not: {subject: a}}")).diagnostics == [])
        #expect(load(rules("when: {subject: a}", "when: {subject: b}, unless: {subject: a}")).diagnostics == [])
    }

    @Test func linksOnlyWithoutLinksAndNoRulesAreWarnedOf() {
        let yaml = "version: 1\nrules:\n  - {id: r, when: {subject: a}, then: {protect: required, with: [link]}}\n"
        #expect(load(yaml, links: false).diagnostics.map(\.severity) == [.warning])
        #expect(load(yaml, links: true).diagnostics == [])
        #expect(load("version: 1\n").diagnostics.map(\.severity) == [.warning])
        #expect(
            Ruleset.load(files: [], surroundings: Surroundings(inside: DomainList([]), linksAvailable: true)).ruleset
                == nil)
    }
}

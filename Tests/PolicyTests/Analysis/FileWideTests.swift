// `scope` and `exempt` of a file and conditions with names: they are what they are spelt out, for the rules of their
// file, and nothing else changes.

import Detection
import Foundation
import MIME
import Mail
import Policy
import PolicyAnalysis
import PolicyLanguage
import Testing

struct FileWideTests {
    private static let surroundings = Surroundings(inside: DomainList(["example.org"]), linksAvailable: true)

    private static func load(_ files: [String: String]) -> RulesetResult {
        Ruleset.load(
            files: files.sorted { $0.key < $1.key }.map { PolicyFile(name: $0.key, text: "version: 1\n\($0.value)\n") },
            surroundings: surroundings)
    }

    private static func check(_ files: [String: String]) -> [Diagnostic] {
        Ruleset.check(
            files: files.sorted { $0.key < $1.key }.map { PolicyFile(name: $0.key, text: "version: 1\n\($0.value)\n") },
            surroundings: surroundings, nowSeconds: 1_795_649_400
        ).diagnostics
    }

    private static func rules(_ files: [String: String]) throws -> Ruleset {
        let result = load(files)
        return try #require(result.ruleset, "\(result.diagnostics.map(\.description))")
    }

    private static func applied(_ rules: Ruleset, _ parsed: ParsedMessage) -> [[String]] {
        decide(parsed, known: KnownKeys(), rules: rules, nowSeconds: 0).decisions.map(\.rules)
    }

    private static let act = "then: {protect: required}"
    private static let all = "  - {id: all, \(act)}"

    @Test(
        "A name that cannot be written as one word is refused", arguments: ["\"\"", "\"a b\"", "\" a\"", "\"a\\tb\""])
    func names(_ name: String) throws {
        for (key, what, value) in [
            ("conditions", "condition", "{subject: x}"), ("lists", "list", "[x.example]"),
            ("detectors", "detector", "{pattern: x}"),
        ] {
            let result = Self.load(["a.yaml": "\(key): {\(name): \(value)}\nrules:\n\(Self.all)"])
            let found = try #require(result.diagnostics.first, "\(key) \(name)")
            #expect(result.ruleset == nil && found.message.hasPrefix("\(what) '") && found.line == 2, "\(found)")
            #expect(found.message.contains("cannot be named so") && found.hint?.contains("hyphens") == true)
        }
        #expect(
            try Self.rules(["a.yaml": "conditions: {an-Müller: {subject: x}}\nrules:\n\(Self.all)"]).rules.count == 1)
    }

    @Test(
        "An unknown name says where it stands",
        arguments: [
            ("exempt: {condition: personel}", "'exempt' of the file"),
            ("scope: {condition: personel}", "'scope' of the file"),
            ("rules: [{id: r, unless: {condition: personel}, then: {protect: required}}]", "'unless' of rule 'r'"),
            ("exempt: {any: [{condition: personel}]}", "'any'"),
        ])
    func unknownName(_ text: String, _ place: String) throws {
        let rules = text.hasPrefix("rules") ? "" : "\nrules:\n\(Self.all)"
        let found = Self.load(["a.yaml": "conditions: {personal: {subject: x}}\n\(text)\(rules)"]).diagnostics
        #expect(found.map(\.message) == ["unknown condition 'personel' in \(place)"])
        #expect(found.first?.hint?.hasPrefix("did you mean 'personal'?") == true)
    }

    @Test("scope and exempt hold for the rules of their own file only")
    func ownFileOnly() throws {
        let rules = try Self.rules([
            "a.yaml":
                "scope: {recipient: {not-in: inside}}\nexempt: {recipient: {in: friend.example}}\nrules:\n\(Self.all)",
            "b.yaml": "rules:\n  - {id: other, when: {subject: lunch}, \(Self.act)}",
        ])
        let parsed = try plain(to: ["carol@elsewhere.example", "bernard@example.org", "bob@friend.example"])
        #expect(Self.applied(rules, parsed) == [["all", "other"], ["other"], ["other"]])
    }

    @Test("An unknown scope applies, and only a true exempt exempts")
    func unknown() throws {
        // No From: `from` is unknown.
        let unknown = try message("Subject: x\n\nhello\n")
        let ours = try message("From: a@example.org\nSubject: x\n\nhello\n")
        let theirs = try message("From: a@elsewhere.example\nSubject: x\n\nhello\n")
        let scoped = try Self.rules(["a.yaml": "scope: {from: {in: inside}}\nrules:\n\(Self.all)"])
        let exempt = try Self.rules(["a.yaml": "exempt: {from: {in: inside}}\nrules:\n\(Self.all)"])
        #expect([unknown, ours, theirs].map { Self.applied(scoped, $0) } == [[["all"]], [["all"]], [[]]])
        #expect([unknown, ours, theirs].map { Self.applied(exempt, $0) } == [[["all"]], [[]], [["all"]]])
        let record = explain(unknown, known: KnownKeys(), rules: scoped, nowSeconds: 0)
        let trace = try #require(record.recipients.first?.rules.first)
        #expect(trace.application.doubt != nil)
        #expect(trace.scope?.label == "from in inside" && trace.when == nil && trace.exempt == nil)
    }

    @Test("For random rules and messages the file's conditions are what they are where each rule spells them out")
    func spelledOut() throws {
        var random = PropertyTests.Random(state: 1204)
        let messages = try PropertyTests.messages(&random, count: 40)
        var different = 0
        for _ in 0..<200 {
            let parts = (0..<4).map { _ in PropertyTests.conditions.randomElement(using: &random) ?? "" }
            let lists = "lists: { partners: [lab.example] }\n"
            let (short, long) = (
                """
                \(lists)scope: { \(parts[0]) }
                exempt: { condition: out }
                conditions: { out: { \(parts[1]) }, deep: { condition: third }, third: { \(parts[2]) } }
                rules:
                  - { id: a, when: { condition: deep }, unless: { \(parts[3]) }, \(Self.act) }
                  - { id: b, \(Self.act) }
                """,
                """
                \(lists)rules:
                  - { id: a, when: { all: [ { \(parts[0]) }, { \(parts[2]) } ] }, unless: { any: [ { \(parts[3]) }, { \
                \(parts[1]) } ] }, \(Self.act) }
                  - { id: b, when: { \(parts[0]) }, unless: { \(parts[1]) }, \(Self.act) }
                """
            )
            let (one, other) = (try Self.rules(["a.yaml": short]), try Self.rules(["a.yaml": long]))
            let parsed = try #require(messages.randomElement(using: &random))
            let decisions = decide(parsed, known: KnownKeys(), rules: one, nowSeconds: 0).decisions
            #expect(decisions == decide(parsed, known: KnownKeys(), rules: other, nowSeconds: 0).decisions, "\(short)")
            if Set(decisions.map(\.rules)).count > 1 { different += 1 }
            // And so it is in the features log: written by the one, it answers the other.
            let print: (String) -> String = { $0 }
            let (_, features) = decideAndRecord(
                parsed, known: KnownKeys(), rules: one, nowSeconds: 0,
                recorder: FeatureRecorder(one, fingerprint: print))
            let replayed = try #require(FeatureReplay(other, fingerprint: print).decisions(features))
            #expect(replayed.map(\.most.rules) == decisions.map(\.rules), "\(short)")
            #expect(replayed.allSatisfy { $0.untold.isEmpty }, "\(short)")
            let again = try #require(FeatureReplay(one, fingerprint: print).decisions(features))
            #expect(again.map(\.most.rules) == decisions.map(\.rules))
        }
        #expect(different > 10)
    }

    @Test("A condition with a name can be used in any file, and takes its subject tag out")
    func named() throws {
        let rules = try Self.rules([
            "a.yaml":
                """
            rules:
              - {id: tag, when: {condition: tagged, recipient: {not-in: \
            inside}}, then: {protect: required, strip-subject-tag: true}}
            """,
            "b.yaml": "conditions: {tagged: {subject: '\\[secure\\]'}}\n",
        ])
        let decision = try rules.decision(try plain(subject: "[secure] Lunch"))
        #expect(decision.rules == ["tag"] && decision.rewrittenSubject == "Lunch")
        #expect(try rules.decision(try plain()).rules == [])
        let record = explain(
            try plain(subject: "[secure] Lunch"), known: KnownKeys(), rules: rules, nowSeconds: 0)
        let when = try #require(record.recipients.first?.rules.first?.when)
        let named = try #require(when.parts.first { $0.name == "tagged" })
        #expect(named.label == "condition tagged" && named.parts.map(\.label) == ["subject pattern '\\[secure\\]'"])
    }

    @Test("A message that the one scan finds nothing in is still judged by what scope asks")
    func silentRules() throws {
        let rules = try Self.rules([
            "a.yaml":
                "scope: {content: nightjar}\nrules:\n\(Self.all)\n  - {id: lunch, when: {subject: lunch}, \(Self.act)}"
        ])
        #expect(Self.applied(rules, try plain("about the Nightjar")) == [["all", "lunch"]])
        #expect(Self.applied(rules, try plain("about nothing")) == [[]])
    }

    @Test(
        "What a file says twice, a name that is none, circles: errors in words",
        arguments: [
            (
                """
                conditions: {out: {recipient: {not-in: inside}}}
                rules:
                  - {id: r, when: {condition: aut}, then: {refuse: no}}
                """,
                "unknown condition 'aut'", "did you mean 'out'?"
            ),
            (
                "lists: {p: [a.example]}\nrules:\n  - {id: r, when: {condition: p}, then: {refuse: no}}",
                "'p' is a list", "recipient: { in: p }"
            ),
            (
                "rules:\n  - {id: r, when: {condition: iban}, then: {refuse: no}}", "'iban' is a detector",
                "detector: iban"
            ),
            ("rules:\n  - {id: r, when: {condition: [a, b]}, then: {refuse: no}}", "must be one name", "all: ["),
            ("conditions: {a: {condition: a}}", "condition 'a' asks for itself: a -> a", "take one"),
            (
                "conditions: {x: {not: {condition: y}}, y: {any: [{subject: a}, {condition: z}]}, z: {condition: x}}",
                "condition 'x' asks for itself: x -> y -> z -> x", "take one"
            ),
            (
                "conditions: {alpha: {subject: x}}\nscope: {condition: alpah}", "unknown condition 'alpah'",
                "did you mean 'alpha'?"
            ),
            ("scope: {}", "'scope' of the file is empty", "leave it out"),
            (
                "rules:\n  - {id: r, exempt: {subject: x}, then: {refuse: no}}", "unknown key 'exempt' in a rule",
                "'unless'"
            ),
            ("rules:\n  - {id: r, scope: {subject: x}, then: {refuse: no}}", "unknown key 'scope' in a rule", "'when'"),
            ("unless: {subject: x}", "unknown key 'unless' in the file", "'exempt'"),
            ("when: {subject: x}", "unknown key 'when' in the file", "'scope'"),
            ("conditions: {c: {subject: x}}\nscope: {c: true}", "unknown condition 'c'", "condition: c"),
            ("conditions: {c: {subject: x}}\nscope: {all: [c]}", "and is 'c'", "{ condition: c }"),
            ("exempt: {recipint: {in: inside}}", "unknown condition 'recipint' in 'exempt' of the file", "'recipient'"),
            ("scope: [a]", "'scope' of the file must be a map of keys", ""),
        ])
    func mistakes(_ yaml: String, _ message: String, _ hint: String) throws {
        let result = Self.load(["a.yaml": yaml])
        #expect(result.ruleset == nil)
        let shown = result.diagnostics.map(\.description)
        let finding = try #require(result.diagnostics.first { $0.message.contains(message) }, "\(shown)")
        #expect(hint.isEmpty || finding.hint?.contains(hint) == true, "\(shown)")
        #expect(result.diagnostics.count == 1, "\(shown)")
    }

    @Test("A name stands once, whichever file")
    func twice() {
        let findings = Self.load([
            "a.yaml": "conditions: {c: {subject: x}}", "b.yaml": "conditions: {c: {subject: y}}",
        ]).diagnostics
        #expect(findings.map(\.message) == ["condition 'c' is defined twice"])
        #expect(findings.first?.hint == "the first is at a.yaml:2")
    }

    @Test("Names that name names are bounded, however they are written")
    func bounded() {
        let chain = (0..<5000).map { "  c\($0): {condition: c\($0 + 1)}" }.joined(separator: "\n")
        let deep = Self.load(["a.yaml": "conditions:\n\(chain)\n  c5000: {subject: x}"])
        #expect(deep.ruleset == nil && deep.diagnostics.contains { $0.message.contains("nest deeper") })
        let doubled = (0..<25).map {
            "  c\($0): {any: [{condition: c\($0 + 1)}, {condition: c\($0 + 1)}]}"
        }.joined(separator: "\n")
        let wide = Self.load(["a.yaml": "conditions:\n\(doubled)\n  c25: {subject: x}"])
        #expect(wide.ruleset == nil && wide.diagnostics.contains { $0.message.contains("spelt out") })
    }

    @Test(
        "check warns of what does nothing, or lets anybody out",
        arguments: [
            ("exempt: {subject: news}", ["exempt-without-address"]),
            ("exempt: {any: [{recipient: {in: a.example}}, {subject: news}]}", ["exempt-without-address"]),
            ("exempt: {not: {recipient: {in: inside}, subject: x}}", ["exempt-without-address"]),
            ("exempt: {condition: c}\nconditions: {c: {subject: news}}", ["exempt-without-address"]),
            ("exempt: {recipients: {any-in: a.example}}", ["exempt-without-address"]),
            ("exempt: {recipient: {in: a.example}, subject: news}", []),
            ("exempt: {any: [{recipient: {in: a.example}}, {sender: {in: b@example.org}, subject: news}]}", []),
            ("exempt: {not: {any: [{recipient: {not-in: a.example}}, {subject: x}]}}", []),
            ("exempt: {condition: c}\nconditions: {c: {sender: {in: b@example.org}}}", []),
            ("conditions: {c: {subject: news}, d: {condition: c}}", ["unused-condition", "unused-condition"]),
            ("scope: {condition: d}\nconditions: {c: {subject: news}, d: {condition: c}}", []),
            ("scope: {subject: x, not: {subject: x}}", ["never-true", "never-applies?"]),
        ])
    func findings(_ head: String, _ codes: [String]) {
        let found = Self.check(["a.yaml": "\(head)\nrules:\n  - {id: r, when: {size: {over: 1MB}}, \(Self.act)}"])
            .filter { $0.severity == .warning }
        #expect(found.map { $0.code ?? "" } == codes.filter { !$0.hasSuffix("?") }, "\(found.map(\.description))")
        #expect(found.allSatisfy { $0.line > 0 && $0.column > 0 && $0.hint != nil })
    }

    @Test("check sees scope and exempt as parts of each rule")
    func together() {
        func codes(_ head: String, _ rule: String) -> [String] {
            Self.check(["a.yaml": "\(head)\nrules:\n  - {id: r, \(rule)}"]).compactMap(\.code)
        }
        let out = "scope: {recipient: {not-in: inside}}"
        #expect(codes(out, "when: {recipient: {in: inside}}, \(Self.act)") == ["never-true"])
        #expect(codes(out, "when: {subject: x}, unless: {recipient: {in: inside}}, \(Self.act)") == ["idle-exception"])
        #expect(codes("\(out)\nexempt: {recipient: {not-in: example.org}}", Self.act) == ["never-applies"])
        #expect(codes("\(out)\nexempt: {recipient: {in: example.org}}", Self.act) == ["idle-exception"])
        #expect(codes(out, "when: {subject: x}, \(Self.act)") == [])
        #expect(
            Self.check(["a.yaml": "\(out)\nlists: {p: [a.example]}", "b.yaml": "rules:\n\(Self.all)"]).map(\.code)
                == ["file-without-rules", "unused-list"])
        // Lists and detectors that only these use are used.
        #expect(
            codes(
                "lists: {p: [a.example], q: [b.example]}\ndetectors: {d: {words: [x]}}\n"
                    + "scope: {recipient: {not-in: p}}\n"
                    + "exempt: {recipient: {in: q}}\nconditions: {c: {content: {detector: d}}}",
                "when: {condition: c}, \(Self.act)") == [])
        // Rules of two files that scope keeps apart have no conflict.
        let pgp = "then: {protect: required, with: [pgp]}"
        let link = "then: {protect: required, with: [link]}"
        let apart = Self.load([
            "a.yaml": "scope: {recipient: {in: a.example}}\nrules:\n  - {id: a, \(pgp)}",
            "b.yaml": "scope: {recipient: {in: b.example}}\nrules:\n  - {id: b, \(link)}",
        ])
        #expect(apart.diagnostics == [] && apart.ruleset != nil)
    }

    @Test("Mutants drop scope and exempt, and change what is under a name once")
    func mutants() throws {
        let rules = try Self.rules([
            "a.yaml": """
            scope: {recipient: {not-in: inside}, condition: big}
            exempt: {recipient: {in: a.example}}
            conditions: {big: {size: {over: 1MB}}, idle: {subject: x}}
            rules:
              - {id: r, when: {condition: big}, then: {protect: preferred}}
              - {id: s, then: {refuse: no}}
            """
        ])
        let changes = rules.mutants().map { "\($0.rule)|\($0.line)|\($0.change)" }
        for wanted in [
            "|2|drops `scope`: its rules hold everywhere", "|3|drops `exempt`",
            "|2|in `scope`: drops 'recipient not-in inside'", "|2|in `scope`: drops 'condition big'",
            "|3|in `exempt`: negates 'recipient in a.example'",
            "|4|in `conditions: big`: 'size over 1000000 bytes': over 1000001 bytes",
            "r|6|drops `when`: applies always",
            "r|6|negates 'condition big'",
        ] {
            #expect(changes.count { $0 == wanted } == 1, "\(wanted) in \(changes.joined(separator: "\n"))")
        }
        // What no rule uses can make no difference.
        #expect(!changes.contains { $0.contains("idle") || $0.contains("subject") })
        #expect(!changes.contains { $0.hasPrefix("r|") && $0.contains("size") })
        let parsed = try plain(to: ["bernard@example.org", "x@a.example", "carol@elsewhere.example"])
        func applied(_ change: String) throws -> [[String]] {
            let mutant = try #require(rules.mutants().first { $0.change == change })
            return Self.applied(mutant.ruleset, parsed)
        }
        #expect(Self.applied(rules, parsed) == [[], [], []])
        #expect(try applied("drops `scope`: its rules hold everywhere") == [["s"], [], ["s"]])
        #expect(try applied("in `conditions: big`: negates 'size over 1000000 bytes'") == [[], [], ["r", "s"]])
        #expect(try applied("in `scope`: negates 'condition big'") == [[], [], ["s"]])
    }
}

// Coverage, mutants, faults, invariants, tables, folders and files made for attachments: each on a small policy of
// which the right answer is known.

import Foundation
import Gateway
import Mail
import Policy
import PolicyTesting
import Support
import Testing

struct HarnessTests {
    static let rules = """
        version: 1
        rules:
          - id: cards
            when: { content: { detector: payment-card }, recipient: { not-in: inside } }
            unless: { recipient: { in: [partner.example, friend.example] } }
            then: { protect: required, with: [pgp], hide-subject: true }
        """
    static let sealed = """
        inside: [example.org]
        cases:
          - name: sealed
            from: alice@example.org
            to: [bob@x.example]
            keys: [bob@x.example]
            subject: s
            body: 4111 1111 1111 1111
            expect: { "*": { verdict: seal, method: pgp, rules: [cards], subject: "[...]" } }

        """
    static let rest = """
          - name: no key
            from: alice@example.org
            to: [bob@x.example]
            subject: s
            body: 4111 1111 1111 1111
            expect: { bob@x.example: { verdict: refuse, reply: "550", refusal: "MUST be encrypted" } }
          - name: nothing
            from: alice@example.org
            to: [bob@x.example]
            subject: s
            body: hello
            expect: { bob@x.example: { verdict: pass, rules: [], not-rules: [cards] } }
          - name: others <who>
            from: alice@example.org
            to: [<who>]
            keys: []
            subject: s
            body: 4111 1111 1111 1111
            expect: { <who>: { verdict: pass, rules: [], effects: [], watched: [] } }
            each: [ { who: carol@example.org }, { who: p@partner.example }, { who: f@friend.example } ]

        """

    /// A policy folder with rules and one case file.
    static func folder(_ cases: String, rules: String = rules, files: [String: String] = [:]) throws -> TemporaryFolder
    {
        let folder = try TemporaryFolder()
        try folder.write("rules.yaml", rules)
        try folder.write("tests/a.yaml", cases)
        for (name, text) in files { try folder.write(name, text) }
        return folder
    }

    static func prepared(_ folder: TemporaryFolder) async throws -> (PreparedCases, CaseFolder, [PolicyFile]) {
        let read = CaseFolder(policyFolder: folder.path, fallback: CaseSurroundings(inside: ["example.org"]))
        #expect(read.diagnostics.map(\.description) == [])
        let files = try PolicyFolder.files(in: folder.path)
        return (try #require(await PreparedCases(read.cases, files: files)), read, files)
    }

    static func run(_ cases: String, rules: String = rules, files: [String: String] = [:]) async throws -> CaseRun {
        let folder = try folder(cases, rules: rules, files: files)
        return await CaseRunner.run(try await prepared(folder).0, jobs: 3)
    }

    @Test("Coverage counts what was seen, and is rounded down")
    func coverage() async throws {
        let (first, _, firstFiles) = try await Self.prepared(try Self.folder(Self.sealed))
        let one = Coverage(first)
        #expect(one.rulesPercent == 100)
        // The rule, `when` with its two parts, and `unless`: ten outcomes, of which a single case sees five.
        #expect(one.outcomes == 10 && one.seen == 5 && one.percent == 50)
        #expect(one.text.contains("'recipient not-in inside' (rule cards) was never false"))
        #expect(one.text.contains("rule cards was never seen not applying"))
        let (all, _, files) = try await Self.prepared(try Self.folder(Self.sealed + Self.rest))
        let whole = Coverage(all)
        #expect(whole.percent == 100, "\(whole.text)")
        #expect(one.page(of: firstFiles).contains("never false"))
        #expect(!whole.page(of: files).contains("never"))
    }

    @Test("Mutants survive where cases are missing, and die where they are not")
    func mutants() async throws {
        let few = await MutationRun(try await Self.prepared(try Self.folder(Self.sealed)).0, jobs: 2)
        let left = few.survivors.map(\.change)
        #expect(left.contains("drops 'recipient not-in inside'"), "\(left)")
        #expect(left.contains("drops `unless`"))
        #expect(left.contains("allows link too"))
        #expect(!left.contains("drops the rule"))
        #expect(few.survivors.allSatisfy { $0.line > 0 || $0.rule.isEmpty })
        let all = await MutationRun(try await Self.prepared(try Self.folder(Self.sealed + Self.rest)).0, jobs: 2)
        let rest = all.survivors.map { "\($0.rule): \($0.change)" }
        // Nobody in these cases gets a second method, so the order of the defaults and the count of values stay open.
        #expect(
            Set(rest).isSubset(of: [
                "cards: 'content detector payment-card, at least 1': at least 2", ": defaults: with: without pgp",
                ": defaults: with: without link", ": defaults: with: in reverse order",
            ]), "\(rest)")
        #expect(all.results.count > 12)
    }

    @Test(
        "A case tells what came instead",
        arguments: [
            ("{ verdict: pass }", "expected verdict pass, got seal"),
            ("{ reply: \"550\" }", "expected reply 550, got 250"),
            ("{ refusal: nothing }", "expected a refusal with \"nothing\", got none"),
            ("{ effects: [sign] }", "effects: did not apply: sign"), ("{ watched: [w] }", "watched: did not apply: w"),
            ("{ not-rules: [cards] }", "rules that must not apply did: cards"),
            ("{ fingerprints: [AB] }", "fingerprints: did not apply: AB; applied too: 0000"),
        ])
    func assertions(_ expect: String, _ words: String) async throws {
        let text = Self.sealed.replacing(
            "{ verdict: seal, method: pgp, rules: [cards], subject: \"[...]\" }", with: expect)
        let failures = try await Self.run(text).results.flatMap(\.failures)
        #expect(failures.count == 1 && failures[0].contains(words), "\(failures)")
    }

    @Test("Broken parts keep mail back", arguments: ["gpg: fails", "keys: unreadable", "vault: down"])
    func faults(_ fault: String) async throws {
        let text = Self.sealed.replacing(
            "expect: { \"*\": { verdict: seal, method: pgp, rules: [cards], subject: \"[...]\" } }",
            with: "faults: { \(fault) }")
        // Of a down vault only links can tell.
        let rules = fault.hasPrefix("vault") ? Self.rules.replacing("with: [pgp]", with: "with: [link]") : Self.rules
        #expect(try await Self.run(text, rules: rules).results.flatMap(\.failures) == [])
    }

    @Test("A fault that breaks nothing of a case is told from one that was withstood")
    func withstood() async throws {
        // gpg has no part in a link, so the message leaves although gpg fails: sealed, and said.
        let text = Self.sealed.replacing(
            "expect: { \"*\": { verdict: seal, method: pgp, rules: [cards], subject: \"[...]\" } }",
            with: "faults: { gpg: fails }")
        let rules = Self.rules.replacing("with: [pgp]", with: "with: [link]")
        let failures = try await Self.run(text, rules: rules).results.flatMap(\.failures)
        #expect(failures == ["bob@x.example: would have left sealed, though gpg: fails"])
    }

    @Test("A fault case of which nobody is protected teaches nothing, and says so")
    func idleFault() async throws {
        let text = Self.sealed.replacing("4111 1111 1111 1111", with: "hello")
            .replacing(
                "expect: { \"*\": { verdict: seal, method: pgp, rules: [cards], subject: \"[...]\" } }",
                with: "faults: { gpg: fails }")
        #expect(try await Self.run(text).results.flatMap(\.failures).first?.contains("nobody is protected") == true)
    }

    @Test("An extractor that crashes makes what it would have read unknown, so rules about it apply")
    func crash() async throws {
        let text = """
            inside: [example.org]
            cases:
              - name: crash
                from: alice@example.org
                to: [bob@x.example]
                keys: [bob@x.example]
                subject: s
                body: hello
                attachments: [ { name: a.pdf, type: application/pdf, pdf: hello } ]
                faults: { extractor: crashes }
                expect: { bob@x.example: { verdict: seal, rules: [cards] } }
            """
        #expect(try await Self.run(text).results.flatMap(\.failures) == [])
    }

    @Test("Invariants are tried on cases and on made-up messages, and the message that breaks one is printed as a case")
    func invariants() async throws {
        let invariants = """
            invariants:
              - { name: nobody is lost, then: recipients-kept }
              - { name: nobody is exposed, then: bcc-hidden }
              - { name: cards stay, when: { content: { detector: payment-card }, recipient: { not-in: [inside, \
            partner.example, friend.example] } }, then: protected }
              - { name: all is protected, when: { recipient: { not-in: inside } }, then: protected }
              - { name: no links, then: not-by-link }

            """
        let folder = try Self.folder(invariants + Self.sealed + Self.rest)
        let (prepared, read, files) = try await Self.prepared(folder)
        let trial = InvariantTrial(read.invariants, prepared, files: files, seed: 7, count: 60)
        let results = await trial.results()
        // Cases and made-up messages were walked with real keys, sealed ones too.
        #expect(results.map(\.passed) == [true, true, true, false, true], "\(results.flatMap(\.failures))")
        #expect(results[3].failures[0].contains("leaves in clear, by case"))
        // The same seed finds the same.
        #expect(await trial.results().flatMap(\.failures) == results.flatMap(\.failures))
    }

    @Test("A made-up message finds what no case shows")
    func madeUp() async throws {
        // The only case has one recipient with a key; an invariant over it holds, and breaks for the same without a
        // key.
        let rules = Self.rules.replacing("required, with: [pgp]", with: "preferred, with: [pgp]")
        let folder = try Self.folder(
            "invariants:\n  - { name: sealed, then: protected, when: { content: { detector: payment-card } } }\n"
                + Self.sealed, rules: rules)
        let (prepared, read, files) = try await Self.prepared(folder)
        let results = await InvariantTrial(read.invariants, prepared, files: files, seed: 1, count: 50).results()
        let failure = try #require(results.first?.failures.first)
        #expect(failure.contains("by this message:\n- name: found by an invariant"), "\(failure)")
        #expect(failure.contains("body: \"4111 1111 1111 1111\""))
    }

    @Test("A folder of messages is a case for each")
    func folders() async throws {
        let text = """
            inside: [example.org]
            cases:
              - name: old mail
                messages: old
                expect: { "*": { verdict: pass } }
            """
        let run = try await Self.run(
            text,
            files: [
                "tests/old/a.eml": "From: alice@example.org\nTo: bob@x.example\nSubject: a\n\nhello\n",
                "tests/old/b.eml": "From: alice@example.org\nTo: bob@x.example\nSubject: b\n\n4111 1111 1111 1111\n",
            ])
        #expect(run.results.map(\.name) == ["old mail (a.eml)", "old mail (b.eml)"])
        #expect(run.results.map(\.passed) == [true, false])
    }

    @Test("Times and origins of a case reach the rules")
    func circumstances() async throws {
        let rules = """
            version: 1
            rules:
              - { id: night, when: { time: { between: "22:00-06:00", zone: UTC } }, then: { refuse: night } }
              - { id: crm, when: { user: { in: [crm] } }, then: { refuse: crm } }
              - { id: far, when: { client: { in: [192.0.2.0/24] } }, then: { refuse: far } }
            """
        let head = "from: alice@example.org, to: [b@x.example], subject: s, body: b"
        let run = try await Self.run(
            """
            cases:
              - { name: day, \(head), expect: { b@x.example: { not-rules: [night, crm] } } }
              - { name: night, \(head), at: "2026-03-01T23:30:00Z", expect: { b@x.example: { rules: [night, far] } } }
              - { name: user, \(head), user: crm, client: 198.51.100.1, expect: { b@x.example: { rules: [crm] } } }
              - { name: far, \(head), client: 192.0.2.7, expect: { b@x.example: { rules: [far] } } }
            """, rules: rules)
        // Without `client:` its network is unknown, and a rule that may be meant applies.
        #expect(run.results.flatMap(\.failures) == [])
    }

    @Test("Reports: TAP and JUnit say the same as the text")
    func reports() async throws {
        let run = try await Self.run(Self.sealed.replacing("method: pgp", with: "method: link"))
        #expect(run.tap.hasPrefix("TAP version 14\n1..1\nnot ok 1 - sealed\n  ---\n  at: "))
        #expect(run.junit.contains("failures=\"1\""))
        #expect(run.text.hasSuffix("0 passed, 1 failed"))
    }

    @Test("Made-up files are what they say")
    func builders() throws {
        let folder = try TemporaryFolder()
        try folder.write("rules.yaml", "version: 1\nrules:\n  - { id: r, then: { protect: none } }\n")
        try folder.write(
            "tests/a.yaml",
            """
            cases:
              - name: n
                from: a@example.org
                to: [b@x.example]
                subject: s
                attachments:
                  - { name: a.zip, zip: [ { name: x/y.txt, content: inside }, { name: r.docx, docx: "A & B" } ] }
                  - { name: r.pdf, pdf: "Été (1)" }
                expect: { b@x.example: { verdict: pass } }
            """)
        let read = CaseFolder(policyFolder: folder.path, fallback: CaseSurroundings())
        #expect(read.diagnostics.map(\.description) == [])
        let message = try #require(read.cases.first?.message)
        let text = String(decoding: try message.copy(), as: UTF8.self)
        let bodies = text.components(separatedBy: "\r\n\r\n").compactMap { block in
            Data(base64Encoded: block.components(separatedBy: "\r\n--")[0], options: .ignoreUnknownCharacters)
        }
        let zip = try #require(bodies.first { $0.starts(with: [0x50, 0x4B, 3, 4]) })
        #expect(zip.range(of: Data("inside".utf8)) != nil && zip.range(of: Data("A &amp; B".utf8)) != nil)
        #expect(bodies.contains { $0.starts(with: Data("%PDF-1.4".utf8)) })
    }
}

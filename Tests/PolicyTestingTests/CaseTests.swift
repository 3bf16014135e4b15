// The harness itself: it must see what differs, name mistakes with their place, and run the shipped policy.

import Foundation
import Gateway
import Mail
import PolicyTesting
import Support
import Testing

struct CaseTests {
    private static let rules = """
        version: 1
        defaults: { protect: none, with: [pgp, link] }
        rules:
          - id: asked-for
            when: { subject: '^\\[secure\\]', sender: { in: inside } }
            then: { protect: required, strip-subject-tag: true }
          - id: programs
            when: { attachment: { extension: [exe] } }
            then: { refuse: "no programs" }
        """

    private static func run(_ cases: String) async throws -> (CaseRun?, [Diagnostic]) {
        let folder = try TemporaryFolder()
        try folder.write("rules.yaml", rules)
        try folder.write("tests/a.yaml", cases)
        let read = CaseFolder(policyFolder: folder.path, fallback: CaseSurroundings(inside: ["example.org"]))
        let prepared = await PreparedCases(read.cases, files: try PolicyFolder.files(in: folder.path))
        guard let prepared else { return (nil, read.diagnostics) }
        return (await CaseRunner.run(prepared, jobs: 2), read.diagnostics)
    }

    @Test func aHeldMessageIsAVerdict() async throws {
        let folder = try TemporaryFolder()
        try folder.write("rules.yaml", "version: 1\nrules:\n  - { id: held, then: { quarantine: look } }\n")
        try folder.write(
            "tests/a.yaml",
            """
            inside: [example.org]
            cases:
              - name: held
                from: alice@example.org
                to: [bob@example.net]
                subject: x
                body: x
                expect:
                  bob@example.net: { verdict: quarantine, rules: [held] }
              - name: not let through
                from: alice@example.org
                to: [bob@example.net]
                subject: x
                body: x
                expect:
                  bob@example.net: { verdict: pass }
            """)
        let read = CaseFolder(policyFolder: folder.path, fallback: CaseSurroundings())
        let files = try PolicyFolder.files(in: folder.path)
        let prepared = try #require(await PreparedCases(read.cases, files: files))
        let run: CaseRun? = await CaseRunner.run(prepared)
        #expect(run?.results.map(\.passed) == [true, false])
        #expect(run?.results.last?.failures.first?.contains("got quarantine") == true)
    }

    @Test func passesAndFails() async throws {
        let (run, findings) = try await Self.run(
            """
            cases:
              - name: right
                from: alice@example.org
                to: [bob@example.net]
                keys: [bob@example.net]
                subject: "[secure] hello"
                body: x
                expect:
                  bob@example.net: { verdict: seal, method: pgp, rules: [asked-for], subject: hello }
              - name: wrong on all counts
                from: alice@example.org
                to: [bob@example.net]
                subject: "[secure] hello"
                body: x
                expect:
                  bob@example.net: { verdict: pass, method: pgp, rules: [programs], subject: "[secure] hello" }
              - name: a program
                from: alice@example.org
                to: [bob@example.net]
                bcc: [carol@example.net]
                subject: x
                body: x
                html: "<p>x</p>"
                headers: { X-Test: "yes" }
                attachments:
                  - { name: Spiel für dich.EXE, content: MZ }
                expect:
                  carol@example.net: { verdict: refuse, rules: [programs] }
            """)
        #expect(findings == [])
        let results = try #require(run).results
        #expect(results.map(\.passed) == [true, false, true], "\(results.map(\.failures))")
        #expect(results[1].failures.count == 4)
        #expect(results[1].failures.allSatisfy { $0.hasPrefix("bob@example.net") })
        let text = try #require(run).text
        #expect(text.hasSuffix("2 passed, 1 failed"))
        #expect(text.contains("tests/a.yaml:10: wrong on all counts"))
        let junit = try #require(run).junit
        #expect(junit.contains("failures=\"1\""))
        #expect(try XMLCheck.wellFormed(junit))
    }

    @Test(arguments: [
        ("cases:\n  - nmae: x\n", "unknown key 'nmae'"),
        ("case: []\n", "unknown key 'case'"),
        ("inside: [example.org]\n", "no 'cases'"),
        (
            """
            cases:
              - name: x
                from: nobody
                to: [b@c.d]
                subject: x
                expect: {b@c.d: {verdict: pass}}

            """,
            "'nobody' is no mail address"
        ),
        (
            """
            cases:
              - name: x
                from: a@b.c
                to: [b@c.d]
                subject: x
                expect: {b@c.e: {verdict: pass}}

            """,
            "no recipient of this case"
        ),
        (
            """
            cases:
              - name: x
                from: a@b.c
                to: [b@c.d]
                subject: x
                expect: {b@c.d: {verdict: paas}}

            """,
            "unknown verdict 'paas'"
        ),
        ("cases:\n  - name: x\n    from: a@b.c\n    to: [b@c.d]\n    subject: x\n    expect: {}\n", "cannot fail"),
        (
            """
            cases:
              - name: x
                from: a@b.c
                to: [b@c.d]
                message: gone.eml
                expect: {b@c.d: {verdict: pass}}

            """,
            "no such file"
        ),
        (
            "cases:\n  - name: x\n    from: a@b.c\n    to: [b@c.d]\n    expect: {b@c.d: {verdict: pass}}\n",
            "has no message"
        ),
        ("cases: [\n", "not YAML"),
    ])
    func namesMistakes(_ text: String, _ words: String) async throws {
        let (_, findings) = try await Self.run(text)
        #expect(
            findings.contains { $0.severity == .error && $0.message.contains(words) && $0.file.hasSuffix("a.yaml") },
            "\(findings)")
    }
}

/// Enough of an XML check for what we write: tags balance, and nothing is left unescaped.
private enum XMLCheck {
    static func wellFormed(_ text: String) throws -> Bool {
        var open: [Substring] = []
        for piece in text.split(separator: "<").dropFirst() {
            guard let end = piece.firstIndex(of: ">") else { throw SupportError("unclosed tag \(piece)") }
            let tag = piece[..<end]
            if tag.hasPrefix("?") || tag.hasSuffix("/") { continue }
            let name = tag.split(separator: " ")[0]
            if name.hasPrefix("/") {
                guard open.popLast() == name.dropFirst() else { throw SupportError("\(name) closes nothing") }
            } else {
                open.append(name)
            }
        }
        guard open.isEmpty else { throw SupportError("left open: \(open)") }
        return true
    }
}

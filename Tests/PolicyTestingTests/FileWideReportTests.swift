// `scope`, `exempt` and named conditions in what people read: coverage, mutants, explain, diff, invariants.

import Detection
import Foundation
import Gateway
import MIME
import Mail
import Policy
import PolicyLanguage
import PolicyTesting
import SettingValues
import Support
import Testing

struct FileWideReportTests {
    private static let rules = """
        version: 1
        scope: { recipient: { not-in: inside } }
        exempt: { recipient: { in: friend.example } }
        conditions:
          tagged: { subject: '\\[secure\\]' }
        rules:
          - id: asked-for
            when: { condition: tagged }
            then: { protect: required, with: [pgp, link] }
          - id: heavy
            when: { any: [ { condition: tagged }, { size: { over: 1MB } } ] }
            then: { protect: preferred }
        """
    private static func mail(_ name: String, _ to: String, _ subject: String, _ expect: String) -> String {
        """
          - name: \(name)
            from: alice@example.org
            to: [\(to)]
            subject: "\(subject)"
            body: hello
            expect: { "*": \(expect) }

        """
    }
    private static let first =
        "inside: [example.org]\ncases:\n"
        + mail("tagged", "carol@elsewhere.example", "[secure] x", "{ verdict: seal, rules: [asked-for, heavy] }")

    private static func prepared(_ cases: String, files: [String: String] = [:]) async throws -> PreparedCases {
        try await HarnessTests.prepared(HarnessTests.folder(cases, rules: rules, files: files)).0
    }

    @Test("Coverage counts what is shared once, with the place where it stands")
    func coverage() async throws {
        let one = Coverage(try await Self.prepared(Self.first))
        let file = try #require(one.rules.first?.file)
        #expect(one.shared.map(\.label) == ["scope of \(file)", "condition tagged", "exempt of \(file)"])
        #expect(one.text.contains(":2:10: 'recipient not-in inside' (scope of "))
        #expect(one.text.contains(":3:11: 'recipient in friend.example' (exempt of "))
        #expect(one.text.contains("(condition tagged) was never false"))
        #expect(one.text.contains("'condition tagged' (rule asked-for) was never false"))
        #expect(one.text.components(separatedBy: "(condition tagged)").count == 2)
        // Two rules that may not apply; scope, exempt, the pattern; `condition`, `any` with its two parts.
        #expect(one.outcomes == 2 * (2 + 3 + 4), "\(one.text)")
        let all =
            Self.first + Self.mail("inside", "bernard@example.org", "[secure] x", "{ verdict: pass, rules: [] }")
            + Self.mail("friend", "bob@friend.example", "[secure] x", "{ verdict: pass, rules: [] }")
            + Self.mail("untagged", "carol@elsewhere.example", "x", "{ verdict: pass, rules: [] }")
        let whole = Coverage(try await Self.prepared(all))
        #expect(whole.shared.flatMap(\.conditions).allSatisfy { $0.missing.isEmpty }, "\(whole.text)")
        let json = String(decoding: try JSONEncoder().encode(whole), as: UTF8.self)
        #expect(json.contains("\"shared\""))
        #expect(!one.page(of: []).contains("scope"))
        let page = one.page(of: [PolicyFile(name: one.rules[0].file, text: Self.rules)])
        #expect(page.contains("recipient not-in inside: never false"))
    }

    @Test("A mutant of what is shared survives where no case looks at it, and is named with its place")
    func mutants() async throws {
        let few = await MutationRun(try await Self.prepared(Self.first), jobs: 2)
        let left = few.survivors.map { "\($0.rule):\($0.line): \($0.change)" }
        #expect(left.contains(":2: drops `scope`: its rules hold everywhere"), "\(left)")
        #expect(left.contains(":3: drops `exempt`"))
        #expect(!left.contains { $0.contains("in `conditions: tagged`: negates") })
        #expect(few.text.contains("rules.yaml:3:1: drops `exempt`"))
        let all =
            Self.first + Self.mail("inside", "bernard@example.org", "[secure] x", "{ verdict: pass, rules: [] }")
            + Self.mail("friend", "bob@friend.example", "[secure] x", "{ verdict: pass, rules: [] }")
        let more = await MutationRun(try await Self.prepared(all), jobs: 2)
        #expect(!more.survivors.contains { $0.change.contains("scope") || $0.change.contains("exempt") })
    }

    @Test("Invariants may use conditions with names")
    func invariants() async throws {
        let text =
            Self.first
            + "invariants:\n  - name: tagged is protected\n    when: { condition: tagged, recipient: { in: "
            + "elsewhere.example } }\n"
            + "    then: protected\n"
        let run = try await HarnessTests.run(text, rules: Self.rules)
        #expect(run.failed == 0, "\(run.text)")
    }

    @Test("explain shows both, and says which of them settled it")
    func explain() throws {
        let rules = try #require(
            Ruleset.load(
                files: [PolicyFile(name: "rules.yaml", text: Self.rules)],
                surroundings: Surroundings(inside: DomainList(["example.org"]), linksAvailable: true)
            ).ruleset)
        let received = ReceivedMessage(
            envelope: Envelope(
                sender: Mailbox("alice@example.org"),
                recipients: ["carol@elsewhere.example", "bernard@example.org", "bob@friend.example"].compactMap {
                    Mailbox($0)
                }),
            bytes: MessageBytes("Subject: [secure] x\r\n\r\nhello\r\n"), origin: .init(id: "t"), receivedAtSeconds: 0)
        let report = ExplanationReport(
            try ExplanationReport.judge(received, known: KnownKeys(), rules: rules, limits: Limits()))
        #expect(report.text.contains("applies: asked-for, asks"))
        #expect(report.text.contains("does not apply: asked-for (scope: recipient not-in inside is false)"))
        #expect(report.text.contains("does not apply: asked-for (exempt: recipient in friend.example is true)"))
        #expect(
            report.text.contains(
                """
                    scope recipient not-in inside: true; saw carol@elsewhere.example
                    when condition tagged: true
                      subject pattern '\\[secure\\]': true; saw [secure] x
                    exempt recipient in friend.example: false; saw carol@elsewhere.example
                """), "\(report.text)")
        let json = String(decoding: try JSONEncoder().encode(report), as: UTF8.self)
        for form in [json, report.html] { #expect(form.contains("scope") && form.contains("exempt")) }
    }

    @Test("diff does not blame a condition that nobody changed for its use that did")
    func unchangedCondition() async throws {
        let named = "conditions: { c: { subject: zz } }\n"
        let exempt = "exempt: { recipient: { in: x.example }, condition: c }\n"
        let rule = "  - id: r\n    then: { protect: required }\n"
        let asking = "  - id: r\n    when: { condition: c }\n    then: { protect: required }\n"
        let folder = try TemporaryFolder()
        try folder.write("1.eml", DiffTests.mail("bob@x.example", subject: "zz"))
        try folder.write("2.eml", DiffTests.mail("bob@x.example", subject: "other"))
        for (old, new, shared) in [
            ((named + exempt, rule), (named, rule), ["exempt of rules.yaml"]),
            ((named, rule), (named + exempt, rule), ["exempt of rules.yaml"]),
            ((named, asking), (named, rule), []),
        ] {
            let comparison = PolicyComparison(
                old: try DiffTests.rules(old.1, head: old.0), new: try DiffTests.rules(new.1, head: new.0),
                limits: Limits(), nowSeconds: 0, sinceSeconds: nil, fingerprint: FeatureSalt.plainFingerprint)
            let source = ComparedSource(path: folder.path, limitBytes: 100_000)
            let found = try await comparison.run(source) { _ in KnownKeys() }
            let diff = try #require(found)
            #expect(diff.changed == 1 && diff.groups.map(\.shared) == [shared], "\(diff.text)")
        }
    }

    @Test("One is one byte and one character")
    func one() throws {
        let rules = try DiffTests.rules(
            """
              - id: r
                when: { any: [{ content: never }, { size: { under: 1B } }] }
                then: { protect: required }

            """
        )
        let received = ReceivedMessage(
            envelope: Envelope(
                sender: Mailbox("alice@example.org"), recipients: ["bob@x.example"].compactMap { Mailbox($0) }),
            bytes: MessageBytes("Subject:\r\n\r\nx"), origin: .init(id: "t"), receivedAtSeconds: 0)
        let report = ExplanationReport(
            try ExplanationReport.judge(received, known: KnownKeys(), rules: rules, limits: Limits()))
        for form in [report.text, report.html] {
            #expect(form.contains("text, 1 character") && form.contains("under 1 byte"), "\(form)")
            for wrong in ["1 bytes", "1 characters", "1 texts"] {
                #expect(!form.contains(" \(wrong)"), "\(form)")
            }
        }
        #expect(report.text.contains(", 1 byte, text, 1 character"))
        #expect(1.counted("text") == "1 text" && 0.counted("text") == "0 texts" && 21.counted("byte") == "21 bytes")
    }

    @Test(
        "diff says what outside of a rule makes it apply otherwise",
        arguments: [
            (
                "scope: { recipient: { not-in: inside } }", "scope: { recipient: { in: partner.example } }",
                "scope of rules.yaml"
            ),
            ("", "exempt: { recipient: { in: x.example } }", "exempt of rules.yaml"),
            ("conditions: { c: { subject: x } }", "conditions: { c: { subject: y } }", "condition c"),
        ])
    func diff(_ old: String, _ new: String, _ shared: String) async throws {
        func rules(_ head: String) throws -> Ruleset {
            let when = head.contains("conditions") ? "    when: { condition: c }\n" : ""
            return try DiffTests.rules("  - id: r\n\(when)    then: { protect: required }\n", head: "\(head)\n")
        }
        let folder = try TemporaryFolder()
        try folder.write("1.eml", DiffTests.mail("bob@x.example"))
        let comparison = PolicyComparison(
            old: try rules(old), new: try rules(new), limits: Limits(), nowSeconds: 0, sinceSeconds: nil,
            fingerprint: FeatureSalt.plainFingerprint)
        let found = try await comparison.run(ComparedSource(path: folder.path, limitBytes: 100_000)) { _ in KnownKeys()
        }
        let diff = try #require(found)
        let group = try #require(diff.groups.first)
        #expect(group.rules == ["-r"] && group.shared == [shared])
        #expect(diff.text.contains("-r: 1 recipient, 1 weaker\n    \(shared) differs\n"))
        #expect(diff.html(old: "o", new: "n").contains("\(shared) differs"))
    }
}

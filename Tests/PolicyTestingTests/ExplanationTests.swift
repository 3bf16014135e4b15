// explain as text, JSON and page; the starting policy; check and test in one go.

import Foundation
import Gateway
import Mail
import Operations
import Policy
import PolicyTesting
import SettingValues
import Support
import Testing

struct ExplanationTests {
    private func explanation(extracted: ExtractedParts = ExtractedParts()) throws -> Explanation {
        let rules = try DiffTests.rules(
            "  - id: cards\n    about: <b>no cards</b>\n    when: { content: { detector: payment-card }, recipient: "
                + "{ not-in: inside } }\n"
                + "    then: { protect: required }\n"
                + "  - id: words\n    when: { any: [ { subject: lunch }, { subject: dinner } ] }\n"
                + "    then: { protect: preferred }\n"
        )
        let received = ReceivedMessage(
            envelope: Envelope(
                sender: Mailbox("alice@example.org"),
                recipients: [try #require(Mailbox("bob@x.example")), try #require(Mailbox("dora@example.org"))]),
            bytes: MessageBytes("To: bob@x.example\r\nSubject: <i>order</i> 123456789\r\n\r\n4111 1111 1111 1111\r\n"),
            origin: .init(id: "t"), receivedAtSeconds: 1_767_225_600)
        return try ExplanationReport.judge(
            received, known: KnownKeys(), rules: rules, limits: Limits(), extracted: extracted)
    }

    private let outgoing = OutgoingPreview(
        transmissions: [
            .init(
                role: "passed", sender: "alice@example.org", recipients: ["dora@example.org"],
                content: MessageBytes("Subject: x 987654321\r\nContent-Type: text/plain\r\n\r\nbody text\r\n"))
        ], problems: [])

    @Test("Text, JSON and page say the same, and nothing of the content")
    func forms() throws {
        let report = ExplanationReport(try explanation(), outgoing: outgoing)
        #expect(report.judgedAt == "2026-01-01T00:00:00Z")
        #expect(report.detectors == ["payment-card": 1])
        #expect(report.recipients.map(\.verdict) == [.seal, .pass])
        #expect(report.recipients[0].asked.map(\.rule) == ["cards"])
        #expect(report.mail?.first?.fields.map(\.text) == ["x *****4321", "text/plain"])
        let json = String(decoding: try JSONEncoder().encode(report), as: UTF8.self)
        for form in [report.text, json, report.html] {
            #expect(form.contains("cards"))
            #expect(form.contains("*****4321"))
            #expect(form.contains("**** **** **** 1111"))
            #expect(!form.contains("4111"))
            #expect(!form.contains("123456789"))
            #expect(!form.contains("body text"))
        }
        #expect(report.text.contains("join: cards asks protect: required"))
    }

    @Test("The page is one file without script or anything from elsewhere, and escapes what it shows")
    func page() throws {
        let html = ExplanationReport(try explanation(), outgoing: outgoing).html
        for word in ["<script", "http://", "https://", "<b>no", "<i>order", "<link", "<img", "javascript"] {
            #expect(!html.contains(word), "\(word)")
        }
        #expect(html.contains("&lt;b&gt;no cards&lt;/b&gt;"))
        #expect(html.contains("prefers-color-scheme:dark"))
        for tag in ["details", "section", "table", "div", "ul", "summary"] {
            #expect(
                html.components(separatedBy: "<\(tag)").count == html.components(separatedBy: "</\(tag)>").count,
                "\(tag)")
        }
    }

    @Test("What was found inside of attachments is told by name and size")
    func inside() throws {
        let part = ExtractedPart(
            realType: "application/zip", texts: [.init(name: "a.txt", text: "zebra")],
            members: [.init(name: "run.exe", realType: "application/x-dosexec", bytes: 7, isEncrypted: true)],
            isEncrypted: true, problem: .unreadable("a member is encrypted"))
        let report = ExplanationReport(try explanation(extracted: ExtractedParts(["": part], state: .done)))
        for form in [report.text, report.html] {
            for word in ["application/zip", "run.exe", "7 bytes", "a.txt", "5 characters", "a member is encrypted"] {
                #expect(form.contains(word), "\(word)")
            }
            #expect(!form.contains("zebra"))
        }
        #expect(report.mail == nil)
    }

    @Test("Where a rule applies by an unknown, the report says which part and why, in words and as fields")
    func unknown() throws {
        let received = ReceivedMessage(
            envelope: Envelope(
                sender: Mailbox("alice@example.org"), recipients: [try #require(Mailbox("bob@x.example"))]),
            bytes: MessageBytes("Content-Type: application/zip; name=pay.zip\r\n\r\nx\r\n"), origin: .init(id: "t"),
            receivedAtSeconds: 0)
        let rules = try DiffTests.rules("  - id: r\n    when: { content: zebra }\n    then: { refuse: \"not so\" }\n")
        let part = ExtractedPart(problem: .unreadable("it is damaged"))
        let report = ExplanationReport(
            try ExplanationReport.judge(
                received, known: KnownKeys(), rules: rules, limits: Limits(),
                extracted: ExtractedParts(["": part], state: .done)))
        let rule = try #require(report.recipients.first?.rules.first)
        #expect(
            [rule.unknown?.part, rule.unknown?.type, rule.unknown?.cause] == ["", "application/zip", "it is damaged"])
        let words = "the message, application/zip, could not be read: it is damaged"
        #expect(rule.because == "it cannot be excluded: \(words)")
        #expect(report.recipients.first?.reply == "550 5.7.1 <bob@x.example>: \(words); not so")
        #expect(report.text.contains(words) && report.html.contains(words))
    }

    @Test("The starting policy has no findings and its cases pass; each rule is met and not met by some case")
    func startingPolicy() async throws {
        let folder = try TemporaryFolder()
        for file in StartingPolicy.files { try folder.write(file.name, file.text) }
        let run = await PolicyRun(folder: folder.path, surroundings: CaseSurroundings(inside: ["example.org"]))
        #expect(run.passed, "\(run.text)")
        #expect(run.text == "12 passed, 0 failed")
        let cases = CaseFolder(policyFolder: folder.path, fallback: CaseSurroundings()).cases
        let expected = Set(cases.flatMap(\.expectations).flatMap { $0.rules ?? [] })
        let rules = try #require(
            PolicyFolder.load(folder.path, surroundings: CaseSurroundings().surroundings).ruleset)
        #expect(expected == Set(rules.rules.map(\.id)))
    }

    @Test("A run shows what fails, and errors before cases")
    func run() async throws {
        let folder = try TemporaryFolder()
        let around = CaseSurroundings(inside: ["example.org"])
        try folder.write("rules.yaml", "version: 1\nrules:\n  - id: r\n    then: { protect: none }\n")
        #expect(
            await PolicyRun(folder: folder.path, surroundings: around).text.contains("1 rule, no errors, no cases"))
        try folder.write(
            "tests/a.yaml",
            """
            cases:
              - { name: n, from: a@example.org, to: [b@x.example], \
            subject: s, expect: { b@x.example: { verdict: refuse } } }

            """
        )
        let failed = await PolicyRun(folder: folder.path, surroundings: around)
        #expect(!failed.passed)
        #expect(failed.text.contains("FAIL \(folder.path)/tests/a.yaml:2: n"))
        try folder.write("rules.yaml", "version: 1\nrulez: []\n")
        let broken = await PolicyRun(folder: folder.path, surroundings: around)
        #expect(!broken.passed)
        #expect(broken.text.contains("unknown key 'rulez'"))
        #expect(!broken.text.contains("FAIL"))
    }

    @Test("A folder's print changes with every save, also where an editor puts another file in the place")
    func print() throws {
        let folder = try TemporaryFolder()
        try folder.write("rules.yaml", "a")
        let first = FolderPrint(folder.path)
        #expect(first == FolderPrint(folder.path))
        try folder.write(".rules.yaml.swp", "x")
        #expect(first == FolderPrint(folder.path))
        try folder.write("new", "b")
        #expect(rename(folder.file("new"), folder.file("rules.yaml")) == 0)
        let second = FolderPrint(folder.path)
        #expect(first != second)
        try folder.write("tests/a.yaml", "c")
        #expect(second != FolderPrint(folder.path))
    }

    @Test("The grammar of cases has the keys that the reader knows", arguments: CaseGrammar.maps.map(\.name))
    func caseGrammar(_ name: String) throws {
        let map = try #require(CaseGrammar.maps.first { $0.name == name })
        let folder = try TemporaryFolder()
        try folder.write("tests/a.yaml", map.probe.replacing("KEY", with: "zzzzzz"))
        let findings = CaseFolder(policyFolder: folder.path, fallback: CaseSurroundings()).diagnostics
        let finding = try #require(findings.first { $0.message.contains("'zzzzzz'") }, "\(findings)")
        let hint = try #require(finding.hint)
        let known = (hint.components(separatedBy: "known: ").last ?? "").components(separatedBy: ", ")
        #expect(Set(map.keys.map(\.name)) == Set(known))
    }

    @Test("The schema of cases is JSON")
    func caseSchema() throws {
        let parsed = try JSONSerialization.jsonObject(with: Data(CaseGrammar.schema.utf8)) as? [String: Any]
        #expect((parsed?["definitions"] as? [String: Any])?.count == CaseGrammar.maps.count)
    }
}

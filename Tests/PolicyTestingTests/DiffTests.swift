// Comparing two policies: what changed, by which rules, and what counts as less protection.

import Foundation
import Gateway
import Mail
import Policy
import PolicyLanguage
import PolicyTesting
import SettingValues
import Support
import Testing

struct DiffTests {
    static func rules(_ rules: String, head: String = "") throws -> Ruleset {
        let result = Ruleset.load(
            files: [PolicyFile(name: "rules.yaml", text: "version: 1\n\(head)rules:\n\(rules)")],
            surroundings: Surroundings(inside: DomainList(["example.org"]), linksAvailable: true))
        return try #require(result.ruleset, "\(result.diagnostics.map(\.description))")
    }

    static func mail(_ to: String, subject: String = "x", body: String = "hello", date: String = "") -> String {
        "From: alice@example.org\nTo: \(to)\nSubject: \(subject)\n\(date)\n\(body)\n"
    }

    static let seal = "  - id: cards\n    when: { content: secret }\n    then: { protect: required }\n"

    static func compare(
        _ old: String, _ new: String, _ path: String, since: Int64? = nil, keys: [String] = []
    ) async throws -> PolicyDiff {
        let known = KnownKeys(
            Dictionary(
                uniqueKeysWithValues: keys.map {
                    ($0, .usable([Certificate(fingerprint: "F", encryptionKeyIDs: [KeyID(1)], source: "f.asc")]))
                }))
        let comparison = PolicyComparison(
            old: try rules(old), new: try rules(new), limits: Limits(), nowSeconds: 0, sinceSeconds: since,
            fingerprint: FeatureSalt.plainFingerprint)
        let source = ComparedSource(path: path, limitBytes: 100_000)
        return try #require(try await comparison.run(source) { _ in known })
    }

    @Test("A folder of messages: a dropped rule weakens, and is named with its examples")
    func folder() async throws {
        let folder = try TemporaryFolder()
        try folder.write("a/1.eml", Self.mail("bob@x.example", body: "secret"))
        try folder.write("2.EML", Self.mail("bob@x.example"))
        try folder.write("Maildir/cur/3:2,S", Self.mail("eve@x.example", body: "secret"))
        try folder.write("notes.txt", "secret")
        let diff = try await Self.compare(
            Self.seal, "  - id: other\n    when: { size: { over: 1GB } }\n    then: { protect: none }\n", folder.path)
        #expect(diff.messages == 3)
        #expect(diff.recipients == 3)
        #expect(diff.unchanged == 1)
        #expect(diff.weaker == 2)
        #expect(!diff.holds)
        let group = try #require(diff.groups.first)
        #expect(group.rules == ["-cards"])
        #expect(group.changes == ["seal by link -> pass": 2])
        #expect(Set(group.examples.map(\.recipient)) == ["bob@x.example", "eve@x.example"])
        #expect(group.examples.contains { $0.message.hasSuffix("a/1.eml") })
        #expect(diff.text.contains("-cards: 2 recipients, 2 weaker"))
        #expect(diff.html(old: "<old>", new: "new").contains("&lt;old&gt;"))
        #expect(!diff.html(old: "o", new: "n").contains("<script"))
    }

    @Test("What counts as less: in clear, sent after all, a link for a key, a subject shown")
    func order() async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("m.eml", Self.mail("bob@x.example"))
        func rule(_ then: String) -> String { "  - id: r\n    then: { \(then) }\n" }
        let cases: [(String, String, PolicyDiff.Effect?)] = [
            ("protect: required", "protect: none", .weaker), ("protect: none", "protect: required", .stronger),
            ("refuse: no", "protect: required", .weaker), ("protect: required", "refuse: no", .stronger),
            ("protect: required, with: [pgp]", "protect: required, with: [link]", .weaker),
            ("protect: required, with: [link]", "protect: required, with: [pgp]", .stronger),
            ("protect: required, hide-subject: true", "protect: required", .weaker),
            ("protect: required", "protect: preferred", nil), ("refuse: no", "refuse: never", nil),
        ]
        for (old, new, effect) in cases {
            let diff = try await Self.compare(rule(old), rule(new), file, keys: ["bob@x.example"])
            #expect(diff.groups.first?.examples.first?.effect == effect, "\(old) -> \(new)")
            #expect(diff.holds == (effect != .weaker), "\(old) -> \(new)")
            if effect != nil { #expect(diff.groups.first?.rules == ["~r"]) }
        }
    }

    @Test("An mbox: messages are cut at From lines after empty lines, quoted ones are undone, the large one is told")
    func mbox() async throws {
        let folder = try TemporaryFolder()
        let text =
            "From alice Mon Jan  1 00:00:00 2026\n"
            + "\(Self.mail("bob@x.example", body: "one\n\n>From here\n>>From there\nFrom me: no"))\n"
            + "From alice Mon Jan  1 00:00:00 2026\r\n"
            + "\(Self.mail("carol@x.example", body: String(repeating: "y", count: 120_000)))\n"
            + "From alice Mon Jan  1 00:00:00 2026\n\(Self.mail("dora@x.example", body: "secret"))"
        let path = try folder.write("mail", text)
        var seen: [(Int, String?)] = []
        let file = try #require(MailboxFile(path: path, limitBytes: 100_000))
        try await file.forEach { message in
            seen.append((message.line, try message.bytes.map { String(decoding: try $0.copy(), as: UTF8.self) }))
        }
        #expect(seen.map(\.0) == [1, 12, 19])
        #expect(
            seen[0].1
                == Self.mail("bob@x.example", body: "one\n\nFrom here\n>From there\nFrom me: no").replacing(
                    "\n", with: "\r\n"))
        #expect(seen[1].1 == nil)
        #expect(seen[2].1?.hasSuffix("secret\r\n") == true)
        let diff = try await Self.compare(Self.seal, Self.seal, path)
        #expect(diff.messages == 3)
        #expect(diff.unchanged == 2)
        #expect(diff.unreadable == ["\(path):12: it is larger than limits.message"])
        #expect(!diff.holds)
    }

    @Test("The envelope: X-Envelope-To before To, the null sender of Return-Path; without recipients nothing is judged")
    func envelope() async throws {
        let folder = try TemporaryFolder()
        let old = "  - id: r\n    when: { recipient: { in: hidden.example } }\n    then: { refuse: no }\n"
        let new = "  - id: r\n    when: { sender: { in: example.org } }\n    then: { refuse: no }\n"
        let a = try folder.write("a.eml", "X-Envelope-To: <eve@hidden.example>\n" + Self.mail("bob@x.example"))
        #expect(try await Self.compare(old, Self.seal, a).groups.first?.rules == ["-r"])
        let b = try folder.write("b.eml", "Return-Path: <>\n" + Self.mail("bob@x.example, eve@x.example"))
        let diff = try await Self.compare(new, Self.seal, b)
        #expect(diff.recipients == 2)
        #expect(diff.unchanged == 2)
        let c = try folder.write("c.eml", "From: alice@example.org\nSubject: x\n\nhello\n")
        #expect(try await Self.compare(old, new, c).unreadableCount == 1)
    }

    @Test("Older messages are left out, undated ones are not")
    func since() async throws {
        let folder = try TemporaryFolder()
        try folder.write("a.eml", Self.mail("b@x.example", date: "Date: Thu, 1 Jan 2026 12:00:00 +0000\n"))
        try folder.write("b.eml", Self.mail("b@x.example", date: "Date: 1 Jun 2026 12:00:00 +0200 (CEST)\n"))
        try folder.write("c.eml", Self.mail("b@x.example"))
        let diff = try await Self.compare(Self.seal, Self.seal, folder.path, since: 1_772_000_000)
        #expect(diff.tooOld == 1)
        #expect(diff.messages == 2)
    }

    @Test("A features log: what it does not say cannot be told, counts against the new policy, and damage is told")
    func features() async throws {
        let folder = try TemporaryFolder()
        let received = ReceivedMessage(
            envelope: Envelope(
                sender: Mailbox("alice@example.org"), recipients: [try #require(Mailbox("bob@x.example"))]),
            bytes: MessageBytes(Self.mail("bob@x.example", body: "secret").replacing("\n", with: "\r\n")),
            origin: .init(id: "m1"), receivedAtSeconds: 1000)
        let features = try DiffTests.features(received, Self.rules(Self.seal))
        let encoder = JSONEncoder()
        let line = String(decoding: try encoder.encode(features), as: UTF8.self)
        let path = try folder.write("f.jsonl", "\(line)\n\n{\"v\":1}\n\(line)")
        let same = try await Self.compare(Self.seal, Self.seal, path)
        #expect(same.unchanged == 2)
        #expect(same.unreadable == ["\(path):3: the line is no line of a features log"])
        // The rule is narrowed by a condition that nobody asked then.
        let narrowed = Self.seal.replacing("{ content: secret }", with: "{ content: secret, subject: y }")
        let diff = try await Self.compare(Self.seal, narrowed, path)
        #expect(diff.cannotTell == 2)
        #expect(diff.weaker == 0)
        #expect(!diff.holds)
        #expect(diff.groups.first?.rules == ["?cards"])
        #expect(diff.groups.first?.examples.first?.message == "\(path):1 (m1)")
        // A rule that is added can only protect more, whatever the log leaves out.
        let added = Self.seal + "  - id: more\n    when: { subject: y }\n    then: { refuse: no }\n"
        let more = try await Self.compare(Self.seal, added, path)
        #expect(more.weaker == 0)
        #expect(more.cannotTell == 0)
        #expect(try await Self.compare(Self.seal, Self.seal, path, since: 1001).tooOld == 2)
    }

    private func line(_ rules: String, key: String = "none") throws -> String {
        let received = ReceivedMessage(
            envelope: Envelope(
                sender: Mailbox("alice@example.org"), recipients: [try #require(Mailbox("bob@x.example"))]),
            bytes: MessageBytes("To: bob@x.example\r\n\r\nhello\r\n"), origin: .init(id: "m1"), receivedAtSeconds: 1000)
        var features = try Self.features(received, Self.rules(rules))
        features.recipients[0].key = key
        return String(decoding: try JSONEncoder().encode(features), as: UTF8.self)
    }

    @Test("A rule that only allows a link, and may apply, may take the place of a key: that cannot be told")
    func between() async throws {
        let folder = try TemporaryFolder()
        let old = "  - id: all\n    then: { protect: required, with: [pgp, link] }\n"
        let path = try folder.write("f.jsonl", try line(old, key: "usable"))
        let links = "  - id: links\n    when: { subject: a }\n    then: { protect: required, with: [link] }\n"
        #expect(try await Self.compare(old, old + links, path).cannotTell == 1)
        // With both the mail is refused, with none it goes to the key: only one of them alone is weaker.
        let keys = "  - id: keys\n    when: { subject: b }\n    then: { protect: required, with: [pgp] }\n"
        #expect(try await Self.compare(old, old + links + keys, path).cannotTell == 1)
        #expect(try await Self.compare(old, old + keys, path).holds)
    }

    @Test("A rule that took attachments out and does so no more is weaker, in a features log too")
    func stripped() async throws {
        let folder = try TemporaryFolder()
        let old = "  - id: strip\n    then: { protect: none, strip-attachment: { kind: program } }\n"
        let path = try folder.write("f.jsonl", try line(old))
        #expect(try await Self.compare(old, old, path).unchanged == 1)
        #expect(try await Self.compare(old, "  - id: strip\n    then: { protect: none }\n", path).weaker == 1)
    }

    static func features(_ received: ReceivedMessage, _ rules: Ruleset) throws -> MessageFeatures {
        try PolicyFeatures.of(received, rules, fingerprint: FeatureSalt.plainFingerprint)
    }
}

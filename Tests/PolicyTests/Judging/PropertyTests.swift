// What must hold for all rules and all messages, tried on many: judging is total, adding a rule never weakens anything,
// clear text needs every rule's consent. The random numbers are the same in every run.

import Foundation
import MIME
import Mail
import Policy
import Testing

struct PropertyTests {
    /// SplitMix64.
    struct Random: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }

    static let conditions = [
        "subject: '\\[secure\\]'", "subject: { words: [lunch] }", "recipient: { in: partners }",
        "recipient: { not-in: inside }",
        "sender: { in: inside }", "content: secret", "content: { detector: payment-card }",
        "content: { words: [secret], at-least: 2 }",
        "attachment: { kind: program }", "attachment: { name: secret }", "size: { over: 400 }", "encrypted: true",
        "encrypted: pgp",
        "signed: true", "header: { name: Sensitivity, exists: true }", "header: { name: X, matches: secret }",
        "not: { encrypted: true }", "any: [ { content: secret }, { encrypted: false } ]",
        "not: { attachment: { type: 'a/b' } }",
    ]
    static let asks = [
        "protect: none", "protect: preferred", "protect: preferred, with: [pgp]", "protect: preferred, with: [link]",
        "protect: required", "protect: required, with: [pgp]", "protect: required, with: [link]",
        "protect: required, with: [link, pgp], hide-subject: true", "refuse: no", "hide-subject: true",
    ]
    static let defaults = [
        "{}", "{with: [pgp]}", "{with: [link, pgp]}", "{protect: preferred}", "{protect: required, with: [pgp]}",
    ]

    private func rule(_ id: Int, _ random: inout Random) -> String {
        func map(_ count: Int) -> String {
            var keys: [String: String] = [:]
            for _ in 0..<count {
                let condition = Self.conditions.randomElement(using: &random) ?? ""
                keys[String(condition.prefix { $0 != ":" })] = condition
            }
            return "{ \(keys.values.sorted().joined(separator: ", ")) }"
        }
        var text = "  - id: r\(id)\n"
        if Int.random(in: 0..<8, using: &random) > 0 {
            text += "    when: \(map(Int.random(in: 1...2, using: &random)))\n"
        }
        if Int.random(in: 0..<3, using: &random) == 0 { text += "    unless: \(map(1))\n" }
        return text + "    then: { \(Self.asks.randomElement(using: &random) ?? "") }\n"
    }

    private func load(_ rules: [String], _ defaults: String) -> Ruleset? {
        let head =
            "version: 1\nlists: { partners: [lab.example] }\n" + (defaults == "{}" ? "" : "defaults: \(defaults)\n")
        let result = PolicyTests.load(head + (rules.isEmpty ? "" : "rules:\n\(rules.joined())"))
        // The only thing that random rules may be refused for.
        for finding in result.diagnostics where finding.severity == .error {
            #expect(finding.message.contains("no method in common"), "\(finding)")
        }
        return result.ruleset
    }

    /// Messages of all kinds, some broken at random places.
    static func messages(_ random: inout Random, count: Int) throws -> [ParsedMessage] {
        let folder = StartingPolicyTests.folder.appending(path: "tests/messages")
        var sources = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .sorted { $0.path < $1.path }.map { Array(try Data(contentsOf: $0)) }
        sources += [
            SealedMail.pgp(), "Subject: [secure] lunch\n\nsecret secret\n", "Subject: lunch\n\n\(SealedMail.armor)\n",
            "", "\n\n", "x",
            try ConditionTests.withAttachment("application/pkcs7-mime", "smime.p7m"),
            "Subject: lunch\nX: secret\n\nhello\n",
        ].map { Array($0.replacing("\n", with: "\r\n").utf8) }
        let senders = ["alice@example.org", "mallory@elsewhere.example", "noreply@example.org", nil]
        return try (0..<count).map { index in
            var bytes = sources[index % sources.count]
            if index >= sources.count {
                for _ in 0..<Int.random(in: 1...12, using: &random) where !bytes.isEmpty {
                    let place = Int.random(in: 0..<bytes.count, using: &random)
                    switch Int.random(in: 0..<4, using: &random) {
                    case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                    case 1: bytes.remove(at: place)
                    case 2: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
                    default: bytes.removeSubrange(place..<min(bytes.count, place + 40))
                    }
                }
            }
            return try message(
                MessageBytes(bytes: bytes), from: senders.randomElement(using: &random) ?? nil,
                to: [
                    "bob@friend.example", "desk@lab.example", "bernard@example.org", "carol@elsewhere.example",
                    "dan@x.example",
                ])
        }
    }

    private func known(_ random: inout Random) -> KnownKeys {
        let statuses: [KnownKeys.Status] = [
            .usable([bobsCertificate]), .none, .unusable(reasons: ["expired"]), .unknown(reason: "unreadable"), .none,
        ]
        var table: [String: KnownKeys.Status] = [:]
        for address in ["bob@friend.example", "desk@lab.example", "carol@elsewhere.example", "dan@x.example"] {
            table[address] = statuses.randomElement(using: &random)
        }
        return KnownKeys(table)
    }

    private static func isClear(_ decision: Decision) -> Bool { decision.outcome == .pass }

    @Test func addingARuleNeverWeakensAnything() throws {
        var random = Random(state: 1)
        let messages = try Self.messages(&random, count: 60)
        for _ in 0..<60 {
            let defaults = Self.defaults.randomElement(using: &random) ?? "{}"
            let few = (0..<Int.random(in: 0...3, using: &random)).map { rule($0, &random) }
            let more = few + [rule(99, &random)]
            guard let before = load(few, defaults), let after = load(more, defaults) else { continue }
            for parsed in messages.shuffled(using: &random).prefix(12) {
                let known = known(&random)
                let old = explain(parsed, known: known, rules: before, nowSeconds: 0)
                let new = explain(parsed, known: known, rules: after, nowSeconds: 0)
                for (was, now) in zip(old.recipients, new.recipients) {
                    let story = "\(defaults)\n\(more.joined())\n\(was.decision)\n\(now.decision)"
                    #expect(now.level >= was.level, "\(story)")
                    if !Self.isClear(was.decision) { #expect(!Self.isClear(now.decision), "\(story)") }
                    if was.decision.outcome.refusal?.cause == .policy {
                        #expect(now.decision.outcome.refusal?.cause == .policy, "\(story)")
                    }
                    #expect(now.decision.rules.starts(with: was.decision.rules), "\(story)")
                }
            }
        }
    }

    /// With all effects: nothing that was protected leaves in clear, to any address.
    @Test func addingAnEffectNeverWeakensAnything() throws {
        var random = Random(state: 5)
        let messages = try Self.messages(&random, count: 60)
        let effects = [
            "redirect: bob@friend.example", "redirect: dan@x.example", "copy-to: bob@friend.example", "footer: x",
            "sign: true", "receipt: true", "add-header: { X-A: b }", "remove-header: [X]", "link: { expire: 1d }",
            "strip-attachment: { kind: program }", "protect: preferred, redirect: desk@lab.example",
        ]
        var redirected = 0
        for _ in 0..<60 {
            let defaults = Self.defaults.randomElement(using: &random) ?? "{}"
            let few = (0..<Int.random(in: 0...3, using: &random)).map { rule($0, &random) }
            let more = few + ["  - id: r99\n    then: { \(effects.randomElement(using: &random) ?? "") }\n"]
            guard let before = load(few, defaults), let after = load(more, defaults) else { continue }
            for parsed in messages.shuffled(using: &random).prefix(12) {
                let known = known(&random)
                let old = explain(parsed, known: known, rules: before, nowSeconds: 0)
                let new = explain(parsed, known: known, rules: after, nowSeconds: 0)
                for (was, now) in zip(old.recipients, new.recipients) {
                    let story = "\(defaults)\n\(more.joined())\n\(was.decision)\n\(now.decision)"
                    #expect(now.level >= was.level, "\(story)")
                    if !Self.isClear(was.decision) { #expect(!Self.isClear(now.decision), "\(story)") }
                    if was.decision.outcome.refusal?.cause == .policy {
                        #expect(now.decision.outcome.refusal != nil, "\(story)")
                    }
                    #expect(Set(was.decision.rules).isSubset(of: now.decision.rules), "\(story)")
                    if !now.decision.outcome.goes { #expect(now.decision.effects.isEmpty, "\(story)") }
                    guard let target = now.decision.effects.redirect else { continue }
                    redirected += 1
                    guard case .seal(.pgp(let certificates)) = now.decision.outcome else { continue }
                    #expect(known[target] == .usable(certificates), "\(story)")
                }
            }
        }
        #expect(redirected > 100)
    }

    @Test func clearTextNeedsTheConsentOfEveryRule() throws {
        var random = Random(state: 2)
        let messages = try Self.messages(&random, count: 40)
        for _ in 0..<40 {
            let defaults = Self.defaults.randomElement(using: &random) ?? "{}"
            let rules = (0..<Int.random(in: 2...4, using: &random)).map { rule($0, &random) }
            guard let all = load(rules, defaults) else { continue }
            let alone = rules.map { load([$0], defaults) }
            for parsed in messages.shuffled(using: &random).prefix(12) {
                let known = known(&random)
                let decisions = decide(parsed, known: known, rules: all, nowSeconds: 0).decisions
                for (index, decision) in decisions.enumerated() where Self.isClear(decision) {
                    for (id, single) in alone.enumerated() where decision.rules.contains("r\(id)") {
                        let one = try #require(single)
                        let consent = decide(parsed, known: known, rules: one, nowSeconds: 0).decisions[index]
                        #expect(Self.isClear(consent), "\(defaults)\n\(rules.joined())\n\(decision)\n\(consent)")
                    }
                }
            }
        }
    }

    @Test func judgingIsTotalAndExplainAgrees() throws {
        var random = Random(state: 3)
        let starting = try #require(try StartingPolicyTests.startingPolicy().ruleset)
        for parsed in try Self.messages(&random, count: 250) {
            let known = known(&random)
            let decided = decide(parsed, known: known, rules: starting, nowSeconds: 0)
            #expect(decided.decisions.map(\.recipient) == parsed.received.envelope.recipients)
            let record = explain(parsed, known: known, rules: starting, nowSeconds: 0)
            #expect(record.decided.decisions == decided.decisions)
            for decision in decided.decisions {
                guard let refusal = decision.outcome.refusal else { continue }
                #expect(
                    refusal.publicText.utf8.count <= 480
                        && refusal.publicText.utf8.allSatisfy { (32..<127).contains($0) })
                #expect(starting.rules.allSatisfy { !refusal.publicText.contains($0.id) })
            }
            // Judging twice gives the same.
            #expect(decide(parsed, known: known, rules: starting, nowSeconds: 0).decisions == decided.decisions)
        }
    }

    @Test func oneRulesetServesManyAtOnce() async throws {
        let starting = try #require(try StartingPolicyTests.startingPolicy().ruleset)
        var random = Random(state: 4)
        let messages = try Self.messages(&random, count: 40)
        let expected = messages.map { decide($0, known: KnownKeys(), rules: starting, nowSeconds: 0).decisions }
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    zip(messages, expected).allSatisfy {
                        decide($0, known: KnownKeys(), rules: starting, nowSeconds: 0).decisions == $1
                    }
                }
            }
            for await same in group { #expect(same) }
        }
    }
}

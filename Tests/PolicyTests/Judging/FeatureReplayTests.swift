// The features log judged again: by the same rules it gives the same plan, by other rules the truth lies between the
// least and the most that it gives, and what it does not say is never taken for granted.

import Foundation
import MIME
import Mail
import Policy
import Testing

struct FeatureReplayTests {
    private static let print: @Sendable (String) -> String = { text in
        // FNV-1a: here it only has to tell a few texts apart.
        String(
            text.utf8.reduce(14_695_981_039_346_656_037 as UInt64) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }, radix: 16
        )
    }

    private func record(
        _ parsed: ParsedMessage, _ known: KnownKeys, _ rules: Ruleset, headers: [String] = []
    ) throws -> (DecidedMessage, MessageFeatures) {
        let recorder = FeatureRecorder(rules, headers: headers, fingerprint: Self.print)
        let (decided, features) = decideAndRecord(
            parsed, known: known, rules: rules, nowSeconds: 5, recorder: recorder)
        #expect(decided.decisions == decide(parsed, known: known, rules: rules, nowSeconds: 5).decisions)
        // Whatever is replayed has been through the file.
        let line = try JSONEncoder().encode(features)
        return (decided, try JSONDecoder().decode(MessageFeatures.self, from: line))
    }

    private func replay(_ features: MessageFeatures, _ rules: Ruleset) throws -> [ReplayedDecision] {
        try #require(FeatureReplay(rules, fingerprint: Self.print).decisions(features))
    }

    @Test func theLogTellsOfPartsAndOfMissingCalendars() throws {
        let old = try oneRule(when: "{ size: { over: 1GB } }")
        let part = try oneRule(when: "{ part: { type: text/calendar } }")
        let calendar = try oneRule(when: "{ calendar: request }")
        let (_, without) = try record(plain(), KnownKeys(), old)
        for rules in [part, calendar] {
            let replayed = try #require(try replay(without, rules).first)
            #expect(replayed.untold.isEmpty)
            #expect(replayed.most.rules.isEmpty)
        }
        let text = "Content-Type: text/calendar; method=REQUEST\n\nMETHOD:REQUEST\n"
        let (_, with) = try record(message(text), KnownKeys(), old)
        let found = try #require(try replay(with, part).first)
        #expect(found.untold.isEmpty)
        #expect(found.least.rules == ["r"])
        #expect(try replay(with, calendar).first?.untold == ["r"])
    }

    @Test(
        """
        For random rules and messages, the plan of the log's own \
        rules comes back, and other rules' plans lie in between
        """
    )
    func property() throws {
        var random = PropertyTests.Random(state: 77)
        let messages = try PropertyTests.messages(&random, count: 40)
        let tables: [KnownKeys] = [
            KnownKeys(), usable("carol@elsewhere.example"),
            keys(["carol@elsewhere.example": .unusable(reasons: ["expired"])]),
            keys(["carol@elsewhere.example": .unknown(reason: "gpg")]),
        ]
        var between = 0
        var certain = 0
        for _ in 0..<150 {
            guard let old = Self.rules(&random), let new = Self.rules(&random) else { continue }
            let parsed = try #require(messages.randomElement(using: &random))
            let known = try #require(tables.randomElement(using: &random))
            let (decided, features) = try record(parsed, known, old)
            for (was, now) in zip(decided.decisions, try replay(features, old)) {
                #expect(now.least == now.most)
                #expect(now.untold.isEmpty)
                #expect(now.most.verdict == was.verdict)
                #expect(now.most.method == was.method)
                #expect(now.most.rules == was.rules)
                #expect(now.most.hidesSubject == was.hidesSubject)
            }
            let truth = decide(parsed, known: known, rules: new, nowSeconds: 5)
            for (is_, range) in zip(truth.decisions, try replay(features, new)) {
                #expect(Set(range.least.rules).isSubset(of: is_.rules))
                #expect(Set(is_.rules).isSubset(of: range.most.rules))
                let possible = try #require(range.possible)
                #expect(
                    possible.contains {
                        $0.verdict == is_.verdict && $0.method == is_.method && $0.rules == is_.rules
                            && $0.hidesSubject == is_.hidesSubject
                    })
                if range.least == range.most {
                    certain += 1
                    #expect(range.most.verdict == is_.verdict)
                    #expect(range.most.method == is_.method)
                } else {
                    between += 1
                }
            }
        }
        // Both happen, or the test tests nothing.
        #expect(between > 10)
        #expect(certain > 10)
    }

    private static func rules(_ random: inout PropertyTests.Random) -> Ruleset? {
        var text = "version: 1\nlists: { partners: [lab.example] }\nrules:\n"
        for id in 0..<Int.random(in: 1...4, using: &random) {
            let when = PropertyTests.conditions.randomElement(using: &random) ?? ""
            let unless = PropertyTests.conditions.randomElement(using: &random) ?? ""
            let then = PropertyTests.asks.randomElement(using: &random) ?? ""
            text += "  - id: r\(id)\n    when: { \(when) }\n"
            if Bool.random(using: &random) { text += "    unless: { \(unless) }\n" }
            text += "    then: { \(then) }\n"
        }
        return load(text).ruleset
    }

    @Test("Whether there is text in an attachment is a fact of the log, where it was looked into")
    func textOfAttachments() throws {
        let old = try ruleset("version: 1\nrules:\n  - id: none\n    then: { protect: none }\n")
        let parsed = try message(
            "From: a@example.org\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n"
                + "Content-Type: application/pdf; name=a.pdf\nContent-Disposition: attachment\n\nx\n--b--\n")
        let (_, features) = try record(parsed, KnownKeys(), old)
        var recorded = features
        #expect(recorded.attachments.map(\.text) == [nil])
        for (text, least, most) in [(nil, ["r"], ["r"]), (false, ["r"], ["r"]), (true, [], [])]
            as [(Bool?, [String], [String])]
        {
            recorded.attachments[0].text = text
            let replayed = try #require(try replay(recorded, oneRule(when: "{ attachment: { text: none } }")).first)
            #expect(replayed.least.rules == least && replayed.most.rules == most, "\(String(describing: text))")
        }
        let other = try #require(
            try replay(recorded, oneRule(when: "{ attachment: { text: none, extension: docx } }")).first)
        #expect(other.most.rules == [])
    }

    @Test("A condition of a new rule is answered from the facts where they are enough, and else not at all")
    func newRules() throws {
        let old = try ruleset("version: 1\nrules:\n  - id: none\n    then: { protect: none }\n")
        let parsed = try message(
            "From: a@example.org\nTo: carol@elsewhere.example\nSubject: secret plan\nX-Mark: red\nMIME-Version: 1.0\n"
                + "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\n"
                + "Card 4111 1111 1111 1111\n"
                + "--b\nContent-Type: application/pdf; name=a.exe\nContent-Disposition: attachment\n\nx\n--b--\n"
        )
        let (_, features) = try record(parsed, KnownKeys(), old, headers: ["X-Mark"])
        let answers: [(String, [String])] = [
            ("content: { detector: payment-card }", ["r"]), ("content: { detector: payment-card, at-least: 2 }", []),
            ("content: { detector: iban }", []), ("attachment: { extension: exe }", ["r"]),
            ("attachment: { extension: pdf }", []),
            ("attachment: { kind: program }", ["r"]), ("attachment: { type: 'image/*' }", []),
            ("recipient: { not-in: inside }", ["r"]), ("recipient: { in: elsewhere.example }", ["r"]),
            ("sender: { in: [x.example] }", []), ("size: { over: 10 }", ["r"]), ("size: { over: 1MB }", []),
            ("encrypted: false", ["r"]), ("signed: true", []), ("header: { name: x-mark, is: RED }", ["r"]),
            ("header: { name: X-None, exists: true }", []),
            ("key: { is: none }", ["r"]), ("key: { is: [usable, expired] }", []),
            ("recipients: { count: { under: 2 }, any-in: elsewhere.example }", ["r"]),
            ("recipients: { outside-count: { over: 1 } }", []), ("header: { name: Subject, exists: true }", ["r"]),
        ]
        for (when, rules) in answers {
            let replayed = try #require(try replay(features, oneRule(when: "{ \(when) }")).first)
            #expect(try oneRule(when: "{ \(when) }").decision(parsed).rules == rules, "\(when)")
            #expect(replayed.most.rules == rules, "\(when)")
            #expect(replayed.least.rules == rules, "\(when)")
        }
        for when in [
            "subject: secret", "content: plan", "content: { words: [x] }", "header: { name: X-Mark, matches: r }",
            "header: { name: Subject, is: x }", "attachment: { name: a }", "attachment: { size: { over: 1 } }",
            "key: { of: sender, is: usable }", "attachment: { kind: program, inside: true }",
            "sender: { in: inside, matches: a }", "time: { days: mon }",
        ] {
            let replayed = try #require(try replay(features, oneRule(when: "{ \(when) }")).first)
            #expect(replayed.least.rules.isEmpty, "\(when)")
            #expect(replayed.most.rules == ["r"], "\(when)")
            #expect(replayed.untold == ["r"], "\(when)")
        }
    }

    @Test("An answer is reused only where the condition and all it names are the same")
    func fingerprints() throws {
        func rules(_ lists: String, _ words: String) throws -> Ruleset {
            try ruleset(
                "version: 1\nlists: { p: [\(lists)] }\ndetectors: { d: { words: [\(words)] } }\nrules:\n"
                    + "  - id: l\n    when: { sender: { in: p } }\n    then: { protect: required }\n"
                    + "  - id: d\n    when: { content: { detector: d } }\n    then: { protect: required }\n")
        }
        var (_, features) = try record(try plain("secret"), KnownKeys(), try rules("example.org", "secret"))
        features.salted = true
        #expect(try replay(features, try rules("example.org", "secret")).first?.untold == [])
        #expect(try replay(features, try rules("example.net", "secret")).first?.untold == ["l"])
        #expect(try replay(features, try rules("example.org", "public")).first?.untold == ["d"])
    }

    @Test("Nothing of what a message says is in its line")
    func nothingSaid() throws {
        let rules = try ruleset(
            "version: 1\nrules:\n  - id: r\n    when: { any: [ { subject: zebra }, { content: { detector: "
                + "payment-card } } ] }\n"
                + "    then: { protect: required }\n")
        let (_, features) = try record(
            try plain(subject: "zebra crossing", "giraffe 4111 1111 1111 1111", extra: "X-Other: okapi\n"), KnownKeys(),
            rules)
        let line = String(decoding: try JSONEncoder().encode(features), as: UTF8.self)
        for word in ["zebra", "crossing", "giraffe", "4111", "1111", "okapi"] {
            #expect(!line.contains(word), "\(word)")
        }
        #expect(features.detectors["payment-card"] == 1)
        #expect(features.fields.contains("x-other"))
    }
}

// explain: the same verdict as decide, every rule with what each condition saw, and nothing of the content but masked.

import Detection
import Mail
import Policy
import Testing

struct ExplainTests {
    private let yaml = """
        version: 1
        rules:
          - id: cards
            about: no cards
            when: { content: { detector: payment-card }, recipient: { not-in: inside } }
            then: { protect: required, with: [pgp], hide-subject: true }
          - id: words
            when: { any: [ { subject: dinner }, { content: { words: [lunch] } } ], size: { under: 1MB } }
            unless: { sender: { in: boss@example.org } }
            then: { protect: preferred }
        """

    @Test func everyRuleIsExplained() throws {
        let rules = try ruleset(yaml)
        let parsed = try plain(subject: "Order 123456789", "card 4111 1111 1111 1111, lunch?")
        let record = explain(parsed, known: KnownKeys(), rules: rules, nowSeconds: 7)
        #expect(record.judgedAtSeconds == 7)
        #expect(record.decided.decisions == decide(parsed, known: KnownKeys(), rules: rules, nowSeconds: 7).decisions)
        let trace = try #require(record.recipients.first)
        #expect(trace.decision.verdict == .refuse)
        #expect(trace.level == .required)
        #expect(trace.allowedMethods == [.pgp])
        #expect(trace.rules.map(\.application) == [.applies, .applies])
        #expect(trace.rules.first?.rule == RuleInfo(id: "cards", about: "no cards", file: "rules.yaml", line: 3))
        #expect(trace.rules.first?.asks == "protect: required; with: pgp; hide-subject")
        let cards = try #require(trace.rules.first?.when)
        #expect(cards.parts.map(\.label) == ["content detector payment-card, at least 1", "recipient not-in inside"])
        #expect(cards.parts.map(\.saw) == [["body: **** **** **** 1111"], ["carol@elsewhere.example"]])
        #expect(cards.parts.map(\.place.line) == [5, 5])
        let any = try #require(trace.rules.last?.when?.parts.first)
        #expect(any.parts.map(\.result) == [.no, .yes])
        #expect(any.parts.map(\.saw) == [["Order *****6789"], ["body: lunch"]])
        #expect(trace.rules.last?.unless?.result == .no)
        #expect(trace.rules.last?.unless?.saw == ["alice@example.org"])
    }

    @Test func theConditionThatFailedIsNamed() throws {
        let rules = try ruleset(yaml)
        let record = explain(try plain(to: ["b@example.org"]), known: KnownKeys(), rules: rules, nowSeconds: 0)
        let when = try #require(record.recipients.first?.rules.first?.when)
        #expect(when.result == .no)
        #expect(when.decisive.map(\.label) == ["content detector payment-card, at least 1", "recipient not-in inside"])
        #expect(when.decisive.first?.saw == ["nothing in 2 texts"])
    }

    @Test func whatIsUnknownSaysWhy() throws {
        let rules = try ruleset(yaml)
        let record = explain(
            try message(SealedMail.pgp()), known: KnownKeys(), rules: rules, nowSeconds: 0)
        let rule = try #require(record.recipients.first?.rules.first)
        let reason = "the message, multipart/encrypted, could not be read: its content is encrypted"
        #expect(rule.application.doubt?.description == reason)
        #expect(rule.when?.decisive.first?.saw.last == reason)
    }

    @Test func noDigitsOfAFoundValueAreShownButTheLastFour() throws {
        let rules = try oneRule(
            when: "{ any: [ {content: {detector: iban}}, {content: '\\d{9}'}, {header: {name: X-Id, exists: true}} ] }")
        let parsed = try plain("DE89370400440532013000 and 123456789\u{7}", extra: "X-Id: 555 123 456\n")
        let record = explain(parsed, known: KnownKeys(), rules: rules, nowSeconds: 0)
        let saw = try #require(record.recipients.first?.rules.first?.when).parts.flatMap(\.saw)
        #expect(saw.prefix(1) == ["body: DE****************3000"])
        #expect(saw.last == "X-Id: *** **3 456")
        #expect(!saw.joined().contains("12345") && !saw.joined().contains("3704"))
    }
}

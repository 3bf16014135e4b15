// Judging asks only the rules that can matter (`RuleIndex`, `MatchingRules`). `explain` asks every rule for every
// recipient: over random rules, messages and recipients both say the same. And the work is counted: what does not name
// the recipient is asked once.

import Detection
import MIME
import Mail
import Testing

@testable import Policy

struct IndexedJudgingTests {
    private struct Author {
        var random: PropertyTests.Random

        private static let lists = [
            "inside", "partners", "many", "lab.example", ".lab.example", "bob@friend.example", "[inside, partners]",
            "[.example, x.example]", "[bob@friend.example, .sub.lab.example]",
        ]

        mutating func pick(_ words: [String]) -> String { words.randomElement(using: &random) ?? "" }

        private mutating func addresses() -> String {
            switch Int.random(in: 0..<5, using: &random) {
            case 0: "{in: \(pick(Self.lists)), not-in: \(pick(Self.lists))}"
            case 1: "{not-in: \(pick(Self.lists))}"
            case 2: "{in: \(pick(Self.lists)), matches: '^b'}"
            default: "{in: \(pick(Self.lists))}"
            }
        }

        mutating func condition(_ depth: Int = 0) -> String {
            switch Int.random(in: 0..<(depth < 3 ? 16 : 11), using: &random) {
            case 0, 1, 2: return "{recipient: \(addresses())}"
            case 3: return "{sender: \(addresses())}"
            case 4: return "{content: \(pick(["secret", "nothing", "{detector: payment-card}", "{words: [lunch]}"]))}"
            case 5: return "{subject: \(pick(["lunch", "'\\[secure\\]'", "none"]))}"
            case 6: return "{recipients: \(pick(["{any-in: partners}", "{all-in: inside}", "{count: {over: 2}}"]))}"
            case 7: return "{key: {is: [\(pick(["usable", "none", "expired, unknown", "unknown"]))]}}"
            case 8: return "{key: {of: \(pick(["any-recipient", "all-recipients", "sender"])), is: usable}}"
            case 9: return "{attachment: {kind: program}}"
            case 10: return "{size: {over: \(pick(["200", "400"]))}}"
            case 11: return "{not: \(condition(depth + 1))}"
            case 12, 13: return "{all: [\(condition(depth + 1)), \(condition(depth + 1))]}"
            case 14: return "{condition: \(pick(["one", "two"]))}"
            default: return "{any: [\(condition(depth + 1)), \(condition(depth + 1))]}"
            }
        }

        mutating func policy() -> String {
            let then = [
                "protect: required", "protect: preferred", "protect: preferred, with: [pgp]", "hide-subject: true",
                "protect: required, with: [link, pgp]", "footer: x", "redirect: desk@lab.example", "receipt: true",
                "refuse: no", "copy-to: notary@bank.example", "link: {expire: 1d}",
            ]
            var text = """
                version: 1
                lists:
                  partners: [lab.example, .lab.example, notary@bank.example]
                  many: [\((0..<90).map { "d\($0).example" }.joined(separator: ", ")), bernard@example.org]
                conditions:
                  one: \(condition(2))
                  two: \(condition(2))

                """
            if Int.random(in: 0..<4, using: &random) == 0 { text += "scope: \(condition(1))\n" }
            if Int.random(in: 0..<4, using: &random) == 0 { text += "exempt: \(condition(1))\n" }
            text += "rules:\n"
            for number in 0..<Int.random(in: 1...14, using: &random) {
                text += "  - id: r\(number)\n"
                if Int.random(in: 0..<9, using: &random) > 0 { text += "    when: \(condition())\n" }
                if Int.random(in: 0..<3, using: &random) == 0 { text += "    unless: \(condition())\n" }
                if Int.random(in: 0..<6, using: &random) == 0 { text += "    mode: watch\n" }
                text += "    then: { \(pick(then)) }\n"
            }
            return text
        }

        mutating func message() throws -> ParsedMessage {
            let people = [
                "bob@friend.example", "Bob+tag@Friend.example", "desk@lab.example", "x@a.sub.lab.example",
                "bernard@example.org", "bernard+x@example.org", "carol@elsewhere.example", "d@d7.example",
                "notary@bank.example", "\"bob\"@friend.example", "u@x.example",
            ]
            let to = Array(people.shuffled(using: &random).prefix(Int.random(in: 1...6, using: &random)))
            let sender: String? = Int.random(in: 0..<5, using: &random) == 0 ? nil : pick(people)
            let body = pick([
                "hello", "secret", "secret\n4111 1111 1111 1111", SealedMail.armor,
                "lunch\n\(pick(["secret", "at noon"]))",
            ])
            guard Int.random(in: 0..<4, using: &random) > 0 else {
                return try PolicyTests.message(SealedMail.pgp(), from: sender, to: to)
            }
            return try plain(
                subject: pick(["lunch", "[secure] x", "figures"]), body, from: sender, to: to)
        }

        mutating func known() -> KnownKeys {
            let states: [KnownKeys.Status] = [
                .usable([bobsCertificate]), .none, .unusable(reasons: ["expired"]), .unknown(reason: "unreadable"),
            ]
            var table: [String: KnownKeys.Status] = [:]
            for address in [
                "bob@friend.example", "desk@lab.example", "carol@elsewhere.example", "notary@bank.example",
                "bernard@example.org",
            ] {
                table[address] = states.randomElement(using: &random)
            }
            return KnownKeys(table)
        }
    }

    @Test func theIndexGivesWhatAskingEveryRuleGives() throws {
        var author = Author(random: PropertyTests.Random(state: 20_261_201))
        var (judged, matched, notMatched, redirected) = (0, 0, 0, 0)
        for _ in 0..<300 {
            let text = author.policy()
            guard let rules = load(text).ruleset else { continue }
            for _ in 0..<4 {
                let parsed = try author.message()
                let known = author.known()
                let decided = decide(parsed, known: known, rules: rules, nowSeconds: 0)
                let record = explain(parsed, known: known, rules: rules, nowSeconds: 0)
                let story: Comment = "\(text)\n\(parsed.received.envelope)"
                #expect(decided.decisions == record.decided.decisions, story)
                for (decision, trace) in zip(decided.decisions, record.recipients) {
                    judged += 1
                    let counting = trace.rules.filter(\.application.counts).map(\.rule.id)
                    matched += counting.count
                    notMatched += trace.rules.count - counting.count
                    guard decision.effects.redirect == nil else {
                        redirected += 1
                        continue
                    }
                    let mail = decision.recipient.description
                    let found = Set(decision.rules + decision.watched)
                    if record.decided.decisions.contains(where: { $0.effects.redirect != nil }) { continue }
                    #expect(found.isSuperset(of: decision.watched), story)
                    #expect(Set(counting).isSuperset(of: decision.watched), "\(mail) \(text)")
                    // A refusal may come of a redirection, whose rules join in.
                    if decision.outcome.goes { #expect(found == Set(counting), "\(mail) \(text)") }
                }
            }
        }
        // The generator makes enough of everything for the test to mean something.
        #expect(judged > 1000 && matched > 1000 && notMatched > 1000 && redirected > 20)
    }

    @Test func theLogOfFeaturesRecordsTheSameDecisions() throws {
        var author = Author(random: PropertyTests.Random(state: 7))
        for _ in 0..<40 {
            guard let rules = load(author.policy()).ruleset else { continue }
            let recorder = FeatureRecorder(rules) { $0 }
            let (parsed, known) = (try author.message(), author.known())
            let (decided, _) = decideAndRecord(
                parsed, known: known, rules: rules, nowSeconds: 0, recorder: recorder)
            #expect(decided.decisions == decide(parsed, known: known, rules: rules, nowSeconds: 0).decisions)
        }
    }

    /// Counts how often it is asked.
    private final class Asked: @unchecked Sendable { var count = 0 }
    private struct Counting: MessageCondition {
        let place = Place(file: "test")
        let leaf: Int
        let asked: Asked
        let answer: Truth
        var label: String { "counting \(leaf)" }
        var cost: Cost { .structure }
        func test(_ facts: MessageFacts) -> Truth { answer }
        func test(_ facts: MessageFacts, _ recipient: Mailbox) -> Truth {
            asked.count += 1
            return answer
        }
        func saw(_ facts: MessageFacts) -> [String] { [] }
    }

    /// Rules, each with a condition that counts; `when` is what else they ask.
    private func counted(
        _ count: Int, when: (Int) -> String, _ answer: Truth
    ) throws -> (rules: Ruleset, asked: Asked) {
        let asked = Asked()
        var rules = try ruleset(
            "version: 1\nrules:\n"
                + (0..<count).map { "  - { id: r\($0), when: \(when($0)), then: { protect: preferred } }\n" }.joined())
        let leaves = rules.leafCount
        rules.leafCount += count
        rules.compiled = rules.compiled.enumerated().map { number, rule in
            var rule = rule
            let counting = Counting(leaf: leaves + number, asked: asked, answer: answer)
            rule.when = AllOf(place: counting.place, parts: [counting] + (rule.when.map { [$0] } ?? []))
            return rule
        }
        return (rules, asked)
    }

    private func toMany(_ count: Int) throws -> ParsedMessage {
        try plain(to: (0..<count).map { "u\($0)@d\($0).example" })
    }

    @Test func whatDoesNotNameTheRecipientIsAskedOnce() throws {
        let (rules, asked) = try counted(200, when: { _ in "{ size: { over: 1 } }" }, .no)
        #expect(decide(try toMany(100), known: KnownKeys(), rules: rules, nowSeconds: 0).decisions.count == 100)
        #expect(asked.count == 200)
    }

    @Test func whatTheMessageRulesOutIsAskedOnce() throws {
        let (rules, asked) = try counted(200, when: { _ in "{ recipient: { not-in: inside } }" }, .no)
        #expect(decide(try toMany(100), known: KnownKeys(), rules: rules, nowSeconds: 0).decisions.count == 100)
        #expect(asked.count == 200)
    }

    @Test func aRuleForOthersIsNotAsked() throws {
        let (rules, asked) = try counted(
            200, when: { "{ recipient: { in: [d\($0).example, .d\($0).example] } }" }, .yes)
        let decided = decide(try toMany(100), known: KnownKeys(), rules: rules, nowSeconds: 0)
        #expect(decided.decisions.enumerated().allSatisfy { $0.element.rules == ["r\($0.offset)"] })
        // Whether the message rules it out, and then for its one recipient.
        #expect(asked.count == 200)
    }
}

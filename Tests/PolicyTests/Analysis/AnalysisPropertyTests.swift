// Findings of the analysis are true: over random rules and many messages, a rule that is called shadowed never applies
// without the other, a condition that can never be true never is, an exception that never matters never does.

import Detection
import MIME
import Mail
import Policy
import PolicyLanguage
import Testing

struct AnalysisPropertyTests {
    private struct Sample {
        let parsed: ParsedMessage
        let known: KnownKeys
        let now: Int64
    }

    /// Random conditions of a vocabulary in which much is inside of, or apart from, something else.
    private struct Author {
        var generator: PropertyTests.Random

        mutating func condition(_ depth: Int = 0) -> String {
            switch Int.random(in: 0..<(depth < 2 ? 12 : 9), using: &generator) {
            case 0, 1: return "{recipient: {\(lists())}}"
            case 2: return "{sender: {\(lists())}}"
            case 3: return "{from: {\(lists())}}"
            case 4: return "{size: {\(bounds([200, 300, 400, 500]))}}"
            case 5: return "{encrypted: \(pick(["true", "false", "pgp", "smime"]))}"
            case 6: return "{signed: \(pick(["true", "false", "pgp", "smime", "opaque"]))}"
            case 7: return "{key: {is: [\(pick(["usable", "none", "expired", "unknown", "usable, none"]))]}}"
            case 8:
                return pick([
                    "{time: {between: '08:00-12:00'}}", "{time: {between: '10:00-20:00', days: [wed]}}",
                    "{time: {between: '22:00-06:00'}}", "{recipients: {count: {over: 1}}}",
                    "{recipients: {count: {under: 2}}}", "{header: {name: X-A, count: {over: 0}}}",
                    "{header: {name: X-A, count: {under: 2}}}",
                ])
            case 9: return "{not: \(condition(depth + 1))}"
            case 10: return "{all: [\(condition(depth + 1)), \(condition(depth + 1))]}"
            default: return "{any: [\(condition(depth + 1)), \(condition(depth + 1))]}"
            }
        }

        private mutating func lists() -> String {
            let sets = [
                "inside", "a.example", ".a.example", "bob@a.example", "[a.example, .a.example]", "[inside, b.example]",
            ]
            switch Int.random(in: 0..<5, using: &generator) {
            case 0: return "in: \(pick(sets)), not-in: \(pick(sets))"
            case 1, 2: return "in: \(pick(sets))"
            default: return "not-in: \(pick(sets))"
            }
        }

        private mutating func bounds(_ numbers: [Int]) -> String {
            let number = numbers.randomElement(using: &generator) ?? 1
            return Bool.random(using: &generator) ? "over: \(number)" : "under: \(number)"
        }

        private mutating func pick(_ words: [String]) -> String { words.randomElement(using: &generator) ?? "" }
    }

    private static func samples() throws -> [Sample] {
        let addresses = [
            "u@example.org", "u@sub.example.org", "u@a.example", "bob@a.example", "bob+t@a.example", "u@x.a.example",
            "u@b.example", "u@c.example",
        ]
        let states: [KnownKeys.Status] = [
            .usable([bobsCertificate]), .none, .unusable(reasons: ["expired"]), .unknown(reason: "time-out"),
        ]
        var samples: [Sample] = []
        for (index, recipient) in (addresses + addresses + addresses).enumerated() {
            let sender = addresses[(index * 3 + index / 8) % 8]
            let author =
                index % 7 == 0 ? "nobody" : "\(addresses[(index * 5) % 8])\(index % 5 == 0 ? ", u@c.example" : "")"
            let header = String(repeating: "X-A: 1\n", count: index % 3)
            let text: String
            switch index % 6 {
            case 0: text = SealedMail.pgp()
            case 1: text = "From: \(author)\n\(header)Subject: x\n\nhello\n\(SealedMail.armor)\n"
            case 2:
                text =
                    """
                    From: \(author)
                    \(header)MIME-Version: 1.0
                    Content-Type: application/pkcs7-mime; smime-type=signed-data

                    AA

                    """
            default: text = "From: \(author)\n\(header)Subject: x\n\n\(String(repeating: "hello\n", count: index * 4))"
            }
            let to = index % 4 == 0 ? [recipient, "u@c.example"] : [recipient]
            samples.append(
                Sample(
                    parsed: try message(text, from: index % 9 == 0 ? nil : sender, to: to),
                    known: keys([recipient: states[index % 4]]), now: 1_795_600_000 + Int64(index) * 9_000))
        }
        return samples
    }

    @Test("What check finds is so, in files with scope and exempt and a named condition too", arguments: [false, true])
    func findingsAreTrue(_ isScoped: Bool) throws {
        let samples = try Self.samples()
        var author = Author(generator: PropertyTests.Random(state: 20_261_125))
        var counts: [String: Int] = [:]
        for _ in 0..<800 {
            let rules =
                "  - {id: a, when: \(author.condition()), unless: \(author.condition()), then: {protect: required}}\n"
                + "  - {id: b, when: {all: [\(author.condition()), \(author.condition())]}, then: {protect: "
                + "required}}\n"
                + "  - {id: c, when: \(author.condition()), then: {protect: required}}\n"
            let head =
                isScoped
                ? "scope: {condition: s}\nexempt: \(author.condition())\nconditions: {s: \(author.condition())}\n" : ""
            let result = Ruleset.check(
                files: [PolicyFile(name: "rules.yaml", text: "version: 1\n\(head)rules:\n\(rules)")],
                surroundings: Surroundings(
                    inside: DomainList(["example.org", ".example.org"]), linksAvailable: true), nowSeconds: 0)
            let findings = result.diagnostics.filter {
                ["never-true", "shadowed-rule", "duplicate-rule", "never-applies", "idle-exception"].contains($0.code)
                    && $0.message.contains("rule '")
            }
            guard !findings.isEmpty, let ruleset = result.ruleset else { continue }
            for finding in findings { counts[finding.code ?? "", default: 0] += 1 }
            for sample in samples {
                let record = explain(sample.parsed, known: sample.known, rules: ruleset, nowSeconds: sample.now)
                for recipient in record.recipients {
                    for finding in findings { try Self.hold(finding, recipient.rules, rules) }
                }
            }
        }
        // The generator makes enough of every kind for the test to mean something.
        for code in ["never-true", "shadowed-rule", "never-applies", "idle-exception"] {
            #expect(counts[code, default: 0] > 20, "\(counts)")
        }
    }

    private static func hold(_ finding: Diagnostic, _ traces: [RuleTrace], _ rules: String) throws {
        let named = ["a", "b", "c"].filter { finding.message.contains("'\($0)'") }
        let subject = try #require(named.first { finding.message.contains("rule '\($0)'") })
        let trace = try #require(traces.first { $0.rule.id == subject })
        let why: Comment = "\(finding.message) (\(finding.line):\(finding.column))\n\(rules)"
        switch finding.code {
        case "shadowed-rule", "duplicate-rule":
            let others = traces.filter { named.contains($0.rule.id) && $0.rule.id != subject }
            #expect(!trace.application.counts || others.contains { $0.application.counts }, why)
        case "never-true" where finding.message.contains("'scope'"):
            #expect(!(trace.when?.result == .yes && trace.scope?.result == .yes), why)
        case "never-true":
            let tree = finding.message.contains("'when'") ? trace.when : trace.unless
            #expect(!isTrue(tree, at: finding), why)
        case "never-applies": #expect(trace.application != .applies, why)
        default:
            let isAsked = (trace.when?.result ?? .yes) == .yes && (trace.scope?.result ?? .yes) == .yes
            #expect(!(isAsked && trace.unless?.result == .yes), why)
        }
    }

    /// True where the `all` that has the named place among its parts, or the condition at that place, is true.
    private static func isTrue(_ trace: ConditionTrace?, at finding: Diagnostic) -> Bool {
        guard let trace else { return false }
        func stands(_ trace: ConditionTrace) -> Bool {
            trace.place.line == finding.line && trace.place.column == finding.column
        }
        let contradicts = finding.message.contains("contradict")
        if !contradicts, stands(trace), trace.parts.isEmpty { return trace.result == .yes }
        if contradicts, trace.label == "all of", trace.parts.contains(where: stands) { return trace.result == .yes }
        return trace.parts.contains { isTrue($0, at: finding) }
    }
}

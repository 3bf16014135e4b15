// `quarantine`: where it stands among the levels, what may stand beside it, and what an officer's release sets aside.

import Foundation
import MIME
import Mail
import Policy
import PolicyLanguage
import Testing

@Suite struct QuarantineTests {
    private func load(_ thens: String..., available: Bool = true) -> RulesetResult {
        let rules = thens.enumerated().map { "  - id: r\($0.offset)\n    then: \($0.element)\n" }.joined()
        return Ruleset.load(
            files: [PolicyFile(name: "rules.yaml", text: "version: 1\nrules:\n\(rules)")],
            surroundings: Surroundings(
                inside: DomainList(["example.org"]), linksAvailable: true, quarantineAvailable: available))
    }

    private func verdict(_ rules: RulesetResult, released: Bool = false) throws -> Decision {
        let parsed = try message("Subject: x\n\ny\n")
        let decided = decide(
            parsed, known: KnownKeys(), rules: try #require(rules.ruleset), nowSeconds: 0, released: released)
        return try #require(decided.decisions.first)
    }

    @Test func itStandsBetweenRequiredAndRefuse() throws {
        let held = "{ quarantine: 'look at it' }"
        #expect(try verdict(load(held)).outcome == .quarantine("look at it"))
        #expect(try verdict(load("{ protect: required }", held)).outcome == .quarantine("look at it"))
        #expect(try verdict(load(held, "{ protect: none }")).verdict == .quarantine)
        #expect(try verdict(load(held, "{ refuse: no }")).verdict == .refuse)
        #expect(try verdict(load(held, "{ quarantine: second }")).rules == ["r0", "r1"])
    }

    @Test func aReleaseSetsItAsideAndNothingElse() throws {
        let held = "{ quarantine: 'look at it' }"
        let alone = try verdict(load(held), released: true)
        #expect(alone.outcome == .pass && alone.rules.isEmpty)
        #expect(alone.notes.contains { $0.contains("r0") && $0.contains("released") })
        #expect(try verdict(load("{ protect: required, with: [link] }", held), released: true).outcome == .seal(.link))
        #expect(try verdict(load("{ protect: required, with: [pgp] }", held), released: true).verdict == .refuse)
        #expect(try verdict(load(held, "{ refuse: no }"), released: true).verdict == .refuse)
    }

    @Test func withoutSettingsItIsAnError() throws {
        let finding = try #require(load("{ quarantine: x }", available: false).diagnostics.first)
        #expect(finding.severity == .error && finding.line == 4)
        #expect(finding.hint?.contains("quarantine.key") == true)
    }

    @Test(arguments: [
        ("{ quarantine: x, protect: required }", "no meaning beside 'quarantine'"),
        ("{ quarantine: x, refuse: y }", "no meaning beside 'refuse'"),
        ("{ quarantine: true }", "must be a text"),
        ("{ quarantine: '\(String(repeating: "x", count: 201))' }", "limit 200"),
    ])
    func mistakes(then: String, says: String) throws {
        let finding = try #require(load(then).diagnostics.first)
        #expect(finding.severity == .error && finding.message.contains(says), "\(finding)")
    }

    @Test func explainNamesIt() throws {
        let explanation = explain(
            try message("Subject: x\n\ny\n"), known: KnownKeys(),
            rules: try #require(load("{ quarantine: x }").ruleset),
            nowSeconds: 0)
        #expect(explanation.recipients.first?.decision.verdict == .quarantine)
        #expect(explanation.recipients.first?.rules.first?.asks == "quarantine")
        #expect(explanation.decided.refusal == nil)
    }
}

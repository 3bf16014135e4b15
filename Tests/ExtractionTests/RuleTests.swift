// The whole way: a rule with content looks into an attached document.

import Extraction
import Foundation
import MIME
import Mail
import Policy
import PolicyLanguage
import Testing

@Suite struct RuleTests {
    @Test("only rules that ask for content make attachments be looked into")
    func looksInside() throws {
        #expect(try rules("{ content: { detector: payment-card } }").looksInside)
        #expect(try rules("{ any: [ { subject: x }, { not: { content: y } } ] }").looksInside)
        #expect(try !rules("{ subject: x }").looksInside)
    }

    private func rules(_ when: String) throws -> Ruleset {
        let text = "version: 1\nrules:\n  - id: r\n    when: \(when)\n    then: { protect: required }\n"
        let result = Ruleset.load(
            files: [PolicyFile(name: "r.yaml", text: text)],
            surroundings: Surroundings(inside: DomainList(["example.org"]), linksAvailable: true))
        return try #require(result.ruleset, "\(result.diagnostics)")
    }
}

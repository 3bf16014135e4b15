// docs/policy/policy-conditions.md is what the program does: its examples load without a warning, it names every key
// and every finding, and no finding that does not exist.

import Foundation
import Mail
import Policy
import PolicyLanguage
import Testing

struct ConditionPageTests {
    private static let top = StartingPolicyTests.folder.deletingLastPathComponent()

    private static func page() throws -> String {
        try String(contentsOf: top.appending(path: "docs/policy/policy-conditions.md"), encoding: .utf8)
    }

    @Test func everyExampleLoads() throws {
        let blocks = try Self.page().components(separatedBy: "```yaml\n").dropFirst().map {
            $0.components(separatedBy: "```")[0]
        }
        #expect(blocks.count >= 12)
        for block in blocks {
            let findings = Ruleset.check(
                files: [PolicyFile(name: "page.yaml", text: "version: 1\nrules:\n\(block)")],
                surroundings: Surroundings(inside: DomainList(["example.org"]), linksAvailable: true), nowSeconds: 0
            ).diagnostics
            #expect(findings.filter { $0.severity != .info }.map(\.description) == [], "\(block)")
        }
    }

    @Test func everyConditionIsDescribed() throws {
        let page = try Self.page()
        let hint = load("version: 1\nrules:\n  - {id: r, when: {zzzz: 1}, then: {refuse: no}}\n").diagnostics.first?
            .hint
        let list = try #require(hint?.components(separatedBy: "known: ").last)
        let keys = list.components(separatedBy: ", ")
        #expect(keys.count > 20)
        for key in keys { #expect(page.contains("`\(key)`"), "\(key)") }
    }

    @Test func theTableOfFindingsIsThatOfTheCode() throws {
        let page = try Self.page()
        let table = try #require(page.components(separatedBy: "| code | severity |").last)
        let described = Set(table.matches(of: /`([a-z]+(?:-[a-z]+)+)`/).map { String($0.output.1) })
        var written: Set<String> = []
        for module in ["Policy", "PolicyLanguage", "PolicyAnalysis"] {
            let sources = Self.top.appending(path: "Sources/\(module)")
            let files = try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
            for case let file as URL in files where file.pathExtension == "swift" {
                let text = try String(contentsOf: file, encoding: .utf8)
                written.formUnion(text.matches(of: /code: "([a-z-]+)"/).map { String($0.output.1) })
            }
        }
        written.formUnion(["matches-everything", "pattern-refused"])
        written.formUnion(["watch-over", "watch-ends-soon", "watch-without-end"])
        #expect(written.subtracting(described) == [])
    }
}

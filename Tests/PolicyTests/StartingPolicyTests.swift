// The policy that comes with Letterlock: it passes every check, and every case beside it comes out as it says. (The
// harness of `letterlock policy test` has its own tests; this one keeps rules and cases together with the engine.)

import Foundation
import MIME
import Mail
import Policy
import Testing
import Yams

struct StartingPolicyTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "policy")

    static func startingPolicy() throws -> RulesetResult {
        let text = try String(contentsOf: folder.appending(path: "rules.yaml"), encoding: .utf8)
        return load(text)
    }

    @Test func theStartingPolicyHasNoFindings() throws {
        let result = try Self.startingPolicy()
        #expect(result.diagnostics.map(\.description) == [])
        #expect(result.ruleset?.addressesNamed.map(\.description) == ["notary@bank.example"])
    }

    @Test(arguments: ["asked-for.yaml", "content.yaml", "marks-and-attachments.yaml"])
    func everyCaseComesOutAsItSays(_ file: String) throws {
        let rules = try #require(try Self.startingPolicy().ruleset)
        for item in try Self.cases(file) { try check(item, rules) }
    }

    @Test func everyRuleHasCasesBothWays() throws {
        let rules = try #require(try Self.startingPolicy().ruleset)
        var matched: Set<String> = []
        var unmatched: Set<String> = []
        for file in ["asked-for.yaml", "content.yaml", "marks-and-attachments.yaml"] {
            for item in try Self.cases(file) {
                for decision in decide(try parse(item), known: known(item), rules: rules, nowSeconds: 0).decisions {
                    matched.formUnion(decision.rules)
                    unmatched.formUnion(Set(rules.rules.map(\.id)).subtracting(decision.rules))
                }
            }
        }
        let all = Set(rules.rules.map(\.id))
        #expect(matched == all)
        #expect(unmatched == all)
    }

    private static func cases(_ file: String) throws -> [Node] {
        let text = try String(contentsOf: folder.appending(path: "tests/\(file)"), encoding: .utf8)
        return Array(try #require(try Yams.compose(yaml: text)?["cases"]?.sequence))
    }

    private func check(_ item: Node, _ rules: Ruleset) throws {
        let name = item["name"]?.string ?? "?"
        let decided = decide(try parse(item), known: known(item), rules: rules, nowSeconds: 0)
        for (address, expected) in try #require(item["expect"]?.mapping) {
            let wanted = try #require(Mailbox(address.string ?? ""))
            let decision = try #require(decided.decisions.first { $0.recipient == wanted }, "\(name)")
            #expect(decision.verdict == expected["verdict"]?.string, "\(name): \(decision)")
            if let method = expected["method"]?.string { #expect(decision.method == method, "\(name)") }
            if let ids = expected["rules"]?.sequence {
                #expect(Set(decision.rules) == Set(ids.compactMap(\.string)), "\(name): \(decision.notes)")
            }
        }
    }

    private func parse(_ item: Node) throws -> ParsedMessage {
        let from = item["from"]?.string == "<>" ? nil : item["from"]?.string
        let to = item["to"]?.sequence?.compactMap(\.string) ?? []
        guard let path = item["message"]?.string else {
            return try plain(subject: item["subject"]?.string ?? "", item["body"]?.string ?? "", from: from, to: to)
        }
        let data = try Data(contentsOf: Self.folder.appending(path: "tests/\(path)"))
        return try message(MessageBytes(bytes: data), from: from, to: to)
    }

    private func known(_ item: Node) -> KnownKeys {
        var table: [String: KnownKeys.Status] = [:]
        for address in item["keys"]?.sequence?.compactMap(\.string) ?? [] {
            table[address] = .usable([bobsCertificate])
        }
        for word in ["expired", "revoked"] {
            for address in item[word]?.sequence?.compactMap(\.string) ?? [] {
                table[address] = .unusable(reasons: [word])
            }
        }
        return KnownKeys(table)
    }
}

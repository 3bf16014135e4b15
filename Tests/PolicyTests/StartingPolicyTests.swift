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
        #expect(result.ruleset?.destinations == [])
    }
}

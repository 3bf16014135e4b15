// The doctor's checks on prepared folders: what is wrong is found in its area, with a hint.

import Doctor
import Foundation
import Gateway
import Mail
import NIOPosix
import Settings
import SettingValues
import Support
import Testing

struct SetupCheckTests {
    /// Checks on a folder with rules, keys and settings.
    private func checks(_ more: String = "") throws -> SetupChecks {
        let file = try folder.write(
            "letterlock.yaml",
            """
            hostname: gate.example.org
            inside: [example.org]
            keys: \(folder.file("keys"))
            policy: \(folder.file("policy"))
            state: \(folder.file("state"))
            next-hop: { address: "127.0.0.1:1" }
            \(more)
            """)
        let settings = try LetterlockSettings.load(file: file, environment: [:])
        return SetupChecks(
            settings, GatewayConfiguration(settings), settingsFile: file, postfixFolders: [],
            group: MultiThreadedEventLoopGroup.singleton, nowSeconds: 1_800_000_000)
    }

    /// Lives as long as the test: rules, an empty key folder and an empty state.
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try folder.write("policy/rules.yaml", "version: 1\nrules: []\n")
        for name in ["keys", "state"] {
            try FileManager.default.createDirectory(atPath: folder.file(name), withIntermediateDirectories: true)
        }
    }

    @Test func aRulesFileThatCannotBeUsedFails() throws {
        try folder.write("policy/rules.yaml", "version: 1\nrules: [{ id: x, when: { no-such: 1 }, then: {} }]\n")
        let findings = try checks().policyFindings()
        #expect(findings.contains { $0.state == .fail && $0.area == "policy" && $0.hint != nil })
        #expect(!findings.contains { $0.state == .ok })
    }

    @Test func rulesWithoutLinksAreWarnedOf() throws {
        let findings = try checks().policyFindings()
        #expect(findings.contains { $0.state == .ok && $0.what.hasPrefix("0 rules") })
        #expect(findings.contains { $0.state == .warn && $0.what.hasPrefix("links are not set up") })
    }

    @Test func databasesThatAreNotThereYetAreFine() throws {
        let findings = try checks().databaseFindings()
        #expect(findings.count == 2 && findings.allSatisfy { $0.state == .ok })
    }

    @Test func aFileThatIsNoDatabaseFails() throws {
        try folder.write("state/gateway/gateway.db", "this is no database, but a text of some length\n")
        let findings = try checks().databaseFindings()
        #expect(findings.map(\.state) == [.fail, .ok])
    }

    @Test func anEmptyKeyFolderIsWarnedOf() async throws {
        let findings = try await checks().keyFindings()
        #expect(findings.map(\.state) == [.warn] && findings.first?.what.hasPrefix("0 usable certificates") == true)
    }

    @Test func aFolderThatEverybodyCanChangeFails() throws {
        let path = folder.file("keys")
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: path)
        let findings = try checks().fileFindings()
        #expect(findings.contains { $0.state == .fail && $0.hint == "chmod o-w \"\(path)\"" })
    }

    @Test func aStateThatOthersCanReadFails() throws {
        try folder.write("state/gateway/x", "")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.file("state/gateway"))
        let findings = try checks().fileFindings()
        #expect(findings.contains { $0.state == .fail && $0.what.hasSuffix("has mode 0755: too wide") })
    }

    @Test func aNextHopThatDoesNotAnswerFails() async throws {
        let findings = try await checks().nextHopFindings()
        #expect(findings.map(\.state) == [.fail] && findings.first?.area == "next hop")
    }

    @Test func aDoorToStrangersIsWarnedOf() throws {
        let open = "listen: { smtp: [{ address: \"0.0.0.0:2525\" }] }"
        let findings = try checks(open).listenerFindings()
        #expect(findings.count >= 2 && findings.allSatisfy { $0.state == .warn && $0.area == "listeners" })
    }

    @Test func aFindingIsOneLineAndItsHintAnother() {
        let finding = Finding.warn("keys", "what is wrong", hint: "what to do")
        #expect(finding.text == "warn keys: what is wrong\n       what to do")
        #expect(Finding.ok("keys", "fine").text == "ok   keys: fine")
    }
}

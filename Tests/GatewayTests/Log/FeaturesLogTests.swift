// The features log of a running gateway: a line per message, nobody named where it is salted, nothing of what was said,
// and never a message that waits for it.

import Foundation
import Gateway
import Logging
import Mail
import Policy
import ServiceLifecycle
import SettingValues
import Support
import Testing

@Suite struct FeaturesLogTests {
    private func lines(_ path: String, count: Int) async throws -> [MessageFeatures] {
        for _ in 0..<1200 {
            let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
            let lines = text.split(separator: "\n")
            if lines.count >= count {
                return try lines.map { try JSONDecoder().decode(MessageFeatures.self, from: Data($0.utf8)) }
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw SupportError("no \(count) lines in \(path)")
    }

    private let card =
        "From: alice@example.org\r\nTo: bob@x.example\r\nSubject: zebra\r\n\r\nCard 4111 1111 1111 1111\r\n"

    @Test("Each message is a line with what became of it, in a file for our eyes only, which is opened anew when told")
    func plain() async throws {
        var options = TestOptions()
        options.features = { FeaturesSettings(file: $0.file("f.jsonl")) }
        try await withGateway(options) { test in
            let path = test.folder.file("f.jsonl")
            _ = try await test.submit(card, to: "bob@x.example")
            let first = try #require(try await lines(path, count: 1).first)
            #expect(first.sender == "alice@example.org")
            #expect(first.recipients.map(\.address) == ["bob@x.example"])
            #expect(first.recipients.map(\.verdict) == ["refuse"])
            #expect(first.recipients.map(\.rules) == [["cards"]])
            #expect(first.detectors["payment-card"] == 1)
            #expect(first.door == "smtp")
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            let text = try String(contentsOfFile: path, encoding: .utf8)
            for word in ["zebra", "4111", "Card"] { #expect(!text.contains(word)) }
            try FileManager.default.moveItem(atPath: path, toPath: "\(path).1")
            test.gateway.reopenLogs()
            _ = try await test.submit(card, to: "eve@x.example")
            #expect(try await lines(path, count: 1).map(\.recipients.first?.address) == ["eve@x.example"])
            #expect(try await lines("\(path).1", count: 1).count == 1)
        }
    }

    @Test(
        "With a salt no address is in it, the same address is the same hash, and its policy can be replayed"
    )
    func salted() async throws {
        var options = TestOptions()
        options.features = {
            FeaturesSettings(
                file: $0.file("f.jsonl"), saltFile: $0.file("salt"), headers: ["From", "X-Name"])
        }
        try await withGateway(options) { test in
            let path = test.folder.file("f.jsonl")
            let message = "X-Name: call bob@x.example\r\n\(card)"
            _ = try await test.submit(message, to: "bob@x.example", "dora@example.org")
            _ = try await test.submit(message, to: "BOB@x.example")
            let read = try await lines(path, count: 2)
            let text = try String(contentsOfFile: path, encoding: .utf8)
            for word in ["alice", "bob", "dora", "x.example", "4111", "zebra"] {
                #expect(!text.lowercased().contains(word), "\(word)")
            }
            #expect(text.contains("@example.org"))
            #expect(read[0].recipients[0].address == read[1].recipients[0].address)
            #expect(read[0].recipients[0].address.hasSuffix(".salted.invalid"))
            #expect(read[0].headers["x-name"]?.first?.hasPrefix("call h:") == true)
            let salt = try #require(try FeatureSalt(existing: test.folder.file("salt")))
            let rules = try #require(
                PolicyFolder.load(
                    test.configuration.settings.policy, surroundings: test.configuration.surroundings
                ).ruleset)
            let replay = FeatureReplay(rules) { salt.fingerprint($0) }
            for features in read {
                let decisions = try #require(replay.decisions(features))
                #expect(decisions.map(\.most.verdict.rawValue) == features.recipients.map(\.verdict))
                #expect(decisions.allSatisfy { $0.least == $0.most })
            }
        }
    }

    @Test("A full queue loses lines and holds nobody up; what waits at the end is written")
    func full() async throws {
        let folder = try TemporaryFolder()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let log = try FeaturesLog(
            file: folder.file("f.jsonl"), FeaturesSettings(), inside: DomainList([]), logger: logger, queueLines: 2)
        let decoder = JSONDecoder()
        let empty = """
            {"v":1,"id":"ID","time":0,"salted":false,"door":"smtp","listener":"","client":"",\
            "to":[],"link":"usable","size":0,\
            "parts":[],"encryption":"none","signature":"none","fields":[],"headers":{},"detectors":{},"attachments":[],\
            "hidden":{},"answers":{}}
            """
        // Nobody writes yet: a writer that cannot keep up.
        for id in 1...5 {
            log.append(try decoder.decode(MessageFeatures.self, from: Data(empty.replacing("ID", with: "\(id)").utf8)))
        }
        let group = ServiceGroup(configuration: ServiceGroupConfiguration(services: [log], logger: logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        #expect(try await lines(folder.file("f.jsonl"), count: 2).map(\.id) == ["1", "2"])
    }

    @Test("A file that cannot be made is told at the start")
    func noFile() throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        #expect(throws: Refusal.self) {
            _ = try FeaturesLog(
                file: "/nowhere/f.jsonl", FeaturesSettings(), inside: DomainList([]), logger: logger)
        }
    }
}

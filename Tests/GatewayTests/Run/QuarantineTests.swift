// Held messages by every door: committed before the 250, once, whatever fails; and what a release makes of them.

import Foundation
import Gateway
import Listeners
import Logging
import Mail
import NIOPosix
import Operations
import Policy
import Sealing
import SettingValues
import Support
import Testing
import Vault

extension TestOptions {
    static let holding = TestOptions(
        policy: """
            version: 1
            defaults: { protect: none, with: [pgp, link] }
            rules:
              - id: codenames
                when: { subject: '^\\[codename\\]', recipient: { in: example.net } }
                then: { quarantine: "codenames do not leave unseen" }
              - id: sealed
                when: { recipient: { in: [bob@example.net, eve@example.com] } }
                then: { protect: required, with: [pgp] }
              - id: never
                when: { recipient: { in: never@example.com } }
                then: { refuse: "never to him" }
            """, quarantineKey: "")
}

extension RunningTest {
    func desk() throws -> QuarantineOperations {
        try QuarantineOperations(stateFolder: configuration.settings.state, who: "officer")
    }
    func held() async throws -> [HeldLine] { try await desk().lines(settled: false) }

    /// The only held message, opened.
    func opened() async throws -> (line: HeldLine, message: MessageBytes) {
        let lines = try await held()
        try #require(lines.count == 1)
        let message = try await desk().open(
            lines[0], homeFolder: gpg.home, gpgProgram: "/usr/bin/gpg", gpgTimeoutSeconds: 20)
        return (lines[0], try #require(message))
    }

    func release(_ recipients: [String]? = nil) async throws -> [HeldRelease.Released] {
        let (line, message) = try await opened()
        return try await desk().release(
            line.id, recipients?.compactMap { Mailbox($0) }, message: message, configuration,
            group: MultiThreadedEventLoopGroup.singleton, logger: Logger(label: "t") { _ in SwiftLogNoOpLogHandler() })
    }
}

extension ScriptedHop {
    /// What was delivered in the name of a sender, not by Letterlock itself.
    var letters: [Delivery] { record.deliveries.filter { $0.sender != "" } }
}

@Suite(.timeLimit(.minutes(5)))
struct QuarantineTests {
    static let message = Samples.plain(
        subject: "[codename] nightjar", body: "the canary sings", to: "carol@example.net")

    @Test func aHeldMessageIsSealedAndOpensToWhatCameIn() async throws {
        try await withScriptedHop(.holding) { gateway, hop in
            let handled = await gateway.hand(Self.message, to: ["carol@example.net"], door: .smtp)
            #expect(handled.refusal == nil)
            #expect(hop.letters.isEmpty)
            let (line, message) = try await gateway.opened()
            #expect(String(decoding: try message.copy(), as: UTF8.self) == Self.message)
            #expect(line.sender == "alice@example.org" && line.state == .held)
            #expect(line.recipients.map(\.address) == ["carol@example.net"])
            #expect(line.recipients.first?.rules == ["codenames"])
            #expect(line.recipients.first?.reason == "codenames do not leave unseen")
            #expect(line.bytes == Self.message.utf8.count)
            for file in try gateway.folder.allBytes() where !file.path.contains("/policy/") {
                #expect(file.bytes.range(of: Data("nightjar".utf8)) == nil, "\(file.path)")
            }
        }
    }

    @Test func whoIsNotHeldIsServed() async throws {
        try await withScriptedHop(.holding) { gateway, hop in
            try gateway.addKey("eve@example.com")
            let to = ["carol@example.net", "eve@example.com", "dora@example.org"]
            #expect(await gateway.hand(Self.message, to: to, door: .smtp).refusal == nil)
            #expect(Set(hop.served) == ["eve@example.com", "dora@example.org"])
            #expect(try await gateway.held().flatMap(\.recipients).map(\.address) == ["carol@example.net"])
            #expect(hop.reports.isEmpty)
        }
    }

    @Test func aRetryHoldsNobodyTwiceAndSendsNothingTwice() async throws {
        try await withScriptedHop(.holding) { gateway, hop in
            try gateway.addKey("eve@example.com")
            let to = ["carol@example.net", "eve@example.com", "dora@example.org"]
            hop.follow(MixedResultsTests.at("RCPT", to: "dora", .reply("450 4.2.0 later")))
            #expect(await gateway.hand(Self.message, to: to, door: .smtp).refusal?.replyCode == 450)
            #expect(hop.served == ["eve@example.com"], "the message is partly out once somebody is held")
            hop.follow { _ in .usual }
            // Twice: the first 250 is lost.
            _ = await gateway.hand(Self.message, to: to, door: .smtp)
            let last = await gateway.hand(Self.message, to: to, door: .smtp)
            #expect(last.refusal == nil)
            #expect(hop.served.sorted() == ["dora@example.org", "eve@example.com"])
            let lines1 = try await gateway.held()
            #expect(lines1.count == 1)
            await last.replyWritten()
            // Still not twice: it lies there.
            #expect(await gateway.hand(Self.message, to: ["carol@example.net"], door: .smtp).refusal == nil)
            let lines2 = try await gateway.held()
            #expect(lines2.count == 1)
        }
    }

    @Test func whoIsRefusedByTheNextHopIsReported() async throws {
        try await withScriptedHop(.holding) { gateway, hop in
            hop.follow(MixedResultsTests.at("RCPT", to: "dora", .reply("550 5.1.1 nobody")))
            let to = ["carol@example.net", "dora@example.org"]
            #expect(await gateway.hand(Self.message, to: to, door: .smtp).refusal == nil)
            #expect(hop.reports.count == 1)
            #expect(hop.reports.first?.content.contains("Final-Recipient: rfc822; dora@example.org") == true)
            #expect(hop.reports.first?.content.contains("Final-Recipient: rfc822; carol@") == false)
            let lines = try await gateway.held()
            #expect(lines.count == 1)
        }
    }

    @Test func aRefusalOfThePolicyHoldsNothing() async throws {
        try await withScriptedHop(.holding) { gateway, hop in
            let to = ["carol@example.net", "never@example.com"]
            #expect(await gateway.hand(Self.message, to: to, door: .smtp).refusal?.codesText == "550 5.7.1")
            let left = try await gateway.held()
            #expect(left.isEmpty)
            #expect(hop.record.deliveries.isEmpty)
        }
    }

    @Test func whatCannotBeSealedIsPutOff() async throws {
        let folder = try TemporaryFolder()
        var options = TestOptions.holding
        options.quarantineKey = folder.file("quarantine.asc")
        try await withScriptedHop(options) { gateway, hop in
            // No key, a secret one would be no better, one that is none, one that has expired.
            let expired = try gateway.gpg.makeKey("q@example.org", expire: "2021-01-01", at: "20200101T000000")
            for content in [nil, "rubbish", expired] {
                if let content { try folder.write("quarantine.asc", content) }
                let to = ["carol@example.net", "dora@example.org"]
                let handled = await gateway.hand(Self.message, to: to, door: .smtp)
                #expect(handled.refusal?.codesText == "451 4.3.0")
                #expect(handled.refusal?.publicText.contains("/") == false)
                #expect(hop.record.deliveries.isEmpty, "nobody gets it before the others are held")
                let apart = await gateway.hand(Self.message, to: to, door: .lmtp)
                #expect(apart.codes == [451, 250])
                await apart.replyWritten()
                hop.forgetAll()
            }
            try folder.write("quarantine.asc", try gateway.gpg.makeKey("quarantine@example.org"))
            #expect(await gateway.hand(Self.message, to: ["carol@example.net"], door: .smtp).refusal == nil)
            let lines = try await gateway.held()
            #expect(lines.count == 1)
        }
    }

    @Test func aBrokenGPGPutsOff() async throws {
        let folder = try TemporaryFolder()
        try folder.writeProgram(
            "gpg",
            """
            #!/bin/sh
            case "$*" in *--encrypt*|*" -e "*) exit 2 ;; *) exec /usr/bin/gpg "$@" ;; esac
            """)
        var options = TestOptions.holding
        options.gpgProgram = folder.file("gpg")
        try await withScriptedHop(options) { gateway, hop in
            #expect(await gateway.hand(Self.message, to: ["carol@example.net"], door: .smtp).refusal?.replyCode == 451)
            let left = try await gateway.held()
            #expect(left.isEmpty)
            #expect(hop.record.deliveries.isEmpty)
        }
    }

    @Test func overLMTPEachHasHisOwnAnswer() async throws {
        try await withScriptedHop(.holding) { gateway, hop in
            let to = ["carol@example.net", "never@example.com", "dora@example.org", "carl@example.net"]
            let handled = await gateway.hand(Self.message, to: to)
            #expect(handled.codes == [250, 550, 250, 250])
            #expect(handled.heldRecipients == [0, 3])
            #expect(hop.served == ["dora@example.org"])
            let lines = try await gateway.held()
            #expect(lines.count == 1, "one message, two recipients")
            #expect(lines.first?.recipients.map(\.address) == ["carol@example.net", "carl@example.net"])
        }
    }

    @Test func aMilterTakesOutWhoIsHeld() async throws {
        try await withGateway(.holding) { gateway in
            let both = HeldMessage(Self.message, to: ["carol@example.net", "dora@example.org"])
            let result = try await handOver(both, port: gateway.milterPort)
            #expect(result.answer == "accepted")
            #expect(result.message.recipients == ["dora@example.org"])
            #expect(try await gateway.held().flatMap(\.recipients).map(\.address) == ["carol@example.net"])
            let alone = HeldMessage(
                Samples.plain(subject: "[codename] two", body: "x"), to: ["carol@example.net", "carl@example.net"])
            #expect(try await handOver(alone, port: gateway.milterPort).answer == "discarded")
            #expect(try await gateway.held().count == 2)
        }
    }

    @Test func aMilterHoldsNothingThatIsRefused() async throws {
        try await withGateway(.holding) { gateway in
            let both = HeldMessage(Self.message, to: ["carol@example.net", "never@example.com"])
            #expect(try await handOver(both, port: gateway.milterPort).answer.hasPrefix("550 5.7.1"))
            let left = try await gateway.held()
            #expect(left.isEmpty)
        }
    }

    @Test func aReleaseRunsThePlanAgain() async throws {
        try await withScriptedHop(.holding) { gateway, hop in
            let to = ["bob@example.net", "carol@example.net"]
            #expect(await gateway.hand(Self.message, to: to, door: .smtp).refusal == nil)
            // Bob must get it sealed, and has no key yet.
            let first = try await gateway.release()
            #expect(first.map { $0.refusal == nil } == [false, true])
            #expect(hop.served == ["carol@example.net"])
            #expect(try await gateway.held().first?.recipients.map(\.state) == [.held, .released])
            try gateway.addKey("bob@example.net")
            let second = try await gateway.release()
            #expect(second.map(\.method) == [.pgp])
            let sealed = try #require(hop.letters.last)
            #expect(sealed.recipients == ["bob@example.net"] && sealed.sender == "alice@example.org")
            #expect(sealed.content.contains("multipart/encrypted") && !sealed.content.contains("canary"))
            let left = try await gateway.held()
            #expect(left.isEmpty)
            let line = try #require(try await gateway.desk().lines(settled: true).first)
            #expect(line.records.filter { $0.who == "officer" && $0.action == "released" }.count == 2)
            #expect(line.records.contains { $0.action == "release failed" && $0.said.contains("no key") })
        }
    }

    @Test func aRuleThatRefusesStillRefusesAReleasedMessage() async throws {
        try await withScriptedHop(.holding) { gateway, hop in
            #expect(await gateway.hand(Self.message, to: ["carol@example.net"], door: .smtp).refusal == nil)
            try gateway.folder.write(
                "policy/rules.yaml", "version: 1\nrules:\n  - { id: no, then: { refuse: \"no more\" } }\n")
            let results = try await gateway.release()
            #expect(results.first?.refusal?.publicText.contains("no more") == true)
            #expect(hop.letters.isEmpty)
            let lines = try await gateway.held()
            #expect(lines.count == 1)
        }
    }

    @Test func aReleaseWhoseRecordWasLostServesNobodyTwice() async throws {
        try await withScriptedHop(.holding) { gateway, hop in
            #expect(await gateway.hand(Self.message, to: ["carol@example.net"], door: .smtp).refusal == nil)
            hop.follow(MixedResultsTests.at("DOT", to: "carol", .reply("451 4.3.0 later")))
            #expect(try await gateway.release().first?.refusal?.replyCode == 451)
            let lines = try await gateway.held()
            #expect(lines.count == 1)
            hop.follow { _ in .usual }
            #expect(try await gateway.release().first?.refusal == nil)
            #expect(hop.served == ["carol@example.net"])
            let left = try await gateway.held()
            #expect(left.isEmpty)
        }
    }

    @Test func theSameMessageCanBeHeldAgainAfterItsRelease() async throws {
        try await withScriptedHop(.holding) { gateway, hop in
            let first = await gateway.hand(Self.message, to: ["carol@example.net"], door: .smtp)
            await first.replyWritten()
            _ = try await gateway.release()
            #expect(await gateway.hand(Self.message, to: ["carol@example.net"], door: .smtp).refusal == nil)
            let lines = try await gateway.held()
            #expect(lines.count == 1)
            _ = try await gateway.release()
            #expect(hop.served == ["carol@example.net", "carol@example.net"])
        }
    }

    @Test func aDroppedMessageIsGone() async throws {
        try await withScriptedHop(.holding) { gateway, hop in
            #expect(await gateway.hand(Self.message, to: ["carol@example.net"], door: .smtp).refusal == nil)
            let (line, _) = try await gateway.opened()
            #expect(try await gateway.desk().drop(line.id, reason: "no"))
            #expect(try await gateway.desk().drop(line.id, reason: "no") == false)
            let left = try await gateway.held()
            #expect(left.isEmpty)
            let opened = try await gateway.desk().open(
                line, homeFolder: gateway.gpg.home, gpgProgram: "/usr/bin/gpg", gpgTimeoutSeconds: 20)
            #expect(opened == nil)
            #expect(hop.letters.isEmpty)
        }
    }

    @Test func aStrangerAndTheNullSenderAreNotTold() async throws {
        try await withScriptedHop(.holding) { gateway, hop in
            for sender in [nil, "mallory@example.com"] as [String?] {
                let message = Samples.plain(subject: "[codename] \(sender ?? "null")", body: "x")
                #expect(
                    await gateway.hand(message, from: sender, to: ["carol@example.net"], door: .smtp).refusal == nil)
            }
            let deadline = ContinuousClock.now + .seconds(120)
            while hop.record.deliveries.count < 2, ContinuousClock.now < deadline {
                try await Task.sleep(for: .milliseconds(100))
            }
            #expect(hop.record.deliveries.map(\.recipients) == [["security@example.org"], ["security@example.org"]])
        }
    }

    @Test func theNoticeIsSealedForASenderWithAKey() async throws {
        try await withScriptedHop(.holding) { gateway, hop in
            try gateway.addKey("alice@example.org")
            #expect(await gateway.hand(Self.message, to: ["carol@example.net"], door: .smtp).refusal == nil)
            let deadline = ContinuousClock.now + .seconds(120)
            while hop.record.deliveries.count < 2, ContinuousClock.now < deadline {
                try await Task.sleep(for: .milliseconds(100))
            }
            let notice = try #require(hop.record.deliveries.first { $0.recipients == ["alice@example.org"] })
            #expect(notice.sender == "" && notice.content.contains("multipart/encrypted"))
            #expect(!notice.content.contains("carol@") || notice.content.contains("Subject: Held back"))
            #expect(
                !hop.record.deliveries.contains { $0.content.contains("nightjar") || $0.content.contains("canary") })
        }
    }
}

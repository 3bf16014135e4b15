// Effects the whole way: who gets what, what a retry finds, what the sender is told, and the same through a milter.

import Delivery
import Foundation
import Gateway
import Listeners
import Logging
import Logs
import Mail
import Policy
import Support
import Testing

struct EffectTests {
    private static func policy(_ then: String, when: String = "{ recipient: { not-in: inside } }") -> TestOptions {
        TestOptions(policy: "version: 1\nrules:\n  - id: r\n    when: \(when)\n    then: \(then)\n")
    }

    private static let message = Samples.plain(subject: "hello", body: "the canary sings")

    @Test func headerAndFooterByTheRelay() async throws {
        try await withGateway(Self.policy("{ add-header: { X-Classification: internal }, footer: bye }")) { gateway in
            try await gateway.expect("250", of: Self.message, to: "bob@example.net")
            let text = try #require(gateway.sink.messages.first).bytes.text
            #expect(text.contains("X-Classification: internal\r\n") && text.hasSuffix("sings\r\n\r\nbye\r\n"))
        }
    }

    // MARK: Copies

    @Test func withoutTheArchivesKeyNothingLeaves() async throws {
        try await withGateway(Self.policy("{ copy-to: archive@example.org }")) { gateway in
            try await gateway.expect("550", of: Self.message, to: "bob@example.net")
            #expect(gateway.sink.messages.isEmpty)
            try gateway.addKey("archive@example.org")
            try await gateway.expect("250", of: Self.message, to: "bob@example.net")
            let sent = gateway.sink.messages
            #expect(
                sent.map { $0.envelope.recipients.map(\.description) } == [
                    ["archive@example.org"], ["bob@example.net"],
                ])
            #expect(!sent[0].bytes.text.contains("canary") && sent[1].bytes.text.contains("canary"))
        }
    }

    @Test func aRetryDoesNotMakeASecondCopy() async throws {
        try await withScriptedHop(Self.policy("{ copy-to: archive@example.org }")) { gateway, hop in
            try gateway.addKey("archive@example.org")
            hop.follow(MixedResultsTests.at("DOT", to: "bob", .reply("451 4.3.0 later")))
            for _ in 0..<2 {
                let reply = try await gateway.submit(Self.message, to: "bob@example.net")
                #expect(reply.hasPrefix("451"))
                #expect(hop.served == ["archive@example.org"])
            }
            hop.follow { _ in .usual }
            try await gateway.expect("250", of: Self.message, to: "bob@example.net")
            #expect(hop.served == ["archive@example.org", "bob@example.net"])
            // Another transaction with the same message.
            try await gateway.expect("250", of: Self.message, to: "dora@example.net")
            #expect(hop.served == ["archive@example.org", "bob@example.net", "dora@example.net"])
        }
    }

    /// The copy is out, the message is refused for good: the sender is told by the answer itself.
    @Test func aRefusalAfterTheCopyIsStillTheAnswer() async throws {
        try await withScriptedHop(Self.policy("{ copy-to: archive@example.org }")) { gateway, hop in
            try gateway.addKey("archive@example.org")
            hop.follow(MixedResultsTests.at("DOT", to: "bob", .reply("554 5.6.0 no")))
            try await gateway.expect("554", of: Self.message, to: "bob@example.net")
            #expect(hop.reports.isEmpty)
        }
    }

    @Test(arguments: ["RCPT", "DOT"])
    func whereTheArchiveIsDownNobodyGetsIt(verb: String) async throws {
        try await withScriptedHop(Self.policy("{ copy-to: archive@example.org }")) { gateway, hop in
            try gateway.addKey("archive@example.org")
            hop.follow(MixedResultsTests.at(verb, to: "archive", .reply("451 4.3.0 later")))
            let reply = try await gateway.submit(Self.message, to: "bob@example.net", "alex@example.org")
            #expect(reply.hasPrefix("451") && !reply.contains("archive@"))
            #expect(hop.served.isEmpty)
            // Over LMTP only recipients that are archived wait.
            let handled = await gateway.hand(Self.message, to: ["bob@example.net", "alex@example.org"])
            #expect(handled.codes == [451, 250] && hop.served == ["alex@example.org"])
        }
    }

    // MARK: Redirection

    @Test func redirectedMailGoesToTheOtherOnce() async throws {
        try await withScriptedHop(Self.policy("{ redirect: box@example.org }")) { gateway, hop in
            try await gateway.expect("250", of: Self.message, to: "bob@example.net", "dora@example.net")
            #expect(hop.served == ["box@example.org"])
        }
    }

    @Test func redirectedMailIsSealedOnceToTheOther() async throws {
        try await withScriptedHop(Self.policy("{ protect: required, with: [pgp], redirect: box@example.org }")) {
            gateway, hop in
            try gateway.addKey("box@example.org")
            try await gateway.expect("250", of: Self.message, to: "bob@example.net", "dora@example.net")
            #expect(hop.served == ["box@example.org"])
            #expect(hop.record.deliveries.allSatisfy { !$0.content.contains("canary") })
        }
    }

    @Test func aRefusalOfTheOtherConcernsTheRecipient() async throws {
        try await withScriptedHop(Self.policy("{ redirect: box@example.org }")) { gateway, hop in
            hop.follow { $0.line.contains("TO:<box@") ? .reply("550 5.1.1 no box") : .usual }
            let handled = await gateway.hand(Self.message, to: ["bob@example.net", "alex@example.org"])
            #expect(handled.codes == [550, 250])
            #expect(handled.recipientRefusals[0]?.publicText.contains("bob@example.net") == true)
            let reply = try await gateway.submit(Self.message, to: "bob@example.net")
            #expect(reply.hasPrefix("550") && reply.contains("bob@example.net") && !reply.contains("<box@"))
        }
    }

    @Test func aRetryKnowsTheRecipientByHisOwnName() async throws {
        try await withScriptedHop(Self.policy("{ redirect: box@example.org, footer: x }")) { gateway, hop in
            hop.follow(MixedResultsTests.at("DOT", to: "alex", .reply("451 4.3.0 later")))
            let reply = try await gateway.submit(Self.message, to: "bob@example.net", "alex@example.org")
            #expect(reply.hasPrefix("451") && hop.served == ["box@example.org"])
            hop.follow { _ in .usual }
            try await gateway.expect("250", of: Self.message, to: "bob@example.net", "alex@example.org")
            #expect(hop.served == ["box@example.org", "alex@example.org"])
        }
    }

    // MARK: Receipts

    @Test func theSenderIsToldOnce() async throws {
        try await withScriptedHop(Self.policy("{ receipt: true }")) { gateway, hop in
            try await gateway.expect("250", of: Self.message, to: "bob@example.net", "alex@example.org")
            let receipt = try #require(hop.reports.first)
            #expect(hop.reports.count == 1 && receipt.recipients == ["alice@example.org"] && receipt.sender.isEmpty)
            #expect(
                receipt.content.contains("Action: relayed\r\n") && receipt.content.contains("rfc822; bob@example.net"))
            #expect(
                !receipt.content.contains("alex@") && !receipt.content.contains("canary")
                    && !receipt.content.contains("hello"))
        }
    }

    @Test func aReceiptThatCannotGoIsNotLost() async throws {
        try await withScriptedHop(Self.policy("{ receipt: true }")) { gateway, hop in
            hop.follow { $0.line.contains("TO:<alice@") ? .reply("451 4.3.0 later") : .usual }
            try await gateway.expect("451", of: Self.message, to: "bob@example.net")
            let handled = await gateway.hand(Self.message, to: ["bob@example.net"])
            #expect(handled.codes == [451] && hop.served == ["bob@example.net"] && hop.reports.isEmpty)
            hop.follow { _ in .usual }
            try await gateway.expect("250", of: Self.message, to: "bob@example.net")
            #expect(hop.served == ["bob@example.net"] && hop.reports.count == 1)
        }
    }

    @Test func whatIsRefusedHasNoReceipt() async throws {
        try await withScriptedHop(Self.policy("{ receipt: true }")) { gateway, hop in
            hop.follow { $0.line.contains("TO:<bob@") ? .reply("550 5.1.1 no bob") : .usual }
            try await gateway.expect("550", of: Self.message, to: "bob@example.net")
            _ = await gateway.hand(Self.message, from: nil, to: ["dora@example.net"])
            #expect(hop.reports.isEmpty)
        }
    }

    @Test func aReceiptIsSealedToASenderWithAKey() async throws {
        try await withScriptedHop(Self.policy("{ receipt: true }")) { gateway, hop in
            try gateway.addKey("alice@example.org")
            try await gateway.expect("250", of: Self.message, to: "bob@example.net")
            let receipt = try #require(hop.record.deliveries.first { $0.sender.isEmpty })
            #expect(receipt.content.contains("multipart/encrypted") && !receipt.content.contains("Action: relayed"))
        }
    }

    // MARK: Signatures

    @Test func signedOrNotAtAll() async throws {
        var options = Self.policy("{ sign: true }")
        options.signer = "gate@example.org"
        try await withGateway(options) { gateway in
            try await gateway.expect("250", of: Self.message, to: "bob@example.net")
            #expect(gateway.sink.messages.first?.bytes.text.contains("multipart/signed") == true)
        }
        options.signer = ""
        try await withGateway(options) { gateway in
            try await gateway.expect("451", of: Self.message, to: "bob@example.net")
            #expect(gateway.sink.messages.isEmpty)
        }
    }

    // MARK: Milter

    private func handOver(_ options: TestOptions, to recipients: String...) async throws -> (
        HeldMessage, String, [String]
    ) {
        let box = Box()
        let held = HeldMessage(Self.message, to: recipients)
        try await withGateway(options) { gateway in
            for name in ["archive@example.org", "bob@example.net"] where options.policy.contains("archive") {
                try gateway.addKey(name)
            }
            let result = try await GatewayTests.handOver(held, port: gateway.milterPort)
            box.set(
                (
                    result.message, result.answer,
                    gateway.sink.messages.flatMap { $0.envelope.recipients.map(\.description) }
                ))
        }
        return try #require(box.value)
    }

    private final class Box: @unchecked Sendable {
        // Written and read one after the other by one test.
        private(set) var value: (HeldMessage, String, [String])?
        func set(_ new: (HeldMessage, String, [String])) { value = new }
    }

    @Test func aMilterEditsBodyHeaderAndRecipients() async throws {
        let (message, answer, sent) = try await handOver(
            Self.policy("{ redirect: box@example.org, footer: bye, add-header: { X-A: b } }"), to: "bob@example.net")
        #expect(answer == "accepted" && sent.isEmpty)
        #expect(message.recipients == ["box@example.org"])
        #expect(message.body == "the canary sings\r\n\r\nbye\r\n")
        #expect(message.fields.contains(HeldMessage.Field(name: "X-A", value: " b")))
    }

    @Test func aCopyNeedsAMilterThatSplits() async throws {
        var options = Self.policy("{ copy-to: archive@example.org }")
        var (_, answer, sent) = try await handOver(options, to: "bob@example.net")
        #expect(answer.hasPrefix("451") && sent.isEmpty)
        options.milterSplits = true
        (_, answer, sent) = try await handOver(options, to: "bob@example.net")
        #expect(answer == "accepted" && sent == ["archive@example.org"])
    }

    // MARK: Watching

    @Test func aWatchingRuleIsLogged() async throws {
        let kept = KeptLines()
        var options = TestOptions(
            policy: "version: 1\nrules:\n  - id: w\n    mode: watch\n    until: 2099-01-01\n    then: { refuse: no }\n")
        options.policy += "  - id: f\n    then: { footer: canary, add-header: { X-A: canary } }\n"
        options.logger = Logger(label: "test") { _ in kept.sink().handler() }
        try await withGateway(options) { gateway in
            try await gateway.expect("250", of: Self.message, to: "bob@example.net")
            #expect(gateway.plans.last?.decisions.first?.watched == ["w"])
            let line = try #require(try kept.objects().first { $0["message"] as? String == "message delivered" })
            let to = try #require((line["to"] as? [[String: Any]])?.first)
            #expect(to["watched"] as? [String] == ["w"] && to["rules"] as? [String] == ["f"])
            #expect(to["effects"] as? [String] == ["add-header X-A", "footer"])
        }
    }
}

extension MessageBytes {
    fileprivate var text: String { String(decoding: (try? copy()) ?? [], as: UTF8.self) }
}

extension RunningTest {
    /// Submits a message and looks at the code of the answer.
    fileprivate func expect(
        _ code: String, of message: String, to recipients: String..., sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let reply = try await SocketClient.submit(
            port: port, from: "alice@example.org", to: recipients, message: message)
        #expect(reply.hasPrefix(code), "\(reply)", sourceLocation: sourceLocation)
    }
}

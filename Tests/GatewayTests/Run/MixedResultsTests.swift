// Promise 2 to the end: what the sender is told when one recipient is served, one refused and one put off.

import Delivery
import Foundation
import Gateway
import Listeners
import Mail
import SettingValues
import Support
import Testing

/// A gateway whose next hop is a scripted one.
func withScriptedHop(
    _ options: TestOptions = .init(), _ body: @escaping @Sendable (RunningTest, ScriptedHop) async throws -> Void
) async throws {
    let hop = try await ScriptedHop.start(
        extensions: ["PIPELINING", "SIZE 10000000", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"])
    var options = options
    if case .tcp(_, let port) = hop.address { options.nextHopPort = port }
    try await withGateway(options) { gateway in
        var gateway = gateway
        gateway.hop = hop
        try await body(gateway, hop)
    }
    try await hop.stop()
}

extension RunningTest {
    /// Hands a message in by a door that has no listener here.
    func hand(
        _ message: String, from: String? = "alice@example.org", to: [String], door: ReceivedMessage.Door = .lmtp,
        envelope edit: (inout Envelope) -> Void = { _ in }
    ) async -> HandledMessage {
        var envelope = Envelope(
            sender: from.flatMap { Mailbox($0) }, recipients: to.compactMap { Mailbox($0) }, body: .eightBitMIME)
        edit(&envelope)
        return await handler.handle(
            ReceivedMessage(
                envelope: envelope, bytes: MessageBytes(message),
                origin: .init(id: "x", clientName: "client.example.org", clientAddress: "127.0.0.1", door: door),
                receivedAtSeconds: Int64(Date().timeIntervalSince1970)))
    }
}

extension ScriptedHop {
    /// Recipients of what was delivered, without the gateway's own mails.
    var served: [String] { record.deliveries.filter { $0.sender != "" }.flatMap(\.recipients) }
    var reports: [Delivery] { record.deliveries.filter { $0.content.contains("report-type=delivery-status") } }
    var passwordMails: [Delivery] {
        record.deliveries.filter { $0.sender == "" && !$0.content.contains("report-type=delivery-status") }
    }
}

extension HandledMessage {
    /// The codes of each recipient's answer, 250 where there is none.
    var codes: [Int] { recipientRefusals.map { $0?.replyCode ?? 250 } }
}

struct MixedResultsTests {
    /// Bob has a key, the others get links.
    static let people = ["bob@example.net", "carol@example.net", "dora@example.net"]
    static let message = Samples.plain(
        subject: "[secure] nightjar", body: "the canary sings", to: people.joined(separator: ", "))

    /// The hop's answer to what is addressed to somebody.
    static func at(_ verb: String, to name: String, _ action: HopAction) -> ScriptedHop.Script {
        let current = Current()
        return { point in
            if point.verb == "RCPT" { current.recipient = point.line }
            return point.verb == verb && current.recipient.contains("<\(name)@") ? action : .usual
        }
    }

    @Test func aRefusalAfterAnAcceptanceIs250AndAReport() async throws {
        try await withScriptedHop { gateway, hop in
            try gateway.addKey("bob@example.net")
            hop.follow(Self.at("DOT", to: "carol", .reply("554 5.6.1 not that")))
            let reply = try await SocketClient.submit(
                port: gateway.port, from: "alice@example.org", to: Self.people, message: Self.message)
            #expect(reply.hasPrefix("250"), "\(reply)")
            #expect(hop.served == ["bob@example.net", "dora@example.net"])
            let report = try #require(hop.reports.first)
            #expect(hop.reports.count == 1)
            #expect(report.sender == "")
            #expect(report.recipients == ["alice@example.org"])
            #expect(report.content.contains("Final-Recipient: rfc822; carol@example.net\r\n"))
            #expect(report.content.contains("Diagnostic-Code: smtp; 554 5.6.1 not that\r\n"))
            #expect(!report.content.contains("nightjar"), "behind a link the subject is not to be seen")
            #expect(!report.content.contains("canary"))
            // Forgotten with the answer: the same message is new mail again.
            hop.follow { _ in .usual }
            // It is forgotten once the answer is written, which may be after it has been read.
            let limit = ContinuousClock.now + .seconds(60)
            repeat {
                let again = try await SocketClient.submit(
                    port: gateway.port, from: "alice@example.org", to: Self.people, message: Self.message)
                #expect(again.hasPrefix("250"))
            } while !hop.served.contains("carol@example.net") && .now < limit
            #expect(hop.served.filter { $0 == "carol@example.net" }.count == 1)
        }
    }

    @Test func theReportIsSealedForASenderWithAKey() async throws {
        try await withScriptedHop { gateway, hop in
            for name in ["alice@example.org", "bob@example.net"] { try gateway.addKey(name) }
            hop.follow(Self.at("DOT", to: "carol", .reply("554 5.6.1 not that")))
            let handled = await gateway.hand(Self.message, to: Self.people, door: .smtp)
            #expect(handled.refusal == nil)
            #expect(hop.reports.isEmpty)
            let sealed = hop.record.deliveries.filter { $0.sender == "" && $0.content.contains("multipart/encrypted") }
            #expect(sealed.count == 1)
            #expect(sealed.first?.content.contains("not that") == false)
        }
    }

    @Test(arguments: [HopAction.reply("550 5.1.1 no"), .reply("450 4.2.1 later"), .drop])
    func whileTheReportIsNotTakenTheRetrySendsTheReportAndNothingElse(action: HopAction) async throws {
        try await withScriptedHop { gateway, hop in
            try gateway.addKey("bob@example.net")
            let refusing = Self.at("DOT", to: "carol", .reply("554 5.6.1 not that"))
            hop.follow { point in
                // The second mail to Alice is the report; the first one has the passwords.
                if point.verb == "DOT", hop.passwordMails.count == 1, hop.served.count == 2 { return action }
                return refusing(point)
            }
            let first = await gateway.hand(Self.message, to: Self.people, door: .smtp)
            #expect(first.refusal?.replyCode == 451)
            #expect(first.refusal?.publicText.contains("report") == true)
            #expect(hop.reports.isEmpty)
            hop.follow { _ in .usual }
            let second = await gateway.hand(Self.message, to: Self.people, door: .smtp)
            #expect(second.refusal == nil)
            #expect(hop.reports.count == 1)
            #expect(hop.served == ["bob@example.net", "dora@example.net"], "refused for good is refused for good")
            // Our 250 was lost.
            let third = await gateway.hand(Self.message, to: Self.people, door: .smtp)
            #expect(third.refusal == nil)
            #expect(hop.record.deliveries.count == 4)
            await third.replyWritten()
            #expect(await gateway.hand(Self.message, to: Self.people, door: .smtp).refusal == nil)
            #expect(hop.served.count == 5)
        }
    }

    @Test func aNullSenderAndNOTIFYNEVERGetNoReport() async throws {
        try await withScriptedHop { gateway, hop in
            try gateway.addKey("bob@example.net")
            try gateway.addKey("carol@example.net")
            hop.follow(Self.at("DOT", to: "carol", .reply("554 5.6.1 not that")))
            let to = ["bob@example.net", "carol@example.net"]
            // One of them blind, so that there are two transmissions.
            let message = Samples.plain(subject: "[secure] x", body: "x", to: "bob@example.net")
            let never = await gateway.hand(message, to: to, door: .smtp) { envelope in
                envelope.recipientOptions[envelope.recipients[1]] = .init(notify: .never)
            }
            #expect(never.refusal == nil)
            await never.replyWritten()
            #expect(await gateway.hand(message, from: nil, to: to, door: .smtp).refusal == nil)
            #expect(hop.reports.isEmpty)
            #expect(hop.served == ["bob@example.net"])
            #expect(hop.record.deliveries.count == 2)
        }
    }

    @Test func theRestIsPutOffAndTheReportWaitsForIt() async throws {
        try await withScriptedHop { gateway, hop in
            try gateway.addKey("bob@example.net")
            let carol = Self.at("DOT", to: "carol", .reply("554 5.6.1 not that"))
            let dora = Self.at("DOT", to: "dora", .reply("451 4.3.0 later"))
            hop.follow { point in
                let answer = carol(point)
                let other = dora(point)
                if case .usual = answer { return other }
                return answer
            }
            let first = await gateway.hand(Self.message, to: Self.people, door: .smtp)
            #expect(first.refusal?.codesText == "451 4.3.0")
            #expect(hop.reports.isEmpty)
            hop.follow { _ in .usual }
            #expect(await gateway.hand(Self.message, to: Self.people, door: .smtp).refusal == nil)
            #expect(hop.served == ["bob@example.net", "dora@example.net"])
            #expect(hop.reports.count == 1)
            #expect(hop.passwordMails.count == 2)
            #expect(hop.passwordMails.last?.content.contains("carol@") == false)
        }
    }

    @Test func thePolicyRefusesTheWholeMessage() async throws {
        try await withScriptedHop { gateway, hop in
            try gateway.addKey("bob@example.net")
            let message = Samples.plain(subject: "[hide] x", body: "x", to: "bob@example.net, carol@example.net")
            let handled = await gateway.hand(message, to: ["bob@example.net", "carol@example.net"], door: .smtp)
            #expect(handled.refusal?.codesText == "550 5.7.1")
            #expect(hop.record.deliveries.isEmpty)
        }
    }

    @Test func REQUIRETLSWithoutTLSIsRefused() async throws {
        try await withScriptedHop { gateway, hop in
            try gateway.addKey("bob@example.net")
            let handled = await gateway.hand(Self.message, to: Self.people, door: .smtp) { $0.requiresTLS = true }
            #expect(handled.refusal?.codesText == "550 5.7.30")
            #expect(hop.record.deliveries.isEmpty)
        }
    }
}

/// Whom the hop is being told of.
final class Current: @unchecked Sendable {
    // All hops of the tests answer on event loops; one delivery at a time writes here.
    private let lock = NSLock()
    private var line = ""
    var recipient: String {
        get { lock.withLock { line } }
        set { lock.withLock { line = newValue } }
    }
}

extension Refusal {
    var codesText: String { "\(replyCode) \(enhancedCode)" }
}

// Passwords by text message: before anything else, and where one fails nothing, or only its own letter, is held back.

import Delivery
import Mail
import SMTP
import Synchronization
import Testing
import Texting

@testable import Sealing

@Suite struct TextMessageTests {
    /// Takes down what it is told to send and what the hop had got by then; fails for some numbers.
    final class FakeSender: TextSender {
        private let hop: ScriptedHop
        private let failing: Set<String>
        private let seen = Mutex<[(ending: String, deliveries: Int)]>([])

        init(_ hop: ScriptedHop, failing: Set<String> = []) {
            self.hop = hop
            self.failing = failing
        }

        var sent: [String] { seen.withLock { $0.map(\.ending) } }
        var deliveriesBefore: [Int] { seen.withLock { $0.map(\.deliveries) } }

        func send(_ message: TextMessage, deadline: ContinuousClock.Instant) async throws(Refusal) {
            let count = hop.record.deliveries.count
            seen.withLock { $0.append((message.number.ending, count)) }
            if failing.contains(message.number.ending) {
                throw Refusal(.nextHopDeferred(code: 451, enhanced: "4.3.0"), "no text message")
            }
        }
    }

    /// One part in clear, two letters with passwords by text message.
    static func message() throws -> OutboundMessage {
        let letters = [(id: "L1", recipient: "b@x.org"), (id: "L2", recipient: "c@x.org")]
        let texts = try letters.enumerated().map { place, letter in
            OutboundMessage.Text(
                letterID: letter.id, recipient: mailbox(letter.recipient),
                number: try #require(PhoneNumber("+3361234560\(place + 1)")), text: Secret("password"))
        }
        return OutboundMessage(
            sender: mailbox("alice@example.org"), transmissions: [transmission(to: ["a@x.org"])] + linked(letters),
            texts: texts)
    }

    static func deliver(
        _ bench: Bench, _ sender: FakeSender?, _ coherence: Coherence = .wholeMessage
    ) async throws(Refusal) -> [Mailbox: Fate] {
        let message: OutboundMessage
        do { message = try Self.message() } catch { throw Refusal(.internalError, "\(error)") }
        return try await bench.relay.deliver(
            message, coherence, fingerprint: { () throws(Refusal) in fingerprint }, deadline: .now + .seconds(30),
            texts: sender)
    }

    @Test func theyGoFirst() async throws {
        try await withBench { bench in
            bench.letters.keep(["L1", "L2"])
            let sender = FakeSender(bench.hop)
            let results = try await Self.deliver(bench, sender)
            #expect(results.values.allSatisfy { $0 == .delivered } && results.count == 3)
            #expect(sender.sent == ["01", "02"])
            #expect(sender.deliveriesBefore == [0, 0])
            #expect(bench.hop.record.deliveries.count == 4)
            #expect(bench.ledger.now.passwordsMailed == ["b@x.org", "c@x.org"])
        }
    }

    @Test func oneThatFailsHoldsEverythingBack() async throws {
        try await withBench { bench in
            bench.letters.keep(["L1", "L2"])
            let refusal = await #expect(throws: Refusal.self) {
                try await Self.deliver(bench, FakeSender(bench.hop, failing: ["02"]))
            }
            #expect(refusal?.replyCode == 451)
            #expect(bench.hop.record.deliveries.isEmpty)
            #expect(bench.ledger.now.delivered.isEmpty)
            // The retry's text message says that it replaces the one that did go.
            #expect(bench.ledger.now.passwordsMailed == ["b@x.org"])
        }
    }

    @Test(arguments: [Coherence.perRecipient, .afterFirstAcceptance]) func whereFatesAreApartOnlyItsOwnIsHeldBack(
        coherence: Coherence
    )
        async throws
    {
        try await withBench { bench in
            bench.letters.keep(["L1", "L2"])
            let results = try await Self.deliver(bench, FakeSender(bench.hop, failing: ["02"]), coherence)
            #expect(results[mailbox("a@x.org")] == .delivered && results[mailbox("b@x.org")] == .delivered)
            guard case .deferred = results[mailbox("c@x.org")] else {
                Issue.record("\(String(describing: results[mailbox("c@x.org")]))")
                return
            }
            #expect(!bench.hop.record.deliveries.contains { $0.recipients == ["c@x.org"] })
        }
    }

    @Test func withoutAHookNothingGoes() async throws {
        try await withBench { bench in
            bench.letters.keep(["L1", "L2"])
            await #expect(throws: Refusal.self) { try await Self.deliver(bench, nil) }
            #expect(bench.hop.record.deliveries.isEmpty)
        }
    }

    @Test func whoIsRefusedByTheHopIsSentNoPassword() async throws {
        try await withBench(script: { $0.line.contains("TO:<b@") ? .reply("550 5.1.1 no") : .usual }) { bench in
            bench.letters.keep(["L1", "L2"])
            let together = FakeSender(bench.hop)
            await #expect(throws: Refusal.self) { try await Self.deliver(bench, together) }
            #expect(together.sent.isEmpty)
            let apart = FakeSender(bench.hop)
            _ = try await Self.deliver(bench, apart, .perRecipient)
            #expect(apart.sent == ["02"])
        }
    }
}

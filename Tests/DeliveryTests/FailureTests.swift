// The hop refuses, drops, stalls or lies at every verb: one message, two transmissions, stale connections, deadlines.

import Delivery
import Mail
import NIOCore
import SettingValues
import SMTP
import Sealing
import Testing

@Suite struct FailureTests {
    static let verbs = ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "DOT"]

    @Test(arguments: verbs, [450, 550])
    func aRefusalAtEachVerbIsPassedOnAndNothingIsDelivered(verb: String, code: Int) async throws {
        let said = "\(code) \(code / 100).7.9 not this one"
        try await withBench(script: { point in
            // EHLO refused for good leads to HELO, so that is refused as well.
            point.verb == verb || (verb == "EHLO" && point.verb == "HELO") ? .reply(said) : .usual
        }) { bench in
            let refusal = await bench.deliver(outbound(transmission(to: ["b@x.org"])))
            if verb == "CONNECT" || verb == "EHLO" {
                #expect(refusal?.cause == .nextHopUnavailable)
            } else {
                #expect(refusal?.codes == "\(code) \(code / 100).7.9")
            }
            #expect(refusal?.publicText.hasSuffix("next hop said: \(said)") == true)
            #expect(refusal?.hopReply == said)
            #expect(bench.hop.record.deliveries.isEmpty)
        }
    }

    @Test(arguments: verbs, [HopAction.drop, .usualThenDrop])
    func aDroppedLineNeverCountsAsDelivered(verb: String, action: HopAction) async throws {
        try await withBench(script: { $0.verb == verb ? action : .usual }) { bench in
            let refusal = await bench.deliver(outbound(transmission(to: ["b@x.org"])))
            let delivered = bench.hop.record.deliveries.count
            if verb == "DOT", case .usualThenDrop = action {
                #expect(refusal == nil)
                #expect(delivered == 1)
            } else {
                #expect(refusal?.cause == .nextHopUnavailable)
                #expect(delivered == 0)
            }
        }
    }

    @Test(arguments: verbs) func silenceEndsAtTheDeadline(verb: String) async throws {
        try await withBench(script: { $0.verb == verb ? .silence : .usual }) { bench in
            let refusal = await bench.deliver(
                outbound(transmission(to: ["b@x.org"])), within: .milliseconds(150))
            #expect(refusal?.cause == .deadline)
            #expect(refusal?.codes == "451 4.4.7")
            #expect(bench.hop.record.deliveries.isEmpty)
        }
    }

    @Test(arguments: ["CONNECT", "EHLO", "MAIL", "DATA"]) func silenceEndsAtTheReplyTime(verb: String) async throws {
        var limits = Limits()
        limits.nextHopReplySeconds = 1
        try await withBench(limits: limits, script: { $0.verb == verb ? .silence : .usual }) { bench in
            let refusal = await bench.deliver(outbound(transmission(to: ["b@x.org"])))
            #expect(refusal?.cause == .nextHopUnavailable)
            #expect(refusal?.publicText == "the next hop was silent for too long")
        }
    }

    @Test func aDeadlineInThePastSendsNothing() async throws {
        try await withBench { bench in
            let message = outbound(transmission(to: ["b@x.org"]))
            #expect(await bench.deliver(message, within: .seconds(-1))?.cause == .deadline)
            #expect(bench.hop.record.connections == 0)
            #expect(await bench.deliver(message) == nil)
            #expect(await bench.deliver(message, within: .seconds(-1))?.cause == .deadline)
            #expect(bench.hop.record.deliveries.count == 1)
        }
    }

    @Test(arguments: ["hello", "999 no", "25", "250-a\r\n550 b", "220+x", String(repeating: "2", count: 5000)])
    func whatIsNoReplyEndsTheDialogue(garbage: String) async throws {
        for verb in Self.verbs {
            try await withBench(script: { $0.verb == verb ? .reply(garbage) : .usual }) { bench in
                let refusal = await bench.deliver(outbound(transmission(to: ["b@x.org"])))
                #expect(refusal?.cause == .nextHopUnavailable)
                #expect(refusal?.publicText == "the next hop does not follow the protocol")
            }
        }
    }

    @Test(arguments: [("MAIL", "354 x"), ("RCPT", "354 x"), ("DATA", "250 x"), ("DOT", "354 x")])
    func aReplyOfTheWrongKindIsNoYes(verb: String, reply: String) async throws {
        try await withBench(script: { $0.verb == verb ? .reply(reply) : .usual }) { bench in
            let refusal = await bench.deliver(outbound(transmission(to: ["b@x.org"])))
            #expect(refusal?.cause == .nextHopUnavailable)
            #expect(bench.hop.record.deliveries.isEmpty)
        }
    }

    @Test func tooManyRepliesSpoilTheConnectionForTheNextMessage() async throws {
        try await withBench(script: { point in
            point.verb == "DOT" && point.connection == 1 ? .reply("250 ok\r\n250 surplus") : .usual
        }) { bench in
            let message = outbound(transmission(to: ["b@x.org"]))
            #expect(await bench.deliver(message) == nil)
            #expect(await bench.deliver(message) == nil)
            #expect(bench.hop.record.connections == 2)
            #expect(bench.hop.record.deliveries.count == 2)
        }
    }

    @Test func aHopThatWantsContentForARefusedRecipientGetsNone() async throws {
        try await withBench(script: { point in
            switch point.verb {
            case "RCPT": .reply("550 5.1.1 no")
            case "DATA": .reply("354 go on all the same")
            default: .usual
            }
        }) { bench in
            let refusal = await bench.deliver(outbound(transmission(to: ["b@x.org"])))
            #expect(refusal?.codes == "550 5.1.1")
            #expect(bench.hop.record.deliveries.isEmpty)
        }
    }

    @Test func aRefusalWhileTheContentIsOnItsWayIsPassedOn() async throws {
        try await withBench(script: { point in
            point.verb == "DATA" ? .reply("354 go on\r\n552 5.3.4 I changed my mind") : .usual
        }) { bench in
            let refusal = await bench.deliver(outbound(transmission(to: ["b@x.org"])))
            #expect(refusal?.codes == "552 5.3.4")
            #expect(bench.hop.record.deliveries.isEmpty)
        }
    }

    // MARK: - Stale connections

    @Test(arguments: ["MAIL", "RCPT", "DATA"], [HopAction.drop, .reply("421 4.4.2 time is over")])
    func aStaleConnectionIsReplacedOnce(verb: String, action: HopAction) async throws {
        try await withBench { bench in
            let message = outbound(transmission(to: ["b@x.org"]))
            #expect(await bench.deliver(message) == nil)
            bench.hop.follow { $0.verb == verb && $0.connection == 1 ? action : .usual }
            #expect(await bench.deliver(message) == nil)
            #expect(bench.hop.record.connections == 2)
            #expect(bench.hop.record.deliveries.count == 2)

            bench.hop.follow { $0.verb == verb ? action : .usual }
            #expect(await bench.deliver(message)?.isPermanent == false)
            #expect(bench.hop.record.connections == 3)
            #expect(bench.hop.record.deliveries.count == 2)
        }
    }

    @Test(arguments: [HopAction.drop, .acceptThenDrop])
    func afterTheFinalDotNothingIsTriedAgain(action: HopAction) async throws {
        try await withBench { bench in
            let message = outbound(transmission(to: ["b@x.org"]))
            #expect(await bench.deliver(message) == nil)
            bench.hop.follow { $0.verb == "DOT" && $0.connection == 1 ? action : .usual }
            let refusal = await bench.deliver(message)
            #expect(refusal?.codes == "451 4.4.1")
            #expect(refusal?.publicText == "the next hop closed the connection before its answer to the message")
            #expect(bench.hop.record.connections == 1)
        }
    }

    @Test func aConnectionThatTheHopClosedWhileIdleDoesNoHarm() async throws {
        try await withBench(script: { $0.verb == "DOT" ? .usualThenDrop : .usual }) { bench in
            let message = outbound(transmission(to: ["b@x.org"]))
            for _ in 1...5 { #expect(await bench.deliver(message) == nil) }
            #expect(bench.hop.record.deliveries.count == 5)
        }
    }

    @Test func aHopThatTakesOneMessagePerConnectionDoesNoHarm() async throws {
        try await withBench(script: { point in
            point.verb == "DOT" ? .reply("250 ok\r\n421 4.7.0 one is enough") : .usual
        }) { bench in
            let message = outbound(transmission(to: ["b@x.org"]), transmission(.sealed, to: ["c@x.org"]))
            #expect(await bench.deliver(message) == nil)
            #expect(bench.hop.record.deliveries.count == 2)
        }
    }

    @Test func nobodyListensThere() async throws {
        try await withBench { bench in
            try await bench.hop.stop()
            let refusal = await bench.deliver(outbound(transmission(to: ["b@x.org"])))
            #expect(refusal?.codes == "451 4.4.1")
            #expect(refusal?.publicText == "the next hop cannot be reached")
            // withBench stops it again; a closed server must not fail the test.
        }
    }

    @Test func aCancelledTaskEndsTheTransaction() async throws {
        try await withBench(script: { $0.verb == "DOT" ? .silence : .usual }) { bench in
            let message = outbound(transmission(to: ["b@x.org"]))
            let refusal = await withTaskGroup(of: Refusal?.self) { group in
                group.addTask { await bench.deliver(message) }
                try? await eventually { bench.hop.record.segments.contains { $0.hasSuffix("\r\n.\r\n") } }
                group.cancelAll()
                return await group.next() ?? nil
            }
            #expect(refusal?.cause == .busy)
        }
    }
}

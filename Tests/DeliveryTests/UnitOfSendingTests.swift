// Promise 2 with several transmissions: first everyone is asked, then sent in order, and what was accepted before a
// failure is remembered. And what happens to letters behind links.

import Delivery
import Mail
import NIOCore
import SettingValues
import SMTP
import Sealing
import Synchronization
import Testing

@Suite struct UnitOfSendingTests {
    static func three() -> OutboundMessage {
        outbound(
            transmission(to: ["b@x.org"]), transmission(.sealed, to: ["c@x.org", "d@x.org"]),
            transmission(.sealed, to: ["e@x.org"]))
    }

    @Test(arguments: [ScriptedHop.allExtensions, ["SIZE"]]) func allAreAskedBeforeTheFirstDATA(extensions: [String])
        async throws
    {
        try await withBench(extensions: extensions) { bench in
            #expect(await bench.deliver(Self.three()) == nil)
            let commands = bench.hop.record.commands.dropFirst()
            let verbs = commands.map { String($0.prefix(4)) }
            let asks = ["MAIL", "RCPT", "RSET", "MAIL", "RCPT", "RCPT", "RSET", "MAIL", "RCPT", "RSET"]
            let sends = ["MAIL", "RCPT", "DATA", "MAIL", "RCPT", "RCPT", "DATA", "MAIL", "RCPT", "DATA"]
            #expect(Array(verbs) == asks + sends)
            #expect(
                bench.hop.record.deliveries.map(\.recipients) == [["b@x.org"], ["c@x.org", "d@x.org"], ["e@x.org"]])
            #expect(bench.ledger.now.delivered == ["b@x.org", "c@x.org", "d@x.org", "e@x.org"])
            #expect(bench.ledger.now.records == 3)
        }
    }

    @Test(arguments: ["b", "c", "d", "e"], [450, 550])
    func aRefusalAtTheAskMeansThatNothingIsSent(who: String, code: Int) async throws {
        try await withBench(script: { $0.line.contains("TO:<\(who)@") ? .reply("\(code) no") : .usual }) { bench in
            let refusal = await bench.deliver(Self.three())
            #expect(refusal?.replyCode == code)
            #expect(refusal?.enhancedCode == "\(code / 100).0.0")
            #expect(refusal?.publicText == "<\(who)@x.org>: next hop said: \(code) no")
            #expect(bench.hop.record.deliveries.isEmpty)
            #expect(!bench.hop.record.commands.contains("DATA"))
            #expect(bench.ledger.isEmpty)
        }
    }

    @Test func aTemporaryRefusalWaitsForAPermanentOne() async throws {
        try await withBench(script: { point in
            if point.line.contains("TO:<b@") { return .reply("450 4.2.0 later") }
            return point.line.contains("TO:<e@") ? .reply("550 5.1.1 never") : .usual
        }) { bench in
            #expect(await bench.deliver(Self.three())?.codes == "550 5.1.1")
            #expect(bench.hop.record.deliveries.isEmpty)
        }
    }

    @Test(arguments: [HopAction.reply("451 4.3.0 not now"), .drop])
    func theRetrySendsOnlyWhatIsMissing(action: HopAction) async throws {
        try await withBench(script: { $0.verb == "DOT" && $0.occurrence == 2 ? action : .usual }) { bench in
            #expect(await bench.deliver(Self.three()) != nil)
            // A part is out: the others are served all the same.
            #expect(bench.ledger.now.delivered == ["b@x.org", "e@x.org"])
            #expect(bench.hop.record.deliveries.map(\.recipients) == [["b@x.org"], ["e@x.org"]])
            // The retry comes with another set of recipients: c has gone, f is new.
            let retry = outbound(
                transmission(to: ["B@x.org", "f@x.org"]), transmission(.sealed, to: ["d@x.org"]),
                transmission(.sealed, to: ["e@x.org"]))
            #expect(await bench.deliver(retry) == nil)
            let recipients = bench.hop.record.deliveries.map(\.recipients)
            #expect(recipients == [["b@x.org"], ["e@x.org"], ["f@x.org"], ["d@x.org"]])
            // And once more, as if our 250 had been lost.
            #expect(await bench.deliver(retry) == nil)
            #expect(bench.hop.record.deliveries.count == 4)
        }
    }

    @Test func theDeadlineKeepsWhatWasDelivered() async throws {
        try await withBench(script: { $0.verb == "DOT" && $0.occurrence == 2 ? .silence : .usual }) { bench in
            #expect(await bench.deliver(Self.three(), within: .seconds(8))?.cause == .deadline)
            #expect(bench.ledger.now.delivered == ["b@x.org"])
        }
    }

    @Test func aFullDiskUnderTheLedgerDoesNotStopADelivery() async throws {
        try await withBench { bench in
            bench.ledger.rows.withLock { $0.isFailing = true }
            #expect(await bench.deliver(Self.three()) == nil)
            #expect(bench.hop.record.deliveries.count == 3)
        }
    }

    @Test func rowsThatFailedAreWrittenWithTheNextOnes() async throws {
        try await withBench { bench in
            bench.ledger.rows.withLock { $0.isFailing = true }
            bench.hop.follow { [ledger = bench.ledger] point in
                if point.verb == "MAIL", point.occurrence == 5 { ledger.rows.withLock { $0.isFailing = false } }
                return point.verb == "DOT" && point.occurrence == 3 ? .drop : .usual
            }
            #expect(await bench.deliver(Self.three()) != nil)
            #expect(bench.ledger.now.delivered == ["b@x.org", "c@x.org", "d@x.org"])
        }
    }

    @Test func severalTransmissionsWithoutAFingerprintAreNotSent() async throws {
        try await withBench { bench in
            #expect(await bench.deliver(Self.three(), fingerprint: nil)?.cause == .internalError)
            #expect(bench.hop.record.connections == 0)
        }
    }

    @Test func nothingToSendIsNoSuccess() async throws {
        try await withBench { bench in
            #expect(await bench.deliver(outbound([]))?.cause == .internalError)
        }
    }

    // MARK: - Letters

    static let letters = [("L1", "b@x.org"), ("L2", "c@x.org")].map { (id: $0.0, recipient: $0.1) }

    @Test func lettersBecomeReadableWhenTheirNotificationsAreAccepted() async throws {
        try await withBench { bench in
            bench.letters.keep(["L1", "L2"])
            #expect(await bench.deliver(outbound(linked(Self.letters))) == nil)
            #expect(bench.letters.all == ["L1": .readable, "L2": .readable])
            #expect(bench.hop.record.deliveries.map(\.sender) == ["", "alice@example.org", "alice@example.org"])
            // The password mail goes to the sender, who has not got the message thereby.
            #expect(bench.ledger.now.delivered == ["b@x.org", "c@x.org"])
            #expect(bench.ledger.now.passwordsMailed == ["b@x.org", "c@x.org"])
        }
    }

    @Test func aLetterIsMarkedBeforeItsNotificationGoes() async throws {
        try await withBench { bench in
            bench.letters.keep(["L1", "L2"])
            bench.hop.follow { [letters = bench.letters] point in
                if point.verb == "DOT", point.occurrence == 2 {
                    #expect(letters.all == ["L1": .notifying, "L2": .pending])
                }
                return .usual
            }
            #expect(await bench.deliver(outbound(linked(Self.letters))) == nil)
        }
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var verb: String
        var occurrence: Int
        var action: HopAction
        var states: [String: MemoryLetters.State]
        var testDescription: String { "\(verb) \(occurrence) \(action)" }
    }

    @Test(arguments: [
        Case(verb: "RCPT", occurrence: 3, action: .reply("550 no"), states: ["L1": .discarded, "L2": .discarded]),
        Case(verb: "DOT", occurrence: 1, action: .reply("450 no"), states: ["L1": .discarded, "L2": .discarded]),
        Case(verb: "DOT", occurrence: 1, action: .acceptThenDrop, states: ["L1": .discarded, "L2": .discarded]),
        Case(verb: "DOT", occurrence: 2, action: .reply("550 no"), states: ["L1": .discarded, "L2": .discarded]),
        Case(verb: "DOT", occurrence: 2, action: .acceptThenDrop, states: ["L1": .readable, "L2": .discarded]),
        Case(verb: "DOT", occurrence: 2, action: .drop, states: ["L1": .readable, "L2": .discarded]),
        Case(verb: "DATA", occurrence: 3, action: .reply("450 no"), states: ["L1": .readable, "L2": .discarded]),
        Case(verb: "DOT", occurrence: 3, action: .reply("554 no"), states: ["L1": .readable, "L2": .discarded]),
        Case(verb: "DOT", occurrence: 3, action: .acceptThenDrop, states: ["L1": .readable, "L2": .readable]),
    ])
    func afterAFailureNoLetterIsLeftInBetween(_ failure: Case) async throws {
        try await withBench(script: { point in
            point.verb == failure.verb && point.occurrence == failure.occurrence ? failure.action : .usual
        }) { bench in
            bench.letters.keep(["L1", "L2"])
            #expect(await bench.deliver(outbound(linked(Self.letters))) != nil)
            #expect(bench.letters.all == failure.states)
            let mayHaveMailed = failure.verb != "RCPT" && (failure.occurrence > 1 || failure.states["L1"] != .discarded)
            if mayHaveMailed { #expect(bench.ledger.now.passwordsMailed == ["b@x.org", "c@x.org"]) }
        }
    }

    @Test func aLetterThatCannotBeMarkedIsNotSent() async throws {
        try await withBench { bench in
            bench.letters.keep(["L1", "L2"])
            bench.letters.fail([.notifying])
            #expect(await bench.deliver(outbound(linked(Self.letters)))?.cause == .storage)
            #expect(bench.hop.record.deliveries.map(\.recipients) == [["alice@example.org"]])
            #expect(bench.letters.all == ["L1": .discarded, "L2": .discarded])
        }
    }

    @Test func aLetterThatCannotBeMadeReadableStaysForTheStoreToSettle() async throws {
        try await withBench { bench in
            bench.letters.keep(["L1"])
            bench.letters.fail([.readable])
            #expect(await bench.deliver(outbound(linked([Self.letters[0]]))) == nil)
            #expect(bench.letters["L1"] == .notifying)
        }
    }

    @Test func aRecipientWhoHasHisLetterGetsNoSecondOne() async throws {
        try await withBench { bench in
            bench.letters.keep(["L1", "L2"])
            bench.ledger.rows.withLock { $0.delivered = ["b@x.org", "c@x.org"] }
            let message = outbound([transmission(to: ["d@x.org"])] + linked(Self.letters))
            #expect(await bench.deliver(message) == nil)
            #expect(bench.hop.record.deliveries.map(\.recipients) == [["d@x.org"]])
            #expect(bench.letters.all == ["L1": .discarded, "L2": .discarded])
        }
    }
}

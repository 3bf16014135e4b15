// One recipient accepted, one refused, one put off: each has the fate that is true, and is told of it once.

import Delivery
import Mail
import NIOCore
import SettingValues
import SMTP
import Synchronization
import Testing

@testable import Sealing

@Suite struct MixedResultsTests {
    static let b = mailbox("b@x.org")
    static let c = mailbox("c@x.org")
    static let d = mailbox("d@x.org")
    static let e = mailbox("e@x.org")

    @Test func aRefusalAfterAnAcceptanceConcernsItsOwnRecipients() async throws {
        try await withBench(script: { point in
            point.verb == "DOT" && point.occurrence == 2 ? .reply("554 5.6.0 not ever") : .usual
        }) { bench in
            let fates = try await bench.fates(UnitOfSendingTests.three())
            #expect(fates[Self.b] == .delivered)
            #expect(fates[Self.c]?.refusal?.codes == "554 5.6.0")
            #expect(fates[Self.c]?.word == "refused")
            #expect(fates[Self.d]?.word == "refused")
            #expect(fates[Self.e] == .delivered)
            #expect(bench.ledger.now.delivered == ["b@x.org", "e@x.org"])
            #expect(Set(bench.ledger.now.refused.keys) == ["c@x.org", "d@x.org"])
            // As if our reply had been lost: nobody is tried again, and it is still known why.
            let again = try await bench.fates(UnitOfSendingTests.three())
            #expect(again == fates)
            #expect(bench.hop.record.deliveries.count == 2)
        }
    }

    @Test func whereNothingIsOutTheFirstRefusalIsTheAnswer() async throws {
        try await withBench(script: { $0.verb == "DOT" ? .reply("554 5.6.0 not ever") : .usual }) { bench in
            #expect(await bench.deliver(UnitOfSendingTests.three())?.codes == "554 5.6.0")
            #expect(bench.hop.record.commands.filter { $0 == "DATA" }.count == 1)
            #expect(bench.ledger.isEmpty)
        }
    }

    @Test func theRestOfAMessageIsAskedForEachByHimself() async throws {
        try await withBench(script: { point in
            if point.line.contains("TO:<c@") { return .reply("550 5.1.1 no c") }
            return point.line.contains("TO:<e@") ? .reply("450 4.2.1 later") : .usual
        }) { bench in
            bench.ledger.rows.withLock { $0.delivered = ["b@x.org"] }
            let fates = try await bench.fates(UnitOfSendingTests.three(), .afterFirstAcceptance)
            #expect(fates[Self.b] == .delivered)
            #expect(fates[Self.c]?.refusal?.publicText == "<c@x.org>: next hop said: 550 5.1.1 no c")
            #expect(fates[Self.d] == .delivered)
            #expect(fates[Self.e]?.word == "deferred")
            #expect(bench.hop.record.deliveries.map(\.recipients) == [["d@x.org"]])
            #expect(bench.ledger.now.refused.keys.sorted() == ["c@x.org"])
        }
    }

    @Test(arguments: [ScriptedHop.allExtensions, ["SIZE"]])
    func everybodyHasAnAnswerOfHisOwn(extensions: [String]) async throws {
        try await withBench(
            extensions: extensions,
            script: { point in
                if point.line.contains("TO:<c@") { return .reply("550 5.1.1 no c") }
                return point.line.contains("TO:<d@") ? .reply("450 4.2.1 later") : .usual
            }
        ) { bench in
            let message = outbound(transmission(to: ["b@x.org", "c@x.org", "d@x.org", "e@x.org"]))
            let fates = try await bench.fates(message, .perRecipient, fingerprint: nil)
            #expect(fates[Self.b] == .delivered)
            #expect(fates[Self.c]?.refusal?.codes == "550 5.1.1")
            #expect(fates[Self.d]?.refusal?.codes == "450 4.2.1")
            #expect(fates[Self.e] == .delivered)
            #expect(bench.hop.record.deliveries.map(\.recipients) == [["b@x.org", "e@x.org"]])
            #expect(bench.ledger.isEmpty, "each answer is given at once")
        }
    }

    @Test(arguments: ["MAIL", "DATA", "DOT"], [550, 450]) func aTransmissionThatFailsFailsAlone(verb: String, code: Int)
        async throws
    {
        // Asking says MAIL three times.
        let turn = verb == "MAIL" ? 4 : 1
        try await withBench(script: { point in
            point.verb == verb && point.occurrence == turn ? .reply("\(code) no") : .usual
        }) { bench in
            let fates = try await bench.fates(UnitOfSendingTests.three(), .perRecipient)
            #expect(fates[Self.b]?.refusal?.replyCode == code)
            for other in [Self.c, Self.d, Self.e] { #expect(fates[other] == .delivered) }
            #expect(bench.ledger.now.refused.isEmpty, "the sender is told at once")
        }
    }

    @Test func aHopThatIsGonePutsEverybodyOff() async throws {
        try await withBench(script: { $0.verb == "CONNECT" ? .reply("554 5.3.2 no service") : .usual }) { bench in
            let fates = try await bench.fates(UnitOfSendingTests.three(), .perRecipient)
            #expect(fates.count == 4)
            #expect(fates.values.allSatisfy { $0.word == "deferred" })
        }
    }

    @Test func theDeadlinePutsOffWhoIsLeft() async throws {
        try await withBench(script: { $0.verb == "DOT" && $0.occurrence == 2 ? .silence : .usual }) { bench in
            let fates = try await bench.fates(UnitOfSendingTests.three(), within: .seconds(8))
            #expect(fates[Self.b] == .delivered)
            #expect(fates[Self.c]?.refusal?.cause == .deadline)
            #expect(fates[Self.e]?.refusal?.cause == .deadline)
        }
    }

    @Test func aPasswordMailThatFailsTakesItsLettersAlong() async throws {
        try await withBench(script: { $0.line.contains("TO:<alice") ? .reply("550 5.1.1 who") : .usual }) { bench in
            bench.letters.keep(["L1", "L2"])
            let message = outbound([transmission(to: ["d@x.org"])] + linked(UnitOfSendingTests.letters))
            let fates = try await bench.fates(message, .perRecipient)
            #expect(fates[Self.d] == .delivered)
            #expect(fates[Self.b]?.refusal?.publicText.hasPrefix("password mail to ") == true)
            #expect(fates[Self.c]?.word == "refused")
            #expect(bench.hop.record.deliveries.map(\.recipients) == [["d@x.org"]])
            #expect(bench.letters.all == ["L1": .discarded, "L2": .discarded])
        }
    }

    @Test func aNotificationThatIsRefusedInTheAskSparesThePasswordMail() async throws {
        try await withBench(script: { $0.line.contains("TO:<b@") ? .reply("550 5.1.1 no") : .usual }) { bench in
            bench.letters.keep(["L1"])
            let fates = try await bench.fates(outbound(linked([UnitOfSendingTests.letters[0]])), .perRecipient)
            #expect(fates[Self.b]?.word == "refused")
            #expect(bench.hop.record.deliveries.isEmpty)
            #expect(bench.letters["L1"] == .discarded)
        }
    }

    @Test func aLetterThatCannotBeMarkedPutsOffItsOwnRecipient() async throws {
        try await withBench { bench in
            bench.letters.keep(["L1"])
            bench.letters.fail([.notifying])
            let message = outbound([transmission(to: ["d@x.org"])] + linked([UnitOfSendingTests.letters[0]]))
            let fates = try await bench.fates(message)
            #expect(fates[Self.d] == .delivered)
            #expect(fates[Self.b]?.refusal?.cause == .storage)
        }
    }

    @Test func aHopWithALimitGetsSeveralTransactions() async throws {
        try await withBench(extensions: ScriptedHop.allExtensions + ["LIMITS MAILMAX=10 RCPTMAX=2"]) { bench in
            let people = (1...5).map { "p\($0)@x.org" }
            #expect(await bench.deliver(outbound(transmission(to: people))) == nil)
            let delivered = bench.hop.record.deliveries.map(\.recipients)
            #expect(delivered == [Array(people[0..<2]), Array(people[2..<4]), Array(people[4...])])
            #expect(bench.ledger.now.delivered == Set(people))
        }
    }

    @Test func aMessageThatAsksForREQUIRETLSGoesNowhereElse() async throws {
        try await withBench { bench in
            let message = outbound([
                Transmission(
                    role: .passed, sender: nil, recipients: [Self.b], content: MessageBytes("x\r\n"),
                    needs8BitMIME: false, needsSMTPUTF8: false, options: .init(requiresTLS: true))
            ])
            #expect(await bench.deliver(message)?.codes == "550 5.7.30")
            #expect(!bench.hop.record.commands.contains { $0.hasPrefix("MAIL") })
        }
    }

    // MARK: - Reports

    static let report = outbound(transmission(.report, from: nil, to: ["alice@example.org"]))

    @Test func aReportIsRememberedOnceItHasGone() async throws {
        try await withBench { bench in
            try await bench.relay.deliver(
                report: Self.report, about: [Self.c], sender: mailbox("alice@example.org"), fingerprint: fingerprint,
                deadline: .now + .seconds(30))
            #expect(bench.hop.record.deliveries.map(\.recipients) == [["alice@example.org"]])
            #expect(bench.ledger.now.reported == ["c@x.org"])
            // Who has been reported is not tried again.
            let fates = try await bench.fates(outbound(transmission(to: ["c@x.org", "d@x.org"])))
            #expect(fates[Self.c] == .reported)
            #expect(fates[Self.d] == .delivered)
        }
    }

    @Test(arguments: ["MAIL", "RCPT", "DATA", "DOT"], [HopAction.reply("550 no"), .reply("450 no"), .drop])
    func aReportThatIsNotTakenIsNotRemembered(verb: String, action: HopAction) async throws {
        try await withBench(script: { $0.verb == verb ? action : .usual }) { bench in
            await #expect(throws: Refusal.self) {
                try await bench.relay.deliver(
                    report: Self.report, about: [Self.c], sender: nil, fingerprint: fingerprint,
                    deadline: .now + .seconds(30))
            }
            #expect(bench.ledger.now.reported.isEmpty)
        }
    }
}

// The plain path: what goes over the wire, what the hop's extensions change, what a refusal reads like.

import Delivery
import Mail
import NIOCore
import SettingValues
import SMTP
import Sealing
import Testing

@Suite struct RelayTests {
    @Test func aSecondMessageGoesInOneSegmentOverTheSameConnection() async throws {
        try await withBench { bench in
            let message = outbound(transmission(to: ["bob@example.net"]))
            #expect(await bench.deliver(message, fingerprint: nil) == nil)
            #expect(await bench.deliver(message, fingerprint: nil) == nil)
            let record = bench.hop.record
            #expect(record.connections == 1)
            #expect(record.deliveries.count == 2)
            #expect(record.deliveries.allSatisfy { $0.content == "Subject: x\r\n\r\nhello\r\n" })
            let group =
                "MAIL FROM:<alice@example.org> SIZE=21\r\nRCPT TO:<bob@example.net>\r\nDATA\r\n"
            #expect(record.segments.filter { $0 == group }.count == 2)
            #expect(bench.ledger.now.records == 0)
        }
    }

    @Test func severalRecipientsAreAllAcceptedBeforeDATA() async throws {
        try await withBench { bench in
            #expect(await bench.deliver(outbound(transmission(to: ["b@x.org", "c@x.org", "d@x.org"]))) == nil)
            let commands = bench.hop.record.segments
            #expect(commands.contains { $0.hasPrefix("MAIL") && $0.hasSuffix("RCPT TO:<d@x.org>\r\n") })
            #expect(bench.hop.record.deliveries.map(\.recipients) == [["b@x.org", "c@x.org", "d@x.org"]])
        }
    }

    @Test func oneRefusedRecipientMeansNothingIsSentAndTheConnectionStays() async throws {
        try await withBench(script: {
            $0.line.contains("c@x.org") ? .reply("550-5.1.1 no\r\n550 5.1.1 such user") : .usual
        }) {
            bench in
            let refusal = await bench.deliver(outbound(transmission(to: ["b@x.org", "c@x.org"])))
            #expect(refusal?.cause == .nextHopRefused(code: 550, enhanced: "5.1.1"))
            #expect(refusal?.publicText == "<c@x.org>: next hop said: 550 5.1.1 no such user")
            #expect(await bench.deliver(outbound(transmission(to: ["b@x.org"]))) == nil)
            let record = bench.hop.record
            #expect(record.commands.filter { $0 == "DATA" }.count == 1)
            #expect(record.commands.contains("RSET"))
            #expect(record.connections == 1)
            #expect(record.deliveries.map(\.recipients) == [["b@x.org"]])
        }
    }

    @Test func aPermanentRefusalOutweighsATemporaryOne() async throws {
        try await withBench(script: { point in
            if point.line.contains("<b@") { return .reply("450 4.2.1 later") }
            return point.line.contains("<c@") ? .reply("553 5.1.3 never") : .usual
        }) { bench in
            let refusal = await bench.deliver(outbound(transmission(to: ["b@x.org", "c@x.org"])))
            #expect(refusal?.codes == "553 5.1.3")
            #expect(bench.hop.record.deliveries.isEmpty)
        }
    }

    @Test(arguments: [true, false]) func aHopWithoutPipeliningIsAskedStepByStep(ehlo: Bool) async throws {
        try await withBench(extensions: ehlo ? ["8BITMIME"] : nil) { bench in
            #expect(await bench.deliver(outbound(transmission(to: ["b@x.org", "c@x.org"]))) == nil)
            let record = bench.hop.record
            #expect(record.segments.prefix(1) == ["EHLO gate.example.org\r\n"])
            #expect(record.commands.contains("HELO gate.example.org") == !ehlo)
            let steps: ArraySlice = [
                "MAIL FROM:<alice@example.org>\r\n", "RCPT TO:<b@x.org>\r\n", "RCPT TO:<c@x.org>\r\n", "DATA\r\n",
            ]
            #expect(record.segments.dropFirst(ehlo ? 1 : 2).prefix(4) == steps)
            #expect(record.deliveries.count == 1)
        }
    }

    @Test func theNullSenderAndTheParametersAreSpelledAsTheRFCsSay() async throws {
        try await withBench { bench in
            let message = outbound(
                transmission(from: nil, to: ["bøb@x.org"], content: MessageBytes("é\r\n"), eightBit: true))
            #expect(await bench.deliver(message) == nil)
            #expect(bench.hop.record.commands.contains("MAIL FROM:<> SIZE=4 BODY=8BITMIME SMTPUTF8"))
            #expect(bench.hop.record.commands.contains("RCPT TO:<bøb@x.org>"))
        }
    }

    struct Shortfall: Sendable, CustomTestStringConvertible {
        var missing: String
        var eightBit = false
        var utf8 = false
        var cause: Refusal.Cause
        var codes: String
        var testDescription: String { missing }
    }

    @Test(arguments: [
        Shortfall(missing: "8BITMIME", eightBit: true, cause: .conversionRequired, codes: "554 5.6.3"),
        Shortfall(missing: "SMTPUTF8", utf8: true, cause: .smtputf8Required, codes: "553 5.6.7"),
        Shortfall(missing: "SIZE 10000000", cause: .messageTooBig, codes: "552 5.3.4"),
    ])
    func whatTheHopLacksIsSaidBeforeAnythingIsSent(_ shortfall: Shortfall) async throws {
        let extensions = ["PIPELINING", "SIZE 20", "8BITMIME", "SMTPUTF8"].filter {
            $0 != shortfall.missing && (shortfall.cause == .messageTooBig || !$0.hasPrefix("SIZE"))
        }
        try await withBench(extensions: extensions) { bench in
            // The first transmission alone would go; the second cannot, so neither does.
            let refusal = await bench.deliver(
                outbound(
                    transmission(to: ["b@x.org"], content: MessageBytes("a\r\n")),
                    transmission(.sealed, to: ["c@x.org"], eightBit: shortfall.eightBit, utf8: shortfall.utf8)))
            #expect(refusal?.cause == shortfall.cause)
            #expect(refusal?.codes == shortfall.codes)
            #expect(!bench.hop.record.commands.contains { $0.hasPrefix("MAIL") })
        }
    }

    @Test func sealedSevenBitMailGoesToASevenBitHop() async throws {
        try await withBench(extensions: ["PIPELINING"]) { bench in
            #expect(await bench.deliver(outbound(transmission(.sealed, to: ["b@x.org"]))) == nil)
            #expect(bench.hop.record.commands.contains("MAIL FROM:<alice@example.org>"))
        }
    }

    @Test func dotsAreStuffedAndAMissingEndIsMended() async throws {
        let pieces = ["..a\r\n.", "\r\n", ".b", "\r", "\n", ".", "\r\n.c\r\n\r\n.d"].map { MessageBytes($0) }
        let content = MessageBytes(joining: pieces)
        try await withBench { bench in
            #expect(await bench.deliver(outbound(transmission(to: ["b@x.org"], content: content))) == nil)
            #expect(await bench.deliver(outbound(transmission(to: ["b@x.org"], content: .empty))) == nil)
            #expect(
                bench.hop.record.deliveries.map(\.content) == [
                    "..a\r\n.\r\n.b\r\n.\r\n.c\r\n\r\n.d\r\n", "",
                ])
        }
    }

    @Test func aLargeMessageArrivesWhole() async throws {
        let line = String(repeating: "x", count: 70) + "\r\n.dot\r\n"
        let piece = MessageBytes(String(repeating: line, count: 1000))
        let content = MessageBytes(joining: Array(repeating: piece, count: 10))
        try await withBench { bench in
            #expect(await bench.deliver(outbound(transmission(to: ["b@x.org"], content: content))) == nil)
            let delivered = bench.hop.record.deliveries.first?.content
            #expect(delivered?.utf8.count == content.count)
            #expect(delivered.map { MessageBytes($0) } == content)
        }
    }

    @Test func repliesMayComeOctetByOctet() async throws {
        try await withBench(script: { _ in .drip }) { bench in
            #expect(await bench.deliver(outbound(transmission(to: ["b@x.org", "c@x.org"]))) == nil)
            #expect(bench.hop.record.deliveries.count == 1)
        }
    }

    @Test func publicTextsAreOneLineOfPrintableASCII() async throws {
        let words = "550-5.7.1 first \u{1B}[31m\ttab"
        let more = "550 5.7.1 " + String(repeating: "é long ", count: 200)
        try await withBench(script: { $0.verb == "RCPT" ? .reply(words + "\r\n" + more) : .usual }) { bench in
            let refusal = await bench.deliver(
                outbound(transmission(to: ["b@x.org", "c@x.org", "d@x.org", "e@x.org", "f@x.org"])))
            let text = try #require(refusal?.publicText)
            #expect(text.utf8.allSatisfy { (32...126).contains($0) })
            #expect(text.hasPrefix("<b@x.org>: next hop said: 550 5.7.1 first [31m tab ? long"))
            #expect(text.hasSuffix("; and 2 more recipients"))
            #expect(text.utf8.count < 1200)
            let reply = try #require(refusal?.hopReply)
            #expect(reply.hasPrefix("550 5.7.1 first [31m tab ? long") && text.hasSuffix(": \(reply)"))
        }
    }

    /// What a report repeats is the hop's reply, whatever the recipient is called.
    @Test func aReportRepeatsTheHopsReply() async throws {
        let odd = "\"next hop said: 250 ok\"@x.org"
        let recipient = try #require(Mailbox(odd))
        try await withBench(script: { $0.verb == "RCPT" ? .reply("550 5.1.1 no") : .usual }) { bench in
            let refusal = try #require(await bench.deliver(outbound(transmission(to: [odd]))))
            #expect(refusal.publicText == "<\(odd)>: next hop said: 550 5.1.1 no")
            #expect(FailedRecipient(recipient, refusal).said == "550 5.1.1 no")
        }
        let ours = Refusal(.messageTooBig, "too big")
        #expect(FailedRecipient(recipient, ours).said == "552 5.3.4 too big")
    }

    @Test func aPasswordMailThatIsRefusedSaysWhatItIs() async throws {
        try await withBench(script: { $0.line.contains("TO:<alice") ? .reply("550 5.1.1 who") : .usual }) { bench in
            bench.letters.keep(["L1"])
            let refusal = await bench.deliver(outbound(linked([("L1", "b@x.org")])))
            #expect(refusal?.publicText == "password mail to <alice@example.org>: next hop said: 550 5.1.1 who")
            #expect(bench.letters["L1"] == .discarded)
        }
    }
}

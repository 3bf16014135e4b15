// Frames that no honest MTA writes, and honest ones cut in every way. Nothing traps; what breaks the protocol is cut
// off.

import Mail
import Milter
import NIOCore
import Testing

@Suite struct HostileTests {
    @Test func octetByOctet() {
        var mta = MTA()
        mta.negotiate()
        mta.macros(.connect, "j", "mail.example.org")
        mta.connect()
        mta.texts(.hello, "client.example.org")
        for _ in 0..<3 { mta.message(fields: [("Subject", " a\n b"), ("To", " c")], body: ["one\r\n", "two\r\n"]) }
        mta.frame(.quit)
        let whole = run(mta.bytes)
        for piece in [1, 2, 3, 5, 7, 64] {
            let cut = run(mta.bytes, piece: piece)
            #expect(cut.transactions.map(\.bytes) == whole.transactions.map(\.bytes))
            #expect(cut.letters == whole.letters && cut.closed == "")
        }
        #expect(whole.transactions.count == 3)
    }

    @Test(
        arguments: [
            [0, 0, 0, 0, 0x4F], [0xFF, 0xFF, 0xFF, 0xFF, 0x4F], [0, 0x20, 0, 0, 0x4F], [0, 0, 0, 1, 0x7A],
            Array("GET / HTTP/1.1\r\n\r\n".utf8), Array("EHLO client.example.org\r\n".utf8), [0, 0, 0, 1, 0x4D],
            [0, 0, 0, 5, 0x4F, 0, 0, 0, 6], [0, 0, 0, 1, 0x4F],
        ] as [[UInt8]])
    func whatIsNoNegotiationIsCutOff(bytes: [UInt8]) {
        let outcome = run(ByteBuffer(bytes: bytes))
        #expect(outcome.closed?.isEmpty == false && outcome.written.isEmpty)
    }

    /// Each stands behind an honest beginning: a negotiation, and for the second half MAIL and RCPT.
    @Test(
        arguments: [
            (MilterCommand.negotiate, [0, 0, 0, 6, 0, 0, 1, 0xFF, 0, 0, 0, 0]), (.connect, []), (.connect, [0x61]),
            (.connect, [0x61, 0]), (.connect, [0x61, 0, 0x34]), (.connect, [0x61, 0, 0x34, 0]),
            (.connect, [0x61, 0, 0x34, 0, 25, 0x31]), (.hello, []), (.hello, [0x61]), (.mail, []),
            (.mail, [0x3C, 0x3E]),
            (.mail, [0x3C, 0x3E, 0, 0x41]), (.recipient, [0x61, 0]), (.header, [0x61, 0, 0x62, 0]), (.headerEnd, []),
            (.body, [0x61]), (.bodyEnd, []), (.macro, []), (.macro, [0x4D, 0x69]), (.macro, [0x4D, 0x69, 0]),
            (.macro, [0x4D, 0x69, 0, 0x61]),
        ] as [(MilterCommand, [UInt8])])
    func stepsThatAreCutShortOrOutOfOrder(command: MilterCommand, data: [UInt8]) {
        var mta = MTA()
        mta.negotiate()
        mta.frame(command, data)
        #expect(run(mta.bytes).closed?.isEmpty == false)
    }

    @Test(
        arguments: [
            (MilterCommand.recipient, []), (.recipient, [0x61]), (.header, []), (.header, [0x61]),
            (.header, [0x61, 0]),
            (.header, [0x61, 0, 0x62]),
        ] as [(MilterCommand, [UInt8])])
    func partsOfAMessageThatAreCutShort(command: MilterCommand, data: [UInt8]) {
        var mta = MTA()
        mta.negotiate()
        mta.texts(.mail, "<alice@example.org>")
        mta.texts(.recipient, "<bob@example.net>")
        mta.frame(command, data)
        #expect(run(mta.bytes).closed?.isEmpty == false)
    }

    @Test func thousandsOfHeaderFields() {
        var mta = MTA()
        mta.negotiate()
        mta.message(fields: (0..<20_000).map { ("X-\($0)", " \($0)") })
        let outcome = run(mta.bytes)
        #expect(outcome.transactions.count == 1)
    }

    @Test func aHeaderFieldAsLargeAsPostfixMakesThem() {
        var mta = MTA()
        mta.negotiate()
        mta.message(fields: [("X-Long", " " + String(repeating: "x", count: 102_400))])
        #expect(run(mta.bytes).transactions.first?.bytes.count ?? 0 > 102_400)
    }

    @Test func macrosWithoutEnd() {
        var mta = MTA()
        mta.negotiate()
        for number in 0..<2000 { mta.macros(.mail, "{x\(number)}", String(repeating: "y", count: 500)) }
        mta.macros(.mail, "i", String(repeating: "9", count: 5000), "{auth_authen}", "a\u{1}b")
        mta.macros(.mail, "i", "../../etc")
        mta.message()
        let message = run(mta.bytes).transactions.first
        #expect(message != nil && message?.queueID == nil && message?.user == nil)
    }

    @Test func namesThatWouldBreakAReceivedFieldAreNotKept() {
        var mta = MTA()
        mta.negotiate()
        mta.connect(address: "1.2.3.4) evil\r\nBcc: x")
        mta.texts(.hello, "x\r\nBcc: eve@example.net")
        mta.message()
        let message = run(mta.bytes).transactions.first
        #expect(message?.clientName == "" && message?.clientAddress == "")
    }

    /// Random frames, and honest dialogues with random octets changed: the session ends or goes on, and never traps.
    @Test func rubbish() {
        var random = SystemRandomNumberGenerator()
        var mta = MTA()
        mta.negotiate()
        mta.connect()
        mta.message(fields: [("Subject", " a\n b")], body: ["one\r\n"])
        let honest = Array(mta.bytes.readableBytesView)
        for _ in 0..<3000 {
            var bytes = honest
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            _ = run(ByteBuffer(bytes: bytes), piece: Int.random(in: 1...40, using: &random))
        }
        for _ in 0..<1000 {
            var mta = MTA()
            mta.negotiate()
            for _ in 0..<20 {
                let command = MilterCommand.allCases.randomElement(using: &random) ?? .abort
                let octets: [UInt8] = [0, 0x41, 0x3C, 10]
                let count = Int.random(in: 0...12, using: &random)
                let data = (0..<count).map { _ in octets[Int.random(in: 0..<4, using: &random)] }
                mta.frame(command, data)
            }
            _ = run(mta.bytes)
        }
    }
}

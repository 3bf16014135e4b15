// Replies: what goes over the wire, and reading it back however it is cut.

import Mail
import NIOCore
import SMTP
import Testing

struct ReplyTests {
    private func wire(_ reply: Reply) -> String {
        var buffer = ByteBuffer()
        reply.encode(into: &buffer)
        return String(buffer: buffer)
    }

    @Test func encodesOneAndSeveralLines() {
        #expect(wire(Reply(250, "2.1.0", "fine")) == "250 2.1.0 fine\r\n")
        #expect(wire(Reply(354, nil, "go on")) == "354 go on\r\n")
        #expect(wire(Reply(250, lines: ["a", "b"])) == "250-a\r\n250 b\r\n")
        #expect(wire(Reply(250, "2.0.0", lines: ["a", "b"])) == "250-2.0.0 a\r\n250 2.0.0 b\r\n")
        #expect(wire(Reply(250, lines: [])) == "250 \r\n")
    }

    @Test(arguments: [
        ("a\r\n250 forged", "a 250 forged"), ("tab\tnul\0", "tab nul"), ("Grüße", "Gr??e"), ("  a  ", "  a  "),
        ("a\u{2028}b\u{85}c", "a b c"), ("", ""), ("\r\n", ""),
    ])
    func nothingBreaksTheLine(text: String, expected: String) {
        #expect(wire(Reply(550, "5.7.1", text)) == "550 5.7.1 \(expected)\r\n")
        #expect(wire(Reply(550, lines: [text])) == "550 \(expected)\r\n")
    }

    @Test func aRefusalGivesItsCodesAndPublicTextOnly() {
        let refusal = Refusal(.policy, "bob@example.net: not allowed", detail: "rule card-numbers")
        #expect(wire(Reply(refusal)) == "550 5.7.1 bob@example.net: not allowed\r\n")
        let hop = Refusal(.nextHopRefused(code: 552, enhanced: "5.2.2"), "mailbox full")
        #expect(wire(Reply(hop)) == "552 5.2.2 mailbox full\r\n")
        let closing = Refusal(.nextHopDeferred(code: 421, enhanced: "4.3.2"), "next hop is stopping")
        #expect(wire(Reply(closing)) == "451 4.3.2 next hop is stopping\r\n")
    }

    @Test func anEnhancedCodeThatDoesNotFitIsDropped() {
        for enhanced in ["", "5", "5.1", "5.1.1.1", "4.1.1", "5.x.1", "5.1.1\r\n", "5.1234.1", "+5.1.1", "5..1"] {
            #expect(Reply(550, enhanced, "x").enhanced == nil, "\(enhanced)")
        }
        #expect(Reply(354, "3.0.0", "x").enhanced == nil)
        #expect(Reply(550, "5.123.999", "x").enhanced == "5.123.999")
    }

    @Test(arguments: [0, -1, 99, 199, 600, 1000, Int.max])
    func aCodeOutOfRangeIsTemporary(code: Int) {
        #expect(Reply(code, nil, "x").code == 451)
    }

    @Test func longTextIsWrapped() {
        let words = (0..<200).map { "word\($0)" }.joined(separator: " ")
        let reply = Reply(550, "5.7.1", words)
        #expect(reply.lines.count > 1)
        #expect(reply.lines.allSatisfy { $0.utf8.count <= Reply.lineTextBytes })
        #expect(reply.text == words)
        let solid = Reply(550, "5.7.1", String(repeating: "x", count: 1000))
        #expect(solid.lines.map(\.utf8.count) == [400, 400, 200])
        let huge = Reply(550, "5.7.1", String(repeating: "x y ", count: 100_000))
        #expect(huge.lines.count == Reply.wrappedLines)
        #expect(huge.lines.allSatisfy { $0.utf8.count <= Reply.lineTextBytes })
        #expect(Reply(550, "5.7.1", String(repeating: "x", count: 400)).lines.count == 1)
    }

    @Test func classes() {
        #expect(Reply(250, nil, "").isPositive && Reply(354, nil, "").isIntermediate)
        #expect(Reply(451, nil, "").isTransient && Reply(550, nil, "").isPermanent)
        #expect(!Reply(451, nil, "").isPositive && !Reply(354, nil, "").isPositive)
    }
}

struct ReplyParserTests {
    /// Feeds the text in pieces of `step` bytes; gives the outcomes other than `needMore`.
    private func outcomes(_ text: String, step: Int) -> [ReplyParser.Outcome] {
        var parser = ReplyParser()
        var buffer = ByteBuffer()
        var result: [ReplyParser.Outcome] = []
        let octets = Array(text.utf8)
        for start in stride(from: 0, to: octets.count, by: step) {
            buffer.writeBytes(octets[start..<min(start + step, octets.count)])
            while true {
                let outcome = parser.next(from: &buffer)
                if outcome == .needMore { break }
                result.append(outcome)
                if case .malformed = outcome { return result }
            }
        }
        return result
    }

    @Test(arguments: [1, 2, 3, 7, 1000])
    func readsPipelinedRepliesHoweverTheyAreCut(step: Int) {
        let text =
            """
            220 hi\r\n\
            250-host\r\n\
            250-SIZE 100\r\n\
            250 PIPELINING\r\n\
            250 2.1.0 ok\r\n\
            354\r\n\
            550-5.7.1 a\r\n\
            550 5.7.1 b

            """
        #expect(
            outcomes(text, step: step) == [
                .reply(Reply(220, nil, "hi")), .reply(Reply(250, lines: ["host", "SIZE 100", "PIPELINING"])),
                .reply(Reply(250, "2.1.0", "ok")), .reply(Reply(354, nil, "")),
                .reply(Reply(550, "5.7.1", lines: ["a", "b"])),
            ])
    }

    @Test(arguments: [
        "", "\r\n", "25\r\n", "abc hello\r\n", "250_x\r\n", "199 x\r\n", "600 x\r\n", "250-a\r\n251 b\r\n",
        "HTTP/1.1 200 OK\r\n",
        "２５０ x\r\n",
    ])
    func refusesWhatIsNoReply(text: String) {
        for step in [1, 1000] where !text.isEmpty {
            guard case .malformed = outcomes(text, step: step).last else {
                Issue.record("taken: \(text)")
                continue
            }
        }
    }

    @Test func isBounded() {
        let long = "250 " + String(repeating: "x", count: ReplyParser.lineBytes)
        guard case .malformed = outcomes(long, step: 100).last else {
            Issue.record("taken")
            return
        }
        let many = String(repeating: "250-x\r\n", count: ReplyParser.replyLines + 1)
        guard case .malformed = outcomes(many, step: 100).last else {
            Issue.record("taken")
            return
        }
    }

    @Test func controlCharactersOfTheOtherSideAreTakenOff() {
        #expect(outcomes("550 5.1.1 a\u{1b}[31mb\0\r\n", step: 5) == [.reply(Reply(550, "5.1.1", "a [31mb"))])
    }
}

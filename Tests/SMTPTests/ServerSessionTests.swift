// What dialogues cannot show: phases, answers, endings, bounded memory.

import Mail
import NIOCore
import SMTP
import Testing

struct ServerSessionTests {
    private func session(_ change: (inout Limits) -> Void = { _ in }) -> ServerSession {
        var limits = Limits()
        change(&limits)
        return ServerSession(hostname: "gate.example.org", limits: limits)
    }

    /// Says some text; the replies, and the message where one came.
    private func say(
        _ text: String, to session: inout ServerSession, _ buffer: inout ByteBuffer
    ) -> (replies: [String], message: ServerSession.Transaction?) {
        buffer.writeString(text)
        var replies: [String] = []
        while true {
            switch session.next(from: &buffer) {
            case .needMore: return (replies, nil)
            case .reply(let reply): replies.append(reply.description)
            case .replyAndClose(let reply): replies.append("close \(reply)")
            case .message(let transaction): return (replies, transaction)
            }
        }
    }

    private let open = "EHLO c.example\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.net>\r\nDATA\r\n"

    @Test func nothingIsReadWhileAMessageWaitsForItsAnswer() {
        var session = session()
        var buffer = ByteBuffer()
        let first = say(open + "x\r\n.\r\nNOOP\r\nQUIT\r\n", to: &session, &buffer)
        #expect(first.message != nil && session.phase == .waiting)
        #expect(String(buffer: buffer) == "NOOP\r\nQUIT\r\n")
        #expect(say("", to: &session, &buffer).replies.isEmpty)
        #expect(session.answer(nil, id: "ID1").description == "250 2.0.0 accepted as ID1")
        #expect(
            say("", to: &session, &buffer).replies == [
                "250 2.0.0 nothing done", "close 221 2.0.0 gate.example.org closing",
            ])
    }

    @Test func aRefusalIsTheReply() {
        var session = session()
        var buffer = ByteBuffer()
        #expect(say(open + ".\r\n", to: &session, &buffer).message?.bytes.count == 0)
        let refusal = Refusal(.engine, "cannot encrypt now", detail: "gpg: /secret/path")
        #expect(session.answer(refusal, id: "ID1").description == "451 4.3.0 cannot encrypt now")
        #expect(say("DATA\r\n", to: &session, &buffer).replies == ["503 5.5.1 send MAIL first"])
    }

    @Test func whatTheSessionKnowsGoesWithTheMessage() throws {
        for (hello, parameter, name) in [
            ("EHLO", "", "ESMTP"), ("HELO", "", "SMTP"), ("EHLO", " SMTPUTF8", "UTF8SMTP"),
        ] {
            var session = session()
            var buffer = ByteBuffer()
            let text =
                "\(hello) c.example\r\nMAIL FROM:<a@example.org>\(parameter)\r\nRCPT TO:<b@example.net>\r\nDATA\r\n.\r\n"
            let transaction = try #require(say(text, to: &session, &buffer).message)
            #expect(transaction.protocolName == name && transaction.clientName == "c.example")
            #expect(transaction.envelope.smtputf8 == !parameter.isEmpty)
        }
    }

    @Test func endingsCloseForGood() {
        for (ending, start) in [
            (ServerSession.Ending.idle, "421 4.4.2"), (.sessionTime, "421 4.4.2"), (.answerTime, "421 4.4.7"),
            (.stopping, "421 4.3.2"),
        ] {
            var session = session()
            var buffer = ByteBuffer()
            _ = say(open + "text", to: &session, &buffer)
            #expect(session.phase == .receiving)
            #expect(session.end(ending).description.hasPrefix(start))
            #expect(session.phase == .closed)
            #expect(say("\r\n.\r\nNOOP\r\n", to: &session, &buffer).replies.isEmpty)
        }
    }

    @Test func anAnswerThatComesTooLateChangesNothing() {
        var session = session()
        var buffer = ByteBuffer()
        _ = say(open + ".\r\n", to: &session, &buffer)
        _ = session.end(.answerTime)
        _ = session.answer(nil, id: "ID1")
        #expect(session.phase == .closed)
    }

    /// Content sent unasked behind a DATA that failed is not read as commands (what is pipelined there was not written
    /// by whoever speaks the protocol).
    @Test func contentBehindAFailedDataIsNeverCommands() {
        var session = session()
        var buffer = ByteBuffer()
        let text = "EHLO c.example\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<nobody>\r\nDATA\r\n"
        let replies = say(text + "MAIL FROM:<eve@example.org>\r\n.\r\n", to: &session, &buffer).replies
        #expect(replies.last == "close 503 5.5.1 send RCPT first, closing")
        #expect(session.phase == .closed)
    }

    @Test func swallowingHoldsNothing() {
        var session = session { $0.messageBytes = 1000 }
        var buffer = ByteBuffer()
        _ = say(open, to: &session, &buffer)
        let line = String(repeating: "x", count: 998) + "\r\n"
        for _ in 0..<200 {
            #expect(say(line, to: &session, &buffer).replies.isEmpty)
            #expect(buffer.readableBytes == 0)
            buffer.clear()
        }
        #expect(say(".\r\n", to: &session, &buffer).replies == ["552 5.3.4 the message exceeds 1000 bytes"])
        #expect(session.phase == .commands)
    }

    @Test func aCommandThatNeverEndsHoldsNothing() {
        var session = session { $0.commandBytes = 100 }
        var buffer = ByteBuffer()
        for _ in 0..<1000 {
            #expect(say(String(repeating: "x", count: 99), to: &session, &buffer).replies.isEmpty)
            #expect(buffer.readableBytes <= 98)
            buffer.discardReadBytes()
        }
        #expect(say("\r", to: &session, &buffer).replies.isEmpty)
        #expect(
            say("\nNOOP\r\n", to: &session, &buffer).replies == [
                "500 5.5.6 the command line exceeds 100 bytes", "250 2.0.0 nothing done",
            ])
    }

    /// Any octets at all, cut anywhere: the session ends or goes on, and never traps.
    @Test func noiseNeverTraps() {
        var state: UInt64 = 99
        func random(_ below: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % below
        }
        let pieces = [
            "EHLO x", "MAIL FROM:<a@b.example>", "RCPT TO:<c@d.example>", "DATA", "\r\n", "\r\n", "\r\n", "\n", "\r",
            ".", "\0", "\u{fe}", "x", "RSET",
        ]
        for _ in 0..<300 {
            var session = session { $0.badCommands = 1000 }
            var buffer = ByteBuffer()
            for _ in 0..<40 {
                if say(pieces[random(pieces.count)], to: &session, &buffer).message != nil {
                    _ = session.answer(nil, id: "X")
                }
            }
        }
    }
}

// What dialogues cannot show: phases, answers, endings, bounded memory.

import Mail
import NIOCore
import SettingValues
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
            case .reply(let reply), .startTLS(let reply): replies.append(reply.description)
            case .replies(let several): replies += several.map(\.description)
            case .replyAndClose(let reply): replies.append("close \(reply)")
            case .message(let transaction): return (replies, transaction)
            case .checkLogin: return (replies, nil)
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
        #expect(session.answer(nil, id: "ID1").map(\.description) == ["250 2.0.0 accepted as ID1"])
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
        #expect(session.answer(refusal, id: "ID1").map(\.description) == ["451 4.3.0 cannot encrypt now"])
        #expect(say("DATA\r\n", to: &session, &buffer).replies == ["503 5.5.1 send MAIL first"])
    }

    @Test func whatTheSessionKnowsGoesWithTheMessage() throws {
        for (hello, parameter, name) in [
            ("EHLO", "", "ESMTP"), ("HELO", "", "SMTP"), ("EHLO", " SMTPUTF8", "UTF8SMTP"),
        ] {
            var session = session()
            var buffer = ByteBuffer()
            let text =
                """
                \(hello) c.example\r\n\
                MAIL FROM:<a@example.org>\(parameter)\r\n\
                RCPT TO:<b@example.net>\r\n\
                DATA\r\n\
                .\r\n
                """
            let transaction = try #require(say(text, to: &session, &buffer).message)
            #expect(transaction.protocolName == name && transaction.clientName == "c.example")
            #expect(transaction.envelope.smtputf8 == !parameter.isEmpty)
        }
    }

    @Test func endingsCloseForGood() {
        for (ending, start) in [
            (ServerSession.Ending.idle, "421 4.4.2"), (.sessionTime, "421 4.4.2"), (.answerTime, "421 4.4.7"),
            (.dataTime, "421 4.4.2"), (.loginTime, "421 4.4.2"), (.tooManyOfClient, "421 4.7.0"),
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
    /// by the one that speaks the protocol).
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
            ".", "\0", "\u{fe}", "x", "RSET", "BDAT 3", "BDAT 0 LAST", "BDAT 5 LAST", "STARTTLS", "AUTH PLAIN ", "=",
            "*",
            "XCLIENT ADDR=1.2.3.4", "XFORWARD HELO=[UNAVAILABLE]", " RET=HDRS ENVID=", "LHLO x",
        ]
        for _ in 0..<300 {
            var limits = Limits()
            limits.badCommands = 1000
            let dialect = random(3) == 0 ? SessionOffers.Dialect.lmtp : .smtp
            var session = ServerSession(
                hostname: "gate.example.org", limits: limits,
                offers: SessionOffers(
                    dialect: dialect, startTLS: true, mechanisms: ["PLAIN"], budget: ByteBudget(limitBytes: 70_000)))
            session.connected(from: "192.0.2.1", isTrusted: random(2) == 0)
            var buffer = ByteBuffer()
            for _ in 0..<60 {
                if say(pieces[random(pieces.count)], to: &session, &buffer).message != nil {
                    _ = session.answer(nil, id: "X")
                }
                if session.phase == .securing { session.secured() }
                if session.phase == .checking {
                    _ = session.loginAnswer(
                        random(2) == 0 ? .challenge([]) : .success(user: "a", maySendAs: DomainList([]), final: nil))
                }
            }
        }
    }
}

/// STARTTLS, log-in and budget: what dialogues cannot show.
struct ServerSessionGateTests {
    private func session(_ offers: SessionOffers) -> ServerSession {
        ServerSession(hostname: "gate.example.org", limits: Limits(), offers: offers)
    }

    /// CVE-2011-0411: what comes in one segment with STARTTLS is neither a command nor TLS.
    @Test(arguments: ["MAIL FROM:<eve@example.org>\r\n", "\u{16}\u{3}\u{1}", "N"])
    func nothingBehindStartTLSIsRead(rest: String) {
        var session = session(SessionOffers(startTLS: true))
        var buffer = ByteBuffer(string: "STARTTLS\r\n\(rest)")
        guard case .replyAndClose(let reply) = session.next(from: &buffer) else { return #expect(Bool(false)) }
        #expect(reply.description.hasPrefix("503 5.5.1"))
        #expect(session.phase == .closed)
        guard case .needMore = session.next(from: &buffer) else { return #expect(Bool(false)) }
        session.secured()
        #expect(session.phase == .closed)
    }

    @Test func nothingIsReadWhileTLSBegins() {
        var session = session(SessionOffers(startTLS: true))
        var buffer = ByteBuffer(string: "STARTTLS\r\n")
        guard case .startTLS = session.next(from: &buffer) else { return #expect(Bool(false)) }
        buffer.writeString("NOOP\r\n")
        guard case .needMore = session.next(from: &buffer) else { return #expect(Bool(false)) }
        #expect(session.phase == .securing && buffer.readableBytes == 6)
    }

    /// A session that begins with TLS takes nothing before it, and has no use for `secured` later.
    @Test func tlsFromTheFirstOctet() {
        var session = session(SessionOffers(beginsWithTLS: true))
        var buffer = ByteBuffer(string: "EHLO c.example\r\n")
        guard case .needMore = session.next(from: &buffer) else { return #expect(Bool(false)) }
        session.secured()
        guard case .reply(let reply) = session.next(from: &buffer) else { return #expect(Bool(false)) }
        #expect(reply.lines.contains("REQUIRETLS") && !reply.lines.contains("STARTTLS"))
        session.secured()
        buffer.writeString("MAIL FROM:<>\r\n")
        guard case .reply(let again) = session.next(from: &buffer) else { return #expect(Bool(false)) }
        #expect(again.code == 250)
    }

    @Test func loginLinesMayBeLong() {
        var session = session(SessionOffers(beginsWithTLS: true, mechanisms: ["X"]))
        session.secured()
        var buffer = ByteBuffer(string: "EHLO c.example\r\n")
        _ = session.next(from: &buffer)
        let long = String(repeating: "AAAA", count: 3000)
        buffer.writeString("AUTH X \(long)\r\n")
        guard case .checkLogin(let input) = session.next(from: &buffer) else { return #expect(Bool(false)) }
        #expect(input.response?.count == 9000)
        guard case .reply = session.loginAnswer(.challenge([])) else { return #expect(Bool(false)) }
        buffer.writeString("\(long)\r\n")
        guard case .checkLogin = session.next(from: &buffer) else { return #expect(Bool(false)) }
        _ = session.loginAnswer(.challenge([]))
        buffer.writeString("\(long)AAAA\(long)\r\n")
        guard case .reply(let reply) = session.next(from: &buffer) else { return #expect(Bool(false)) }
        #expect(reply.description == "500 5.5.6 the command line exceeds 12288 bytes")
        buffer.writeString("NOOP \(String(repeating: "x", count: 3000))\r\nNOOP\r\n")
        guard case .reply(let other) = session.next(from: &buffer) else { return #expect(Bool(false)) }
        #expect(other.code == 500)
        guard case .reply(let noop) = session.next(from: &buffer) else { return #expect(Bool(false)) }
        #expect(noop.code == 250)
    }

    @Test func aWordOnALoginThatComesTooLateChangesNothing() {
        var session = session(SessionOffers(beginsWithTLS: true, mechanisms: ["X"]))
        session.secured()
        var buffer = ByteBuffer(string: "EHLO c.example\r\nAUTH X\r\n")
        _ = session.next(from: &buffer)
        _ = session.next(from: &buffer)
        #expect(session.phase == .checking)
        _ = session.end(.answerTime)
        guard case .needMore = session.loginAnswer(.success(user: "a", maySendAs: DomainList([]), final: nil)) else {
            return #expect(Bool(false))
        }
        #expect(session.phase == .closed)
    }

    /// A route in the local part is an address to an MTA that takes it for one: none of the user's.
    @Test(arguments: [
        ("a@example.org", 250), ("a@xn--bcher-kva.example", 250), ("b@example.com", 553),
        ("\"b@evil.example\"@example.org", 553),
        ("b%evil.example@example.org", 553), ("evil.example!b@example.org", 553), ("", 553),
    ])
    func aUserSendsAsHimself(sender: String, code: Int) {
        var session = session(SessionOffers(beginsWithTLS: true, mechanisms: ["X"]))
        session.secured()
        var buffer = ByteBuffer(string: "EHLO c.example\r\nAUTH X\r\n")
        _ = session.next(from: &buffer)
        _ = session.next(from: &buffer)
        let own = DomainList(["example.org", "bücher.example"])
        _ = session.loginAnswer(.success(user: "a", maySendAs: own, final: nil))
        buffer.writeString("MAIL FROM:<\(sender)>\r\n")
        guard case .reply(let reply) = session.next(from: &buffer) else { return #expect(Bool(false)) }
        #expect(Int(reply.code) == code)
    }

    /// The description of a command with a password in it does not show it.
    @Test func passwordsAreNotShown() throws {
        let command = try Command.parse(Array("AUTH PLAIN AGFsaWNlAGh1bnRlcjI=".utf8))
        #expect(!"\(command)".contains("AGFsaWNl"))
    }

    @Test func answersOverLMTPGoToTheirRecipients() {
        var session = session(SessionOffers(dialect: .lmtp))
        var text = "LHLO c.example\r\nMAIL FROM:<>\r\n"
        for name in ["a", "b", "a", "c"] { text += "RCPT TO:<\(name)@example.net>\r\n" }
        var buffer = ByteBuffer(string: text + "DATA\r\n.\r\n")
        var message: ServerSession.Transaction?
        while message == nil {
            if case .message(let transaction) = session.next(from: &buffer) { message = transaction }
        }
        #expect(message?.door == .lmtp && message?.envelope.recipients.count == 3)
        let refusal = Refusal(.policy, "no")
        #expect(
            session.answer(nil, recipientRefusals: [nil, refusal, nil], id: "I").map(\.code) == [250, 550, 250, 250])
        #expect(session.answer(nil, id: "I").isEmpty)
    }

    /// What a message holds is given back however its session ends.
    @Test func theBudgetIsGivenBack() throws {
        let budget = ByteBudget(limitBytes: 1_000_000)
        let open = "EHLO c.example\r\nMAIL FROM:<> SIZE=1000\r\nRCPT TO:<b@example.net>\r\n"
        for (rest, held) in [
            ("", 0), ("DATA\r\n", 1000), ("DATA\r\nx", 1000), ("BDAT 10\r\nx", 1000), ("BDAT 1\r\nx", 1000),
            ("BDAT 1\r\nxRSET\r\n", 0), ("BDAT 1\r\nxEHLO x\r\n", 0), ("BDAT 1\r\n\n", 0), ("BDAT 1\r\nxQUIT\r\n", 0),
            ("DATA\r\n\n", 0), ("DATA\r\n\nx\r\n.\r\n", 0),
        ] {
            do {
                var session = session(SessionOffers(budget: budget))
                var buffer = ByteBuffer(string: open + rest)
                loop: while true {
                    switch session.next(from: &buffer) {
                    case .needMore, .replyAndClose: break loop
                    default: continue
                    }
                }
                #expect(budget.usedBytes == held, "\(rest)")
            }
            #expect(budget.usedBytes == 0, "\(rest)")
        }
        var session = session(SessionOffers(budget: budget))
        var buffer = ByteBuffer(string: open + "DATA\r\nx\r\n.\r\n")
        var loan: ByteLoan?
        while loan == nil {
            if case .message(let transaction) = session.next(from: &buffer) { loan = transaction.loan }
        }
        #expect(budget.usedBytes == 3)
        _ = session.end(.stopping)
        #expect(budget.usedBytes == 3)
        loan?.giveBack()
        #expect(budget.usedBytes == 0)
    }
}

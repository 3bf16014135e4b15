// Dialogues of an MTA with the session machine: what is negotiated, what a message comes to, many of them, aborts.

import Mail
import Milter
import NIOCore
import SettingValues
import Testing

@Suite struct SessionTests {
    @Test func aMessageAsPostfixTellsIt() throws {
        var mta = MTA()
        mta.negotiate()
        mta.macros(.connect, "j", "mail.example.org", "{daemon_name}", "smtpd")
        mta.connect()
        mta.texts(.hello, "client.example.org")
        mta.macros(.mail, "i", "4XyZ12", "{auth_authen}", "alice", "{mail_addr}", "alice@example.org")
        mta.texts(
            .mail, "<alice@example.org>", "SIZE=1000", "BODY=8BITMIME", "SMTPUTF8", "RET=HDRS", "ENVID=QQ314159",
            "REQUIRETLS")
        mta.texts(.recipient, "<bob@example.net>", "NOTIFY=SUCCESS,FAILURE", "ORCPT=rfc822;bob+40x@example.net")
        mta.texts(.recipient, "<carol@example.net>", "NOTIFY=NEVER")
        mta.content(
            fields: [("Subject", " x"), ("X-Long", " one\n\ttwo\n  three"), ("X-Tight", "no space"), ("X-Empty", "")],
            body: ["h\u{e4}llo\r", "\n.dot\r\n"])
        let outcome = run(mta.bytes)
        #expect(outcome.closed == nil && outcome.letters == "Oa")
        let message = try #require(outcome.transactions.first)
        #expect(
            text(message.bytes)
                == """
                Subject: x\r\n\
                X-Long: one\r\n\
                \ttwo\r\n\
                  three\r\n\
                X-Tight:no space\r\n\
                X-Empty:\r\n\
                \r\n\
                h\u{e4}llo\r\n\
                .dot\r\n
                """
        )
        #expect(message.clientName == "client.example.org" && message.clientAddress == "192.0.2.1")
        #expect(message.user == "alice" && message.queueID == "4XyZ12" && message.protocolName == "UTF8SMTPA")
        let envelope = message.envelope
        #expect(envelope.sender == mailbox("alice@example.org") && envelope.body == .eightBitMIME)
        #expect(envelope.smtputf8 && envelope.requiresTLS && envelope.ret == .headers)
        #expect(envelope.envelopeID == "QQ314159")
        #expect(envelope.recipients == [mailbox("bob@example.net"), mailbox("carol@example.net")])
        #expect(
            envelope.recipientOptions[mailbox("bob@example.net")]
                == .init(notify: [.success, .failure], originalRecipient: "rfc822;bob+40x@example.net"))
        #expect(envelope.recipientOptions[mailbox("carol@example.net")] == .init(notify: .never))
    }

    /// What cannot be read counts as not given: a word that nobody knows must not silence a report.
    @Test(arguments: ["NOTIFY=GARBAGE", "NOTIFY=", "NOTIFY=FAILURE,NEVER", "ORCPT=bob", "ORCPT=rfc822;a b"])
    func aParameterThatCannotBeReadIsNone(parameter: String) throws {
        var mta = MTA()
        mta.negotiate()
        mta.connect()
        mta.texts(.mail, "<alice@example.org>", "RET=SOME", "ENVID=" + String(repeating: "e", count: 101))
        mta.texts(.recipient, "<bob@example.net>", parameter)
        mta.content(fields: [("Subject", " x")], body: ["x\r\n"])
        let envelope = try #require(run(mta.bytes).transactions.first?.envelope)
        #expect(envelope.recipientOptions.isEmpty && envelope.envelopeID == nil && envelope.ret == nil)
        #expect(envelope.wantsFailureReport(for: mailbox("bob@example.net")))
    }

    @Test func spellingsOfOneRecipientAreCounted() throws {
        var limits = Limits()
        limits.recipients = 3
        for spellings in [["<@r1:b@x.org>", "<@r2:b@x.org>", "<@r3:b@x.org>"], ["<@r1:b@x.org>", "<@r1:b@x.org>"]] {
            #expect(try Self.sent(to: spellings, limits).refusals.isEmpty)
        }
        let many = (1...4).map { "<@r\($0):b@x.org>" }
        let long = ["<@" + String(repeating: "r", count: 1001) + ":b@x.org>"]
        for spellings in [many, long] { #expect(try !Self.sent(to: spellings, limits).refusals.isEmpty) }
    }

    private static func sent(to recipients: [String], _ limits: Limits) throws -> Outcome {
        var mta = MTA()
        mta.negotiate()
        mta.connect()
        mta.texts(.mail, "<alice@example.org>")
        for recipient in recipients { mta.texts(.recipient, recipient) }
        mta.content(fields: [("Subject", " x")], body: ["x\r\n"])
        return run(mta.bytes, limits: limits)
    }

    @Test func onlyWhatIsNeededIsAskedFor() throws {
        var mta = MTA()
        mta.negotiate(actions: 0x1FF, steps: 0x1F_FFFF)
        var reply = ByteBuffer(bytes: try #require(run(mta.bytes).written.first).data)
        #expect(reply.readInteger(as: UInt32.self) == 6)
        #expect(reply.readInteger(as: UInt32.self) == 0x1F, "add and change header, body, add and delete recipient")
        let steps = MilterSteps(rawValue: reply.readInteger(as: UInt32.self) ?? 0)
        #expect(steps == .wanted)
        #expect(steps.isDisjoint(with: [.noConnect, .noHello, .noMail, .noRecipient, .noBody, .noHeaders]))
        #expect(reply.readableBytes == 0)
    }

    @Test(arguments: [
        (UInt32(6), UInt32(0x0B), "change header fields"), (6, 0x1A, "add header fields"),
        (6, 0x19, "replace the body"), (6, 0x13, "delete recipients"), (1, 0x1FF, "too old"), (0, 0, "too old"),
    ])
    func anMTAThatCannotDoItIsTurnedAway(version: UInt32, actions: UInt32, why: String) {
        var mta = MTA()
        mta.negotiate(version: version, actions: actions)
        let outcome = run(mta.bytes)
        #expect(outcome.closed?.contains(why) == true && outcome.written.isEmpty)
    }

    /// Sendmail 8.13 knows neither quiet steps nor the leading space.
    @Test func anOldMTAGetsARepliesToEachStep() throws {
        var mta = MTA()
        mta.negotiate(version: 2, actions: 0x3F, steps: 0x7F)
        mta.connect()
        mta.texts(.hello, "client.example.org")
        mta.texts(.mail, "<alice@example.org>")
        mta.texts(.recipient, "<bob@example.net>")
        mta.texts(.header, "Subject", "x")
        mta.frame(.headerEnd)
        mta.frame(.body, Array("hello\r\n".utf8))
        mta.frame(.bodyEnd)
        let outcome = run(mta.bytes)
        #expect(outcome.letters == "Occccccca")
        #expect(text(outcome.transactions.first?.bytes) == "Subject: x\r\n\r\nhello\r\n")
    }

    @Test func stepsThatWereNotAskedForDoNoHarm() throws {
        var mta = MTA()
        mta.negotiate()
        mta.texts(.mail, "<>")
        mta.texts(.recipient, "<bob@example.net>")
        mta.frame(.data)
        mta.texts(.unknown, "XYZZY")
        mta.frame(.headerEnd)
        mta.frame(.bodyEnd, Array("all in the last\r\n".utf8))
        let outcome = run(mta.bytes)
        #expect(text(outcome.transactions.first?.bytes) == "\r\nall in the last\r\n")
        #expect(outcome.transactions.first?.envelope.sender == nil)
        #expect(outcome.letters == "Oa")
    }

    @Test func manyMessagesOnOneConnection() throws {
        var mta = MTA()
        mta.negotiate()
        mta.connect()
        for number in 0..<50 {
            if number % 3 == 0 {
                mta.macros(.mail, "i", "Q\(number)", "{auth_authen}", "user\(number)")
            } else {
                mta.macros(.mail, "i", "Q\(number)")
            }
            mta.message(to: ["<r\(number)@example.net>"], body: ["body \(number)\r\n"])
        }
        let outcome = run(mta.bytes)
        #expect(outcome.transactions.count == 50)
        for (number, message) in outcome.transactions.enumerated() {
            #expect(message.envelope.recipients == [mailbox("r\(number)@example.net")])
            #expect(message.queueID == "Q\(number)")
            #expect(message.user == (number % 3 == 0 ? "user\(number)" : nil), "nobody inherits another's log-in")
            #expect(message.clientAddress == "192.0.2.1")
        }
    }

    @Test(arguments: 0..<8)
    func abortAtAnyMoment(after steps: Int) throws {
        var mta = MTA()
        mta.negotiate()
        mta.connect()
        let all: [(inout MTA) -> Void] = [
            { $0.macros(.mail, "{auth_authen}", "mallory", "i", "OLD") }, { $0.texts(.mail, "<old@example.org>") },
            { $0.texts(.recipient, "<old@example.net>") }, { $0.texts(.header, "Subject", " old") },
            { $0.frame(.headerEnd) }, { $0.frame(.body, Array("old\r".utf8)) }, { $0.frame(.body, [10]) },
        ]
        for step in all.prefix(steps) { step(&mta) }
        mta.frame(.abort)
        mta.message()
        let outcome = run(mta.bytes)
        #expect(outcome.closed == nil && outcome.transactions.count == 1)
        let message = try #require(outcome.transactions.first)
        #expect(text(message.bytes) == "Subject: x\r\n\r\nhello\r\n" && message.user == nil && message.queueID == nil)
        #expect(message.envelope.recipients == [mailbox("bob@example.net")])
    }

    @Test func aNewConnectionOnTheSameSocket() throws {
        var mta = MTA()
        mta.negotiate()
        mta.connect(address: "192.0.2.1")
        mta.texts(.hello, "one.example.org")
        mta.message()
        mta.frame(.quitNewConnection)
        mta.connect(family: "6", address: "IPv6:2001:db8::1")
        mta.message()
        mta.frame(.quitNewConnection)
        mta.connect(family: "L", address: "/run/sock")
        mta.message()
        mta.frame(.quitNewConnection)
        mta.connect(family: "U")
        mta.message()
        mta.frame(.quit)
        let outcome = run(mta.bytes)
        #expect(outcome.transactions.map(\.clientAddress) == ["192.0.2.1", "2001:db8::1", "", ""])
        #expect(outcome.transactions.map(\.clientName) == ["one.example.org", "", "", ""])
        #expect(outcome.closed == "")
    }

    @Test func addressesAsClientsWriteThem() throws {
        var mta = MTA()
        mta.negotiate()
        mta.macros(.recipient, "{rcpt_addr}", "wrong@example.net")
        mta.texts(.mail, "alice@example.org")
        mta.texts(.recipient, "<@relay.example,@b.example:bob@example.net>")
        mta.texts(.recipient, "<Bob@example.net>")
        mta.texts(.recipient, "<bob@example.net>")
        mta.texts(.recipient, " <j\u{fc}rgen@b\u{fc}cher.example>")
        mta.macros(.recipient, "{rcpt_addr}", "root@mail.example.org")
        mta.texts(.recipient, "<root>")
        mta.content()
        let outcome = run(mta.bytes)
        #expect(outcome.refusals.isEmpty)
        #expect(
            outcome.transactions.first?.envelope.recipients.map(\.description) == [
                "bob@example.net", "Bob@example.net", "j\u{fc}rgen@b\u{fc}cher.example", "root@mail.example.org",
            ])
        #expect(outcome.transactions.first?.envelope.sender == mailbox("alice@example.org"))
    }

    @Test(arguments: ["<root>", "<bob@example.net", "<\">", "<>", "", "<a@b@c d>", "<@relay.example>"])
    func addressesThatCannotBeReadRefuseTheMessage(recipient: String) {
        var mta = MTA()
        mta.negotiate()
        mta.message(to: ["<bob@example.net>", recipient])
        mta.message()
        let outcome = run(mta.bytes)
        #expect(outcome.refusals.map(\.replyCode) == [550])
        #expect(outcome.transactions.count == 1, "the connection goes on")
        #expect(outcome.letters == "Oya")
    }

    @Test func aMessageForNobodyIsNotJudged() {
        var mta = MTA()
        mta.negotiate()
        mta.message(to: [])
        #expect(run(mta.bytes).refusals.map(\.replyCode) == [451])
    }

    @Test func recipientsAreLimited() {
        var limits = Limits()
        limits.recipients = 2
        var mta = MTA()
        mta.negotiate()
        mta.message(to: ["<a@example.net>", "<a@example.net>", "<b@example.net>"])
        mta.message(to: ["<a@example.net>", "<b@example.net>", "<c@example.net>"])
        let outcome = run(mta.bytes, limits: limits)
        #expect(outcome.transactions.count == 1 && outcome.refusals.map(\.replyCode) == [451])
    }

    @Test func theSizeIsLimitedAndTheRestIsNotKept() {
        var limits = Limits()
        limits.messageBytes = 1000
        var mta = MTA()
        mta.negotiate()
        mta.message(body: Array(repeating: String(repeating: "x", count: 398) + "\r\n", count: 3))
        mta.message()
        let outcome = run(mta.bytes, limits: limits)
        #expect(outcome.refusals.map(\.replyCode) == [552] && outcome.transactions.count == 1)
        var session = MilterSession(limits: limits)
        var input = mta.bytes
        _ = session.receive(&input)
        _ = session.receive(&input)
        #expect(session.heldBytes == 0)
    }

    @Test(arguments: [
        ["a\nb\r\n"], ["a\rb\r\n"], ["a\r", "b\r\n"], ["a\r"], ["\n"], ["ok\r\n", "\n"],
    ])
    func lineEndsOfABodyAreCRLF(body: [String]) {
        var mta = MTA()
        mta.negotiate()
        mta.message(body: body)
        #expect(run(mta.bytes).refusals.map(\.enhancedCode) == ["5.6.11"])
    }

    @Test(arguments: [
        ("Subject", " x\nBcc: eve@example.net"), ("Subject", " x\n"), ("Subject", " x\n\n y"), ("Subject", " x\ry"),
        ("Subject", " x\r"), ("", " x"), ("Sub ject", " x"), ("S\u{e4}", " x"), ("A:b", " x"), ("A\r\nB", " x"),
    ])
    func nothingIsSmuggledInAHeaderField(name: String, value: String) {
        var mta = MTA()
        mta.negotiate()
        mta.message(fields: [(name, value)])
        let outcome = run(mta.bytes)
        #expect(outcome.refusals.map(\.enhancedCode) == ["5.6.11"] && outcome.transactions.isEmpty)
    }

    @Test func foldsWithCRLFAreKept() {
        var mta = MTA()
        mta.negotiate()
        mta.message(fields: [("Subject", " a\r\n\tb")])
        #expect(text(run(mta.bytes).transactions.first?.bytes) == "Subject: a\r\n\tb\r\n\r\nhello\r\n")
    }

    @Test func whatIsGivenUpIsRefusedAtItsEnd() {
        var session = MilterSession(limits: Limits())
        var mta = MTA()
        mta.negotiate()
        mta.texts(.mail, "<alice@example.org>")
        mta.texts(.recipient, "<bob@example.net>")
        mta.frame(.body, Array("hello\r\n".utf8))
        var input = mta.bytes
        guard case .reply = session.receive(&input), case .needMore = session.receive(&input) else {
            Issue.record("no negotiation")
            return
        }
        #expect(session.heldBytes == 9)
        session.giveUpMessage(Refusal(.busy, "too much mail in hand"))
        #expect(session.heldBytes == 0)
        var rest = MTA()
        rest.frame(.bodyEnd)
        input = rest.bytes
        guard case .refused(let refusal, _) = session.receive(&input) else {
            Issue.record("not refused")
            return
        }
        #expect(refusal.replyCode == 451)
    }
}

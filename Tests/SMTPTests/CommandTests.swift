// The grammar of commands, with what clients get wrong and what attackers try.

import Mail
import SMTP
import Testing

private func parse(_ line: String) -> Result<Command, CommandError> {
    do throws(CommandError) { return .success(try Command.parse(Array(line.utf8))) } catch { return .failure(error) }
}

private func mailbox(_ text: String) -> Path { Mailbox(text).map(Path.mailbox) ?? .null }

struct CommandTests {
    @Test(arguments: [
        ("EHLO client.example.org", Command.hello(name: "client.example.org", extended: true)),
        ("helo [192.0.2.1]", .hello(name: "[192.0.2.1]", extended: false)),
        ("EHLO  [IPv6:2001:db8::1] ", .hello(name: "[IPv6:2001:db8::1]", extended: true)),
        ("DATA", .data), ("data  ", .data), ("RSET", .reset), ("QUIT", .quit), ("NOOP", .noop),
        ("noop anything at all", .noop),
        ("LHLO c.example", .lhlo(name: "c.example")), ("starttls", .startTLS),
        ("BDAT 10", .chunk(bytes: 10, isLast: false)), ("bdat  0  last ", .chunk(bytes: 0, isLast: true)),
        ("BDAT 9223372036854775807", .chunk(bytes: .max, isLast: false)),
        ("AUTH plain", .logIn(mechanism: "PLAIN", initial: nil)),
        ("AUTH SCRAM-SHA-256 biws", .logIn(mechanism: "SCRAM-SHA-256", initial: Secret("biws"))),
        ("VRFY bob", .verify), ("HELP", .help), ("HELP MAIL", .help),
    ])
    func reads(line: String, command: Command) {
        #expect(parse(line) == .success(command))
    }

    @Test(arguments: [
        ("MAIL FROM:<>", Path.null), ("mail from:<bob@example.org>", mailbox("bob@example.org")),
        ("MAIL FROM: <bob@example.org>", mailbox("bob@example.org")),
        ("MAIL  FROM:<bob@example.org>  ", mailbox("bob@example.org")),
        ("MAIL FROM:<\"a > b\"@example.org>", mailbox("\"a > b\"@example.org")),
        ("MAIL FROM:<\"a\\\"@b\"@example.org>", mailbox("\"a\\\"@b\"@example.org")),
        ("MAIL FROM:<\"@x:\"@example.org>", mailbox("\"@x:\"@example.org")),
        ("MAIL FROM:<@relay.example,@two.example:bob@example.org>", mailbox("bob@example.org")),
        ("MAIL FROM:<bob@[IPv6:2001:db8::1]>", mailbox("bob@[IPv6:2001:db8::1]")),
        ("MAIL FROM:<o'brien+tag/x=y%z@example.org>", mailbox("o'brien+tag/x=y%z@example.org")),
    ])
    func readsSenders(line: String, path: Path) {
        #expect(parse(line) == .success(.mail(path, MailParameters())))
    }

    @Test func readsParametersOfMail() {
        var parameters = MailParameters()
        parameters.sizeBytes = 1000
        parameters.body = .eightBitMIME
        parameters.smtputf8 = true
        #expect(parse("MAIL FROM:<> SIZE=1000 BODY=8BITMIME SMTPUTF8") == .success(.mail(.null, parameters)))
        #expect(parse("MAIL FROM:<>  smtputf8 body=8bitmime  size=001000") == .success(.mail(.null, parameters)))
        #expect(
            parse("MAIL FROM:<grün@example.org> SIZE=1000 BODY=8BITMIME SMTPUTF8")
                == .success(.mail(mailbox("grün@example.org"), parameters)))
        parameters = MailParameters()
        parameters.sizeBytes = Int.max
        #expect(parse("MAIL FROM:<> SIZE=99999999999999999999") == .success(.mail(.null, parameters)))
    }

    @Test(arguments: [
        ("RCPT TO:<bob@example.org>", mailbox("bob@example.org")),
        ("rcpt to: <bob@example.org>", mailbox("bob@example.org")),
        ("RCPT TO:<@a.example,@b.example:bob@example.org>", mailbox("bob@example.org")),
        ("RCPT TO:<@a.example:\"x y\"@example.org>", mailbox("\"x y\"@example.org")),
        ("RCPT TO:<Postmaster>", .postmaster),
        ("RCPT TO:<postMASTER>", .postmaster), ("RCPT TO:<grün@example.org>", mailbox("grün@example.org")),
    ])
    func readsRecipients(line: String, path: Path) {
        #expect(parse(line) == .success(.recipient(path, RecipientParameters())))
    }

    @Test func readsParametersOfNotification() {
        var parameters = MailParameters()
        parameters.ret = .headers
        parameters.envelopeID = "QQ+2B3141+3D59"
        parameters.requiresTLS = true
        parameters.hasAuth = true
        #expect(
            parse("MAIL FROM:<> ret=hdrs ENVID=QQ+2B3141+3D59 REQUIRETLS AUTH=a+40b")
                == .success(.mail(.null, parameters)))
        for (text, notify, original) in [
            ("NOTIFY=NEVER", Envelope.Notify.never, nil), ("notify=success,Delay", [.success, .delay], nil),
            ("NOTIFY=FAILURE ORCPT=rfc822;bob+2Bx@example.net", .failure, "rfc822;bob+2Bx@example.net"),
            ("NOTIFY=FAILURE ORCPT=utf-8;\\x{FC}@example.net", .failure, "utf-8;\\x{FC}@example.net"),
            ("NOTIFY=FAILURE ORCPT=UTF-8;ü@example.net", .failure, "UTF-8;ü@example.net"),
        ] as [(String, Envelope.Notify, String?)] {
            var parameters = RecipientParameters()
            parameters.options = .init(notify: notify, originalRecipient: original)
            #expect(
                parse("RCPT TO:<bob@example.net> \(text)")
                    == .success(.recipient(mailbox("bob@example.net"), parameters)))
        }
    }

    @Test(arguments: [
        ("", CommandError.unknown), (" ", .unknown), ("FOO", .unknown), ("MAILFROM:<a@b>", .unknown),
        (" QUIT", .unknown),
        ("EHL0 x", .unknown), ("\u{feff}EHLO x", .unknown), ("MAÏL FROM:<>", .unknown),
        ("EXPN list", .notImplemented), ("TURN", .notImplemented), ("ETRN x", .notImplemented),
        ("SEND FROM:<a@b.example>", .notImplemented),
        ("MAIL FROM:bob@example.org", .badSender(nil)), ("MAIL FROM:<bob>", .badSender("it has no @")),
        ("MAIL FROM:<bob@example.org", .badSender(nil)),
        ("MAIL FROM:< >", .badSender("it has no @")),
        ("MAIL FROM:<a b@example.org>", .badSender("the local part holds a character that must be quoted")),
        ("MAIL FROM:<Postmaster>", .badSender("it has no @")),
        ("MAIL FROM:<bob@example.org>>", .badParameter("")), ("MAIL FROM:<\"bob@example.org>", .badSender(nil)),
        ("MAIL FROM:<@relay.example>", .badSender(nil)), ("MAIL FROM:<@:bob@example.org>", .badSender(nil)),
        ("MAIL FROM:<@a.example:>", .badSender(nil)), ("MAIL FROM:<@a.example,bob@example.org>", .badSender(nil)),
        ("MAIL FROM:", .badSender(nil)),
        ("MAIL FROM:<bob@\"x\">", .badSender("the domain holds a character that no domain has")),
        ("RCPT TO:<>", .badRecipient(nil)), ("RCPT TO:<@a.example:>", .badRecipient(nil)),
        ("RCPT TO:<a@b.example,c@d.example>", .badRecipient("the local part holds a character that must be quoted")),
        ("RCPT TO:<.bob@example.org>", .badRecipient("a dot of the local part stands at an end or beside another")),
        ("RCPT TO:<bob@-example.org>", .badRecipient("a label of the domain begins or ends with a hyphen")),
        ("RCPT TO:<bob@example.org> RET=FULL", .unknownParameter("RET")),
        ("RCPT TO:<bob@example.org> NOTIFY=NEVER,FAILURE", .badParameter("NOTIFY")),
        ("RCPT TO:<bob@example.org> NOTIFY=SUCCESS,", .badParameter("NOTIFY")),
        ("RCPT TO:<bob@example.org> NOTIFY=", .badParameter("NOTIFY")),
        ("RCPT TO:<bob@example.org> NOTIFY", .badParameter("NOTIFY")),
        ("RCPT TO:<bob@example.org> NOTIFY=DELAY NOTIFY=DELAY", .badParameter("NOTIFY")),
        ("RCPT TO:<bob@example.org> ORCPT=bob@example.org", .badParameter("ORCPT")),
        ("RCPT TO:<bob@example.org> ORCPT=;bob@example.org", .badParameter("ORCPT")),
        ("RCPT TO:<bob@example.org> ORCPT=rfc822;", .badParameter("ORCPT")),
        ("RCPT TO:<bob@example.org> ORCPT=rfc822;b+2x", .badParameter("ORCPT")),
        ("RCPT TO:<bob@example.org> ORCPT=rfc822;b+0A", .badParameter("ORCPT")),
        ("RCPT TO:<bob@example.org> ORCPT=rfc822;grün@example.org", .badParameter("ORCPT")),
        ("RCPT TO:<bob@example.org> ORCPT=rf c;x", .badParameter("")),
        ("RCPT TO:<bob@example.org> ORCPT=rfc822;" + String(repeating: "x", count: 494), .badParameter("ORCPT")),
        ("RCPT TO:<a@b.example>x", .badParameter("")),
        ("MAIL FROM:<> RET=SOME", .badParameter("RET")), ("MAIL FROM:<> X", .unknownParameter("X")),
        ("MAIL FROM:<> RET", .badParameter("RET")), ("MAIL FROM:<> ENVID=a+b", .badParameter("ENVID")),
        ("MAIL FROM:<> ENVID=+0D+0A", .badParameter("ENVID")), ("MAIL FROM:<> ENVID=+4a", .badParameter("ENVID")),
        ("MAIL FROM:<> ENVID=" + String(repeating: "x", count: 101), .badParameter("ENVID")),
        ("MAIL FROM:<> REQUIRETLS=yes", .badParameter("REQUIRETLS")), ("MAIL FROM:<> AUTH=a b", .unknownParameter("B")),
        ("MAIL FROM:<> AUTH=a+b", .badParameter("AUTH")), ("MAIL FROM:<> NOTIFY=NEVER", .unknownParameter("NOTIFY")),
        ("MAIL FROM:<> SIZE", .badParameter("SIZE")),
        ("MAIL FROM:<> SIZE=", .badParameter("SIZE")), ("MAIL FROM:<> SIZE=-1", .badParameter("SIZE")),
        ("MAIL FROM:<> SIZE=1e3", .badParameter("SIZE")),
        ("MAIL FROM:<> SIZE=999999999999999999999", .badParameter("SIZE")),
        ("MAIL FROM:<> SIZE=1 SIZE=2", .badParameter("SIZE")), ("MAIL FROM:<> BODY=BINARYMIME", .badParameter("BODY")),
        ("MAIL FROM:<> BODY", .badParameter("BODY")), ("MAIL FROM:<> SMTPUTF8=yes", .badParameter("SMTPUTF8")),
        ("MAIL FROM:<> =x", .badParameter("")), ("MAIL FROM:<> -A=x", .badParameter("")),
        ("MAIL FROM:<>SIZE=1", .badParameter("")),
        ("MAIL FROM:<grün@example.org>", .needsSMTPUTF8), ("MAIL FROM:<bob@grün.example> SIZE=1", .needsSMTPUTF8),
        ("GET / HTTP/1.1", .foreignProtocol), ("POST /api", .foreignProtocol), ("Host: x", .foreignProtocol),
        ("PRI * HTTP/2.0", .foreignProtocol), ("BDAT", .badChunk),
        ("BDAT x", .badChunk), ("BDAT -1", .badChunk), ("BDAT 10 FIRST", .badChunk), ("BDAT 10 LAST LAST", .badChunk),
        ("BDAT 99999999999999999999", .badChunk), ("BDAT 000000000000000000001", .badChunk), ("BDAT 0x10", .badChunk),
        ("XCLIENT", .badAttribute("")), ("XCLIENT ADDR", .badAttribute("ADDR")),
        ("XCLIENT ADDR=1.2.3", .badAttribute("ADDR")), ("XCLIENT ADDR=IPv6:1.2.3.4", .badAttribute("ADDR")),
        ("XCLIENT NAME=a NAME=b", .badAttribute("NAME")), ("XCLIENT IDENT=a", .badAttribute("IDENT")),
        ("XCLIENT PORT=70000", .badAttribute("PORT")), ("XCLIENT PROTO=LMTP", .badAttribute("PROTO")),
        ("XCLIENT LOGIN=+0D+0A", .badAttribute("LOGIN")), ("XCLIENT LOGIN=", .badAttribute("LOGIN")),
        ("XFORWARD LOGIN=a", .badAttribute("LOGIN")), ("XFORWARD SOURCE=FAR", .badAttribute("SOURCE")),
        ("CONNECT mail:25 HTTP/1.1", .foreignProtocol),
    ])
    func refuses(line: String, error: CommandError) {
        #expect(parse(line) == .failure(error))
    }

    @Test(arguments: [
        "MAIL", "MAIL TO:<a@b.example>", "MAIL <a@b.example>", "RCPT", "RCPT FROM:<a@b.example>", "EHLO", "HELO ",
        "EHLO a b", "EHLO a(b)",
        "EHLO a;b", "EHLO <x>", "EHLO grün.example", "DATA now", "RSET x", "QUIT now", "VRFY", "NOOP\t", "EHLO a\0b",
        "RCPT TO:<a@b.example>\u{7f}", "AUTH", "AUTH PLAIN a b", "AUTH PLÄIN", "AUTH ABCDEFGHIJKLMNOPQRSTU",
        "STARTTLS now",
        "LHLO", "XCLIENT NAME=\u{1}",
    ])
    func refusesTheGrammarOf(line: String) {
        guard case .failure(.syntax) = parse(line) else { return #expect(Bool(false), "\(parse(line))") }
    }

    @Test func octetsThatAreNoUTF8NeverTrap() {
        for octet in UInt8(128)...255 {
            for (head, tail) in [
                ("", ""), ("MAIL FROM:<", "@b.example>"), ("RCPT TO:<a@", ">"), ("MAIL FROM:<> ", "=1"), ("EHLO ", ""),
            ] {
                #expect(throws: CommandError.self) { try Command.parse(Array(head.utf8) + [octet] + Array(tail.utf8)) }
            }
        }
    }

    /// Every single octet put, replaced and dropped at every place of valid lines: an answer or an error, never a trap.
    @Test func mutationsNeverTrap() {
        for line in [
            "MAIL FROM:<@a.b:\"x\\>y\"@c.example> SIZE=10 BODY=7BIT RET=FULL ENVID=a+2B", "RCPT TO:<Postmaster>",
            "EHLO [::1]", "RCPT TO:<a@b.example> NOTIFY=SUCCESS,DELAY ORCPT=utf-8;a", "BDAT 17 LAST", "AUTH PLAIN AA==",
            "XCLIENT NAME=a ADDR=IPv6:::1 LOGIN=+41", "XFORWARD SOURCE=LOCAL IDENT=x PORT=25",
        ] {
            let octets = Array(line.utf8)
            for place in 0...octets.count {
                for octet in [0, 10, 13, 32, 34, 44, 58, 60, 61, 62, 64, 91, 92, 127, 128, 195, 255] as [UInt8] {
                    _ = try? Command.parse(Array(octets[..<place]) + [octet] + Array(octets[place...]))
                }
                _ = try? Command.parse(Array(octets[..<place]))
                _ = try? Command.parse(Array(octets[place...]))
            }
        }
    }

    @Test func repliesNameNoMoreThanTheyShould() {
        let long = String(repeating: "A", count: 3000)
        #expect(CommandError.unknownParameter(long).reply.lines.count == 1)
        #expect(CommandError.badParameter(long).reply.text.utf8.count < 120)
        #expect(CommandError.unknownParameter("RET").reply.description.hasPrefix("555 5.5.4 "))
    }
}

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
        #expect(parse(line) == .success(.recipient(path)))
    }

    @Test(arguments: [
        ("", CommandError.unknown), (" ", .unknown), ("FOO", .unknown), ("MAILFROM:<a@b>", .unknown),
        (" QUIT", .unknown),
        ("EHL0 x", .unknown), ("\u{feff}EHLO x", .unknown), ("MAÏL FROM:<>", .unknown),
        ("EXPN list", .notImplemented), ("TURN", .notImplemented), ("ETRN x", .notImplemented),
        ("AUTH PLAIN AAAA", .notImplemented),
        ("STARTTLS", .notImplemented), ("SEND FROM:<a@b.example>", .notImplemented),
        ("MAIL FROM:bob@example.org", .badSender), ("MAIL FROM:<bob>", .badSender),
        ("MAIL FROM:<bob@example.org", .badSender),
        ("MAIL FROM:< >", .badSender), ("MAIL FROM:<a b@example.org>", .badSender),
        ("MAIL FROM:<Postmaster>", .badSender),
        ("MAIL FROM:<bob@example.org>>", .badParameter("")), ("MAIL FROM:<\"bob@example.org>", .badSender),
        ("MAIL FROM:<@relay.example>", .badSender), ("MAIL FROM:<@:bob@example.org>", .badSender),
        ("MAIL FROM:<@a.example:>", .badSender), ("MAIL FROM:<@a.example,bob@example.org>", .badSender),
        ("MAIL FROM:", .badSender), ("MAIL FROM:<bob@\"x\">", .badSender),
        ("RCPT TO:<>", .badRecipient), ("RCPT TO:<@a.example:>", .badRecipient),
        ("RCPT TO:<a@b.example,c@d.example>", .badRecipient),
        ("RCPT TO:<.bob@example.org>", .badRecipient), ("RCPT TO:<bob@-example.org>", .badRecipient),
        ("RCPT TO:<bob@example.org> NOTIFY=NEVER", .unknownParameter("NOTIFY")),
        ("RCPT TO:<a@b.example>x", .badParameter("")),
        ("MAIL FROM:<> RET=HDRS", .unknownParameter("RET")), ("MAIL FROM:<> X", .unknownParameter("X")),
        ("MAIL FROM:<> AUTH=<>", .unknownParameter("AUTH")), ("MAIL FROM:<> SIZE", .badParameter("SIZE")),
        ("MAIL FROM:<> SIZE=", .badParameter("SIZE")), ("MAIL FROM:<> SIZE=-1", .badParameter("SIZE")),
        ("MAIL FROM:<> SIZE=1e3", .badParameter("SIZE")),
        ("MAIL FROM:<> SIZE=999999999999999999999", .badParameter("SIZE")),
        ("MAIL FROM:<> SIZE=1 SIZE=2", .badParameter("SIZE")), ("MAIL FROM:<> BODY=BINARYMIME", .badParameter("BODY")),
        ("MAIL FROM:<> BODY", .badParameter("BODY")), ("MAIL FROM:<> SMTPUTF8=yes", .badParameter("SMTPUTF8")),
        ("MAIL FROM:<> =x", .badParameter("")), ("MAIL FROM:<> -A=x", .badParameter("")),
        ("MAIL FROM:<>SIZE=1", .badParameter("")),
        ("MAIL FROM:<grün@example.org>", .needsSMTPUTF8), ("MAIL FROM:<bob@grün.example> SIZE=1", .needsSMTPUTF8),
        ("GET / HTTP/1.1", .foreignProtocol), ("POST /api", .foreignProtocol), ("Host: x", .foreignProtocol),
        ("PRI * HTTP/2.0", .foreignProtocol), ("BDAT 100 LAST", .foreignProtocol),
        ("CONNECT mail:25 HTTP/1.1", .foreignProtocol),
    ])
    func refuses(line: String, error: CommandError) {
        #expect(parse(line) == .failure(error))
    }

    @Test(arguments: [
        "MAIL", "MAIL TO:<a@b.example>", "MAIL <a@b.example>", "RCPT", "RCPT FROM:<a@b.example>", "EHLO", "HELO ",
        "EHLO a b", "EHLO a(b)",
        "EHLO a;b", "EHLO <x>", "EHLO grün.example", "DATA now", "RSET x", "QUIT now", "VRFY", "NOOP\t", "EHLO a\0b",
        "RCPT TO:<a@b.example>\u{7f}",
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
        for line in ["MAIL FROM:<@a.b:\"x\\>y\"@c.example> SIZE=10 BODY=7BIT", "RCPT TO:<Postmaster>", "EHLO [::1]"] {
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

// The client's session machine without a network: every dialogue is run whole and cut into single octets.

import Mail
import NIOCore
import SMTP
import Testing

/// One dialogue: what the hop says, in turns, and what the machine must have done at the end.
struct ClientDialogue: Sendable, CustomTestStringConvertible {
    var name: String
    var purpose = ClientTransaction.Purpose.send(askedBefore: false)
    var recipients = ["b@x.org"]
    /// What the hop says after each thing the machine wrote; the first is its greeting.
    var hop: [String]
    /// What the machine wrote, in turns; `<content>` is the content with its final dot.
    var written: [String]
    /// `accepted`, `refused CODE ADDR …`, `unsupported`, `failed STAGE`, with `closing` behind it where it closes.
    var outcome: String
    /// False where what counts is that two replies come in one breath.
    var mayBeCut = true
    var testDescription: String { name }
}

@Suite struct ClientSessionTests {
    static let ehlo = "250-hop\r\n250-PIPELINING\r\n250-SIZE 1000\r\n250 8BITMIME\r\n"
    static let hello = "EHLO gate\r\n"
    static let group = "MAIL FROM:<a@x.org> SIZE=10\r\nRCPT TO:<b@x.org>\r\n"
    static let two = group + "RCPT TO:<c@x.org>\r\n"

    static let dialogues = [
        ClientDialogue(
            name: "one recipient, one segment",
            hop: ["220 hi\r\n", ehlo, "250 a\r\n250 b\r\n354 go\r\n", "250 ok\r\n"],
            written: [hello, group + "DATA\r\n", "<content>"], outcome: "accepted"),
        ClientDialogue(
            name: "long greeting, codes only",
            hop: ["220-hi\r\n220-you\r\n220\r\n", ehlo, "250\r\n250\r\n354\r\n", "250\r\n"],
            written: [hello, group + "DATA\r\n", "<content>"], outcome: "accepted"),
        ClientDialogue(
            name: "two recipients wait with DATA", recipients: ["b@x.org", "c@x.org"],
            hop: ["220 hi\r\n", ehlo, "250 a\r\n250 b\r\n250 c\r\n", "354 go\r\n", "250 ok\r\n"],
            written: [hello, two, "DATA\r\n", "<content>"], outcome: "accepted"),
        ClientDialogue(
            name: "two recipients asked before do not wait", purpose: .send(askedBefore: true),
            recipients: ["b@x.org", "c@x.org"],
            hop: ["220 hi\r\n", ehlo, "250 a\r\n250 b\r\n251 c\r\n354 go\r\n", "250 ok\r\n"],
            written: [hello, two + "DATA\r\n", "<content>"], outcome: "accepted"),
        ClientDialogue(
            name: "one of two is refused", recipients: ["b@x.org", "c@x.org"],
            hop: ["220 hi\r\n", ehlo, "250 a\r\n550 b\r\n250 c\r\n", "250 reset\r\n"],
            written: [hello, two, "RSET\r\n"], outcome: "refused 550 b@x.org"),
        ClientDialogue(
            name: "both are refused, each is named", recipients: ["b@x.org", "c@x.org"],
            hop: ["220 hi\r\n", ehlo, "250 a\r\n450 b\r\n550 c\r\n", "250 reset\r\n"],
            written: [hello, two, "RSET\r\n"], outcome: "refused 450 b@x.org 550 c@x.org"),
        ClientDialogue(
            name: "refused after the ask, hop wants content", purpose: .send(askedBefore: true),
            recipients: ["b@x.org", "c@x.org"], hop: ["220 hi\r\n", ehlo, "250 a\r\n550 b\r\n250 c\r\n354 go\r\n"],
            written: [hello, two + "DATA\r\n"], outcome: "refused 550 b@x.org closing"),
        ClientDialogue(
            name: "MAIL is refused: its reply counts", recipients: ["b@x.org", "c@x.org"],
            hop: ["220 hi\r\n", ehlo, "552 5.3.4 big\r\n503 b\r\n503 c\r\n", "250 reset\r\n"],
            written: [hello, two, "RSET\r\n"], outcome: "refused 552 -"),
        ClientDialogue(
            name: "DATA is refused", hop: ["220 hi\r\n", ehlo, "250 a\r\n250 b\r\n451 go away\r\n", "250 reset\r\n"],
            written: [hello, group + "DATA\r\n", "RSET\r\n"], outcome: "refused 451 -"),
        ClientDialogue(
            name: "the message is refused", hop: ["220 hi\r\n", ehlo, "250 a\r\n250 b\r\n354 go\r\n", "554 no\r\n"],
            written: [hello, group + "DATA\r\n", "<content>"], outcome: "refused 554 -"),
        ClientDialogue(
            name: "421 to the message", hop: ["220 hi\r\n", ehlo, "250 a\r\n250 b\r\n354 go\r\n", "421 no\r\n"],
            written: [hello, group + "DATA\r\n", "<content>"], outcome: "refused 421 - closing"),
        ClientDialogue(
            name: "a refusal right behind 354", hop: ["220 hi\r\n", ehlo, "250 a\r\n250 b\r\n354 go\r\n552 no\r\n"],
            written: [hello, group + "DATA\r\n"], outcome: "refused 552 - closing", mayBeCut: false),
        ClientDialogue(
            name: "a yes right behind 354", hop: ["220 hi\r\n", ehlo, "250 a\r\n250 b\r\n354 go\r\n250 ok\r\n"],
            written: [hello, group + "DATA\r\n"], outcome: "failed content closing", mayBeCut: false),
        ClientDialogue(
            name: "ask", purpose: .ask, recipients: ["b@x.org", "c@x.org"],
            hop: ["220 hi\r\n", ehlo, "250 a\r\n250 b\r\n250 c\r\n250 reset\r\n"], written: [hello, two + "RSET\r\n"],
            outcome: "accepted"),
        ClientDialogue(
            name: "ask with a refusal", purpose: .ask, recipients: ["b@x.org", "c@x.org"],
            hop: ["220 hi\r\n", ehlo, "250 a\r\n250 b\r\n550 c\r\n250 reset\r\n"], written: [hello, two + "RSET\r\n"],
            outcome: "refused 550 c@x.org"),
        ClientDialogue(
            name: "ask, MAIL refused", purpose: .ask,
            hop: ["220 hi\r\n", ehlo, "550 a\r\n503 b\r\n250 reset\r\n"], written: [hello, group + "RSET\r\n"],
            outcome: "refused 550 -"),
        ClientDialogue(
            name: "ask, RSET refused", purpose: .ask, hop: ["220 hi\r\n", ehlo, "250 a\r\n250 b\r\n421 bye\r\n"],
            written: [hello, group + "RSET\r\n"], outcome: "accepted closing"),
        ClientDialogue(
            name: "HELO only, step by step", recipients: ["b@x.org", "c@x.org"],
            hop: [
                "220 hi\r\n", "500 what\r\n", "250 hop\r\n", "250 a\r\n", "250 b\r\n", "250 c\r\n", "354 go\r\n",
                "250 ok\r\n",
            ],
            written: [
                hello, "HELO gate\r\n", "MAIL FROM:<a@x.org>\r\n", "RCPT TO:<b@x.org>\r\n", "RCPT TO:<c@x.org>\r\n",
                "DATA\r\n",
                "<content>",
            ], outcome: "accepted"),
        ClientDialogue(
            name: "step by step, MAIL refused", hop: ["220 hi\r\n", "250 hop\r\n", "550 a\r\n", "250 reset\r\n"],
            written: [hello, "MAIL FROM:<a@x.org>\r\n", "RSET\r\n"], outcome: "refused 550 -"),
        ClientDialogue(
            name: "step by step, ask", purpose: .ask,
            hop: ["220 hi\r\n", "250 hop\r\n", "250 a\r\n", "250 b\r\n", "250 reset\r\n"],
            written: [hello, "MAIL FROM:<a@x.org>\r\n", "RCPT TO:<b@x.org>\r\n", "RSET\r\n"], outcome: "accepted"),
        ClientDialogue(
            name: "421 to RCPT", hop: ["220 hi\r\n", ehlo, "250 a\r\n421 bye\r\n"],
            written: [hello, group + "DATA\r\n"],
            outcome: "failed commands closing"),
        ClientDialogue(
            name: "421 behind a refusal", hop: ["220 hi\r\n", ehlo, "250 a\r\n550 b\r\n421 bye\r\n"],
            written: [hello, group + "DATA\r\n"], outcome: "refused 550 b@x.org closing"),
        ClientDialogue(
            name: "the size is over the hop's", hop: ["220 hi\r\n", "250-hop\r\n250 SIZE 9\r\n"], written: [hello],
            outcome: "unsupported"),
        ClientDialogue(
            name: "SIZE 0 is no limit",
            hop: ["220 hi\r\n", "250-hop\r\n250 SIZE 0\r\n", "250 a\r\n", "250 b\r\n", "354\r\n", "250\r\n"],
            written: [hello, "MAIL FROM:<a@x.org> SIZE=10\r\n", "RCPT TO:<b@x.org>\r\n", "DATA\r\n", "<content>"],
            outcome: "accepted"),
        ClientDialogue(
            name: "greeting 554", hop: ["554 no\r\n"], written: [], outcome: "failed opening closing"),
        ClientDialogue(
            name: "EHLO and HELO refused", hop: ["220 hi\r\n", "550 no\r\n", "550 no\r\n"],
            written: [hello, "HELO gate\r\n"],
            outcome: "failed opening closing"),
        ClientDialogue(
            name: "EHLO refused for now", hop: ["220 hi\r\n", "450 no\r\n"], written: [hello],
            outcome: "failed opening closing"),
        ClientDialogue(
            name: "a line over the limit", hop: [String(repeating: "2", count: 5000)], written: [],
            outcome: "failed opening closing"),
        ClientDialogue(
            name: "no SMTP at all", hop: ["HTTP/1.1 400 Bad Request\r\n"], written: [],
            outcome: "failed opening closing"),
        ClientDialogue(
            name: "surplus reply", hop: ["220 hi\r\n", ehlo, "250 a\r\n250 b\r\n354 go\r\n", "250 ok\r\n250 more\r\n"],
            written: [hello, group + "DATA\r\n", "<content>"], outcome: "accepted closing"),
    ]

    @Test(arguments: dialogues, [true, false])
    func theDialogueGoesAsWritten(_ dialogue: ClientDialogue, octetWise: Bool) {
        if octetWise, !dialogue.mayBeCut { return }
        var driver = Driver(dialogue)
        for words in dialogue.hop { driver.hear(words, octetWise: octetWise) }
        #expect(driver.written == dialogue.written)
        // Octet by octet, what stands behind the last reply comes when the transaction is over, and closes then.
        #expect(driver.outcome == dialogue.outcome || (octetWise && "\(driver.outcome) closing" == dialogue.outcome))
        if dialogue.outcome.hasSuffix("closing") { #expect(driver.hasClosed) }
        #expect(driver.session.isReady != driver.hasClosed)
    }

    /// Ends every dialogue at every octet: nothing but a 2xx after the final dot is a yes, and the stage is right.
    @Test(arguments: dialogues) func aLostConnectionIsNeverAYes(_ dialogue: ClientDialogue) {
        let octets = Array(dialogue.hop.joined().utf8)
        for length in 0..<min(octets.count, 300) {
            var driver = Driver(dialogue)
            driver.hear(String(decoding: octets[..<length], as: UTF8.self), octetWise: true)
            guard driver.outcome.isEmpty else { continue }
            driver.perform(driver.session.fail(.closed))
            #expect(driver.hasClosed)
            if driver.outcome == "accepted closing" { #expect(dialogue.purpose == .ask) }
            if driver.written.contains("<content>") { #expect(driver.outcome == "failed finalDot closing") }
        }
    }

    @Test func unaskedWordsCloseAnIdleConnection() {
        var session = Driver.opened()
        #expect(session.receive(ByteBuffer(string: "4")) == [.close])
        #expect(!session.isReady)
        #expect(session.receive(ByteBuffer(string: "21 bye\r\n")).isEmpty)
    }

    @Test func quitIsSaidOnceAndOnlyBetweenTransactions() {
        var session = Driver.opened()
        #expect(session.quit() == [.write(ByteBuffer(string: "QUIT\r\n"))])
        #expect(session.quit().isEmpty)
        #expect(session.receive(ByteBuffer(string: "221 bye\r\n")) == [.close])
        var busy = Driver.opened()
        _ = busy.begin(Driver.transaction(.ask, ["b@x.org"]))
        #expect(busy.quit().isEmpty)
    }

    @Test func aTransactionCannotBeginTwiceOrWithoutRecipients() {
        var session = Driver.opened()
        let nobody = Driver.transaction(.ask, [])
        #expect(session.begin(nobody) == [.finished(.failed(ClientFailure(.closed, at: .commands)), closing: false)])
        _ = session.begin(Driver.transaction(.ask, ["b@x.org"]))
        let second = session.begin(Driver.transaction(.ask, ["b@x.org"]))
        #expect(second == [.finished(.failed(ClientFailure(.closed, at: .commands)), closing: true)])
    }

    @Test func aHostNameCannotSmuggleACommand() {
        var session = ClientSession(hostname: "gate\r\nMAIL FROM:<>")
        let actions = session.receive(ByteBuffer(string: "220 hi\r\n"))
        #expect(actions == [.write(ByteBuffer(string: "EHLO gateMAILFROM:<>\r\n"))])
    }

    @Test func capabilitiesAreReadWhateverTheirCaseAndOrder() {
        let reply = Reply(250, lines: ["hop", "size 0012", "smtputf8", "Pipelining", "X-OTHER y", "", "8bitmime z"])
        let found = ClientCapabilities(reply)
        #expect(found.size && found.sizeLimitBytes == 12)
        #expect(found.smtputf8 && found.pipelining && found.eightBitMIME)
        for bad in ["SIZE x", "SIZE -1", "SIZE 99999999999999999999999"] {
            #expect(ClientCapabilities(Reply(250, lines: ["hop", bad])).sizeLimitBytes == nil)
        }
        #expect(ClientCapabilities(Reply(250, lines: ["PIPELINING"])) == ClientCapabilities())
    }
}

/// Plays the owner of a connection.
struct Driver {
    var session = ClientSession(hostname: "gate")
    var written: [String] = []
    var outcome = ""
    var hasClosed = false
    private let transaction: ClientTransaction

    init(_ dialogue: ClientDialogue) { transaction = Self.transaction(dialogue.purpose, dialogue.recipients) }

    static func transaction(_ purpose: ClientTransaction.Purpose, _ recipients: [String]) -> ClientTransaction {
        ClientTransaction(
            purpose, sender: Mailbox("a@x.org"), recipients: recipients.compactMap { Mailbox($0) }, contentBytes: 10)
    }

    static func opened() -> ClientSession {
        var session = ClientSession(hostname: "gate")
        _ = session.receive(ByteBuffer(string: "220 hi\r\n"))
        _ = session.receive(ByteBuffer(string: ClientSessionTests.ehlo))
        return session
    }

    mutating func hear(_ words: String, octetWise: Bool) {
        if octetWise {
            for octet in words.utf8 { perform(session.receive(ByteBuffer(bytes: [octet]))) }
        } else {
            perform(session.receive(ByteBuffer(string: words)))
        }
    }

    mutating func perform(_ actions: [ClientSession.Action]) {
        for action in actions {
            switch action {
            case .write(let bytes): written.append(String(buffer: bytes))
            case .sendContent:
                guard session.state == .content else { continue }
                session.finalDotComing()
                written.append("<content>")
            case .startTLS:
                written.append("<handshake>")
                perform(session.secured(.verified))
            case .chooseLogin(let offered):
                let isPlain = offered.contains("PLAIN")
                perform(
                    session.beginLogin(
                        isPlain ? "PLAIN" : "LOGIN", initial: isPlain ? Array("\0a\0b".utf8) : nil, isSatisfied: isPlain
                    ))
            case .answerChallenge(let challenge):
                perform(session.respond(challenge, isSatisfied: challenge.count == 4))
            case .opened: perform(session.begin(transaction))
            case .notOpened(let failure):
                outcome = "failed \(failure.stage) closing"
                hasClosed = true
            case .finished(let result, let closing):
                outcome = describe(result) + (closing ? " closing" : "")
                hasClosed = hasClosed || closing
            case .close: hasClosed = true
            }
        }
    }

    private func describe(_ outcome: ClientOutcome) -> String {
        switch outcome {
        case .accepted: "accepted"
        case .refused(let all):
            (["refused"] + all.map { "\($0.reply.code) \($0.recipient?.description ?? "-")" }).joined(separator: " ")
        case .unsupported: "unsupported"
        case .failed(let failure): "failed \(failure.stage)"
        }
    }
}

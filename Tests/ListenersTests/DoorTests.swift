// LMTP, BDAT and the budget through real sockets.

import Listeners
import Mail
import NIOCore
import SMTP
import Synchronization
import Testing

/// Refuses bob, takes the others.
private struct Particular: MessageHandler {
    let recorder = Recorder()
    func handle(_ message: ReceivedMessage) async -> HandledMessage {
        _ = await recorder.handle(message)
        let refusals = message.envelope.recipients.map {
            $0.localPart == "bob" ? Refusal(.policy, "not to bob") : nil
        }
        return HandledMessage(refusal: nil, recipientRefusals: refusals)
    }
}

@Suite(.timeLimit(.minutes(1)))
struct DoorTests {
    @Test func lmtpAnswersForEachRecipient() async throws {
        let handler = Particular()
        try await withListener(handler, configure: { $0.doorProtocol = .lmtp }) { address, _ in
            try await withClient(address) { client in
                #expect(try await client.reply() == "220 gate.example.org LMTP Letterlock")
                #expect(try await client.ask("EHLO c.example").hasPrefix("500"))
                #expect(try await client.ask("LHLO c.example").hasPrefix("250 gate.example.org PIPELINING"))
                var text = "MAIL FROM:<alice@example.org>\r\n"
                for name in ["bob", "carol", "bob", "dave"] { text += "RCPT TO:<\(name)@example.net>\r\n" }
                try await client.send(text + "DATA\r\n")
                for _ in 0..<6 { _ = try await client.reply() }
                var answers = [try await client.ask("x\r\n.")]
                for _ in 0..<3 { answers.append(try await client.reply()) }
                #expect(answers.map { $0.prefix(9) } == ["550 5.7.1", "250 2.0.0", "550 5.7.1", "250 2.0.0"])
                #expect(try await client.ask("NOOP") == "250 2.0.0 nothing done")
                try await client.send("\(text)BDAT 2\r\nx\rBDAT 1 LAST\r\n\n")
                for _ in 0..<6 { _ = try await client.reply() }
                answers = []
                for _ in 0..<4 { answers.append(try await client.reply()) }
                #expect(answers.map { $0.prefix(3) } == ["550", "250", "550", "250"])
                #expect(try await client.ask("QUIT").hasPrefix("221"))
            }
        }
        #expect(handler.recorder.messages.map(\.origin.door) == [.lmtp, .lmtp])
        #expect(handler.recorder.messages.map(\.origin.protocolName) == ["LMTP", "LMTP"])
        #expect(handler.recorder.messages.map(\.envelope.recipients.count) == [3, 3])
    }

    @Test func smtpHasOneAnswerWhateverIsKnownOfRecipients() async throws {
        try await withListener(Particular()) { address, _ in
            try await withClient(address) { client in
                try await client.open()
                #expect(try await client.ask("x\r\n.").hasPrefix("250"))
                #expect(try await client.ask("NOOP") == "250 2.0.0 nothing done")
            }
        }
    }

    @Test func largeChunksAreKeptOctetForOctet() async throws {
        let recorder = Recorder()
        var text = ""
        for line in 0..<60_000 { text += "\(line) .\r\n.\r\n..line of a rather large message\r\n" }
        try await withListener(recorder) { [text] address, _ in
            try await withClient(address) { client in
                _ = try await client.reply()
                _ = try await client.ask("EHLO c.example")
                try await client.send("MAIL FROM:<>\r\nRCPT TO:<bob@example.net>\r\n")
                let octets = Array(text.utf8)
                let half = octets.count / 2
                try await client.send("BDAT \(half)\r\n")
                try await client.send(bytes: Array(octets[..<half]))
                try await client.send("BDAT \(octets.count - half) LAST\r\n")
                try await client.send(bytes: Array(octets[half...]) + Array("QUIT\r\n".utf8))
                #expect(try await client.replies().map { $0.prefix(3) } == ["250", "250", "250", "250", "221"])
            }
        }
        #expect(recorder.messages.first?.bytes == MessageBytes(text))
    }

    /// The published sequences, in chunks: what is a line end elsewhere and not here, around a second message.
    @Test(arguments: ["\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r\n", "\r.\r", "\r\n.\r", "\r\n\0.\r\n\n", "\r\n.\r\r\n"])
    func nothingIsSmuggledInChunks(ending: String) async throws {
        let recorder = Recorder()
        try await withListener(recorder) { address, _ in
            try await withClient(address) { client in
                _ = try await client.reply()
                _ = try await client.ask("EHLO c.example")
                let text =
                    "hello\(ending)MAIL FROM:<admin@example.org>\r\nRCPT TO:<bob@example.net>\r\nDATA\r\nevil\r\n.\r\n"
                for cut in [0, 6, 7, text.utf8.count] {
                    try await client.send("MAIL FROM:<>\r\nRCPT TO:<bob@example.net>\r\n")
                    for _ in 0..<2 { #expect(try await client.reply().hasPrefix("250")) }
                    let octets = Array(text.utf8)
                    try await client.send(
                        bytes: Array("BDAT \(cut)\r\n".utf8) + octets[..<cut]
                            + Array("BDAT \(octets.count - cut) LAST\r\n".utf8)
                            + octets[cut...])
                    let replies = [try await client.reply(), try await client.reply()]
                    #expect(replies.contains { $0.hasPrefix("550 5.6.11") }, "\(replies)")
                }
                #expect(try await client.ask("NOOP") == "250 2.0.0 nothing done")
            }
        }
        #expect(recorder.messages.isEmpty)
    }

    /// CR LF . CR LF ends DATA and is text in a chunk; both ways one message is one message.
    @Test func aDotLineInAChunkIsText() async throws {
        let recorder = Recorder()
        let text = "hello\r\n.\r\nMAIL FROM:<admin@example.org>\r\n"
        try await withListener(recorder) { address, _ in
            try await withClient(address) { client in
                _ = try await client.reply()
                _ = try await client.ask("EHLO c.example")
                try await client.send(
                    "MAIL FROM:<>\r\nRCPT TO:<bob@example.net>\r\nBDAT \(text.utf8.count) LAST\r\n\(text)")
                for _ in 0..<3 { #expect(try await client.reply().hasPrefix("250")) }
                #expect(try await client.ask("NOOP") == "250 2.0.0 nothing done")
            }
        }
        #expect(recorder.messages.map(\.bytes) == [MessageBytes(text)])
    }

    @Test func theBudgetIsSharedAndGivenBack() async throws {
        let budget = ByteBudget(limitBytes: 300_000)
        let begun = Signal()
        let release = Signal()
        let recorder = Recorder { message in
            guard message.envelope.sender?.localPart == "slow" else { return nil }
            begun.give()
            await release.wait()
            return nil
        }
        let text = String(repeating: String(repeating: "x", count: 98) + "\r\n", count: 2000)
        try await withListener(recorder, configure: { $0.budget = budget }) { address, _ in
            try await withClient(address) { slow in
                _ = try await slow.reply()
                _ = try await slow.ask("EHLO c.example")
                try await slow.send("MAIL FROM:<slow@example.org>\r\nRCPT TO:<bob@example.net>\r\nDATA\r\n")
                for _ in 0..<3 { _ = try await slow.reply() }
                try await slow.send(text + ".\r\n")
                await begun.wait()
                #expect(budget.usedBytes == text.utf8.count)
                try await withClient(address) { other in
                    _ = try await other.reply()
                    _ = try await other.ask("EHLO c.example")
                    // Announced: refused before it is sent. Not announced: swallowed, and refused at its end.
                    #expect(try await other.ask("MAIL FROM:<> SIZE=200000").hasPrefix("250"))
                    #expect(try await other.ask("RCPT TO:<bob@example.net>").hasPrefix("250"))
                    #expect(
                        try await other.ask("DATA") == "452 4.3.1 too much mail at the moment, try again later")
                    #expect(try await other.ask("RSET").hasPrefix("250"))
                    #expect(budget.usedBytes == text.utf8.count)
                    try await other.open(greeted: true)
                    #expect(try await other.ask(text + ".").hasPrefix("452 4.3.1"))
                    #expect(budget.usedBytes == text.utf8.count)
                    try await other.open(greeted: true)
                    #expect(try await other.ask("x\r\n.").hasPrefix("250"))
                }
                release.give()
                #expect(try await slow.reply().hasPrefix("250"))
                #expect(budget.usedBytes == 0)
                // A client that goes away in the middle keeps nothing.
                try await slow.open(greeted: true)
                try await slow.send(text)
            }
            for _ in 0..<500 where budget.usedBytes > 0 { try await Task.sleep(for: .milliseconds(10)) }
            #expect(budget.usedBytes == 0)
        }
    }
}

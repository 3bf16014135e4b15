// Messages through a real socket: what arrives, what is answered, what is limited.

import Listeners
import Mail
import NIOCore
import SettingValues
import SMTP
import Testing

@Suite(.timeLimit(.minutes(1)))
struct SMTPListenerTests {
    @Test func aMessageArrivesWithItsOrigin() async throws {
        let recorder = Recorder()
        try await withListener(recorder) { address, _ in
            try await withClient(address) { client in
                #expect(try await client.reply() == "220 gate.example.org ESMTP Letterlock")
                try await client.open(greeted: true)
                let reply = try await client.ask("Subject: x\r\n\r\n..dot\r\n.")
                let message = try #require(recorder.messages.first)
                #expect(reply == "250 2.0.0 accepted as \(message.origin.id)")
                #expect(try await client.ask("QUIT") == "221 2.0.0 gate.example.org closing")
                #expect(try await client.reply() == "closed")
            }
            await recorder.firstConfirmed.wait()
        }
        let message = try #require(recorder.messages.first)
        #expect(message.bytes == MessageBytes("Subject: x\r\n\r\n.dot\r\n"))
        #expect(message.envelope.sender == Mailbox("alice@example.org"))
        #expect(message.envelope.recipients == [Mailbox("bob@example.net")])
        #expect(message.origin.clientAddress == "127.0.0.1" && message.origin.clientName == "client.example.org")
        #expect(message.origin.protocolName == "ESMTP")
        #expect(message.origin.listener == "127.0.0.1:0")
        #expect(
            message.origin.id.count == 12 && message.origin.id.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
        )
        #expect(message.receivedAtSeconds > 1_700_000_000)
        #expect(recorder.repliesWritten == 1)
    }

    @Test func aRefusalIsTheReplyAndTheSessionGoesOn() async throws {
        let recorder = Recorder { message in
            message.bytes.count > 5 ? Refusal(.policy, "bob@example.net: not like this", detail: "rule secret") : nil
        }
        try await withListener(recorder) { address, _ in
            try await withClient(address) { client in
                try await client.open()
                #expect(try await client.ask("too long\r\n.") == "550 5.7.1 bob@example.net: not like this")
                try await client.open(greeted: true)
                #expect(try await client.ask("x\r\n.").hasPrefix("250 2.0.0"))
            }
        }
        #expect(Set(recorder.messages.map(\.origin.id)).count == 2)
    }

    @Test func everythingInOneSegment() async throws {
        let recorder = Recorder()
        let one = "MAIL FROM:<alice@example.org>\r\nRCPT TO:<bob@example.net>\r\nDATA\r\nx\r\n.\r\n"
        try await withListener(recorder) { address, _ in
            let replies = try await withClient(address) { client in
                try await client.send("EHLO c.example\r\n\(one)\(one)\(one)QUIT\r\nNOOP\r\n")
                return try await client.replies()
            }
            let codes = replies.map { $0.prefix(3) }
            let each: [Substring] = ["250", "250", "354", "250"]
            #expect(codes == ["220", "250"] + each + each + each + ["221"])
        }
        #expect(recorder.messages.count == 3)
    }

    @Test func octetByOctet() async throws {
        let recorder = Recorder()
        try await withListener(recorder) { address, _ in
            try await withClient(address) { client in
                let text = "EHLO c.example\r\nMAIL FROM:<>\r\nRCPT TO:<bob@example.net>\r\nDATA\r\n..x\r\n.\r\nQUIT\r\n"
                for octet in text.utf8 { try await client.send(String(UnicodeScalar(octet))) }
                #expect(
                    try await client.replies().map { $0.prefix(3) } == [
                        "220", "250", "250", "250", "354", "250", "221",
                    ])
            }
        }
        #expect(recorder.messages.first?.bytes == MessageBytes(".x\r\n"))
        #expect(recorder.messages.first.map { $0.envelope.sender == nil } == true)
    }

    @Test func largeMessagesAreKeptOctetForOctet() async throws {
        let recorder = Recorder()
        var text = ""
        for line in 0..<40_000 { text += "\(line) line of a rather large message\r\n" }
        try await withListener(recorder) { [text] address, _ in
            try await withClient(address) { client in
                try await client.open()
                #expect(try await client.ask(text + ".").hasPrefix("250"))
            }
        }
        #expect(recorder.messages.first?.bytes == MessageBytes(text))
    }

    @Test(arguments: ["\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r\n", "\r.\r", "\r\n.\r\r\n"])
    func nothingIsSmuggled(ending: String) async throws {
        let recorder = Recorder()
        try await withListener(recorder) { address, _ in
            try await withClient(address) { client in
                try await client.open()
                let second = "MAIL FROM:<admin@example.org>\r\nRCPT TO:<bob@example.net>\r\nDATA\r\nevil"
                #expect(try await client.ask("hello\(ending)\(second)\r\n.").hasPrefix("550 5.6.11"))
                #expect(try await client.ask("NOOP").hasPrefix("250"))
            }
        }
        #expect(recorder.messages.isEmpty)
    }

    @Test func aMessageOverTheLimitIsSwallowed() async throws {
        let recorder = Recorder()
        try await withListener(recorder, limits: { $0.messageBytes = 100_000 }) { address, _ in
            try await withClient(address) { client in
                try await client.open()
                let line = String(repeating: "x", count: 998) + "\r\n"
                for _ in 0..<100 { try await client.send(String(repeating: line, count: 20)) }
                #expect(try await client.ask(".") == "552 5.3.4 the message exceeds 100000 bytes")
                try await client.open(greeted: true)
                #expect(try await client.ask("x\r\n.").hasPrefix("250"))
            }
        }
        #expect(recorder.messages.count == 1)
    }

    /// A client that asks and asks and does not listen fills its own buffers, not our memory; once it listens it gets
    /// every answer in order.
    @Test func aClientThatDoesNotListenIsNotReadFrom() async throws {
        try await withListener { address, _ in
            let replies = try await withClient(address) { client in
                let outbound = client.speech
                return try await withThrowingTaskGroup(of: Void.self) { tasks in
                    tasks.addTask {
                        for _ in 0..<300 { try await outbound(String(repeating: "NOOP\r\nHELP\r\n", count: 100)) }
                        try await outbound("QUIT\r\n")
                    }
                    try await Task.sleep(for: .milliseconds(100))
                    return try await client.replies()
                }
            }
            #expect(replies.count == 60_002)
            #expect(
                replies.dropFirst().dropLast().enumerated().allSatisfy { $1.hasPrefix($0 % 2 == 0 ? "250" : "214") })
        }
    }

    @Test func oneConnectionTooMany() async throws {
        try await withListener(limits: { $0.connections = 2 }) { address, _ in
            try await withClient(address) { first in
                #expect(try await first.reply().hasPrefix("220"))
                try await withClient(address) { second in
                    #expect(try await second.reply().hasPrefix("220"))
                    let third = try await withClient(address) { try await $0.replies() }
                    #expect(third == ["421 4.3.2 gate.example.org has too many connections, try again later"])
                    #expect(try await second.ask("NOOP").hasPrefix("250"))
                }
            }
            #expect(try await greetingOnceFree(address).hasPrefix("220"))
        }
    }

    @Test func limitsOfTheSessionReachTheSocket() async throws {
        let recorder = Recorder()
        try await withListener(
            recorder,
            limits: {
                $0.badCommands = 2; $0.commandBytes = 100; $0.recipients = 1
            }
        ) { address, _ in
            let replies = try await withClient(address) { client in
                try await client.send(
                    "EHLO c.example\r\nMAIL FROM:<>\r\nRCPT TO:<a@example.net>\r\nRCPT TO:<b@example.net>\r\n")
                try await client.send("\(String(repeating: "x", count: 5000))\r\nXYZZY\r\nNOOP\r\n")
                return try await client.replies()
            }
            #expect(
                replies.map { $0.prefix(9) } == [
                    "220 gate.", "250 gate.", "250 2.1.0", "250 2.1.5", "452 4.5.3", "500 5.5.6", "421 4.7.0",
                ])
        }
    }

    @Test func httpIsShownOut() async throws {
        let recorder = Recorder()
        try await withListener(recorder) { address, _ in
            let replies = try await withClient(address) { client in
                try await client.send("POST / HTTP/1.1\r\nHost: x\r\n\r\nHELO x\r\nMAIL FROM:<eve@example.org>\r\n")
                return try await client.replies()
            }
            #expect(replies.map { $0.prefix(3) } == ["220", "421"])
        }
    }
}

// The connection's handler on an event loop whose clock the test moves: times, back-pressure, stopping.

import Listeners
import Mail
import NIOCore
import NIOEmbedded
import SettingValues
import SMTP
import Testing

/// Counts what the handler lets through to the socket.
private final class ReadCounter: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    var reads = 0
    func read(context: ChannelHandlerContext) {
        reads += 1
        context.read()
    }
}

/// Keeps the channel when it is told to close, as TLS does until the other side has said goodbye.
private final class SlowCloser: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {}
}

private final class RingCounter {
    var rings = 0
}

/// Has an alarm each second, and closes at the first.
private struct AlarmedMachine: ConnectionMachine {
    typealias Event = Int
    let closing: ConnectionStep<Int>.Closing
    let counter: RingCounter
    var deadline: NIODeadline?
    var isClosed: Bool { counter.rings > 0 }

    mutating func begin(address: String, _ step: inout ConnectionStep<Int>) { deadline = step.now + .seconds(1) }
    mutating func heard(_ now: NIODeadline) {}
    mutating func read(_ step: inout ConnectionStep<Int>) -> Bool { false }
    func mayRead(isWritable: Bool, holdsInput: Bool) -> Bool { true }
    mutating func told(_ event: Any, _ step: inout ConnectionStep<Int>) {}
    mutating func ring(_ step: inout ConnectionStep<Int>) {
        counter.rings += 1
        deadline = step.now + .seconds(1)
        step.closing = closing
    }
    mutating func stop(_ step: inout ConnectionStep<Int>) {}
    func failed(_ error: any Error) {}
    mutating func ended() {}
}

struct ConnectionHandlerTests {
    /// TLS may keep a dropped channel for as long as the other side says nothing; no alarm rings for it meanwhile.
    @Test func aDroppedConnectionHasNoAlarm() throws {
        for (closing, rings) in [(ConnectionStep<Int>.Closing.atOnce, 1), (.afterWriting, 10)] {
            let channel = EmbeddedChannel()
            let (_, continuation) = AsyncStream.makeStream(of: Int.self)
            let counter = RingCounter()
            let handler = ConnectionHandler(
                AlarmedMachine(closing: closing, counter: counter), logger: quiet, events: continuation)
            try channel.pipeline.syncOperations.addHandlers([SlowCloser(), handler])
            try channel.connect(to: SocketAddress(ipAddress: "192.0.2.1", port: 1)).wait()
            channel.embeddedEventLoop.advanceTime(by: .seconds(10))
            #expect(counter.rings == rings, "what waits to be written still has its alarm")
        }
    }

    private struct Bench {
        let channel = EmbeddedChannel()
        let handler: ConnectionHandler<SMTPMachine>
        let counter = ReadCounter()
        let events: AsyncStream<SMTPEvent>

        init(
            _ change: (inout Limits) -> Void = { _ in },
            configure: (inout ListenerConfiguration) -> Void = { _ in }, proxied: Bool = false
        ) throws {
            var limits = Limits()
            change(&limits)
            let (stream, continuation) = AsyncStream.makeStream(of: SMTPEvent.self)
            var configuration = ListenerConfiguration(
                address: .tcp(host: "127.0.0.1", port: 0), hostname: "gate.example.org", limits: limits)
            configure(&configuration)
            events = stream
            handler = ConnectionHandler(
                SMTPMachine(try SMTPDoor(configuration, logger: quiet)), logger: quiet, events: continuation)
            let front: [any ChannelHandler] = proxied ? [ProxyHandler(logger: quiet)] : []
            try channel.pipeline.syncOperations.addHandlers(front + [counter, handler])
            try channel.connect(to: SocketAddress(ipAddress: "192.0.2.1", port: 1)).wait()
        }

        func say(_ text: String) throws { _ = try channel.writeInbound(ByteBuffer(string: text)) }

        func advance(_ seconds: Int64) { channel.embeddedEventLoop.advanceTime(by: .seconds(seconds)) }

        /// Replies written since the last call, the first nine characters of each line.
        func heard() throws -> [String] {
            var text = ""
            while let bytes = try channel.readOutbound(as: ByteBuffer.self) { text += String(buffer: bytes) }
            return text.split(separator: "\r\n").map { String($0.prefix(9)) }
        }

        /// Up to the content of a message.
        func open() throws {
            try say("EHLO c.example\r\nMAIL FROM:<>\r\nRCPT TO:<bob@example.net>\r\nDATA\r\n")
            _ = try heard()
        }

        var isClosed: Bool { !channel.isActive }
    }

    @Test func silence() throws {
        let bench = try Bench { $0.idleSeconds = 300 }
        #expect(try bench.heard() == ["220 gate."])
        bench.advance(299)
        #expect(try bench.heard().isEmpty && !bench.isClosed)
        try bench.say("NOOP\r\n")
        bench.advance(299)
        #expect(try bench.heard() == ["250 2.0.0"] && !bench.isClosed)
        bench.advance(1)
        #expect(try bench.heard() == ["421 4.4.2"] && bench.isClosed)
    }

    /// Octet by octet a command would last as long as the session.
    @Test func aCommandThatDrips() throws {
        let bench = try Bench { $0.idleSeconds = 300 }
        _ = try bench.heard()
        for _ in 0..<29 {
            bench.advance(10)
            try bench.say("N")
        }
        #expect(try bench.heard().isEmpty && !bench.isClosed)
        bench.advance(10)
        #expect(try bench.heard() == ["421 4.4.2"] && bench.isClosed)
    }

    @Test func silenceInData() throws {
        let bench = try Bench { $0.idleSeconds = 300 }
        try bench.open()
        for _ in 0..<5 {
            try bench.say("half a line")
            bench.advance(299)
        }
        #expect(try bench.heard().isEmpty && !bench.isClosed)
        bench.advance(1)
        #expect(try bench.heard() == ["421 4.4.2"] && bench.isClosed)
    }

    @Test func aSessionThatNeverStops() throws {
        let bench = try Bench { $0.sessionSeconds = 1000 }
        try bench.open()
        for _ in 0..<9 {
            bench.advance(100)
            try bench.say("x\r\n")
        }
        #expect(try bench.heard().isEmpty && !bench.isClosed)
        bench.advance(100)
        #expect(try bench.heard() == ["421 4.4.2"] && bench.isClosed)
    }

    @Test func anAnswerMayTakeLongerThanSilenceAndSession() throws {
        let bench = try Bench {
            $0.idleSeconds = 10; $0.sessionSeconds = 20; $0.replySeconds = 540
        }
        try bench.open()
        try bench.say(".\r\n")
        bench.advance(500)
        #expect(try bench.heard().isEmpty && !bench.isClosed)
        let written = try #require(bench.handler.answer(HandledMessage(refusal: nil), id: "ID"))
        #expect(try written.wait())
        #expect(try bench.heard() == ["250 2.0.0"])
        bench.advance(1)
        #expect(try bench.heard() == ["421 4.4.2"] && bench.isClosed)
    }

    @Test func anAnswerThatNeverComes() throws {
        let bench = try Bench { $0.replySeconds = 90 }
        try bench.open()
        try bench.say(".\r\n")
        bench.advance(104)
        #expect(try bench.heard().isEmpty)
        bench.advance(1)
        #expect(try bench.heard() == ["421 4.4.7"] && bench.isClosed)
        #expect(bench.handler.answer(HandledMessage(refusal: nil), id: "ID") == nil)
    }

    @Test func silenceIsCountedFromTheAnswer() throws {
        let bench = try Bench { $0.idleSeconds = 10 }
        try bench.open()
        try bench.say(".\r\n")
        bench.advance(100)
        _ = bench.handler.answer(HandledMessage(refusal: nil), id: "ID")
        bench.advance(9)
        #expect(try bench.heard() == ["250 2.0.0"])
        bench.advance(1)
        #expect(try bench.heard() == ["421 4.4.2"])
    }

    @Test func nothingIsReadWhileAMessageIsHandled() throws {
        let bench = try Bench()
        try bench.open()
        let before = bench.counter.reads
        try bench.say(".\r\nNOOP\r\n")
        bench.channel.read()
        #expect(try bench.heard().isEmpty && bench.counter.reads == before)
        _ = bench.handler.answer(HandledMessage(refusal: nil), id: "ID")
        #expect(try bench.heard() == ["250 2.0.0", "250 2.0.0"])
        #expect(bench.counter.reads == before + 1)
    }

    @Test func nothingIsDoneWhileRepliesAreNotTaken() throws {
        let bench = try Bench()
        _ = try bench.heard()
        bench.channel.isWritable = false
        bench.channel.pipeline.fireChannelWritabilityChanged()
        let before = bench.counter.reads
        try bench.say("NOOP\r\nHELP\r\n")
        bench.channel.read()
        #expect(try bench.heard().isEmpty && bench.counter.reads == before)
        bench.channel.isWritable = true
        bench.channel.pipeline.fireChannelWritabilityChanged()
        #expect(try bench.heard() == ["250 2.0.0", "214 2.0.0"])
        #expect(bench.counter.reads == before + 1)
    }

    @Test func aClientThatNeverTakesItsRepliesIsDropped() throws {
        let bench = try Bench { $0.idleSeconds = 300 }
        bench.channel.isWritable = false
        bench.advance(300)
        #expect(bench.isClosed)
    }

    @Test func repliesOfOneReadGoOutTogether() throws {
        let bench = try Bench()
        _ = try bench.heard()
        try bench.say(String(repeating: "NOOP\r\n", count: 20))
        #expect(try bench.channel.readOutbound(as: ByteBuffer.self)?.readableBytes == 20 * 24)
    }

    /// However lively the client is: a message has to be whole some time.
    @Test func aMessageThatDrips() throws {
        for opening in ["DATA\r\n", "BDAT 100000 LAST\r\n", "BDAT 1\r\nx"] {
            let bench = try Bench {
                $0.dataSeconds = 1000; $0.idleSeconds = 300
            }
            try bench.say("EHLO c.example\r\nMAIL FROM:<>\r\nRCPT TO:<bob@example.net>\r\n\(opening)")
            _ = try bench.heard()
            for _ in 0..<9 {
                bench.advance(100)
                try bench.say(opening == "BDAT 1\r\nx" ? "NOOP\r\n" : "x")
            }
            #expect(try bench.heard().allSatisfy { $0 == "250 2.0.0" } && !bench.isClosed)
            bench.advance(99)
            #expect(!bench.isClosed)
            bench.advance(1)
            #expect(try bench.heard() == ["421 4.4.2"] && bench.isClosed, "\(opening)")
        }
    }

    @Test func eachMessageHasItsOwnTime() throws {
        let bench = try Bench { $0.dataSeconds = 100 }
        for _ in 0..<3 {
            try bench.open()
            bench.advance(90)
            try bench.say(".\r\n")
            bench.advance(90)
            _ = bench.handler.answer(HandledMessage(refusal: nil), id: "ID")
            bench.advance(90)
            #expect(try bench.heard() == ["250 2.0.0"])
        }
        try bench.open()
        bench.advance(100)
        #expect(try bench.heard() == ["421 4.4.2"] && bench.isClosed)
    }

    @Test func aProxyThatDoesNotSayWhoIsThere() throws {
        let bench = try Bench(proxied: true)
        bench.advance(9)
        #expect(try bench.heard().isEmpty && !bench.isClosed)
        bench.advance(1)
        #expect(try bench.heard().isEmpty && bench.isClosed)
        let inTime = try Bench(proxied: true)
        inTime.advance(9)
        _ = try inTime.channel.writeInbound(ByteBuffer(bytes: proxyHeader(.tcp4)))
        #expect(try inTime.heard() == ["220 gate."])
        inTime.advance(60)
        #expect(try inTime.heard().isEmpty && !inTime.isClosed)
    }

    /// Where everybody has to log in, nobody holds a connection without.
    @Test func whoDoesNotLogInIsSentAway() throws {
        let bench = try Bench({ $0.idleSeconds = 300 }, configure: { $0.requiresLogin = true })
        _ = try bench.heard()
        for _ in 0..<29 {
            bench.advance(10)
            try bench.say("NOOP\r\n")
        }
        #expect(try bench.heard().count == 29)
        bench.advance(10)
        #expect(try bench.heard() == ["421 4.4.2"] && bench.isClosed)
    }

    @Test func stoppingAtEachPlace() throws {
        let idle = try Bench()
        try idle.say("EHLO c.example\r\nMAIL FROM:<>\r\n")
        _ = try idle.heard()
        idle.handler.stop()
        #expect(try idle.heard() == ["421 4.3.2"] && idle.isClosed)

        let waiting = try Bench()
        try waiting.open()
        try waiting.say(".\r\nNOOP\r\n")
        waiting.handler.stop()
        #expect(try waiting.heard().isEmpty)
        #expect(try waiting.handler.answer(HandledMessage(refusal: nil), id: "ID")?.wait() == true)
        #expect(try waiting.heard() == ["250 2.0.0", "421 4.3.2"] && waiting.isClosed)

        let receiving = try Bench()
        try receiving.open()
        receiving.handler.stop()
        receiving.advance(9)
        try receiving.say("x\r\n.\r\n")
        receiving.advance(60)
        #expect(try receiving.heard().isEmpty && !receiving.isClosed)
        _ = receiving.handler.answer(HandledMessage(refusal: nil), id: "ID")
        #expect(try receiving.heard() == ["250 2.0.0", "421 4.3.2"] && receiving.isClosed)

        let slow = try Bench()
        try slow.open()
        slow.handler.stop()
        try slow.say("half")
        slow.advance(10)
        #expect(try slow.heard() == ["421 4.3.2"] && slow.isClosed)

        let refused = try Bench { $0.messageBytes = 10 }
        try refused.open()
        refused.handler.stop()
        try refused.say("more than ten octets\r\n.\r\nNOOP\r\n")
        #expect(try refused.heard() == ["552 5.3.4", "421 4.3.2"] && refused.isClosed)
    }

    @Test func nothingIsFollowedAfterTheLastReply() throws {
        let bench = try Bench()
        _ = try bench.heard()
        try bench.say("QUIT\r\nNOOP\r\n")
        #expect(try bench.heard() == ["221 2.0.0"] && bench.isClosed)
        bench.handler.stop()
        #expect(try bench.heard().isEmpty)
    }

    @Test func theStreamEndsWithTheConnection() async throws {
        let bench = try Bench()
        try bench.open()
        try bench.say("x\r\n.\r\n")
        try await bench.channel.close()
        var count = 0
        for await _ in bench.events { count += 1 }
        #expect(count == 1)
        #expect(bench.handler.answer(HandledMessage(refusal: nil), id: "ID") == nil)
    }
}

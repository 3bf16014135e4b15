// The milter door through real sockets: messages, many of them, time limits, stopping, the budget, large answers.

import Listeners
import Mail
import Milter
import NIOCore
import NIOPosix
import ServiceLifecycle
import Support
import Synchronization
import Testing

/// A handler that keeps what it gets.
private final class Clerk: MilterHandler {
    private let kept = Mutex<[ReceivedMessage]>([])
    private let written = Mutex<Int>(0)
    private let verdict: @Sendable (ReceivedMessage) async -> MilterVerdict

    init(_ verdict: @escaping @Sendable (ReceivedMessage) async -> MilterVerdict = { _ in .accept([]) }) {
        self.verdict = verdict
    }

    var messages: [ReceivedMessage] { kept.withLock { $0 } }
    var answersWritten: Int { written.withLock { $0 } }

    func handle(_ message: ReceivedMessage) async -> MilterAnswer {
        kept.withLock { $0.append(message) }
        return MilterAnswer(await verdict(message)) { self.written.withLock { $0 += 1 } }
    }
}

extension MilterWire {
    fileprivate func begin(to recipient: String = "bob@example.net") throws {
        try envelope(from: "alice@example.org", to: [recipient])
        try texts("L", "Subject", " x")
    }

    fileprivate func message(_ body: [UInt8] = Array("hello\r\n".utf8)) throws -> [Frame] {
        try begin()
        return try end(body)
    }
}

/// The answer without the progress before it, which a slow machine makes us send.
private func text(_ answer: [MilterWire.Frame]) -> String { MilterWire.text(Array(answer.drop { $0.code == "p" })) }

/// Runs a listener, and `body` on a thread of its own.
private func withMilter(
    at address: HostPort = .tcp(host: "127.0.0.1", port: 0), _ clerk: Clerk = Clerk(), budget: ByteBudget? = nil,
    limits change: (inout Limits) -> Void = { _ in }, _ body: @escaping @Sendable (Int, ServiceGroup) throws -> Void
) async throws {
    var limits = Limits()
    change(&limits)
    let listener = Listener(
        configuration: MilterListenerConfiguration(address: address, limits: limits, budget: budget), handler: clerk,
        logger: quiet, group: MultiThreadedEventLoopGroup.singleton)
    try await listener.bind()
    let services = ServiceGroup(services: [listener], logger: quiet)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await services.run() }
        guard case .tcp(_, let port)? = listener.boundAddress else { throw ChannelError.operationUnsupported }
        try await onThread { try body(port, services) }
        await services.triggerGracefulShutdown()
        try await tasks.waitForAll()
    }
}

@Suite(.timeLimit(.minutes(1)))
struct MilterListenerTests {
    @Test func messagesArriveWithTheirOrigin() async throws {
        let clerk = Clerk()
        try await withMilter(clerk) { port, _ in
            let wire = try MilterWire(port)
            try wire.open()
            for number in 0..<3 {
                try wire.send("D", Array("Mi\0Q\(number)\0{auth_authen}\0alice\0".utf8))
                #expect(text(try wire.message()) == "a")
            }
            try wire.send("A")
            #expect(text(try wire.message()) == "a")
            try wire.send("Q")
            #expect(wire.frame() == nil)
        }
        #expect(clerk.messages.map(\.origin.id).prefix(3) == ["Q0", "Q1", "Q2"])
        let first = try #require(clerk.messages.first)
        #expect(first.bytes == MessageBytes("Subject: x\r\n\r\nhello\r\n") && first.origin.door == .milter)
        #expect(first.origin.user == "alice" && first.origin.clientAddress == "192.0.2.1")
        #expect(first.origin.listener == "127.0.0.1:0")
        #expect(first.origin.protocolName == "ESMTPA" && first.receivedAtSeconds > 1_700_000_000)
        let last = try #require(clerk.messages.last)
        #expect(last.origin.user == nil && last.origin.id.count == 12 && last.origin.protocolName == "ESMTP")
        #expect(clerk.answersWritten == 4)
    }

    @Test func answersGoOut() async throws {
        let clerk = Clerk { message in
            switch message.envelope.recipients.first?.localPart {
            case "refused": .refuse(Refusal(.policy, "<refused@example.net>: no"))
            case "discarded": .discard
            default: .accept([.deleteHeader(index: 1, name: Array("Subject".utf8))])
            }
        }
        try await withMilter(clerk) { port, _ in
            let wire = try MilterWire(port)
            try wire.open()
            for (name, answer) in [
                ("refused", "y550 5.7.1 <refused@example.net>: no"), ("discarded", "d"), ("bob", "m\u{1}Subject a"),
            ] {
                try wire.begin(to: "\(name)@example.net")
                try wire.send("E", Array("all in the end\r\n".utf8))
                #expect(text(wire.answer()) == answer)
            }
        }
    }

    @Test func largeBodiesGoBothWays() async throws {
        var body: [UInt8] = []
        for line in 0..<200_000 { body += Array("\(line) line of a rather large message\r\n".utf8) }
        let large = body
        let clerk = Clerk { message in .accept([.replaceBody(message.bytes.slice(14..<Int.max))]) }
        try await withMilter(clerk) { port, _ in
            let wire = try MilterWire(port)
            try wire.open()
            let answer = try wire.message(large)
            #expect(answer.dropLast().allSatisfy { $0.code == "b" && $0.data.count <= 65_535 })
            #expect(answer.dropLast().flatMap(\.data) == large && answer.last?.code == "a")
            #expect(text(try wire.message()) == "bhello\r\n a")
        }
        #expect(clerk.answersWritten == 2)
    }

    @Test func anMTAThatWaitsIsTold() async throws {
        let clerk = Clerk { _ in
            try? await Task.sleep(for: .seconds(6))
            return .accept([])
        }
        try await withMilter(clerk) { port, _ in
            let wire = try MilterWire(port)
            try wire.open()
            #expect(MilterWire.text(try wire.message()).hasPrefix("p "))
        }
    }

    @Test func protocolErrorsCloseTheConnection() async throws {
        try await withMilter { port, _ in
            for bytes in [Array("GET / HTTP/1.1\r\n\r\n".utf8), [0, 0, 0, 0, 0], [255, 255, 255, 255, 79]] {
                let socket = try SocketClient(port: port)
                try socket.send(bytes)
                #expect(try socket.line() == nil)
            }
            let wire = try MilterWire(port)
            try wire.send("O", [0, 0, 0, 6, 0, 0, 0, 1, 0, 0, 0, 0])
            #expect(wire.frame() == nil, "an MTA that does not let us replace the body")
        }
    }

    @Test func silenceAndDripAreCutOff() async throws {
        try await withMilter(limits: { $0.dataSeconds = 1 }) { port, _ in
            let wire = try MilterWire(port)
            try wire.open()
            try wire.begin()
            #expect(wire.frame() == nil, "the message took too long")
        }
    }

    @Test func tooManyConnectionsAreClosed() async throws {
        try await withMilter(limits: { $0.connections = 1 }) { port, _ in
            let first = try MilterWire(port)
            try first.open()
            let second = try MilterWire(port)
            #expect(second.frame() == nil)
            #expect(text(try first.message()) == "a")
        }
    }

    @Test func theBudgetIsKeptAndGivenBack() async throws {
        let budget = ByteBudget(limitBytes: 200_000)
        let clerk = Clerk { [budget] message in
            #expect(budget.usedBytes >= message.bytes.count)
            return .accept([])
        }
        try await withMilter(clerk, budget: budget) { port, _ in
            let wire = try MilterWire(port)
            try wire.open()
            let line = Array((String(repeating: "x", count: 98) + "\r\n").utf8)
            let large = Array(repeatElement(line, count: 3000).joined())
            #expect(text(try wire.message(large)).hasPrefix("y451 4.3.2"))
            #expect(text(try wire.message(Array(large.prefix(100_000)))) == "a")
            try wire.begin()
            try wire.send("B", large.suffix(50_000))
            try wire.send("A")
            #expect(text(try wire.message(Array(large.prefix(100_000)))) == "a")
            try wire.begin()
            try wire.send("B", large.suffix(50_000))
        }
        #expect(clerk.messages.count == 2)
        #expect(budget.usedBytes == 0, "the one that broke off too")
    }

    @Test func stoppingLetsAMessageInHandBeAnswered() async throws {
        let handled = Signal()
        let goOn = Signal()
        let clerk = Clerk { _ in
            handled.give()
            await goOn.wait()
            return .accept([])
        }
        var limits = Limits()
        limits.idleSeconds = 60
        let listener = Listener(
            configuration: MilterListenerConfiguration(address: .tcp(host: "127.0.0.1", port: 0), limits: limits),
            handler: clerk, logger: quiet, group: MultiThreadedEventLoopGroup.singleton)
        try await listener.bind()
        guard case .tcp(_, let port)? = listener.boundAddress else { return }
        let services = ServiceGroup(services: [listener], logger: quiet)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await services.run() }
            tasks.addTask {
                try await onThread {
                    let idle = try MilterWire(port)
                    try idle.open()
                    let busy = try MilterWire(port)
                    try busy.open()
                    #expect(text(try busy.message()) == "a")
                    #expect(busy.frame() == nil && idle.frame() == nil)
                }
            }
            await handled.wait()
            await services.triggerGracefulShutdown()
            try await Task.sleep(for: .milliseconds(100))
            goOn.give()
            try await tasks.waitForAll()
        }
        #expect(clerk.answersWritten == 1)
    }

    @Test func aUnixSocketHasItsFileAndTakesItAway() async throws {
        try await withFolder { folder in
            let listener = Listener(
                configuration: MilterListenerConfiguration(address: .unix(path: "\(folder)/socket"), limits: Limits()),
                handler: Clerk(), logger: quiet, group: MultiThreadedEventLoopGroup.singleton)
            try await listener.bind()
            let services = ServiceGroup(services: [listener], logger: quiet)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await services.run() }
                try await withClient(.unix(path: "\(folder)/socket")) { client in
                    try await client.send("\0\0\0\u{1}Q")
                    #expect(try await client.reply() == "closed")
                }
                await services.triggerGracefulShutdown()
                try await tasks.waitForAll()
            }
            await #expect(throws: (any Error).self) {
                try await withClient(.unix(path: "\(folder)/socket")) { _ in }
            }
        }
    }
}

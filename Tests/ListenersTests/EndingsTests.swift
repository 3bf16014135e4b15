// How connections end: time, clients that vanish, stopping.

import Listeners
import Mail
import NIOCore
import NIOPosix
import SMTP
import ServiceLifecycle
import Testing

@Suite(.timeLimit(.minutes(1)))
struct EndingsTests {
    /// The clock of the system; all other times are tested with a clock that can be set (ConnectionHandlerTests).
    @Test func silenceEndsTheConnection() async throws {
        try await withListener(limits: { $0.idleSeconds = 1 }) { address, _ in
            let replies = try await withClient(address) { try await $0.replies() }
            #expect(replies.map { $0.prefix(9) } == ["220 gate.", "421 4.4.2"])
        }
    }

    @Test func aClientThatVanishesInDataLeavesNothing() async throws {
        let recorder = Recorder()
        try await withListener(recorder, limits: { $0.connections = 1 }) { address, _ in
            try await withClient(address) { client in
                try await client.open()
                try await client.send("half a message\r\n")
            }
            #expect(try await greetingOnceFree(address).hasPrefix("220"))
        }
        #expect(recorder.messages.isEmpty)
    }

    /// The handler goes on to its end, and is not told that its reply was written.
    @Test func aClientThatVanishesWhileItsMessageIsHandled() async throws {
        let begun = Signal()
        let release = Signal()
        let ended = Signal()
        let recorder = Recorder { _ in
            begun.give()
            await release.wait()
            ended.give()
            return nil
        }
        try await withListener(recorder, limits: { $0.connections = 1 }) { address, _ in
            try await withClient(address) { client in
                try await client.open()
                try await client.send("x\r\n.\r\n")
                await begun.wait()
            }
            #expect(try await greetingOnceFree(address).hasPrefix("220"))
            release.give()
            await ended.wait()
        }
        #expect(recorder.messages.count == 1)
        #expect(recorder.repliesWritten == 0)
    }

    @Test func stoppingSaysGoodByeToTheIdle() async throws {
        try await withListener { address, services in
            try await withClient(address) { client in
                _ = try await client.reply()
                _ = try await client.ask("EHLO c.example")
                await services.triggerGracefulShutdown()
                #expect(try await client.replies() == ["421 4.3.2 gate.example.org is stopping, closing"])
            }
            #expect(try await refusesConnectionsSoon(address))
        }
    }

    @Test func stoppingLetsTheMessageInHandBeAnswered() async throws {
        let begun = Signal()
        let release = Signal()
        let recorder = Recorder { _ in
            begun.give()
            await release.wait()
            return nil
        }
        try await withListener(recorder) { address, services in
            try await withClient(address) { client in
                try await client.open()
                try await client.send("x\r\n.\r\nMAIL FROM:<>\r\n")
                await begun.wait()
                await services.triggerGracefulShutdown()
                release.give()
                // Whether the pipelined MAIL is still answered depends on which of the two threads is first.
                let replies = try await client.replies()
                #expect(replies.first?.hasPrefix("250 2.0.0") == true)
                #expect(replies.last?.hasPrefix("421 4.3.2") == true)
            }
        }
        #expect(recorder.repliesWritten == 1)
    }

    @Test func stoppingLetsTheMessageThatIsComingInCome() async throws {
        let recorder = Recorder()
        try await withListener(recorder) { address, services in
            try await withClient(address) { client in
                try await client.open()
                await services.triggerGracefulShutdown()
                try await client.send("x\r\n.\r\n")
                #expect(try await client.replies().map { $0.prefix(9) } == ["250 2.0.0", "421 4.3.2"])
            }
        }
        #expect(recorder.repliesWritten == 1)
    }

    @Test func cancellingDropsEverything() async throws {
        let listener = Listener(
            configuration: ListenerConfiguration(
                address: .tcp(host: "127.0.0.1", port: 0), hostname: "gate.example.org", limits: Limits()),
            handler: Recorder(), logger: quiet, group: MultiThreadedEventLoopGroup.singleton)
        try await listener.bind()
        let address = try #require(listener.boundAddress)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await listener.run() }
            try await withClient(address) { client in
                try await client.open()
                #expect(try await client.ask("x\r\n.").hasPrefix("250"))
                tasks.cancelAll()
                #expect(try await client.replies().isEmpty)
            }
            try await tasks.waitForAll()
        }
    }
}

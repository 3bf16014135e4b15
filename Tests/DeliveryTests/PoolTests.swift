// Connections to the next hop: how many are kept, for how long, and that none is left behind.

import Delivery
import Glibc
import Logging
import Mail
import NIOCore
import NIOPosix
import SettingValues
import SMTP
import Sealing
import ServiceLifecycle
import Testing

@Suite struct PoolTests {
    @Test func noMoreConnectionsAreKeptThanTheLimitSays() async throws {
        var limits = Limits()
        limits.nextHopIdleConnections = 2
        try await withBench(limits: limits) { bench in
            let message = outbound(transmission(to: ["b@x.org"]))
            for _ in 1...2 {
                await withTaskGroup(of: Refusal?.self) { group in
                    for _ in 1...8 { group.addTask { await bench.deliver(message) } }
                    for await refusal in group { #expect(refusal == nil) }
                }
            }
            let record = bench.hop.record
            #expect(record.deliveries.count == 16)
            #expect(record.connections >= 1)
            try await eventually { bench.hop.record.connections - bench.hop.record.closed <= 2 }
        }
    }

    @Test func anIdleConnectionSaysGoodbye() async throws {
        var limits = Limits()
        limits.nextHopIdleSeconds = 1
        try await withBench(limits: limits) { bench in
            // On a machine under load a second may pass between EHLO and MAIL: that is idle, too, and is a 451.
            _ = await bench.deliver(outbound(transmission(to: ["b@x.org"])))
            try await eventually { bench.hop.record.closed == 1 && bench.hop.record.commands.last == "QUIT" }
            #expect(bench.hop.record.connections == 1)
        }
    }

    @Test func aGracefulShutdownClosesAllConnectionsAndEnds() async throws {
        let hop = try await ScriptedHop.start()
        let relay = Relay(
            nextHop: hop.address, hostname: "gate.example.org", limits: Limits(), ledger: MemoryLedger(),
            letters: MemoryLetters(), logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
            group: MultiThreadedEventLoopGroup.singleton)
        let services = ServiceGroup(
            services: [relay], logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await services.run() }
            let message = outbound(transmission(to: ["b@x.org"]))
            _ = try await relay.deliver(
                message, fingerprint: { fingerprint }, deadline: .now + .seconds(10))
            await services.triggerGracefulShutdown()
            try await group.waitForAll()
            // run() has ended, so every connection has.
            #expect(hop.record.commands.last == "QUIT")
            // A message that is still in hand is delivered all the same, and its connection is not kept.
            _ = try await relay.deliver(
                message, fingerprint: { fingerprint }, deadline: .now + .seconds(10))
            #expect(hop.record.deliveries.count == 2)
            try await eventually { hop.record.closed == 2 }
        }
        try await hop.stop()
    }

    @Test func aHopBehindAUnixSocketIsReached() async throws {
        let path = "/tmp/ll-\(UInt32.random(in: 0...UInt32.max)).sock"
        let hop = try await ScriptedHop.start(unix: path)
        let relay = Relay(
            nextHop: hop.address, hostname: "gate.example.org", limits: Limits(), ledger: MemoryLedger(),
            letters: MemoryLetters(), logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
            group: MultiThreadedEventLoopGroup.singleton)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await relay.run() }
            let message = outbound(transmission(to: ["b@x.org"]))
            _ = try await relay.deliver(
                message, fingerprint: { fingerprint }, deadline: .now + .seconds(10))
            group.cancelAll()
        }
        #expect(hop.record.deliveries.count == 1)
        try await hop.stop()
        unlink(path)
    }
}

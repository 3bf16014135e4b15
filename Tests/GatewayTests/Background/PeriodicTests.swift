// Background services: rounds that go on after a failure and end with the service, and the outbox of Letterlock's own
// mails.

import Delivery
import Foundation
import Listeners
import Logging
import Mail
import ServiceLifecycle
import Support
import Synchronization
import Testing

@testable import Gateway  // services are not for other modules

/// Counts its rounds; each of them fails.
private final class Counting: Periodic {
    let pauseSeconds = 0.01
    let logger = Logger(label: "t") { _ in SwiftLogNoOpLogHandler() }
    let failure = "counting failed"
    let rounds = Mutex(0)
    let ends = Mutex(0)
    let reached: AsyncStream<Int>.Continuation

    init(_ reached: AsyncStream<Int>.Continuation) { self.reached = reached }

    func work(nowSeconds: Int64) async throws(Refusal) {
        let number = rounds.withLock { rounds in
            rounds += 1
            return rounds
        }
        reached.yield(number)
        throw Refusal(.storage, "not now")
    }

    func end() async { ends.withLock { $0 += 1 } }
}

/// Hands out what it has, one by one, and notes what is done with each.
private final class FakeWriter: NoticeWriter {
    struct Item: Sendable {
        var name: String
        var madeAtSeconds: Int64 = 1000
        var tries = 0
        var isNeeded = true
        var refusal: Refusal?
    }
    let failure = "the fake failed"
    private let items: Mutex<[Item]>
    private let written = Mutex<[String]>([])
    private let isBroken: Bool

    init(_ items: [Item], isBroken: Bool = false) {
        self.items = Mutex(items)
        self.isBroken = isBroken
    }

    var deeds: [String] { written.withLock { $0 } }

    func next(nowSeconds: Int64) async throws(Refusal) -> LeasedNotice? {
        if isBroken { throw Refusal(.storage, "not now") }
        guard let item = items.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) else { return nil }
        return LeasedNotice(
            name: item.name, about: [:], madeAtSeconds: item.madeAtSeconds, tries: item.tries,
            isNeeded: item.isNeeded,
            send: { () async throws(Refusal) in
                self.note("send \(item.name)")
                if let refusal = item.refusal { throw refusal }
            },
            finish: { () async throws(Refusal) in self.note("finish \(item.name)") },
            putOff: { (until: Int64) async throws(Refusal) in self.note("put off \(item.name) until \(until)") })
    }

    private func note(_ deed: String) { written.withLock { $0.append(deed) } }
}

struct PeriodicTests {
    private static let silent = Logger(label: "t") { _ in SwiftLogNoOpLogHandler() }

    /// A round that fails is no end: the next one comes. Cancelled, the service ends, and is told so once.
    @Test func roundsGoOnUntilTheEnd() async throws {
        let (reached, continuation) = AsyncStream.makeStream(of: Int.self)
        let counting = Counting(continuation)
        let service = Task { try await counting.run() }
        for await number in reached where number >= 3 { break }
        #expect(counting.ends.withLock { $0 } == 0)
        service.cancel()
        try await service.value
        #expect(counting.ends.withLock { $0 } == 1)
    }

    /// Whatever runs in the background and is neither a door nor the way out is a `Periodic`.
    @Test func everyBackgroundServiceIsPeriodic() async throws {
        try await withGateway { running in
            let others = running.gateway.services.filter {
                !($0 is Relay) && !($0 is Listener<SMTPConversation>)
                    && !($0 is Listener<MilterConversation>) && !($0 is FeaturesLog)
            }
            #expect(others.count >= 7)
            for service in others { #expect(service is any Periodic, "\(type(of: service))") }
        }
    }

    @Test func whatIsSentOrInVainIsFinished() async {
        let writer = FakeWriter([
            .init(name: "sent"), .init(name: "stale", isNeeded: false),
            .init(name: "refused", refusal: Refusal(.policy, "no")),
            .init(name: "later", tries: 2, refusal: Refusal(.busy, "not now")),
            .init(name: "old", madeAtSeconds: 0, refusal: Refusal(.busy, "not now")),
        ])
        let now: Int64 = Retries.giveUpSeconds
        await OutboxWorker(writer: writer, logger: Self.silent).round(nowSeconds: now)
        #expect(
            writer.deeds == [
                "send sent", "finish sent", "finish stale", "send refused", "finish refused", "send later",
                "put off later until \(now + 120)", "send old", "finish old",
            ])
    }

    /// A writer whose rows cannot be read ends its own round only; each kind of notice has a worker of its own.
    @Test func oneBrokenWriterStopsNoOther() async throws {
        let broken = FakeWriter([], isBroken: true)
        let whole = FakeWriter([.init(name: "sent")])
        for writer in [broken, whole] {
            await OutboxWorker(writer: writer, logger: Self.silent).round(nowSeconds: 2000)
        }
        #expect(whole.deeds == ["send sent", "finish sent"])
    }
}

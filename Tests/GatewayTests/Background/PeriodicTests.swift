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
import Vault

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

/// Kinds of the tests' own.
private enum FakeNotice: String, NoticeKind {
    case first = "fake-first"
    case second = "fake-second"
    case third = "fake-third"

    static var subject: NoticeSubject { .letter }
}

/// An outbox in memory that notes what is done with each entry. Nothing is ever due again.
private final class FakeOutbox: Outbox {
    struct Item: Sendable {
        var name: String
        var kind = FakeNotice.first
        var madeAtSeconds: Int64 = 1000
        var tries = 0
    }
    private let items: Mutex<[Item]>
    private let noted = Mutex<[String]>([])
    /// A kind whose rows cannot be read.
    private let broken: FakeNotice?

    init(_ items: [Item], broken: FakeNotice? = nil) {
        self.items = Mutex(items)
        self.broken = broken
    }

    var deeds: [String] { noted.withLock { $0 } }

    func note(_ deed: String) { noted.withLock { $0.append(deed) } }
    func add(_ item: Item) { items.withLock { $0.append(item) } }

    func enqueue<Kind: NoticeKind>(_ notices: [Notice<Kind>], nowSeconds: Int64) async throws(Refusal) {}

    func claim<Kind: NoticeKind>(
        _ kind: Kind, leaseSeconds: Int64, nowSeconds: Int64
    ) async throws(Refusal) -> OutboxEntry<Kind>? {
        if kind.rawValue == broken?.rawValue { throw Refusal(.storage, "not now") }
        let item = items.withLock { items in
            items.firstIndex { $0.kind.rawValue == kind.rawValue }.map { items.remove(at: $0) }
        }
        return item.map { item in
            OutboxEntry(
                number: 1, notice: Notice(kind, about: item.name, atSeconds: 0), madeAtSeconds: item.madeAtSeconds,
                tries: item.tries)
        }
    }

    func conclude<Kind: NoticeKind>(_ entry: OutboxEntry<Kind>) async throws(Refusal) {
        note("finish \(entry.notice.about)")
    }

    func retryLater<Kind: NoticeKind>(_ entry: OutboxEntry<Kind>, atSeconds: Int64) async throws(Refusal) {
        note("put off \(entry.notice.about) until \(atSeconds)")
    }

    func waiting<Kind: NoticeKind>(_ kinds: [Kind]) async throws(Refusal) -> Int { items.withLock { $0.count } }
}

/// Sends as it is told.
private struct FakeWriter: NoticeWriter {
    let name = "a fake"
    let field = "fake"
    let failure = "the fake failed"
    let body: @Sendable (Notice<FakeNotice>) async throws(Refusal) -> Bool

    func send(_ notice: Notice<FakeNotice>, nowSeconds: Int64) async throws(Refusal) -> Bool {
        try await body(notice)
    }
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
        let refusals = [
            "refused": Refusal(.policy, "no"), "later": Refusal(.busy, "not now"), "old": Refusal(.busy, "not now"),
        ]
        let outbox = FakeOutbox([
            .init(name: "sent"), .init(name: "stale"), .init(name: "refused"), .init(name: "later", tries: 2),
            .init(name: "old", madeAtSeconds: 0),
        ])
        let writer = FakeWriter { notice throws(Refusal) in
            guard notice.about != "stale" else { return false }
            outbox.note("send \(notice.about)")
            if let refusal = refusals[notice.about] { throw refusal }
            return true
        }
        let now: Int64 = Retries.giveUpSeconds
        await OutboxWorker(outbox: outbox, writers: [writer], logger: Self.silent).round(nowSeconds: now)
        #expect(
            outbox.deeds == [
                "send sent", "finish sent", "finish stale", "send refused", "finish refused", "send later",
                "put off later until \(now + 120)", "send old", "finish old",
            ])
    }

    /// While the rows of one kind cannot be read and the mail of another never leaves, a third kind goes on, round
    /// after round.
    @Test(.timeLimit(.minutes(5))) func oneBrokenWriterStopsNoOther() async throws {
        let outbox = FakeOutbox(
            [.init(name: "unread", kind: .first), .init(name: "slow", kind: .second), .init(name: "a", kind: .third)],
            broken: .first)
        let (slow, release) = AsyncStream.makeStream(of: Void.self)
        let (began, begins) = AsyncStream.makeStream(of: Void.self)
        let (sent, sends) = AsyncStream.makeStream(of: String.self)
        let writer = FakeWriter { notice throws(Refusal) in
            if notice.kind == .second {
                begins.finish()
                for await _ in slow {}
            }
            sends.yield(notice.about)
            return true
        }
        var worker = OutboxWorker(outbox: outbox, writers: [writer], logger: Self.silent)
        worker.pauseSeconds = 0.01
        let service = Task { [worker] in try await worker.run() }
        for await _ in began {}
        var names = sent.makeAsyncIterator()
        // What comes later comes to a round that began while the slow one was under way.
        for name in ["a", "b", "c"] {
            if name != "a" { outbox.add(.init(name: name, kind: .third)) }
            #expect(await names.next() == name)
        }
        #expect(!outbox.deeds.contains("finish slow") && !outbox.deeds.contains("finish unread"))
        release.finish()
        #expect(await names.next() == "slow")
        service.cancel()
        try await service.value
        #expect(Set(outbox.deeds) == ["finish a", "finish b", "finish c", "finish slow"])
    }

    /// Another writer is no other: each has lanes of its own, and each kind of each is claimed.
    @Test func everyKindOfEveryWriterIsClaimed() async throws {
        let asked = ClaimRecord()
        try await withGateway { running in
            let writers = running.gateway.parts.noticeWriters(running.gateway.current)
            await OutboxWorker(outbox: asked, writers: writers, logger: Self.silent).round(nowSeconds: 2000)
        }
        let kinds = QuarantineNotice.allCases.map(\.rawValue) + LetterNotice.allCases.map(\.rawValue)
        #expect(asked.words.sorted() == kinds.sorted() && Set(kinds).count == kinds.count)
    }
}

/// An empty outbox that notes which kinds it is asked for.
private final class ClaimRecord: Outbox {
    private let noted = Mutex<[String]>([])

    var words: [String] { noted.withLock { $0 } }

    func claim<Kind: NoticeKind>(
        _ kind: Kind, leaseSeconds: Int64, nowSeconds: Int64
    ) async throws(Refusal) -> OutboxEntry<Kind>? {
        noted.withLock { $0.append(kind.rawValue) }
        return nil
    }

    func enqueue<Kind: NoticeKind>(_ notices: [Notice<Kind>], nowSeconds: Int64) async throws(Refusal) {}
    func conclude<Kind: NoticeKind>(_ entry: OutboxEntry<Kind>) async throws(Refusal) {}
    func retryLater<Kind: NoticeKind>(_ entry: OutboxEntry<Kind>, atSeconds: Int64) async throws(Refusal) {}
    func waiting<Kind: NoticeKind>(_ kinds: [Kind]) async throws(Refusal) -> Int { 0 }
}

// Sends what Letterlock itself has to say: notice mails that lie as rows in the gateway's database, committed with what
// they tell of, and are written when they are sent. A row is claimed under a lease, so that two nodes do not send it
// twice. What the next hop does not take now is tried again, with growing pauses, for seven days.

import Logging
import Mail
import Vault

/// Has each notice sent by the writer of its kind. Kinds go side by side, each in a lane of its own: none waits for
/// another, however slow its writer is, and whatever is wrong with its rows.
struct OutboxWorker: Periodic {
    let outbox: any Outbox
    let writers: [any NoticeWriter]
    let logger: Logger
    var pauseSeconds = 2.0
    let failure = "the outbox failed"

    /// All lanes until shutdown or cancellation. A lane makes its rounds for itself, so that one that takes long keeps
    /// no other from its next.
    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for lane in lanes { group.addTask { try await lane.run() } }
            try await group.waitForAll()
        }
    }

    /// One round of each lane.
    func work(nowSeconds: Int64) async throws(Refusal) {
        await withTaskGroup(of: Void.self) { group in
            for lane in lanes { group.addTask { await lane.round(nowSeconds: nowSeconds) } }
        }
    }

    private var lanes: [any Periodic] { writers.flatMap { lanes(of: $0) } }

    private func lanes(of writer: some NoticeWriter) -> [any Periodic] {
        type(of: writer).kinds.map { kind in
            OutboxLane(kind: kind, writer: writer, outbox: outbox, logger: logger, pauseSeconds: pauseSeconds)
        }
    }
}

/// Writes the mails of some kinds of notices.
protocol NoticeWriter<Kind>: Sendable {
    associatedtype Kind: NoticeKind
    /// What the log calls one: `a notice`.
    var name: String { get }
    /// Field of the log for what a notice is about: `letter`.
    var field: String { get }
    /// What the log says where rows cannot be used.
    var failure: String { get }
    /// Writes the mail and hands it to the next hop; the whole try takes less than ``Retries/leaseSeconds``.
    /// - Returns: false where there is nothing to tell any more; then nothing has been sent.
    func send(_ notice: Notice<Kind>, nowSeconds: Int64) async throws(Refusal) -> Bool
}

extension NoticeWriter {
    /// Those that it writes.
    fileprivate static var kinds: [Kind] { Array(Kind.allCases) }
}

/// Sends what is due of one kind. Looks often, because looking is cheap.
private struct OutboxLane<Writer: NoticeWriter>: Periodic {
    let kind: Writer.Kind
    let writer: Writer
    let outbox: any Outbox
    let logger: Logger
    let pauseSeconds: Double
    var failure: String { writer.failure }

    /// Claims and sends, for a minute at most: leases are counted from the beginning of the round.
    func work(nowSeconds: Int64) async throws(Refusal) {
        let end = ContinuousClock.now + .seconds(Retries.roundSeconds)
        while !Task.isCancelled, ContinuousClock.now < end,
            let entry = try await outbox.claim(kind, leaseSeconds: Retries.leaseSeconds, nowSeconds: nowSeconds)
        {
            try await handle(entry, nowSeconds)
        }
    }

    private func handle(_ entry: OutboxEntry<Writer.Kind>, _ nowSeconds: Int64) async throws(Refusal) {
        let name = writer.name
        var about: Logger.Metadata = [writer.field: "\(entry.notice.about)", "notice": "\(kind.rawValue)"]
        do throws(Refusal) {
            if try await writer.send(entry.notice, nowSeconds: nowSeconds) {
                logger.info("\(name) has been sent", metadata: about)
            } else {
                logger.info("\(name) is no longer needed", metadata: about)
            }
        } catch {
            about["reason"] = "\(error.detail)"
            guard !error.isPermanent, nowSeconds - entry.madeAtSeconds < Retries.giveUpSeconds else {
                logger.error("\(name) is given up", metadata: about)
                return try await outbox.conclude(entry)
            }
            logger.warning("\(name) could not be sent, and will be tried again", metadata: about)
            return try await outbox.retryLater(
                entry, atSeconds: nowSeconds + Retries.pauseSeconds(afterTries: entry.tries))
        }
        try await outbox.conclude(entry)
    }
}

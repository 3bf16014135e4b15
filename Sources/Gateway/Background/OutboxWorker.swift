// Sends what Letterlock itself has to say: notice mails that lie as rows in the gateway's database, committed with what
// they tell of, and are written when they are sent. A row is handed out under a lease, so that two nodes do not send it
// twice. What the next hop does not take now is tried again, with growing pauses, for seven days.

import Logging
import Mail

/// Looks often, because looking is cheap. One for each kind of notice mail: none waits for another.
struct OutboxWorker: Periodic {
    let writer: any NoticeWriter
    let logger: Logger
    var pauseSeconds = 2.0
    let failure = "the outbox failed"

    /// Sends what is due.
    func work(nowSeconds: Int64) async throws(Refusal) {
        do throws(Refusal) {
            while !Task.isCancelled, let notice = try await writer.next(nowSeconds: nowSeconds) {
                try await handle(notice, nowSeconds)
            }
        } catch {
            logger.error("\(writer.failure)", metadata: ["reason": "\(error.detail)"])
        }
    }

    private func handle(_ notice: LeasedNotice, _ nowSeconds: Int64) async throws(Refusal) {
        guard notice.isNeeded else {
            logger.info("\(notice.name) is no longer needed", metadata: notice.about)
            return try await notice.finish()
        }
        do throws(Refusal) { try await notice.send() } catch {
            let about = notice.about.merging(["reason": "\(error.detail)"]) { $1 }
            guard !error.isPermanent, nowSeconds - notice.madeAtSeconds < Retries.giveUpSeconds else {
                logger.error("\(notice.name) is given up", metadata: about)
                return try await notice.finish()
            }
            logger.warning("\(notice.name) could not be sent, and will be tried again", metadata: about)
            return try await notice.putOff(nowSeconds + Retries.pauseSeconds(afterTries: notice.tries))
        }
        logger.info("\(notice.name) has been sent", metadata: notice.about)
        try await notice.finish()
    }
}

/// Writes one kind of notice mail.
protocol NoticeWriter: Sendable {
    /// What the log says where its rows cannot be used.
    var failure: String { get }
    /// The next notice that is due, leased to us; nil where none is.
    func next(nowSeconds: Int64) async throws(Refusal) -> LeasedNotice?
}

/// A notice that nobody else sends until its lease ends.
struct LeasedNotice: Sendable {
    /// What the log calls it: `a notice`.
    let name: String
    let about: Logger.Metadata
    let madeAtSeconds: Int64
    /// Tries before this one.
    let tries: Int
    /// False where what it tells is no longer so.
    var isNeeded = true
    /// Writes the mail and hands it to the next hop.
    let send: @Sendable () async throws(Refusal) -> Void
    /// It has been sent, or never will be.
    let finish: @Sendable () async throws(Refusal) -> Void
    /// It is tried again at this time, in seconds since 1970.
    let putOff: @Sendable (_ untilSeconds: Int64) async throws(Refusal) -> Void
}

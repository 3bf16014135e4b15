// What the admin page tells of mail: counts by hour, which are written to gateway.db every few seconds so that they
// survive a restart, and the last messages that were not taken, in memory. Addresses, rule names and reasons; no
// subject, no content. A count that cannot be written waits for the next time.

import Delivery
import Foundation
package import Logging
package import Mail
import Policy
import Synchronization
import Vault

/// Counts each record, and keeps those that were not taken.
package final class HourlyCounts: MessageLog, Periodic {
    /// What a recipient has become; `accepted` counts messages that were answered 250.
    package enum Kind: String, Sendable, CaseIterable {
        case accepted, pgp, link, passed, quarantined, refused, deferred
    }

    /// Messages that were not taken which are kept.
    static let mostRefusals = 200

    private struct Slot: Hashable {
        let hour: Int64
        let kind: Kind
    }

    private struct Pages {
        /// Not written yet.
        var counts: [Slot: Int] = [:]
        /// Newest last.
        var refusals: [MessageRecord] = []
    }

    private let ledger: any Counters
    /// Where failures go.
    package let logger: Logger
    /// Between two writings, in seconds.
    package let pauseSeconds: Double
    /// What the log says of counts that could not be written.
    package let failure = "counts of mail could not be written, tried again"
    private let nowSeconds: @Sendable () -> Int64
    private let pages = Mutex(Pages())

    init(
        ledger: any Counters, logger: Logger, pauseSeconds: Double = 10,
        nowSeconds: @escaping @Sendable () -> Int64 = { Int64(Date().timeIntervalSince1970) }
    ) {
        self.ledger = ledger
        self.logger = logger
        self.pauseSeconds = pauseSeconds
        self.nowSeconds = nowSeconds
    }

    package func record(_ record: MessageRecord) {
        let hour = Self.hour(nowSeconds())
        let kinds = Self.kinds(of: record)
        let isWhole = record.refusal == nil && record.recipients.allSatisfy { $0.result?.refusal == nil }
        pages.withLock { pages in
            for kind in kinds { pages.counts[Slot(hour: hour, kind: kind), default: 0] += 1 }
            guard !isWhole else { return }
            if pages.refusals.count >= Self.mostRefusals { pages.refusals.removeFirst() }
            pages.refusals.append(record)
        }
    }

    /// Writes the counts down.
    package func work(nowSeconds: Int64) async throws(Refusal) { await write() }

    /// Once more at the end: what is counted until the doors are closed is written too.
    package func end() async { await write() }

    /// Messages that were not taken, newest first.
    package var refusals: [MessageRecord] { pages.withLock { $0.refusals.reversed() } }

    /// Counts of each hour since one, those included that are not written yet.
    /// - Throws: a ``Refusal`` of cause `storage`.
    package func counts(sinceHour: Int64) async throws(Refusal) -> [Int64: [Kind: Int]] {
        // Written first: else what is being written meanwhile would be counted twice, or not at all.
        await write()
        var out: [Int64: [Kind: Int]] = [:]
        for one in try await ledger.flow(sinceHour: sinceHour) {
            guard let kind = Kind(rawValue: one.kind) else { continue }
            out[one.hour, default: [:]][kind] = one.count
        }
        for (slot, count) in pages.withLock({ $0.counts }) where slot.hour >= sinceHour {
            out[slot.hour, default: [:]][slot.kind, default: 0] += count
        }
        return out
    }

    /// Hours since 1970.
    package static func hour(_ seconds: Int64) -> Int64 { max(0, seconds) / 3600 }

    func write() async {
        let counts = pages.withLock { pages in
            let taken = pages.counts
            pages.counts = [:]
            return taken
        }
        guard !counts.isEmpty else { return }
        let rows = counts.map { FlowCount(hour: $0.hour, kind: $0.kind.rawValue, count: $1) }
        do throws(Refusal) {
            try await ledger.addFlow(rows, nowHour: Self.hour(nowSeconds()))
        } catch {
            logger.warning("\(failure)", metadata: ["reason": "\(error.detail)"])
            pages.withLock { pages in pages.counts.merge(counts) { $0 + $1 } }
        }
    }

    /// One word for the message where it was taken, and one for each recipient.
    static func kinds(of record: MessageRecord) -> [Kind] {
        var kinds: [Kind] = record.refusal == nil ? [.accepted] : []
        for recipient in record.recipients {
            if case .delivered? = recipient.result {
                kinds.append(way(recipient))
            } else if let refusal = record.refusal ?? recipient.result?.refusal {
                kinds.append(refusal.isPermanent ? .refused : .deferred)
            } else if case .reported? = recipient.result {
                kinds.append(.refused)
            } else {
                kinds.append(way(recipient))
            }
        }
        return kinds
    }

    private static func way(_ recipient: MessageRecord.Recipient) -> Kind {
        switch (recipient.verdict, recipient.method) {
        case (.quarantine?, _): .quarantined
        case (.seal?, .link?): .link
        case (.seal?, _): .pgp
        case (.refuse?, _): .refused
        case (.tempfail?, _): .deferred
        case (.pass?, _), (nil, _): .passed
        }
    }
}

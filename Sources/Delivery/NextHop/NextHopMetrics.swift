// What is measured of the next hop: how long opening a connection, asking and sending take. Numbers only.

import Metrics
import SMTP

/// `letterlock_next_hop_seconds{step}`.
enum NextHopMetrics {
    private static let label = "letterlock_next_hop_seconds"
    private static let opening = timer("open")
    private static let asking = timer("ask")
    private static let sending = timer("send")

    /// A connection is open: TCP, greeting, EHLO, TLS, log-in.
    static func opened(since start: ContinuousClock.Instant) { record(start, opening) }

    /// A transaction has come to its end, whatever that is.
    static func ran(_ purpose: ClientTransaction.Purpose, since start: ContinuousClock.Instant) {
        switch purpose {
        case .ask: record(start, asking)
        case .send: record(start, sending)
        }
    }

    private static func timer(_ step: String) -> Timer {
        Timer(label: label, dimensions: [("step", step)], preferredDisplayUnit: .seconds)
    }

    private static func record(_ start: ContinuousClock.Instant, _ timer: Timer) {
        let passed = (ContinuousClock.now - start).components
        timer.recordNanoseconds(passed.seconds * 1_000_000_000 + passed.attoseconds / 1_000_000_000)
    }
}

// How the last reload of settings and policy went: for the readiness report and the metrics. Memory only.

import Foundation
import Metrics
import Synchronization

/// Whether the gateway runs with what its files say now.
package final class ReloadStatus: Sendable {
    private let failure = Mutex<String?>(nil)
    private let last = Mutex<Int64?>(nil)
    private let done = Counter(label: "letterlock_reloads_total")
    private let failed = Counter(label: "letterlock_reload_failures_total")

    package init() {}

    /// Why the last reload kept the old settings and policy, or nil.
    package var problem: String? { failure.withLock { $0 } }

    /// When the files were last taken up after the start, in seconds since 1970, or nil.
    package var lastSeconds: Int64? { last.withLock { $0 } }

    /// The files are in force.
    package func succeeded() {
        last.withLock { $0 = Int64(Date().timeIntervalSince1970) }
        failure.withLock { $0 = nil }
        done.increment()
    }

    /// The old ones stay in force.
    package func failed(_ reason: String) {
        failure.withLock { $0 = reason }
        failed.increment()
    }
}

// What the gateway's background services have in common: the loop, what the log says of a failure, and how a mail of
// the gateway's own that could not be sent is tried again.

import Foundation
package import Logging
package import Mail
package import ServiceLifecycle

/// A service that makes rounds: one at once and one after each pause, until shutdown or cancellation. A round that has
/// begun ends. A round that fails is logged, and the next one tries again.
package protocol Periodic: Service {
    /// Between two rounds, in seconds.
    var pauseSeconds: Double { get }
    /// Where failures go.
    var logger: Logger { get }
    /// What the log says of a round that failed.
    var failure: String { get }
    /// What is to be done after the last round; nothing unless said otherwise.
    func end() async
    /// One round.
    /// - Parameter nowSeconds: the time, in seconds since 1970.
    func work(nowSeconds: Int64) async throws(Refusal)
}

extension Periodic {
    /// Makes rounds until shutdown or cancellation.
    package func run() async throws {
        while !Task.isShuttingDownGracefully && !Task.isCancelled {
            await round(nowSeconds: Int64(Date().timeIntervalSince1970))
            let pauseSeconds = pauseSeconds
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: .seconds(pauseSeconds)) }
        }
        await end()
    }

    package func end() async {}

    /// Makes one round, and logs it where it fails.
    package func round(nowSeconds: Int64) async {
        do throws(Refusal) { try await work(nowSeconds: nowSeconds) } catch { log(error) }
    }

    /// Says that a round failed.
    func log(_ refusal: Refusal) { logger.error("\(failure)", metadata: ["reason": "\(refusal.detail)"]) }
}

/// How what could not be sent is tried again: with growing pauses, for seven days.
enum Retries {
    /// First and longest pause between two tries, and the time after which it is given up, in seconds.
    private static let firstPauseSeconds: Int64 = 30
    static let longestPauseSeconds: Int64 = 6 * 3600
    static let giveUpSeconds: Int64 = 7 * 86_400
    /// Longest delivery of one notice mail, in seconds; less than the lease of its row.
    static let noticeSeconds = 120
    /// So long nobody else sends a notice that was claimed, in seconds: a round, and what was begun in it.
    static let leaseSeconds: Int64 = 600
    /// No notice is claimed later in a round than so, in seconds.
    static let roundSeconds = 60

    /// - Parameter tries: those before the one that has just failed.
    static func pauseSeconds(afterTries tries: Int) -> Int64 {
        min(firstPauseSeconds << min(max(tries, 0), 20), longestPauseSeconds)
    }
}

// What the gateway's services that look for work again and again have in common: the loop, and how what failed is tried again.

import Foundation
import Logging
import Mail
import ServiceLifecycle

/// The loop of such a service.
enum Periodic {
    /// Makes a round at once and one after each pause, until shutdown or cancellation; a round that has begun ends.
    /// - Parameter round: is given the time, in seconds since 1970.
    static func run(
        pauseSeconds: Double, isolation: isolated (any Actor)? = #isolation,
        _ round: (_ nowSeconds: Int64) async -> Void
    ) async {
        while !Task.isShuttingDownGracefully && !Task.isCancelled {
            await round(Int64(Date().timeIntervalSince1970))
            try? await cancelWhenGracefulShutdown {
                try await Task.sleep(for: .seconds(pauseSeconds))
            }
        }
    }
}

/// How a mail of the gateway's own that could not be sent is tried again: with growing pauses, for seven days.
enum Retries {
    /// First and longest pause between two tries, and the time after which it is given up, in seconds.
    private static let firstPauseSeconds: Int64 = 30
    static let longestPauseSeconds: Int64 = 6 * 3600
    static let giveUpSeconds: Int64 = 7 * 86_400
    /// Longest delivery of one notice, in seconds; less than the lease of its row.
    static let noticeSeconds = 120

    /// - Parameter tries: those before the one that has just failed.
    static func pauseSeconds(afterTries tries: Int) -> Int64 {
        min(firstPauseSeconds << min(max(tries, 0), 20), longestPauseSeconds)
    }
}

/// One try of a notice that lies as a row in the gateway's database.
struct NoticeAttempt {
    /// What the log calls it: `a notice`.
    let name: String
    let about: Logger.Metadata
    let madeAtSeconds: Int64
    /// Tries before this one.
    let tries: Int
    let nowSeconds: Int64
    let logger: Logger

    /// Sends it, and says so in the log.
    /// - Returns: when it is to be tried again, in seconds since 1970; nil: it is done with, sent or given up.
    func run(_ send: () async throws(Refusal) -> Void) async -> Int64? {
        do throws(Refusal) {
            try await send()
            logger.info("\(name) has been sent", metadata: about)
            return nil
        } catch {
            let about = about.merging(["reason": "\(error.detail)"]) { $1 }
            guard !error.isPermanent, nowSeconds - madeAtSeconds < Retries.giveUpSeconds else {
                logger.error("\(name) is given up", metadata: about)
                return nil
            }
            logger.warning("\(name) could not be sent, and will be tried again", metadata: about)
            return nowSeconds + Retries.pauseSeconds(afterTries: tries)
        }
    }
}

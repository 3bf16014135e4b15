// What has to be done from time to time: letters that expired are deleted, letters whose sending broke off are settled,
// old ledger rows go.

import Logging
import Mail
import ServiceLifecycle
import Vault

/// Runs at start and then once in a while, until shutdown.
struct Housekeeping: Service {
    let letters: LetterStore
    let ledger: Ledger
    /// Says what the quarantine's settings are now.
    let current: CurrentPath
    let logger: Logger
    /// Pause between rounds, in seconds.
    var pauseSeconds = 600.0
    /// Age after which a letter that is still pending is settled, in seconds.
    var pendingSeconds: Int64 = 3600
    private let alarm = StorageAlarm()

    func run() async throws {
        await Periodic.run(pauseSeconds: pauseSeconds) { await round(nowSeconds: $0) }
    }

    /// One round; a failure is logged and tried again in the next. What fails in one database keeps nothing of the other
    /// from being done: held messages and old rows go whatever has become of the letters.
    func round(nowSeconds: Int64) async {
        do throws(Refusal) { try await ledgerRound(nowSeconds) } catch { failed(error) }
        // That it cannot be used is said once (StorageAlarm), not with each round.
        guard letters.problem == nil else { return }
        do throws(Refusal) { try await lettersRound(nowSeconds) } catch { failed(error) }
    }

    private func lettersRound(_ nowSeconds: Int64) async throws(Refusal) {
        let settled = try await letters.settle(olderThanSeconds: pendingSeconds, nowSeconds: nowSeconds)
        let expired = try await letters.expire(nowSeconds: nowSeconds)
        let abandoned = try await letters.clearAnswers(nowSeconds: nowSeconds)
        await alarm.check(letters, current.snapshot.path.storage, logger)
        if settled + expired + abandoned > 0 {
            logger.info(
                "housekeeping",
                metadata: ["settled": "\(settled)", "expired": "\(expired)", "uploads-dropped": "\(abandoned)"])
        }
    }

    private func ledgerRound(_ nowSeconds: Int64) async throws(Refusal) {
        _ = try await ledger.prune(nowSeconds: nowSeconds)
        let unused = nowSeconds.subtractingReportingOverflow(current.snapshot.path.standingExpireSeconds)
            .partialValue
        let forgotten = try await ledger.forgetStandingPasswords(unusedSinceSeconds: unused)
        if forgotten > 0 {
            logger.notice("standing passwords have been forgotten: unused", metadata: ["count": "\(forgotten)"])
        }
        let notices = current.snapshot.path.quarantine?.expiryNotices ?? []
        for entry in try await ledger.expireQuarantine(notices: notices, nowSeconds: nowSeconds) {
            logger.notice("a held message has expired and is destroyed", metadata: ["quarantine": "\(entry.id)"])
        }
    }

    private func failed(_ refusal: Refusal) {
        logger.error("housekeeping failed, will be tried again", metadata: ["reason": "\(refusal.detail)"])
    }
}

// What has to be done from time to time: letters that expired are deleted, letters whose sending broke off are settled,
// old ledger rows go.

import Logging
import Mail
import SettingValues
import Vault

/// Runs at start and then once in a while.
struct Housekeeping: Periodic {
    let letters: any GatewayLetters
    let ledger: any VaultUpkeep & Contacts & QuarantineStore
    /// Says what the quarantine's settings are now.
    let current: CurrentPath
    let logger: Logger
    /// Pause between rounds, in seconds.
    var pauseSeconds = 600.0
    /// Age after which a letter that is still pending is settled, in seconds.
    var pendingSeconds: Int64 = 3600
    private let alarm = StorageAlarm()

    let failure = "housekeeping failed, will be tried again"

    /// What fails in one database keeps nothing of the other from being done: held messages and old rows go whatever
    /// has become of the letters.
    func work(nowSeconds: Int64) async throws(Refusal) {
        do throws(Refusal) { try await ledgerRound(nowSeconds) } catch { log(error) }
        // That it cannot be used is said once (StorageAlarm), not with each round.
        if letters.problem == nil { try await lettersRound(nowSeconds) }
    }

    private func lettersRound(_ nowSeconds: Int64) async throws(Refusal) {
        let settled = try await letters.settle(olderThanSeconds: pendingSeconds, nowSeconds: nowSeconds)
        let expired = try await letters.expire(nowSeconds: nowSeconds)
        let abandoned = try await letters.clearAnswers(nowSeconds: nowSeconds)
        await alarm.check(letters, current.path.terms.storage, logger)
        if settled + expired + abandoned > 0 {
            logger.info(
                "housekeeping",
                metadata: ["settled": "\(settled)", "expired": "\(expired)", "uploads-dropped": "\(abandoned)"])
        }
    }

    private func ledgerRound(_ nowSeconds: Int64) async throws(Refusal) {
        _ = try await ledger.prune(nowSeconds: nowSeconds)
        let unused = nowSeconds.subtractingReportingOverflow(current.path.terms.standingExpireSeconds)
            .partialValue
        let forgotten = try await ledger.forgetStandingPasswords(unusedSinceSeconds: unused)
        if forgotten > 0 {
            logger.notice("standing passwords have been forgotten: unused", metadata: ["count": "\(forgotten)"])
        }
        let notices = current.path.quarantine.expiryNotices
        for entry in try await ledger.expireQuarantine(notices: notices, nowSeconds: nowSeconds) {
            logger.notice("a held message has expired and is destroyed", metadata: ["quarantine": "\(entry.id)"])
        }
    }
}

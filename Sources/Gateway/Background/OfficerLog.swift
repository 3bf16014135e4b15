// What officers did by the command, which is another process, goes into this one's log.

import Logging
import Mail
import Synchronization
import Vault

/// Looks for new records of the quarantine.
final class OfficerLog: Periodic {
    let ledger: any QuarantineStore
    let logger: Logger
    let pauseSeconds: Double
    let failure = "reading what officers did failed"
    /// The last record that was seen; nil before the first look, which logs nothing.
    private let seen = Mutex<Int64?>(nil)

    init(ledger: any QuarantineStore, logger: Logger, pauseSeconds: Double = 2) {
        self.ledger = ledger
        self.logger = logger
        self.pauseSeconds = pauseSeconds
    }

    func work(nowSeconds: Int64) async throws(Refusal) {
        let (deeds, last) = try await ledger.quarantineDeeds(after: seen.withLock { $0 })
        seen.withLock { $0 = last }
        for (id, record) in deeds {
            logger.notice(
                "quarantine",
                metadata: [
                    "quarantine": "\(id)", "who": "\(record.who)", "action": "\(record.action)",
                    "to": .array(record.recipients.map { "\($0)" }), "said": "\(record.said)",
                ])
        }
    }
}

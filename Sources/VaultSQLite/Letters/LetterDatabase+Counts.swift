// What health checks and monitoring ask of the two databases. Numbers only: no ids, no addresses.

import GRDB
package import Mail
package import Vault

extension GatewayDatabase {
    /// A write that is taken back.
    /// - Throws: a refusal of cause `storage` where nothing can be written.
    package func probe() async throws(Refusal) { try await database.probe() }
}

extension LetterDatabase {
    /// A write that is taken back.
    /// - Throws: a refusal of cause `storage` where nothing can be written.
    package func probe() async throws(Refusal) { try await database.probe() }

    /// Counts, at one moment.
    package func counts() async throws(Refusal) -> LetterCounts {
        try await database.read("counting letters") { database in
            func count(_ sql: String) throws -> Int { max(0, try Int.fetchOne(database, sql: sql) ?? 0) }
            return LetterCounts(
                sending: try count("SELECT count(*) FROM letters WHERE state <> 'waiting'"),
                readable: try count("SELECT count(*) FROM letters WHERE state = 'waiting'"),
                wrongAttempts: try count("SELECT total FROM attempt_totals WHERE result = 'wrong'"),
                rightAttempts: try count("SELECT total FROM attempt_totals WHERE result = 'right'"))
        }
    }
}

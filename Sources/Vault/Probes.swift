// What health checks and monitoring ask of the two databases. Numbers only: no ids, no addresses.

import GRDB
package import Mail

extension Ledger {
    /// A write that is taken back.
    /// - Throws: a refusal of cause `storage` where nothing can be written.
    package func probe() async throws(Refusal) { try await database.probe() }
}

/// How many letters there are, and how often their passwords were tried.
package struct LetterCounts: Sendable, Equatable {
    /// Kept, and not yet to be opened.
    package let pending: Int
    /// Can be opened.
    package let readable: Int
    /// Wrong passwords so far, of letters gone too.
    package let wrongAttempts: Int
    /// Right passwords so far that changed something (the first, and each after wrong ones), of letters gone too.
    package let rightAttempts: Int
}

extension LetterStore {
    /// A write that is taken back.
    /// - Throws: a refusal of cause `storage` where nothing can be written.
    package func probe() async throws(Refusal) { try await database.probe() }

    /// Counts, at one moment.
    package func counts() async throws(Refusal) -> LetterCounts {
        try await database.read("counting letters") { database in
            func count(_ sql: String) throws -> Int { max(0, try Int.fetchOne(database, sql: sql) ?? 0) }
            return LetterCounts(
                pending: try count("SELECT count(*) FROM letters WHERE state <> 'readable'"),
                readable: try count("SELECT count(*) FROM letters WHERE state = 'readable'"),
                wrongAttempts: try count("SELECT total FROM attempt_totals WHERE result = 'wrong'"),
                rightAttempts: try count("SELECT total FROM attempt_totals WHERE result = 'right'"))
        }
    }
}

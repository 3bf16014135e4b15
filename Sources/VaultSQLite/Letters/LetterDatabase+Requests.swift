// What the portal asks of the gateway: rows that it adds, and whose answer it reads. The gateway settles them.
// Everything in a row is hostile input: the portal's Unix user can write the file.

package import Mail
package import Vault

import Foundation
import GRDB

extension LetterDatabase {
    /// Requests that wait, those of ``keptKinds`` before others, oldest first, at most 100. Rows that no portal of ours
    /// has written are deleted.
    package func waitingRequests() async throws(Refusal) -> [WaitingRequest] {
        let (found, isDamaged) = try await database.read("looking for requests") { database in
            // The lengths are asked of SQLite: a body that is too large is not even read.
            let sql = """
                SELECT id, kind, CASE WHEN length(body) <= ? THEN body END AS body, asked_at FROM requests
                    WHERE answer IS NULL ORDER BY kind NOT IN (\(PortalFence.keptKindList)), asked_at LIMIT 100
                """
            var found: [WaitingRequest] = []
            var isDamaged = false
            for row in try Row.fetchAll(database, sql: sql, arguments: [RequestLimits.bodyBytes]) {
                let request = try? WaitingRequest(
                    id: row.text("id"), kind: row.text("kind"), body: row.bytes("body"),
                    askedAtSeconds: row.integer("asked_at"))
                if let request, request.id.utf8.count == 22, (1...32).contains(request.kind.utf8.count) {
                    found.append(request)
                } else {
                    isDamaged = true
                }
            }
            return (found, isDamaged)
        }
        if isDamaged { try await deleteDamagedRequests() }
        return found
    }

    private func deleteDamagedRequests() async throws(Refusal) {
        try await database.write("deleting damaged requests") { database in
            try database.execute(
                sql: """
                    DELETE FROM requests WHERE typeof(id) <> 'text' OR length(CAST(id AS BLOB)) <> 22
                        OR typeof(kind) <> 'text'
                        OR length(CAST(kind AS BLOB)) NOT BETWEEN 1 AND 32 OR typeof(body) <> 'blob' OR length(body) > ?
                        OR typeof(asked_at) <> 'integer'
                    """, arguments: [RequestLimits.bodyBytes])
        }
    }

    /// Says what became of a request; its body goes.
    /// - Parameter answer: at most ``requestAnswerBytes``.
    package func settleRequest(_ id: String, answer: [UInt8], nowSeconds: Int64) async throws(Refusal) {
        guard answer.count <= RequestLimits.answerBytes else {
            throw Refusal(.internalError, "not available", detail: "settling a request: the answer is too large")
        }
        try await database.write("settling a request") { database in
            try database.execute(
                sql: "UPDATE requests SET body = x'', answer = ?, settled_at = ? WHERE id = ?",
                arguments: [Data(answer), nowSeconds, id])
        }
    }

    /// Forgets requests that were settled long ago.
    package func forgetRequests(nowSeconds: Int64) async throws(Refusal) {
        let before = nowSeconds.subtractingReportingOverflow(RequestLimits.keepSeconds).partialValue
        let isNeeded = try await database.read("looking for old requests") { database in
            try Bool.fetchOne(
                database,
                sql: "SELECT EXISTS (SELECT 1 FROM requests WHERE answer IS NOT NULL AND settled_at <= ?)",
                arguments: [before]) ?? false
        }
        guard isNeeded else { return }
        try await database.write("forgetting requests") { database in
            try database.execute(
                sql: "DELETE FROM requests WHERE answer IS NOT NULL AND settled_at <= ?", arguments: [before])
        }
    }
}

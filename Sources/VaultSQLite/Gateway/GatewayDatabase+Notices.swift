// Mails of Letterlock's own that wait for the next hop: what they are about, not what they say. Rows are handed out one
// by one under a lease, so that two senders at once do not send the same mail.

package import Mail
package import Vault

import GRDB

extension GatewayDatabase {
    /// How long whoever took a notice has for it, in seconds; then it is handed out again.
    private static let leaseSeconds: Int64 = 600

    /// The next notice whose time has come; nil where there is none. It comes again unless it is sent or put off.
    package func nextNotice(nowSeconds: Int64) async throws(Refusal) -> QuarantineNotice? {
        let isDue = try await database.read("looking for notices") { database in
            try Bool.fetchOne(
                database, sql: "SELECT EXISTS (SELECT 1 FROM notices WHERE due_at <= ?)", arguments: [nowSeconds])
                ?? false
        }
        guard isDue else { return nil }
        return try await database.write("taking a notice") { database in
            let sql = "SELECT * FROM notices WHERE due_at <= ? ORDER BY due_at, number LIMIT 1"
            guard let row = try Row.fetchOne(database, sql: sql, arguments: [nowSeconds]) else { return nil }
            guard let kind = QuarantineNotice.Kind(rawValue: try row.text("kind")) else {
                throw StateFolder.refusal("reading a row: unknown kind of notice")
            }
            let notice = QuarantineNotice(
                number: try row.integer("number"), id: try row.text("id"), kind: kind,
                madeAtSeconds: try row.integer("made_at"), tries: try row.count("tries"))
            try database.execute(
                sql: "UPDATE notices SET tries = tries + 1, due_at = ? WHERE number = ?",
                arguments: [nowSeconds + Self.leaseSeconds, notice.number])
            return notice
        }
    }

    /// It has been sent, or never will be.
    package func finish(_ notice: QuarantineNotice) async throws(Refusal) {
        try await database.write("forgetting a notice") { database in
            try database.execute(sql: "DELETE FROM notices WHERE number = ?", arguments: [notice.number])
        }
    }

    /// It is tried again at this time.
    package func putOff(_ notice: QuarantineNotice, untilSeconds: Int64) async throws(Refusal) {
        try await database.write("putting a notice off") { database in
            try database.execute(
                sql: "UPDATE notices SET due_at = ? WHERE number = ?", arguments: [untilSeconds, notice.number])
        }
    }
}

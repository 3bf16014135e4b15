// Mails of Letterlock's own that wait for the next hop: what they are about, not what they say. A claim is one commit,
// and so is what causes a notice together with its row.

package import Mail
package import Vault

import GRDB

extension NoticeSubject {
    /// The column of the outbox that names it.
    fileprivate var column: String {
        switch self {
        case .heldMessage: "held_id"
        case .letter: "letter_id"
        }
    }

    /// True where a thing of this id is there, in SQL.
    fileprivate var isThere: String {
        switch self {
        case .heldMessage: "EXISTS (SELECT 1 FROM quarantine WHERE id = ?)"
        case .letter: "EXISTS (SELECT 1 FROM letter_owners WHERE letter_id = ?)"
        }
    }
}

extension GatewayDatabase {
    /// Adds notices; one commit. A notice that has been enqueued before, concluded or not, and one about something that
    /// is gone are left out; one that is not wanted is concluded at once.
    package func enqueue<Kind: NoticeKind>(_ notices: [Notice<Kind>], nowSeconds: Int64) async throws(Refusal) {
        guard !notices.isEmpty else { return }
        try await database.write("enqueuing notices") { database in
            for notice in notices { try Self.enqueue(notice, nowSeconds, database) }
        }
    }

    /// One row, in the transaction of what causes it.
    static func enqueue<Kind: NoticeKind>(
        _ notice: Notice<Kind>, _ nowSeconds: Int64, _ database: Database
    ) throws {
        try database.execute(
            sql: """
                INSERT OR IGNORE INTO outbox (kind, \(Kind.subject.column), mark, at, made_at, due_at)
                SELECT ?, ?, ?, ?, ?, ? WHERE \(Kind.subject.isThere)
                """,
            arguments: [
                notice.kind.rawValue, notice.about, notice.mark, notice.atSeconds, nowSeconds,
                notice.isWanted ? nowSeconds : nil, notice.about,
            ])
    }

    /// The entry of a kind that has been due for longest; nil where none is due. Unless it is concluded or tried later,
    /// it is due again when the lease ends.
    package func claim<Kind: NoticeKind>(
        _ kind: Kind, leaseSeconds: Int64, nowSeconds: Int64
    ) async throws(Refusal) -> OutboxEntry<Kind>? {
        // Looking is a read: what is asked every few seconds must not be a commit.
        let isDue = try await database.read("looking for notices") { database in
            try Bool.fetchOne(
                database, sql: "SELECT EXISTS (SELECT 1 FROM outbox WHERE kind = ? AND due_at <= ?)",
                arguments: [kind.rawValue, nowSeconds]) ?? false
        }
        guard isDue else { return nil }
        return try await database.write("claiming a notice") { database in
            let sql = "SELECT * FROM outbox WHERE kind = ? AND due_at <= ? ORDER BY due_at, number LIMIT 1"
            guard let row = try Row.fetchOne(database, sql: sql, arguments: [kind.rawValue, nowSeconds]) else {
                return nil
            }
            let notice = Notice(
                kind, about: try row.text(Kind.subject.column), mark: try row.integer("mark"),
                atSeconds: try row.integer("at"))
            let entry = OutboxEntry(
                number: try row.integer("number"), notice: notice, madeAtSeconds: try row.integer("made_at"),
                tries: try row.count("tries"))
            try database.execute(
                sql: "UPDATE outbox SET tries = tries + 1, due_at = ? WHERE number = ?",
                arguments: [nowSeconds.addingReportingOverflow(leaseSeconds).partialValue, entry.number])
            return entry
        }
    }

    /// The mail has been sent, or never will be. Also where another sender has claimed the entry meanwhile.
    package func conclude<Kind: NoticeKind>(_ entry: OutboxEntry<Kind>) async throws(Refusal) {
        try await database.write("concluding a notice") { database in
            try database.execute(sql: "UPDATE outbox SET due_at = NULL WHERE number = ?", arguments: [entry.number])
        }
    }

    /// The entry is due again at this time. Nothing changes where the lease has ended and somebody else has claimed it,
    /// or it is concluded.
    package func retryLater<Kind: NoticeKind>(_ entry: OutboxEntry<Kind>, atSeconds: Int64) async throws(Refusal) {
        try await database.write("putting a notice off") { database in
            try database.execute(
                sql: "UPDATE outbox SET due_at = ? WHERE number = ? AND tries = ? AND due_at IS NOT NULL",
                arguments: [atSeconds, entry.number, entry.tries + 1])
        }
    }

    /// Entries of some kinds that are not concluded, claimed ones included.
    package func waiting<Kind: NoticeKind>(_ kinds: [Kind]) async throws(Refusal) -> Int {
        try await database.read("counting notices") { database in
            let marks = databaseQuestionMarks(count: kinds.count)
            return try Int.fetchOne(
                database, sql: "SELECT count(*) FROM outbox WHERE due_at IS NOT NULL AND kind IN (\(marks))",
                arguments: StatementArguments(kinds.map(\.rawValue))) ?? 0
        }
    }
}

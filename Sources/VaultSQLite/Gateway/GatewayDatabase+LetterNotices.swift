// What senders are told of their letters: found by comparing what happened with what has been told, kept as rows,
// handed out one by one under a lease. A row stays when it has been sent, so that nothing is told twice, whatever is
// killed when.

package import Mail
package import Vault

import GRDB

extension GatewayDatabase {
    /// A letter rests after so many wrong passwords; fewer since the last notice are no other rest.
    private static let triesOfARest = Int64(GuessLimits.triesBeforeRest)
    /// How long whoever took a notice has for it, in seconds; then it is handed out again.
    private static let leaseSeconds: Int64 = 600

    /// Makes notices of what has happened; what has been told already makes none.
    package func take(_ events: [LetterEvents], _ wishes: NoticeWishes, nowSeconds: Int64) async throws(Refusal) {
        guard !events.isEmpty else { return }
        try await database.write("noting what happened to letters") { database in
            for event in events { try Self.take(event, wishes, nowSeconds, database) }
        }
    }

    private static func take(
        _ event: LetterEvents, _ wishes: NoticeWishes, _ nowSeconds: Int64, _ database: Database
    ) throws {
        let sql = "SELECT * FROM letter_controls WHERE letter_id = ?"
        guard let row = try Row.fetchOne(database, sql: sql, arguments: [event.id]) else { return }
        let letter = try owner(row)
        // The portal's user can write anything there: no time before the letter or after now.
        if let opened = event.openedAtSeconds.map({ min(max($0, letter.createdAtSeconds), nowSeconds) }),
            letter.openedAtSeconds == nil
        {
            try database.execute(
                sql: "UPDATE letter_controls SET opened_at = ? WHERE letter_id = ?", arguments: [opened, event.id])
            try insert(.opened, letter, mark: 0, at: opened, wishes, nowSeconds, database)
        }
        let told = try row.integer("told_wrong")
        let (more, overflow) = event.wrongTotal.subtractingReportingOverflow(told)
        guard !overflow, more > 0, event.restSeconds > 0, more >= triesOfARest || event.wrongInRow == 0 else { return }
        try database.execute(
            sql: "UPDATE letter_controls SET told_wrong = ? WHERE letter_id = ?",
            arguments: [event.wrongTotal, event.id])
        guard letter.ended == nil else { return }
        try insert(.resting, letter, mark: nowSeconds / 86_400, at: nowSeconds, wishes, nowSeconds, database)
    }

    /// Letters that nobody has opened, and that end soon or have ended without anybody being told.
    /// - Returns: those that have ended, and those that will.
    package func ending(nowSeconds: Int64) async throws(Refusal) -> (ended: [LetterOwner], soon: [LetterOwner]) {
        let soon = nowSeconds.addingReportingOverflow(LetterNotice.warningSeconds).partialValue
        let letters = try await database.read("looking for letters that expire") { database in
            // Of each notice only one is made; the list holds those that have none yet.
            let sql = """
                SELECT * FROM letter_controls WHERE ended IS NULL AND opened_at IS NULL AND expires_at <= ?
                    AND (expires_at <= ? OR NOT EXISTS (SELECT 1 FROM letter_notices
                        WHERE letter_notices.letter_id = letter_controls.letter_id AND kind = 'expiring'
                            AND mark = letter_controls.expires_at))
                    AND (expires_at <= ? OR expires_at - created_at >= ?)
                ORDER BY expires_at LIMIT 1000
                """
            return try Row.fetchAll(
                database, sql: sql, arguments: [soon, nowSeconds, nowSeconds, LetterNotice.leastWarnedSeconds]
            ).map(Self.owner)
        }
        return (
            letters.filter { $0.expiresAtSeconds <= nowSeconds }, letters.filter { $0.expiresAtSeconds > nowSeconds }
        )
    }

    /// The letters end soon, unopened.
    package func take(expiring letters: [LetterOwner], _ wishes: NoticeWishes, nowSeconds: Int64) async throws(Refusal)
    {
        guard !letters.isEmpty else { return }
        try await database.write("noting that letters expire soon") { database in
            for letter in letters {
                try Self.insert(
                    .expiring, letter, mark: letter.expiresAtSeconds, at: letter.expiresAtSeconds, wishes, nowSeconds,
                    database)
            }
        }
    }

    /// The letters have ended, unopened.
    /// - Parameter wishes: nil for letters that were never sent: nobody is told.
    package func take(expired letters: [LetterOwner], _ wishes: NoticeWishes?, nowSeconds: Int64) async throws(Refusal)
    {
        guard !letters.isEmpty else { return }
        try await database.write("noting that letters have expired") { database in
            for letter in letters {
                try database.execute(
                    sql: "UPDATE letter_controls SET ended = 'expired' WHERE letter_id = ? AND ended IS NULL",
                    arguments: [letter.letterID])
                guard let wishes else { continue }
                try Self.insert(
                    .expired, letter, mark: letter.expiresAtSeconds, at: letter.expiresAtSeconds, wishes, nowSeconds,
                    database)
            }
        }
    }

    private static func insert(
        _ kind: LetterNotice.Kind, _ letter: LetterOwner, mark: Int64, at: Int64, _ wishes: NoticeWishes,
        _ nowSeconds: Int64, _ database: Database
    ) throws {
        // A notice that is not wanted is a row too, sent already: it does not come later, when somebody changes his
        // mind.
        let isWanted = wishes.kinds.contains(kind) && wishes.isRead(letter.sender)
        try database.execute(
            sql: """
                INSERT OR IGNORE INTO letter_notices (letter_id, kind, mark, at, made_at, due_at)
                VALUES (?, ?, ?, ?, ?, ?)
                """,
            arguments: [letter.letterID, kind.rawValue, mark, at, nowSeconds, isWanted ? nowSeconds : nil])
    }

    // MARK: The outbox

    /// The next notice whose time has come; nil where there is none. It comes again unless it is finished or put off.
    package func nextLetterNotice(nowSeconds: Int64) async throws(Refusal) -> LetterNotice? {
        let isDue = try await database.read("looking for letter notices") { database in
            try Bool.fetchOne(
                database, sql: "SELECT EXISTS (SELECT 1 FROM letter_notices WHERE due_at <= ?)",
                arguments: [nowSeconds]) ?? false
        }
        guard isDue else { return nil }
        return try await database.write("taking a letter notice") { database in
            let sql = """
                SELECT * FROM letter_notices JOIN letter_controls USING (letter_id)
                    WHERE due_at <= ? ORDER BY due_at, number LIMIT 1
                """
            guard let row = try Row.fetchOne(database, sql: sql, arguments: [nowSeconds]) else { return nil }
            guard let kind = LetterNotice.Kind(rawValue: try row.text("kind")) else {
                throw StateFolder.refusal("reading a row: unknown kind of notice")
            }
            let notice = LetterNotice(
                number: try row.integer("number"), kind: kind, letter: try Self.owner(row),
                atSeconds: try row.integer("at"), madeAtSeconds: try row.integer("made_at"),
                tries: try row.count("tries"), mark: try row.integer("mark"))
            try database.execute(
                sql: "UPDATE letter_notices SET tries = tries + 1, due_at = ? WHERE number = ?",
                arguments: [nowSeconds + Self.leaseSeconds, notice.number])
            return notice
        }
    }

    /// It has been sent, or never will be; that it was made stays known.
    package func finish(_ notice: LetterNotice) async throws(Refusal) {
        try await setDue(notice, nil, "finishing a letter notice")
    }

    /// It is tried again at this time.
    package func putOff(_ notice: LetterNotice, untilSeconds: Int64) async throws(Refusal) {
        try await setDue(notice, untilSeconds, "putting a letter notice off")
    }

    /// Notices that wait to be sent.
    package func waitingLetterNotices() async throws(Refusal) -> Int {
        try await database.read("counting letter notices") { database in
            try Int.fetchOne(database, sql: "SELECT count(*) FROM letter_notices WHERE due_at IS NOT NULL") ?? 0
        }
    }

    private func setDue(_ notice: LetterNotice, _ dueSeconds: Int64?, _ doing: String) async throws(Refusal) {
        try await database.write(doing) { database in
            try database.execute(
                sql: "UPDATE letter_notices SET due_at = ? WHERE number = ?", arguments: [dueSeconds, notice.number])
        }
    }
}

// What senders are told of their letters: found by comparing what happened with what has been told, and enqueued in the
// same commit.

package import Links
package import Mail
package import Vault

import GRDB

extension GatewayDatabase {
    /// A letter rests after so many wrong passwords; fewer since the last notice are no other rest.
    private static let triesOfARest = Int64(GuessLimits.triesBeforeRest)

    /// Makes notices of what has happened; what has been told already makes none.
    package func take(_ events: [LockedLetter.Attempts], _ wishes: NoticeWishes, nowSeconds: Int64)
        async throws(Refusal)
    {
        guard !events.isEmpty else { return }
        try await database.write("noting what happened to letters") { database in
            for event in events { try Self.take(event, wishes, nowSeconds, database) }
        }
    }

    private static func take(
        _ event: LockedLetter.Attempts, _ wishes: NoticeWishes, _ nowSeconds: Int64, _ database: Database
    ) throws {
        let sql = "SELECT * FROM letter_owners WHERE letter_id = ?"
        guard let row = try Row.fetchOne(database, sql: sql, arguments: [event.id]) else { return }
        let letter = try owner(row)
        // The portal's user can write anything there: no time before the letter or after now.
        if let opened = event.openedAtSeconds.map({ min(max($0, letter.createdAtSeconds), nowSeconds) }),
            letter.openedAtSeconds == nil
        {
            try database.execute(
                sql: "UPDATE letter_owners SET opened_at = ? WHERE letter_id = ?", arguments: [opened, event.id])
            try enqueue(
                wishes.notice(.opened, about: letter, mark: 0, atSeconds: opened), nowSeconds, database)
        }
        let told = try row.integer("told_wrong")
        let (more, overflow) = event.wrongTotal.subtractingReportingOverflow(told)
        guard !overflow, more > 0, event.restSeconds > 0, more >= triesOfARest || event.wrongInRow == 0 else { return }
        try database.execute(
            sql: "UPDATE letter_owners SET told_wrong = ? WHERE letter_id = ?",
            arguments: [event.wrongTotal, event.id])
        guard letter.ended == nil else { return }
        let notice = wishes.notice(.resting, about: letter, mark: nowSeconds / 86_400, atSeconds: nowSeconds)
        try enqueue(notice, nowSeconds, database)
    }

    /// Letters that nobody has opened, and that end soon or have ended without anybody being told.
    /// - Returns: those that have ended, and those that will.
    package func ending(nowSeconds: Int64) async throws(Refusal) -> (ended: [LetterOwner], soon: [LetterOwner]) {
        let soon = nowSeconds.addingReportingOverflow(LetterNotice.warningSeconds).partialValue
        let letters = try await database.read("looking for letters that expire") { database in
            // Of each notice only one is made; the list holds those that have none yet.
            let sql = """
                SELECT * FROM letter_owners WHERE ended IS NULL AND opened_at IS NULL AND expires_at <= ?
                    AND (expires_at <= ? OR NOT EXISTS (SELECT 1 FROM outbox
                        WHERE outbox.letter_id = letter_owners.letter_id AND kind = 'expiring'
                            AND mark = letter_owners.expires_at))
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

    /// The letters have ended, unopened.
    /// - Parameter wishes: nil for letters that were never sent: nobody is told.
    package func take(expired letters: [LetterOwner], _ wishes: NoticeWishes?, nowSeconds: Int64) async throws(Refusal)
    {
        guard !letters.isEmpty else { return }
        try await database.write("noting that letters have expired") { database in
            for letter in letters {
                try database.execute(
                    sql: "UPDATE letter_owners SET ended = 'expired' WHERE letter_id = ? AND ended IS NULL",
                    arguments: [letter.letterID])
                guard let wishes else { continue }
                let end = letter.expiresAtSeconds
                try Self.enqueue(
                    wishes.notice(.expired, about: letter, mark: end, atSeconds: end), nowSeconds, database)
            }
        }
    }
}

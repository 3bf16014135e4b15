// Senders' control in letters.db: what the page is shown, and what keeps it true while letters come, change and go.
// The token is never here; names are sealed under it.

import Cryptography
package import Mail

import Foundation
import GRDB
import Links

extension LetterStore {
    /// How long the page outlives its last letter, in seconds: so that a sender sees what became of it.
    package static let controlGraceSeconds: Int64 = 30 * 86_400
    /// Letters of one message that a page shows: more are not looked at.
    private static let mostLetters = 2000
    /// Rows that one look at the attempts reads.
    private static let mostEvents = 100_000

    // MARK: The portal's side

    /// Whether somebody may see and ask: the letters under a proof, nil where it is wrong, unknown or expired, all alike.
    /// - Parameter auth: what the page derived from its token.
    package func controlled(_ auth: [UInt8], nowSeconds: Int64) async throws(Refusal) -> [ControlledLetter]? {
        let verifier: [UInt8]
        do { verifier = try SHA256Digest.of(auth) } catch { throw error.refusal }
        return try await database.read("reading a control page") { database in
            let found = try Bool.fetchOne(
                database, sql: "SELECT EXISTS (SELECT 1 FROM controls WHERE verifier = ? AND expires_at > ?)",
                arguments: [Data(verifier), nowSeconds])
            guard found == true else { return nil }
            return try Self.controlled("c.verifier = ?", [Data(verifier)], nowSeconds, database)
        }
    }

    /// Notes that the page of a letter was loaded by a browser that runs its script: once, so that asking costs a write but
    /// the first time.
    func noteAsked(_ id: String, nowSeconds: Int64) async throws(Refusal) {
        try await database.write("noting that a page was loaded") { database in
            try database.execute(
                sql: "UPDATE attempts SET asked_at = ? WHERE letter_id = ? AND asked_at IS NULL",
                arguments: [nowSeconds, id])
        }
    }

    /// Notes that a letter's content was fetched after a right password: once.
    func noteFetched(_ id: String, nowSeconds: Int64) async throws(Refusal) {
        let isNew = try await database.read("looking whether a letter was fetched") { database in
            try Bool.fetchOne(
                database,
                sql: "SELECT EXISTS (SELECT 1 FROM attempts WHERE letter_id = ? AND fetched_at IS NULL)",
                arguments: [id]) ?? false
        }
        guard isNew else { return }
        try await database.write("noting that a letter was fetched") { database in
            try database.execute(
                sql: "UPDATE attempts SET fetched_at = ? WHERE letter_id = ? AND fetched_at IS NULL",
                arguments: [nowSeconds, id])
        }
    }

    // MARK: The gateway's side

    /// One letter, or nil where nothing is known of it.
    package func controlled(letter id: String, nowSeconds: Int64) async throws(Refusal) -> ControlledLetter? {
        try await database.read("reading a letter's control") { database in
            try Self.controlled("c.letter_id = ?", [id], nowSeconds, database).first
        }
    }

    /// All letters that have a control, in no order.
    package func allControlled(nowSeconds: Int64) async throws(Refusal) -> [ControlledLetter] {
        try requireGateway("listing letters")
        return try await database.read("listing letters") { database in
            try Self.controlled("true", [], nowSeconds, database, most: .max)
        }
    }

    /// What happened to letters that somebody opened or guessed at; a row that is damaged is left out.
    package func events() async throws(Refusal) -> [LetterEvents] {
        try requireGateway("looking at attempts")
        return try await database.read("looking at attempts") { database in
            let sql = """
                SELECT letter_id, opened_at, wrong_total, wrong_in_row, rest_seconds FROM attempts
                    WHERE opened_at IS NOT NULL OR rest_seconds > 0
                UNION ALL
                SELECT letter_id, opened_at, wrong_total, 1, 0 FROM control_letters
                    WHERE ended IS NOT NULL AND opened_at IS NOT NULL
                LIMIT ?
                """
            return try Row.fetchAll(database, sql: sql, arguments: [Self.mostEvents]).compactMap { row in
                try? LetterEvents(
                    id: row.text("letter_id"), openedAtSeconds: row.optionalInteger("opened_at"),
                    wrongTotal: row.integer("wrong_total"), wrongInRow: row.integer("wrong_in_row"),
                    restSeconds: row.integer("rest_seconds"))
            }
        }
    }

    /// Lets a letter live longer; never shorter.
    /// - Returns: false where it is not there, or has expired already.
    package func extend(_ id: String, toSeconds: Int64, nowSeconds: Int64) async throws(Refusal) -> Bool {
        try requireGateway("extending a letter")
        return try await database.write("extending a letter") { database in
            try database.execute(
                sql: "UPDATE letters SET expires_at = max(expires_at, ?) WHERE id = ? AND expires_at > ?",
                arguments: [toSeconds, id, nowSeconds])
            guard database.changesCount == 1 else { return false }
            try database.execute(
                sql: "UPDATE control_letters SET expires_at = max(expires_at, ?) WHERE letter_id = ?",
                arguments: [toSeconds, id])
            try database.execute(
                sql: """
                    UPDATE controls SET expires_at = max(expires_at, ?)
                        WHERE verifier = (SELECT verifier FROM control_letters WHERE letter_id = ?)
                    """, arguments: [toSeconds.addingReportingOverflow(Self.controlGraceSeconds).partialValue, id])
            return true
        }
    }

    /// How many answers of a letter's reader have been sent on.
    package func noteAnswers(_ count: Int, of id: String) async throws(Refusal) {
        try requireGateway("noting answers")
        try await database.write("noting answers") { database in
            try database.execute(
                sql: "UPDATE control_letters SET answers = ? WHERE letter_id = ?", arguments: [max(0, count), id])
        }
    }

    // MARK: Within transactions of others

    static func insert(_ control: LetterControl, _ database: Database) throws {
        let (end, overflow) = control.expiresAtSeconds.addingReportingOverflow(controlGraceSeconds)
        try database.execute(
            sql: """
                INSERT INTO controls (verifier, created_at, expires_at) VALUES (?, ?, ?)
                    ON CONFLICT (verifier) DO UPDATE SET expires_at = max(expires_at, excluded.expires_at)
                """,
            arguments: [Data(control.verifier), control.createdAtSeconds, overflow ? Int64.max : end])
        try database.execute(
            sql: """
                INSERT INTO control_letters (letter_id, verifier, place, label, created_at, expires_at, longest_at)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                control.letterID, Data(control.verifier), control.place, Data(control.label), control.createdAtSeconds,
                control.expiresAtSeconds, control.longestAtSeconds,
            ])
    }

    /// A letter is about to go: what is known of it stays for its sender.
    static func end(_ id: String, _ how: ControlState, _ nowSeconds: Int64, _ database: Database) {
        // What is shown matters less than that the letter goes: a damaged row keeps nothing back.
        try? database.execute(
            sql: """
                UPDATE control_letters SET ended = ?, ended_at = ?,
                    wrong_total = coalesce((SELECT wrong_total FROM attempts WHERE letter_id = ?3), wrong_total),
                    asked_at = (SELECT asked_at FROM attempts WHERE letter_id = ?3),
                    fetched_at = (SELECT fetched_at FROM attempts WHERE letter_id = ?3),
                    opened_at = (SELECT opened_at FROM attempts WHERE letter_id = ?3)
                WHERE letter_id = ?3 AND ended IS NULL AND EXISTS (SELECT 1 FROM letters WHERE id = ?3)
                """, arguments: [how.rawValue, nowSeconds, id])
    }

    /// A letter was never sent: nothing stays of it.
    static func forgetControl(_ id: String, _ database: Database) throws {
        try database.execute(sql: "DELETE FROM control_letters WHERE letter_id = ?", arguments: [id])
        try database.execute(
            sql: """
                DELETE FROM controls
                    WHERE NOT EXISTS (SELECT 1 FROM control_letters WHERE control_letters.verifier = controls.verifier)
                """)
    }

    static func forgetControls(expiredAtSeconds: Int64, _ database: Database) throws {
        try database.execute(
            sql: """
                DELETE FROM control_letters
                    WHERE verifier IN (SELECT verifier FROM controls WHERE expires_at <= ?)
                """, arguments: [expiredAtSeconds])
        try database.execute(sql: "DELETE FROM controls WHERE expires_at <= ?", arguments: [expiredAtSeconds])
    }

    private static func controlled(
        _ condition: String, _ arguments: StatementArguments, _ nowSeconds: Int64, _ database: Database,
        most: Int = mostLetters
    ) throws -> [ControlledLetter] {
        let sql = """
            SELECT c.letter_id AS letter_id, c.label AS label, c.created_at AS created_at,
                coalesce(l.expires_at, c.expires_at) AS expires_at, c.longest_at AS longest_at, c.answers AS answers,
                c.ended AS ended, c.ended_at AS ended_at, l.state AS state,
                coalesce(a.wrong_total, c.wrong_total) AS wrong_total,
                coalesce(a.asked_at, c.asked_at) AS asked_at, coalesce(a.fetched_at, c.fetched_at) AS fetched_at,
                coalesce(a.opened_at, c.opened_at) AS opened_at,
                coalesce(a.rests_until, 0) AS rests_until, coalesce(a.rest_seconds, 0) AS rest_seconds
            FROM control_letters c LEFT JOIN letters l ON l.id = c.letter_id
                LEFT JOIN attempts a ON a.letter_id = c.letter_id
            WHERE \(condition) ORDER BY c.verifier, c.place LIMIT \(most)
            """
        return try Row.fetchAll(database, sql: sql, arguments: arguments).map { try controlled($0, nowSeconds) }
    }

    private static func controlled(_ row: Row, _ nowSeconds: Int64) throws -> ControlledLetter {
        let opened = try row.optionalInteger("opened_at")
        let expires = try row.integer("expires_at")
        let state: ControlState =
            switch (row["ended"] as DatabaseValue?, row["state"] as DatabaseValue?) {
            case (let ended?, _) where !ended.isNull:
                ControlState(rawValue: try row.text("ended")) ?? .gone
            case _ where expires <= nowSeconds: .expired
            case (_, let state?) where !state.isNull:
                try row.text("state") != LetterState.readable.rawValue ? .sending : opened == nil ? .waiting : .opened
            default: .gone
            }
        let rests = try row.integer("rests_until")
        // A clock set back must not show a rest of a year.
        let (rest, overflow) = nowSeconds.addingReportingOverflow(
            min(try row.integer("rest_seconds"), longestRestSeconds))
        let isThere = state == .waiting || state == .opened
        return ControlledLetter(
            id: try row.text("letter_id"), label: try row.bytes("label"), state: state,
            createdAtSeconds: try row.integer("created_at"), expiresAtSeconds: expires,
            longestAtSeconds: try row.integer("longest_at"), askedAtSeconds: try row.optionalInteger("asked_at"),
            fetchedAtSeconds: try row.optionalInteger("fetched_at"), openedAtSeconds: opened,
            wrongGuesses: try row.count("wrong_total"),
            restsUntilSeconds: isThere && rests > nowSeconds ? (overflow ? rests : min(rests, rest)) : nil,
            answers: try row.count("answers"), endedAtSeconds: try row.optionalInteger("ended_at"))
    }
}

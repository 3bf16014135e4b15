// Rows of letters.db that both sides read. All of them are input: the portal's user can write the file.

import Foundation
import GRDB
import Links
import Mail
import Vault

/// Queries that both sides of the letters database ask.
enum LetterRows {
    /// Letters of one message that a page shows: more are not looked at.
    private static let mostLetters = 2000

    static func readable(_ id: String, _ nowSeconds: Int64, _ database: Database) throws -> Row? {
        try Row.fetchOne(
            database,
            sql: """
                SELECT version, kdf, rounds, password_kind, salt, verifier, link_verifier, wrapped_keys, expires_at,
                    plain_bytes, chunk_count, wrong_in_row, rest_seconds, rests_until, opened_at, asked_at,
                    keeps_password
                FROM letters JOIN contents ON contents.id = content_id JOIN attempts ON letter_id = letters.id
                WHERE letters.id = ? AND state = 'waiting' AND expires_at > ?
                """, arguments: [id, nowSeconds])
    }

    /// Columns of a letter that ``parameters(_:)`` reads.
    static let parameterColumns = "version, kdf, rounds, salt, password_kind, expires_at"

    /// - Throws: a refusal of cause `storage` for a row that is damaged.
    static func parameters(_ row: Row) throws -> LockedLetter.Parameters {
        guard let kind = LockedLetter.PasswordKind(rawValue: try row.text("password_kind")) else {
            throw StateFolder.refusal("reading a row: unknown kind of password")
        }
        return LockedLetter.Parameters(
            version: try row.count("version"), kdf: try row.text("kdf"), rounds: try row.count("rounds"),
            salt: try row.bytes("salt"), passwordKind: kind, expiresAtSeconds: try row.integer("expires_at"))
    }

    /// The letters of one message, in their order.
    /// - Parameter verifier: of their sender's control.
    static func statuses(
        under verifier: [UInt8], _ nowSeconds: Int64, _ database: Database
    ) throws -> [LockedLetter.Status] {
        try statuses(
            of: "SELECT letter_id AS id FROM control_letters WHERE verifier = ?", [Data(verifier)],
            order: "c.place LIMIT \(mostLetters)", nowSeconds, database)
    }

    /// All letters, oldest first: a letter counts also where somebody has taken away the row of its sender's control.
    static func statuses(_ nowSeconds: Int64, _ database: Database) throws -> [LockedLetter.Status] {
        try statuses(
            of: "SELECT id FROM letters UNION SELECT letter_id FROM control_letters", [],
            order: "created_at, letter_id", nowSeconds, database)
    }

    /// One letter, as ``statuses(_:_:)`` has it.
    static func status(
        of id: String, _ nowSeconds: Int64, _ database: Database
    ) throws -> LockedLetter.Status? {
        try statuses(
            of: """
                SELECT id FROM letters WHERE id = ?1 UNION SELECT letter_id FROM control_letters WHERE letter_id = ?1
                """, [id], order: "letter_id", nowSeconds, database
        ).first
    }

    /// - Parameter ids: a query for a column `id`.
    private static func statuses(
        of ids: String, _ arguments: StatementArguments, order: String, _ nowSeconds: Int64, _ database: Database
    ) throws -> [LockedLetter.Status] {
        let sql = """
            SELECT ids.id AS letter_id, coalesce(c.label, x'') AS label,
                coalesce(c.created_at, l.created_at) AS created_at,
                coalesce(l.expires_at, c.expires_at) AS expires_at,
                coalesce(c.longest_at, l.expires_at) AS longest_at, coalesce(c.answers, 0) AS answers,
                c.ended AS ended, c.ended_at AS ended_at, l.state AS state, coalesce(l.notifying, 0) AS notifying,
                coalesce(a.wrong_total, c.wrong_total, 0) AS wrong_total,
                coalesce(a.asked_at, c.asked_at) AS asked_at, coalesce(a.fetched_at, c.fetched_at) AS fetched_at,
                coalesce(a.opened_at, c.opened_at) AS opened_at,
                coalesce(a.rests_until, 0) AS rests_until, coalesce(a.rest_seconds, 0) AS rest_seconds
            FROM (\(ids)) AS ids LEFT JOIN control_letters c ON c.letter_id = ids.id
                LEFT JOIN letters l ON l.id = ids.id LEFT JOIN attempts a ON a.letter_id = ids.id
            ORDER BY \(order)
            """
        return try Row.fetchAll(database, sql: sql, arguments: arguments).map { try status($0, nowSeconds) }
    }

    private static func status(_ row: Row, _ nowSeconds: Int64) throws -> LockedLetter.Status {
        let life = LockedLetter.Status.Life(
            createdAtSeconds: try row.integer("created_at"), expiresAtSeconds: try row.integer("expires_at"),
            longestAtSeconds: try row.integer("longest_at"), endedAtSeconds: try row.optionalInteger("ended_at"))
        var uses = LockedLetter.Status.Uses()
        uses.times[.asked] = try row.optionalInteger("asked_at")
        uses.times[.opened] = try row.optionalInteger("opened_at")
        uses.times[.fetched] = try row.optionalInteger("fetched_at")
        uses.wrongGuesses = try row.count("wrong_total")
        uses.answers = try row.count("answers")
        let state = try Self.state(row, life, isOpened: uses.times[.opened] != nil, nowSeconds)
        if state.isReadable { uses.restsUntilSeconds = try restEnd(row, nowSeconds) }
        return LockedLetter.Status(
            id: try row.text("letter_id"), label: try row.bytes("label"), state: state,
            isNotifying: try row.integer("notifying") != 0, life: life, uses: uses)
    }

    private static func state(
        _ row: Row, _ life: LockedLetter.Status.Life, isOpened: Bool, _ nowSeconds: Int64
    ) throws -> LetterState {
        if let kept = try row.optionalText("state") {
            if life.expiresAtSeconds <= nowSeconds { return .expired }
            // The portal's user can write any word here: none may keep a letter that is there from being taken back,
            // nor show as readable what is not.
            guard kept == LetterState.waiting.rawValue else { return .sending }
            return isOpened ? .opened : .waiting
        }
        if let ended = try row.optionalText("ended") { return LetterState(rawValue: ended) ?? .gone }
        return life.expiresAtSeconds <= nowSeconds ? .expired : .gone
    }

    /// Until when a letter takes no password; nil where it does not rest. A clock set back must not show a rest of a
    /// year.
    private static func restEnd(_ row: Row, _ nowSeconds: Int64) throws -> Int64? {
        let rests = try row.integer("rests_until")
        let (latest, overflow) = nowSeconds.addingReportingOverflow(
            min(try row.integer("rest_seconds"), GuessLimits.longestRestSeconds))
        guard rests > nowSeconds else { return nil }
        return overflow ? rests : min(rests, latest)
    }
}

// Rows of letters.db that both sides read. All of them are input: the portal's user can write the file.

import Foundation
import GRDB
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
                WHERE letters.id = ? AND state = 'readable' AND expires_at > ?
                """, arguments: [id, nowSeconds])
    }

    static func controlled(
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
            min(try row.integer("rest_seconds"), GuessLimits.longestRestSeconds))
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

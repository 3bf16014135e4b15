// Senders' control in letters.db: what the page is shown, and what keeps it true while letters come, change and go.
// The token is never here; names are sealed under it.

package import Links
package import Mail
package import Vault

import Foundation
import GRDB

extension LetterDatabase {
    /// Rows that one look at the attempts reads.
    private static let mostEvents = 100_000

    /// One letter, or nil where nothing is known of it.
    package func status(of id: String, nowSeconds: Int64) async throws(Refusal) -> LockedLetter.Status? {
        try await database.read("reading how a letter stands") { database in
            try LetterRows.status(of: id, nowSeconds, database)
        }
    }

    /// What happened to letters that somebody opened or guessed at; a row that is damaged is left out.
    package func events() async throws(Refusal) -> [LockedLetter.Attempts] {
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
                try? LockedLetter.Attempts(
                    id: row.text("letter_id"), openedAtSeconds: row.optionalInteger("opened_at"),
                    wrongTotal: row.integer("wrong_total"), wrongInRow: row.integer("wrong_in_row"),
                    restSeconds: row.integer("rest_seconds"))
            }
        }
    }

    /// Lets a letter live longer; never shorter.
    /// - Returns: false where it is not there, or has expired already.
    package func extend(_ id: String, toSeconds: Int64, nowSeconds: Int64) async throws(Refusal) -> Bool {
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
                    """, arguments: [toSeconds.addingReportingOverflow(LockedLetter.graceSeconds).partialValue, id])
            return true
        }
    }

    /// How many answers of a letter's reader have been sent on.
    package func noteAnswers(_ count: Int, of id: String) async throws(Refusal) {
        try await database.write("noting answers") { database in
            try database.execute(
                sql: "UPDATE control_letters SET answers = ? WHERE letter_id = ?", arguments: [max(0, count), id])
        }
    }

    // MARK: Within transactions of others

    static func insertControl(of letter: LockedLetter, _ database: Database) throws {
        let control = letter.control
        let (end, overflow) = letter.expiresAtSeconds.addingReportingOverflow(LockedLetter.graceSeconds)
        try database.execute(
            sql: """
                INSERT INTO controls (verifier, created_at, expires_at) VALUES (?, ?, ?)
                    ON CONFLICT (verifier) DO UPDATE SET expires_at = max(expires_at, excluded.expires_at)
                """,
            arguments: [Data(control.verifier), letter.createdAtSeconds, overflow ? Int64.max : end])
        try database.execute(
            sql: """
                INSERT INTO control_letters (letter_id, verifier, place, label, created_at, expires_at, longest_at)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                letter.id, Data(control.verifier), control.place, Data(control.label), letter.createdAtSeconds,
                letter.expiresAtSeconds, control.longestAtSeconds,
            ])
    }

    /// A letter is about to go: what is known of it stays for its sender.
    static func end(_ id: String, _ how: LetterState, _ nowSeconds: Int64, _ database: Database) {
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
}

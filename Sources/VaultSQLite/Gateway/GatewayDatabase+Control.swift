// Who controls which letter: in gateway.db, so that the gateway can make a control link again and check one, and knows
// what senders have been told. Addresses and times; the token is made of the control id and the key and never stored.

package import Mail
package import Vault

import Foundation
import GRDB

extension GatewayDatabase {
    /// Who sent a letter; nil where it is unknown.
    package func owner(of letterID: String) async throws(Refusal) -> LetterOwner? {
        try await owners(where: "letter_id = ?", [letterID]).first
    }

    /// All letters with a control, oldest first.
    package func owners() async throws(Refusal) -> [LetterOwner] { try await owners(where: "true", []) }

    /// The letter has been revoked, or has expired: nobody is told anything more of it.
    package func ended(_ letterID: String, _ how: ControlState) async throws(Refusal) {
        try await database.write("noting a letter's end") { database in
            try database.execute(
                sql: "UPDATE letter_controls SET ended = ? WHERE letter_id = ? AND ended IS NULL",
                arguments: [how.rawValue, letterID])
        }
    }

    /// The letter lives until another time.
    package func extended(_ letterID: String, toSeconds: Int64) async throws(Refusal) {
        try await database.write("noting a letter's life") { database in
            for sql in [
                "UPDATE letter_controls SET expires_at = ? WHERE letter_id = ?",
                "UPDATE issued SET expires_at = ? WHERE id = ?",
                "UPDATE conversations SET expires_at = ? WHERE letter_id = ?",
            ] {
                try database.execute(sql: sql, arguments: [toSeconds, letterID])
            }
        }
    }

    private func owners(where condition: String, _ arguments: StatementArguments) async throws(Refusal) -> [LetterOwner]
    {
        try await database.read("reading who sent letters") { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM letter_controls WHERE \(condition) ORDER BY created_at, letter_id",
                arguments: arguments
            ).map(Self.owner)
        }
    }

    static func owner(_ row: Row) throws -> LetterOwner {
        let hasMessageID = (row["message_id"] as DatabaseValue?)?.isNull == false
        let hasEnded = (row["ended"] as DatabaseValue?)?.isNull == false
        return LetterOwner(
            letterID: try row.text("letter_id"), controlID: try row.bytes("control_id"), sender: try row.text("sender"),
            recipient: try row.text("recipient"), messageID: hasMessageID ? try row.text("message_id") : nil,
            createdAtSeconds: try row.integer("created_at"), expiresAtSeconds: try row.integer("expires_at"),
            isFixed: try row.integer("fixed") != 0,
            ended: hasEnded ? ControlState(rawValue: try row.text("ended")) : nil,
            openedAtSeconds: try row.optionalInteger("opened_at"))
    }

    /// One row beside the letter's row of `issued`.
    static func insertControl(_ letter: IssuedLetter, _ database: Database) throws {
        guard let control = letter.control else { return }
        try database.execute(
            sql: """
                INSERT OR REPLACE INTO letter_controls
                    (letter_id, control_id, sender, recipient, message_id, created_at, expires_at, fixed)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                letter.id, Data(control.controlID), letter.sender, letter.recipient, control.messageID,
                letter.createdAtSeconds, letter.expiresAtSeconds, control.isFixed ? 1 : 0,
            ])
    }
}

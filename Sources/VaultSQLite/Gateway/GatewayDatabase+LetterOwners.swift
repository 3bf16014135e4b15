// Who was sent which letter and who controls it: in gateway.db, so that the gateway can make a control link again and
// check one, and knows what senders have been told. The portal never sees it. Addresses and times; the token is made of
// the control id and the key and never stored.

package import Mail
package import Vault

import Foundation
import GRDB

extension GatewayDatabase {
    /// Remembers letters and their conversations; one commit. They are forgotten by ``prune(nowSeconds:)``:
    /// conversations once expired, letters when their sender's page has gone.
    package func issued(_ letters: [LetterOwner], conversations: [Conversation]) async throws(Refusal) {
        guard !letters.isEmpty else { return }
        try await database.write("noting letters") { database in
            for letter in letters { try Self.insert(letter, database) }
            for conversation in conversations { try Self.insert(conversation, database) }
        }
    }

    /// Forgets letters that were never sent, and their conversations. Ids that are not there are no error.
    package func withdrawn(_ ids: [String]) async throws(Refusal) {
        guard !ids.isEmpty else { return }
        try await database.write("forgetting letters") { database in
            for id in ids {
                try database.execute(sql: "DELETE FROM letter_owners WHERE letter_id = ?", arguments: [id])
                try database.execute(sql: "DELETE FROM conversations WHERE letter_id = ?", arguments: [id])
            }
        }
    }

    /// Who sent a letter; nil where it is unknown.
    package func owner(of letterID: String) async throws(Refusal) -> LetterOwner? {
        try await owners(where: "letter_id = ?", [letterID]).first
    }

    /// All letters, oldest first.
    package func owners() async throws(Refusal) -> [LetterOwner] { try await owners(where: "true", []) }

    /// The letter has been revoked, or has expired: nobody is told anything more of it.
    package func ended(_ letterID: String, _ how: LetterState) async throws(Refusal) {
        try await database.write("noting a letter's end") { database in
            try database.execute(
                sql: "UPDATE letter_owners SET ended = ? WHERE letter_id = ? AND ended IS NULL",
                arguments: [how.rawValue, letterID])
        }
    }

    /// The letter lives until another time.
    package func extended(_ letterID: String, toSeconds: Int64) async throws(Refusal) {
        try await database.write("noting a letter's life") { database in
            for sql in [
                "UPDATE letter_owners SET expires_at = ? WHERE letter_id = ?",
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
                database, sql: "SELECT * FROM letter_owners WHERE \(condition) ORDER BY created_at, letter_id",
                arguments: arguments
            ).map(Self.owner)
        }
    }

    static func owner(_ row: Row) throws -> LetterOwner {
        var letter = LetterOwner(
            letterID: try row.text("letter_id"), sender: try row.text("sender"), recipient: try row.text("recipient"),
            createdAtSeconds: try row.integer("created_at"), expiresAtSeconds: try row.integer("expires_at"),
            control: .init(
                controlID: try row.bytes("control_id"), messageID: try row.optionalText("message_id"),
                isFixed: try row.integer("fixed") != 0))
        letter.seen = .init(
            ended: try row.optionalText("ended").flatMap(LetterState.init(rawValue:)),
            openedAtSeconds: try row.optionalInteger("opened_at"))
        return letter
    }

    private static func insert(_ letter: LetterOwner, _ database: Database) throws {
        try database.execute(
            sql: """
                INSERT OR REPLACE INTO letter_owners
                    (letter_id, control_id, sender, recipient, message_id, created_at, expires_at, fixed)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                letter.letterID, Data(letter.controlID), letter.sender, letter.recipient, letter.messageID,
                letter.createdAtSeconds, letter.expiresAtSeconds, letter.isFixed ? 1 : 0,
            ])
    }
}

// Later messages under a letter's link: kept pending like letters, readable once their notification is out, gone with
// their letter. The portal lists and reads them against the letter's own proof.

import Links
import Mail
import Vault

import Foundation
import GRDB

extension LetterDatabase {
    static func insert(_ message: FollowingMessage, _ database: Database) throws {
        try database.execute(
            sql: """
                INSERT INTO following (id, letter_id, number, content_id, wrapped_key, state, created_at, expires_at)
                VALUES (?, ?, ?, ?, ?, 'sending', ?, ?)
                """,
            arguments: [
                message.id, message.letterID, message.number, message.contentID, Data(message.wrappedKey),
                message.createdAtSeconds, message.expiresAtSeconds,
            ])
    }

    /// Moves a later message on. A letter lives as long as its readable later messages.
    /// - Parameter change: what is set in its row.
    /// - Returns: false where there is none of that id.
    static func moveFollowing(_ id: String, _ change: String, _ database: Database) throws -> Bool {
        try database.execute(sql: "UPDATE following SET \(change) WHERE id = ?", arguments: [id])
        guard database.changesCount == 1 else { return false }
        try lengthenLife(byMessage: id, database)
        return true
    }

    private static func lengthenLife(byMessage id: String, _ database: Database) throws {
        try database.execute(
            sql: """
                UPDATE letters SET expires_at = max(letters.expires_at, following.expires_at) FROM following
                WHERE letters.id = following.letter_id AND following.id = ? AND following.state = 'waiting'
                """, arguments: [id])
    }

    /// What a stop left between two states, as for letters.
    /// - Returns: number of later messages deleted, and made readable.
    static func settleFollowing(_ beforeSeconds: Int64, _ database: Database) throws -> (deleted: Int, released: Int) {
        let ids = try String.fetchAll(
            database, sql: "SELECT CAST(id AS TEXT) FROM following WHERE notifying = 1 AND created_at <= ?",
            arguments: [beforeSeconds])
        for id in ids { _ = try moveFollowing(id, "state = 'waiting', notifying = 0", database) }
        try database.execute(
            sql: "DELETE FROM following WHERE state = 'sending' AND created_at <= ?", arguments: [beforeSeconds])
        return (database.changesCount, ids.count)
    }
}

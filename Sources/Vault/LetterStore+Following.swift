// Later messages under a letter's link: kept pending like letters, readable once their notification is out, gone with their
// letter. The portal lists and reads them against the letter's own proof.

import Links
package import Mail

import Foundation
import GRDB

/// Table of later messages.
enum FollowingSchema {
    static let first = """
        CREATE TABLE following (
            id TEXT NOT NULL PRIMARY KEY CHECK (length(id) >= 16),
            letter_id TEXT NOT NULL REFERENCES letters (id) ON DELETE CASCADE,
            number INTEGER NOT NULL CHECK (number > 0),
            content_id TEXT NOT NULL REFERENCES contents (id),
            wrapped_key BLOB NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('pending', 'notifying', 'readable')),
            created_at INTEGER NOT NULL CHECK (created_at >= 0),
            expires_at INTEGER NOT NULL CHECK (expires_at >= 0),
            UNIQUE (letter_id, number)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX following_by_content ON following (content_id);
        """
}

/// What a reader is given of a later message.
package struct OpenedFollowing: Sendable, Equatable {
    /// From 1.
    package let number: Int
    /// Content key, sealed to the conversation.
    package let wrappedKey: [UInt8]
    /// Plaintext bytes of the content.
    package let plainBytes: Int
    /// Number of ciphertext chunks.
    package let chunkCount: Int
}

extension LetterStore {
    static func insert(_ message: FollowingMessage, _ database: Database) throws {
        try database.execute(
            sql: """
                INSERT INTO following (id, letter_id, number, content_id, wrapped_key, state, created_at, expires_at)
                VALUES (?, ?, ?, ?, ?, 'pending', ?, ?)
                """,
            arguments: [
                message.id, message.letterID, message.number, message.contentID, Data(message.wrappedKey),
                message.createdAtSeconds, message.expiresAtSeconds,
            ])
    }

    /// Moves a later message on; never back from readable. Its letter then lives as long as it.
    /// - Returns: false where there is none of that id.
    static func moveFollowing(_ id: String, to state: LetterState, _ database: Database) throws -> Bool {
        try database.execute(
            sql: "UPDATE following SET state = CASE state WHEN 'readable' THEN state ELSE ? END WHERE id = ?",
            arguments: [state.rawValue, id])
        guard database.changesCount == 1 else { return false }
        if state == .readable { try lengthenLives("id = ?", [id], database) }
        return true
    }

    /// Letters live as long as the later messages that `condition` names.
    private static func lengthenLives(
        _ condition: String, _ arguments: StatementArguments, _ database: Database
    ) throws {
        try database.execute(
            sql: """
                UPDATE letters SET expires_at = max(letters.expires_at, following.expires_at) FROM following
                WHERE letters.id = following.letter_id AND following.\(condition)
                """, arguments: arguments)
    }

    /// What a stop left between two states, as for letters.
    /// - Returns: number of later messages deleted, and made readable.
    static func settleFollowing(_ beforeSeconds: Int64, _ database: Database) throws -> (deleted: Int, released: Int) {
        let ids = try String.fetchAll(
            database, sql: "SELECT CAST(id AS TEXT) FROM following WHERE state = 'notifying' AND created_at <= ?",
            arguments: [beforeSeconds])
        for id in ids { _ = try moveFollowing(id, to: .readable, database) }
        try database.execute(
            sql: "DELETE FROM following WHERE state = 'pending' AND created_at <= ?", arguments: [beforeSeconds])
        return (database.changesCount, ids.count)
    }

    /// The later messages of a letter that can be read, oldest first. Asked after a right proof. A row that is damaged comes
    /// with an empty key: its reader is to see that something is there that is not from us, and all the others.
    package func following(_ letterID: String, nowSeconds: Int64) async throws(Refusal) -> [OpenedFollowing] {
        try await database.read("listing later messages") { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT number, wrapped_key, plain_bytes, chunk_count FROM following
                    LEFT JOIN contents ON contents.id = following.content_id JOIN letters ON letters.id = letter_id
                    WHERE following.letter_id = ? AND following.state = 'readable' AND letters.expires_at > ?
                    ORDER BY number LIMIT 1000
                    """, arguments: [letterID, nowSeconds]
            ).compactMap { row in
                guard let number = try? row.count("number") else { return nil }
                return OpenedFollowing(
                    number: number, wrappedKey: (try? row.bytes("wrapped_key")) ?? [],
                    plainBytes: (try? row.count("plain_bytes")) ?? 0, chunkCount: (try? row.count("chunk_count")) ?? 0)
            }
        }
    }
}

// What the gateway knows of later messages: the last number of each letter, and how long its conversation lives.

package import Mail
import Vault

import GRDB

extension GatewayDatabase {
    /// A number for the next message under a letter's link; no other message gets it.
    /// - Throws: a ``Refusal`` of cause `storage`, also where there is no such conversation (any more).
    package func nextFollowing(of letterID: String) async throws(Refusal) -> Int {
        try await database.write("numbering a later message") { database in
            let row = try Row.fetchOne(
                database,
                sql: """
                    INSERT INTO following_numbers (letter_id, last) VALUES (?, 1)
                    ON CONFLICT (letter_id) DO UPDATE SET last = last + 1 RETURNING last
                    """, arguments: [letterID])
            guard let row else { throw StateFolder.refusal("numbering a later message: nothing came back") }
            return try row.count("last")
        }
    }

    /// A later message has been kept under a letter's link.
    /// - Parameters:
    ///   - messageID: with angle brackets; nil where it has none that can be repeated.
    ///   - gatewayKey: the public point in its index: its pair lives as long as the conversation.
    ///   - untilSeconds: since 1970; the conversation lives as long at least.
    package func follow(
        _ letterID: String, messageID: String?, gatewayKey: [UInt8], untilSeconds: Int64
    ) async throws(Refusal) {
        try await database.write("noting a later message") { database in
            if let messageID { try Self.note(messageID, of: letterID, database) }
            try Self.carry(gatewayKey, under: letterID, database)
            try database.execute(
                sql: "UPDATE conversations SET expires_at = max(expires_at, ?) WHERE letter_id = ?",
                arguments: [untilSeconds, letterID])
        }
    }
}

// Who was sent which letter: for `letterlock links list`, in the gateway's own database. The portal never sees it.

package import Mail
package import Vault

import GRDB

extension GatewayDatabase {
    /// Remembers letters and their conversations; one commit. They are forgotten by ``prune(nowSeconds:)`` once
    /// expired.
    package func issued(_ letters: [IssuedLetter], conversations: [Conversation]) async throws(Refusal) {
        guard !letters.isEmpty else { return }
        try await database.write("noting letters") { database in
            for letter in letters {
                try database.execute(
                    sql: """
                        INSERT OR REPLACE INTO issued (id, sender, recipient, created_at, expires_at)
                        VALUES (?, ?, ?, ?, ?)
                        """,
                    arguments: [
                        letter.id, letter.sender, letter.recipient, letter.createdAtSeconds, letter.expiresAtSeconds,
                    ])
                try Self.insertControl(letter, database)
            }
            for conversation in conversations { try Self.insert(conversation, database) }
        }
    }

    /// Forgets letters that were discarded or revoked. Ids that are not there are no error.
    package func withdrawn(_ ids: [String]) async throws(Refusal) {
        guard !ids.isEmpty else { return }
        try await database.write("forgetting letters") { database in
            for id in ids {
                try database.execute(sql: "DELETE FROM issued WHERE id = ?", arguments: [id])
                try database.execute(sql: "DELETE FROM conversations WHERE letter_id = ?", arguments: [id])
            }
        }
    }

    /// All remembered letters, oldest first.
    package func issuedLetters() async throws(Refusal) -> [IssuedLetter] {
        try await database.read("listing letters") { database in
            try Row.fetchAll(
                database,
                sql: "SELECT id, sender, recipient, created_at, expires_at FROM issued ORDER BY created_at, id"
            ).map { row in
                IssuedLetter(
                    id: try row.text("id"), sender: try row.text("sender"), recipient: try row.text("recipient"),
                    createdAtSeconds: try row.integer("created_at"), expiresAtSeconds: try row.integer("expires_at"))
            }
        }
    }
}

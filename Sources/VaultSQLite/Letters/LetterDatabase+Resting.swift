// Letters that rest after wrong guesses, for the admin page.

import GRDB
package import Mail
import Vault

extension LetterDatabase {
    /// Until when letters rest, in seconds since 1970, by id. The portal writes these rows: they may say anything, and
    /// one that is no number is left out.
    package func resting(nowSeconds: Int64) async throws(Refusal) -> [String: Int64] {
        try await database.read("looking for resting letters") { database in
            let rows = try Row.fetchAll(
                database, sql: "SELECT letter_id, rests_until FROM attempts WHERE rests_until > ?",
                arguments: [nowSeconds])
            return Dictionary(
                rows.compactMap { row in
                    guard let id = try? row.text("letter_id"), let until = try? row.integer("rests_until") else {
                        return nil
                    }
                    return (id, until)
                }
            ) { first, _ in first }
        }
    }
}

// The order of wishes about standing passwords. An answer that could not be carried out at once is tried again for
// days; what the same reader or the administrator has wished since must not be undone by that. Touches gateway.db.

import Foundation
import GRDB
package import Mail
package import Vault

extension GatewayDatabase {
    /// False where another wish about the same password has been carried out since this one was first tried.
    package func isNewest(_ wish: PasswordWish, of recipient: Mailbox) async throws(Refusal) -> Bool {
        let name = recipient.folded
        return try await database.read("reading wishes") { try Self.isNewest(wish, name, $0) }
    }

    private static func isNewest(_ wish: PasswordWish, _ address: String, _ database: Database) throws -> Bool {
        guard wish.isRetry,
            let row = try Row.fetchOne(
                database, sql: "SELECT name, at FROM password_wishes WHERE address = ?", arguments: [address])
        else { return true }
        return try row.text("name") == wish.name || row.integer("at") < wish.atSeconds
    }

    /// Notes a wish that is carried out in the same transaction.
    /// - Parameter wish: nil is the administrator's.
    /// - Returns: false where it is not the newest: then nothing is to be done.
    static func note(
        _ wish: PasswordWish?, _ address: String, _ nowSeconds: Int64, _ database: Database
    ) throws -> Bool {
        if let wish, try !isNewest(wish, address, database) { return false }
        try database.execute(
            sql: "INSERT OR REPLACE INTO password_wishes (address, name, at) VALUES (?, ?, ?)",
            arguments: [address, wish?.name ?? "", wish?.atSeconds ?? nowSeconds])
        return true
    }

    /// Forgets wishes that no answer under way can be older than.
    static func pruneWishes(beforeSeconds: Int64, _ database: Database) throws {
        try database.execute(sql: "DELETE FROM password_wishes WHERE at <= ?", arguments: [beforeSeconds])
    }
}

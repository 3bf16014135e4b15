// Keys that readers have sent and not confirmed yet: the certificate, whose it is said to be, and a digest of the token
// that stands in the confirmation mail. Public keys and addresses; nothing here lets anybody confirm.

package import Mail
package import Vault

import Foundation
import GRDB

extension GatewayDatabase {
    /// Keeps a key until it is confirmed. An earlier one of the same address is forgotten: only the last mail counts.
    package func keep(_ key: PendingKey, for address: Mailbox, nowSeconds: Int64) async throws(Refusal) {
        try await database.write("keeping a key") { database in
            try database.execute(
                sql: "DELETE FROM pending_keys WHERE folded = ? OR expires_at <= ?",
                arguments: [address.folded, nowSeconds])
            try database.execute(
                sql: """
                    INSERT INTO pending_keys (token_digest, address, folded, fingerprint, certificate, expires_at)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    Data(key.tokenDigest), key.address, address.folded, key.fingerprint, Data(key.certificate),
                    key.expiresAtSeconds,
                ])
        }
    }

    /// The key that a token confirms; nil where there is none, or no longer.
    package func pendingKey(tokenDigest: [UInt8], nowSeconds: Int64) async throws(Refusal) -> PendingKey? {
        try await database.read("looking for a key") { database in
            try Row.fetchOne(
                database, sql: "SELECT * FROM pending_keys WHERE token_digest = ? AND expires_at > ?",
                arguments: [Data(tokenDigest), nowSeconds]
            ).map { row in
                PendingKey(
                    tokenDigest: try row.bytes("token_digest"), address: try row.text("address"),
                    fingerprint: try row.text("fingerprint"), certificate: try row.bytes("certificate"),
                    expiresAtSeconds: try row.integer("expires_at"))
            }
        }
    }

    /// It has been confirmed.
    package func forgetPendingKey(tokenDigest: [UInt8]) async throws(Refusal) {
        try await database.write("forgetting a key") { database in
            try database.execute(
                sql: "DELETE FROM pending_keys WHERE token_digest = ?", arguments: [Data(tokenDigest)])
        }
    }
}

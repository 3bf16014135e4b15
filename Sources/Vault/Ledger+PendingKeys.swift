// Keys that readers have sent and not confirmed yet: the certificate, whose it is said to be, and a digest of the token that
// stands in the confirmation mail. Public keys and addresses; nothing here lets anybody confirm.

package import Mail

import Foundation
import GRDB

/// One key that waits for its owner's word.
package struct PendingKey: Sendable, Equatable {
    /// SHA-256 of the token, 32 bytes.
    package let tokenDigest: [UInt8]
    /// Whose key it is said to be, as written.
    package let address: String
    /// Of the primary key, upper-case hexadecimal.
    package let fingerprint: String
    /// One transferable public key, binary.
    package let certificate: [UInt8]
    /// Seconds since 1970; from then on it is forgotten.
    package let expiresAtSeconds: Int64

    package init(
        tokenDigest: [UInt8], address: String, fingerprint: String, certificate: [UInt8], expiresAtSeconds: Int64
    ) {
        self.tokenDigest = tokenDigest
        self.address = address
        self.fingerprint = fingerprint
        self.certificate = certificate
        self.expiresAtSeconds = expiresAtSeconds
    }
}

/// Table of pending keys.
enum PendingKeySchema {
    static let first = """
        CREATE TABLE pending_keys (
            token_digest BLOB NOT NULL PRIMARY KEY CHECK (length(token_digest) = 32),
            address TEXT NOT NULL,
            folded TEXT NOT NULL,
            fingerprint TEXT NOT NULL,
            certificate BLOB NOT NULL,
            expires_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX pending_keys_by_address ON pending_keys (folded);
        """
}

extension Ledger {
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

// How much room letters may take, in all and for one recipient. Counted where letters are kept, in the same transaction, so
// two messages cannot both take the last of it. Touches letters.db; fails with a refusal of cause `noRoom` (452).

import Cryptography
import Foundation
import GRDB
import Links
package import Mail

/// Room for letters.
package struct StorageQuota: Sendable, Equatable {
    /// All that lies in letters.db, in bytes.
    package var lettersBytes = 10 << 30
    /// Letters that wait for one recipient, in bytes.
    package var perRecipientBytes = 500 << 20
    /// From that part of ``lettersBytes`` on somebody should be told, in percent.
    package var alarmPercent = 80

    /// The defaults.
    package init() {}

    /// Bytes from which somebody should be told.
    package var alarmBytes: Int { Int((Double(lettersBytes) * Double(alarmPercent) / 100).rounded(.down)) }
}

/// For whom a letter or later message takes room: a keyed code of his address, which tells nothing without the gateway's
/// own database.
package struct StorageOwner: Sendable, Hashable {
    let code: [UInt8]
}

/// Table of who takes how much. A content that several letters share counts for each of their recipients.
enum StorageSchema {
    static let first = """
        CREATE TABLE storage_shares (
            content_id TEXT NOT NULL REFERENCES contents (id) ON DELETE CASCADE,
            owner BLOB NOT NULL CHECK (length(owner) = 32),
            bytes INTEGER NOT NULL CHECK (bytes >= 0),
            PRIMARY KEY (content_id, owner)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX storage_shares_by_owner ON storage_shares (owner, bytes);
        """
}

extension Ledger {
    /// The code of an address in letters.db.
    package func storageOwner(_ recipient: Mailbox) throws(Refusal) -> StorageOwner {
        let text = MessageBytes("letterlock storage \(recipient.folded)")
        return StorageOwner(code: try HMACSHA256.authenticate(text, key: key))
    }
}

extension LetterStore {
    /// Bytes that letters.db takes, without what has been freed in it.
    package func usedBytes() async throws(Refusal) -> Int {
        try await database.read("measuring the letters") { try Self.usedBytes($0) }
    }

    /// Whether a message of a size could be kept: asked before it is sealed.
    /// - Throws: a refusal of cause `noRoom`.
    package func requireRoom(bytes: Int, quota: StorageQuota) async throws(Refusal) {
        try await database.read("measuring the letters") { try Self.requireTotal(bytes, quota, $0) }
    }

    /// Notes who takes how much, and refuses what is too much. Runs in the transaction that keeps the contents, first.
    static func take(_ contents: [LockedContent], _ shares: StorageShares, _ database: Database) throws {
        var sizes: [String: Int] = [:]
        for content in contents { sizes[content.id] = content.chunks.reduce(0) { $0 + $1.count } }
        try requireTotal(sizes.values.reduce(0, +), shares.quota, database)
        var wanted: [StorageOwner: Int] = [:]
        for share in shares.owners { wanted[share.owner, default: 0] += sizes[share.contentID] ?? 0 }
        for (owner, bytes) in wanted {
            let held = try Int.fetchOne(
                database, sql: "SELECT coalesce(sum(bytes), 0) FROM storage_shares WHERE owner = ?",
                arguments: [Data(owner.code)])
            let (sum, overflow) = max(0, held ?? 0).addingReportingOverflow(bytes)
            guard !overflow, sum <= shares.quota.perRecipientBytes else {
                throw Refusal(
                    .noRoom, "too much mail waits for a recipient who reads by link, try again later",
                    detail: "keeping letters: over storage.per-recipient (\(shares.quota.perRecipientBytes) bytes)")
            }
        }
    }

    static func insert(_ shares: StorageShares, _ contents: [LockedContent], _ database: Database) throws {
        var sizes: [String: Int] = [:]
        for content in contents { sizes[content.id] = content.chunks.reduce(0) { $0 + $1.count } }
        for share in shares.owners {
            guard let bytes = sizes[share.contentID] else { continue }
            try database.execute(
                sql: "INSERT OR IGNORE INTO storage_shares (content_id, owner, bytes) VALUES (?, ?, ?)",
                arguments: [share.contentID, Data(share.owner.code), bytes])
        }
    }

    private static func usedBytes(_ database: Database) throws -> Int {
        func number(_ pragma: String) throws -> Int { try Int.fetchOne(database, sql: "PRAGMA \(pragma)") ?? 0 }
        let pages = try number("page_count") - number("freelist_count")
        return max(0, pages) * (try number("page_size"))
    }

    private static func requireTotal(_ bytes: Int, _ quota: StorageQuota, _ database: Database) throws {
        let (sum, overflow) = try usedBytes(database).addingReportingOverflow(bytes)
        guard overflow || sum > quota.lettersBytes else { return }
        throw Refusal(
            .noRoom, "there is no room for mail that is read by link now, try again later",
            detail: "keeping letters: over storage.letters (\(quota.lettersBytes) bytes)")
    }
}

/// What ``LetterStore/keep(_:_:following:shares:)`` counts by.
package struct StorageShares: Sendable {
    /// One content and one of its readers.
    package struct Share: Sendable {
        let contentID: String
        let owner: StorageOwner

        package init(contentID: String, owner: StorageOwner) {
            self.contentID = contentID
            self.owner = owner
        }
    }

    let quota: StorageQuota
    let owners: [Share]

    package init(quota: StorageQuota, owners: [Share]) {
        self.quota = quota
        self.owners = owners
    }
}

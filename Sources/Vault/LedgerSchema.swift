// Tables of gateway.db. No content: addresses, keyed codes and times.

import Cryptography
import Foundation
import GRDB
import Links

/// Schema of the gateway's own database.
enum LedgerSchema {
    /// Migrations in order; a published one is never changed. The first start makes the ledger's key.
    static func migrator() -> DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("gateway 1") { database in
            try database.execute(sql: gateway1)
            let key = try Randomness.bytes(32)
            try database.execute(sql: "INSERT INTO ledger_key (only, key) VALUES (1, ?)", arguments: [Data(key)])
        }
        migrator.registerMigration("gateway 2") { database in try database.execute(sql: gateway2) }
        migrator.registerMigration("quarantine 1") { database in try database.execute(sql: QuarantineSchema.first) }
        migrator.registerMigration("learned-keys 1") { try $0.execute(sql: PendingKeySchema.first) }
        migrator.registerMigration("conversations 1") { try $0.execute(sql: ConversationSchema.first) }
        migrator.registerMigration("following numbers 1") { try $0.execute(sql: FollowingNumberSchema.first) }
        migrator.registerMigration("contacts 1") { database in try database.execute(sql: ContactSchema.first) }
        migrator.registerMigration("control 1") { database in
            try database.execute(sql: ControlSchema.gateway)
            let key = try Randomness.bytes(32)
            try database.execute(sql: "INSERT INTO control_key (only, key) VALUES (1, ?)", arguments: [Data(key)])
        }
        migrator.registerMigration("admin 1") { database in try database.execute(sql: AdminSchema.first) }
        migrator.registerMigration("carried keys 1") { try $0.execute(sql: FollowingNumberSchema.carriedKeys) }
        migrator.registerMigration("protected messages 1") { try $0.execute(sql: ProtectedMessageSchema.first) }
        migrator.registerMigration("password wishes 1") { try $0.execute(sql: PasswordWishSchema.first) }
        return migrator
    }

    // `kind`: what the recipient has been served with. The null sender is the empty text.
    private static let gateway1 = """
        CREATE TABLE ledger_key (
            only INTEGER NOT NULL PRIMARY KEY CHECK (only = 1),
            key BLOB NOT NULL CHECK (length(key) = 32)
        ) STRICT;
        CREATE TABLE ledger (
            sender TEXT NOT NULL,
            fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32),
            recipient TEXT NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('delivered', 'password')),
            at INTEGER NOT NULL,
            PRIMARY KEY (sender, fingerprint, recipient, kind)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX ledger_by_time ON ledger (at);
        CREATE TABLE issued (
            id TEXT NOT NULL PRIMARY KEY,
            sender TEXT NOT NULL,
            recipient TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        """

    // Two kinds more: `refused` (for good, with what was said, so that the report can be written by a later try) and
    // `reported` (the sender has been told). SQLite cannot change a CHECK in place.
    private static let gateway2 = """
        CREATE TABLE ledger_new (
            sender TEXT NOT NULL,
            fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32),
            recipient TEXT NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('delivered', 'password', 'refused', 'reported')),
            at INTEGER NOT NULL,
            code INTEGER,
            enhanced TEXT,
            said TEXT,
            CHECK (kind <> 'refused' OR (code IS NOT NULL AND enhanced IS NOT NULL AND said IS NOT NULL)),
            PRIMARY KEY (sender, fingerprint, recipient, kind)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO ledger_new (sender, fingerprint, recipient, kind, at)
            SELECT sender, fingerprint, recipient, kind, at FROM ledger;
        DROP TABLE ledger;
        ALTER TABLE ledger_new RENAME TO ledger;
        CREATE INDEX ledger_by_time ON ledger (at);
        """
}

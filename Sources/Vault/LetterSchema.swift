// Tables of letters.db, and what the portal's connection may not do to them. Pure text; run by VaultDatabase.

import Cryptography
import GRDB
import Links

/// Schema of the letters database.
enum LetterSchema {
    /// Migrations in order; a published one is never changed.
    static func migrator() -> DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("letters 1") { try $0.execute(sql: letters1) }
        migrator.registerMigration("letters 2") { try $0.execute(sql: letters2) }
        migrator.registerMigration("following 1") { try $0.execute(sql: FollowingSchema.first) }
        migrator.registerMigration("answers 1") { try $0.execute(sql: AnswerSchema.answers1) }
        migrator.registerMigration("control 1") { try $0.execute(sql: ControlSchema.letters) }
        // 1: the reader may wish to keep the password for later letters; 0: it is a kept one.
        migrator.registerMigration("keeping 1") {
            try $0.execute(
                sql: "ALTER TABLE letters ADD COLUMN keeps_password INTEGER CHECK (keeps_password IN (0, 1))")
        }
        migrator.registerMigration("storage 1") { try $0.execute(sql: StorageSchema.first) }
        migrator.registerMigration("link proof 1") { try $0.execute(sql: linkProof1) }
        return migrator
    }

    // What guesses change stands in a table of its own, so that the portal needs to write nothing else.
    private static let letters1 = """
        CREATE TABLE contents (
            id TEXT NOT NULL PRIMARY KEY,
            plain_bytes INTEGER NOT NULL CHECK (plain_bytes >= 0),
            chunk_count INTEGER NOT NULL CHECK (chunk_count > 0)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE chunks (
            content_id TEXT NOT NULL REFERENCES contents (id) ON DELETE CASCADE,
            number INTEGER NOT NULL CHECK (number >= 0),
            sealed BLOB NOT NULL,
            PRIMARY KEY (content_id, number)
        ) STRICT;
        CREATE TABLE letters (
            id TEXT NOT NULL PRIMARY KEY CHECK (length(id) >= 16),
            content_id TEXT NOT NULL REFERENCES contents (id),
            version INTEGER NOT NULL,
            kdf TEXT NOT NULL,
            rounds INTEGER NOT NULL CHECK (rounds > 0),
            password_kind TEXT NOT NULL CHECK (password_kind IN ('made', 'chosen')),
            salt BLOB NOT NULL CHECK (length(salt) = 16),
            verifier BLOB NOT NULL CHECK (length(verifier) = 32),
            wrapped_keys BLOB NOT NULL,
            conversation_key BLOB NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('pending', 'notifying', 'readable')),
            created_at INTEGER NOT NULL CHECK (created_at >= 0),
            expires_at INTEGER NOT NULL CHECK (expires_at >= 0)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX letters_by_content ON letters (content_id);
        CREATE INDEX letters_by_expiry ON letters (expires_at);
        CREATE TABLE attempts (
            letter_id TEXT NOT NULL PRIMARY KEY REFERENCES letters (id) ON DELETE CASCADE,
            wrong_total INTEGER NOT NULL DEFAULT 0 CHECK (wrong_total >= 0),
            wrong_in_row INTEGER NOT NULL DEFAULT 0 CHECK (wrong_in_row >= 0),
            rest_seconds INTEGER NOT NULL DEFAULT 0 CHECK (rest_seconds >= 0),
            rests_until INTEGER NOT NULL DEFAULT 0 CHECK (rests_until >= 0),
            opened_at INTEGER
        ) STRICT, WITHOUT ROWID;
        """

    // Totals outlive the letters, so that monitoring sees guessing whatever expires or is revoked.
    private static let letters2 = """
        CREATE TABLE attempt_totals (
            result TEXT NOT NULL PRIMARY KEY CHECK (result IN ('right', 'wrong')),
            total INTEGER NOT NULL CHECK (total >= 0)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO attempt_totals SELECT 'right', 0 UNION ALL SELECT 'wrong', coalesce(sum(wrong_total), 0) FROM attempts;
        """

    // SHA-256(link). Of a letter from before nothing has this digest: it does not open.
    private static let linkProof1 = """
        ALTER TABLE letters ADD COLUMN link_verifier BLOB NOT NULL
            DEFAULT x'\(String(repeating: "00", count: SHA256Digest.byteCount))' CHECK (length(link_verifier) = 32);
        """

    /// Run on the portal's writing connection: a mistake in the portal cannot add, change or delete a letter. (Its
    /// Unix user can write the file all the same; the threat model says what that is worth: nothing in it opens.)
    static let portalFence: String = {
        var fence = ""
        for table in ["contents", "chunks", "letters", "storage_shares", "following"] {
            for event in ["INSERT", "UPDATE", "DELETE"] { fence += trigger(table, event) }
        }
        fence += AnswerSchema.portalFence
        for event in ["INSERT", "UPDATE OF letter_id", "DELETE"] { fence += trigger("attempts", event) }
        for event in ["INSERT", "UPDATE OF result", "DELETE"] { fence += trigger("attempt_totals", event) }
        for (table, events) in ControlSchema.fenced { for event in events { fence += trigger(table, event) } }
        fence += ControlSchema.requestFence
        return fence
    }()

    static func trigger(_ table: String, _ event: String) -> String {
        """
        CREATE TEMP TRIGGER fence_\(table)_\(event.prefix(6)) BEFORE \(event) ON main.\(table)
        BEGIN SELECT RAISE(ABORT, 'the portal may not do this'); END;

        """
    }
}

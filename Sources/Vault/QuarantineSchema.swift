// Tables of the quarantine in gateway.db. Addresses, rule ids, reasons and times; the message itself only sealed.

/// Schema of what is held back.
enum QuarantineSchema {
    // A further kind of ledger rows, `held`: the quarantine has the message for this recipient (SQLite cannot change a
    // CHECK in place). A recipient in state `held` still needs the sealed content; with the last of them it goes.
    static let first = """
        CREATE TABLE ledger_new (
            sender TEXT NOT NULL,
            fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32),
            recipient TEXT NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('delivered', 'password', 'refused', 'reported', 'held')),
            at INTEGER NOT NULL,
            code INTEGER,
            enhanced TEXT,
            said TEXT,
            CHECK (kind <> 'refused' OR (code IS NOT NULL AND enhanced IS NOT NULL AND said IS NOT NULL)),
            PRIMARY KEY (sender, fingerprint, recipient, kind)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO ledger_new SELECT sender, fingerprint, recipient, kind, at, code, enhanced, said FROM ledger;
        DROP TABLE ledger;
        ALTER TABLE ledger_new RENAME TO ledger;
        CREATE INDEX ledger_by_time ON ledger (at);
        CREATE TABLE quarantine (
            id TEXT NOT NULL PRIMARY KEY,
            sender TEXT NOT NULL,
            fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32),
            circumstances TEXT NOT NULL,
            sealed_to TEXT NOT NULL,
            bytes INTEGER NOT NULL,
            received_at INTEGER NOT NULL,
            held_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX quarantine_by_message ON quarantine (sender, fingerprint);
        CREATE INDEX quarantine_by_expiry ON quarantine (expires_at);
        CREATE TABLE quarantine_recipients (
            id TEXT NOT NULL REFERENCES quarantine (id) ON DELETE CASCADE,
            place INTEGER NOT NULL,
            recipient TEXT NOT NULL,
            folded TEXT NOT NULL,
            rules TEXT NOT NULL,
            reason TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('held', 'released', 'dropped', 'expired')),
            PRIMARY KEY (id, place)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE quarantine_chunks (
            id TEXT NOT NULL REFERENCES quarantine (id) ON DELETE CASCADE,
            number INTEGER NOT NULL,
            sealed BLOB NOT NULL,
            PRIMARY KEY (id, number)
        ) STRICT;
        CREATE TABLE quarantine_records (
            number INTEGER NOT NULL PRIMARY KEY,
            id TEXT NOT NULL REFERENCES quarantine (id) ON DELETE CASCADE,
            at INTEGER NOT NULL,
            who TEXT NOT NULL,
            action TEXT NOT NULL,
            recipients TEXT NOT NULL,
            said TEXT NOT NULL
        ) STRICT;
        CREATE INDEX quarantine_records_by_id ON quarantine_records (id);
        CREATE TABLE notices (
            number INTEGER NOT NULL PRIMARY KEY,
            id TEXT NOT NULL REFERENCES quarantine (id) ON DELETE CASCADE,
            kind TEXT NOT NULL CHECK (kind IN ('held-sender', 'held-officer', 'expired-officer')),
            made_at INTEGER NOT NULL,
            tries INTEGER NOT NULL,
            due_at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX notices_by_time ON notices (due_at);
        """
}

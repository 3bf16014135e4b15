// Tables of gateway.db: addresses, keyed codes, keys and times; no content, but the quarantine's, which is sealed.

import Cryptography
import Foundation
import GRDB

/// Schema of the gateway's own database.
enum GatewaySchema {
    /// One step; once released it is never changed, and changes are further steps. The first start makes the keys.
    static func migrator() -> DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("gateway.db 1") { database in
            for sql in [keys, ledger, letters, conversations, contacts, quarantine, outbox, counters] {
                try database.execute(sql: sql)
            }
            for table in ["ledger_key", "control_key"] {
                let key = try Randomness.bytes(32)
                try database.execute(sql: "INSERT INTO \(table) (only, key) VALUES (1, ?)", arguments: [Data(key)])
            }
        }
        return migrator
    }

    // What fingerprints are keyed with, and control links are made of.
    private static let keys = """
        CREATE TABLE ledger_key (
            only INTEGER NOT NULL PRIMARY KEY CHECK (only = 1),
            key BLOB NOT NULL CHECK (length(key) = 32)
        ) STRICT;
        CREATE TABLE control_key (
            only INTEGER NOT NULL PRIMARY KEY CHECK (only = 1),
            key BLOB NOT NULL CHECK (length(key) = 32)
        ) STRICT;
        """

    // `kind`: what has become of the message for the recipient, `password`: a password for the letter has been mailed
    // to the sender. A refusal for good comes with what was said, and with the next hop's own words where it was the
    // hop that said it, so that the report can be written by a later try. The null sender is the empty text. `held`:
    // the quarantine has the message for this recipient. `copied`: the recipient is an archive that has its copy.
    // `receipted`: the sender has been told that the next hop has the message.
    private static let ledger = """
        CREATE TABLE ledger (
            sender TEXT NOT NULL,
            fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32),
            recipient TEXT NOT NULL,
            kind TEXT NOT NULL CHECK (
                kind IN ('delivered', 'password', 'refused', 'reported', 'held', 'copied', 'receipted')),
            at INTEGER NOT NULL,
            code INTEGER,
            enhanced TEXT,
            said TEXT,
            hop_reply TEXT,
            CHECK (kind <> 'refused' OR (code IS NOT NULL AND enhanced IS NOT NULL AND said IS NOT NULL)),
            PRIMARY KEY (sender, fingerprint, recipient, kind)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX ledger_by_time ON ledger (at);
        """

    // Who was sent which letter, and who controls it. The token is not here: it is made again of control id and key.
    private static let letters = """
        CREATE TABLE letter_owners (
            letter_id TEXT NOT NULL PRIMARY KEY,
            control_id BLOB NOT NULL CHECK (length(control_id) = 16),
            sender TEXT NOT NULL,
            recipient TEXT NOT NULL,
            message_id TEXT,
            created_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL,
            fixed INTEGER NOT NULL CHECK (fixed IN (0, 1)),
            ended TEXT CHECK (ended IN ('revoked', 'expired')),
            opened_at INTEGER,
            told_wrong INTEGER NOT NULL DEFAULT 0
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX letter_owners_by_expiry ON letter_owners (expires_at);
        """

    // The private keys lie here and nowhere else. `answers_taken` outlives the rows of the outbox: whatever the outbox
    // says later, an answer that was sent is never sent again. It goes with its conversation, without whose keys an
    // answer does not open. Of protected messages only keyed codes of their Message-IDs are kept.
    private static let conversations = """
        CREATE TABLE answer_keys (
            public BLOB NOT NULL PRIMARY KEY CHECK (length(public) = 65),
            private BLOB NOT NULL,
            made_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE conversations (
            letter_id TEXT NOT NULL PRIMARY KEY,
            conversation_key BLOB NOT NULL,
            gateway_key BLOB NOT NULL CHECK (length(gateway_key) IN (0, 65)),
            sender TEXT NOT NULL,
            recipient TEXT NOT NULL,
            folded_recipient TEXT NOT NULL,
            message_id TEXT,
            participants TEXT NOT NULL,
            link_secret TEXT,
            answers_sent INTEGER NOT NULL DEFAULT 0 CHECK (answers_sent >= 0),
            answers_allowed INTEGER NOT NULL DEFAULT 0 CHECK (answers_allowed >= 0),
            expires_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX conversations_by_recipient ON conversations (folded_recipient);
        CREATE INDEX conversations_by_key ON conversations (gateway_key);
        CREATE TABLE conversation_messages (
            letter_id TEXT NOT NULL REFERENCES conversations (letter_id) ON DELETE CASCADE,
            message_id TEXT NOT NULL,
            PRIMARY KEY (letter_id, message_id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX conversation_messages_by_id ON conversation_messages (message_id);
        CREATE TABLE answers_taken (
            letter_id TEXT NOT NULL REFERENCES conversations (letter_id) ON DELETE CASCADE,
            answer_id TEXT NOT NULL,
            token TEXT NOT NULL,
            taken_at INTEGER NOT NULL,
            tries INTEGER NOT NULL DEFAULT 0 CHECK (tries >= 0),
            state TEXT NOT NULL CHECK (state IN ('taken', 'sent', 'refused')),
            counted INTEGER NOT NULL DEFAULT 1 CHECK (counted IN (0, 1)),
            reason TEXT,
            said TEXT,
            CHECK (state <> 'refused' OR reason IS NOT NULL),
            PRIMARY KEY (letter_id, answer_id)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE following_numbers (
            letter_id TEXT NOT NULL PRIMARY KEY REFERENCES conversations (letter_id) ON DELETE CASCADE,
            last INTEGER NOT NULL CHECK (last > 0)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE carried_keys (
            letter_id TEXT NOT NULL REFERENCES conversations (letter_id) ON DELETE CASCADE,
            public BLOB NOT NULL CHECK (length(public) = 65),
            PRIMARY KEY (letter_id, public)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX carried_keys_by_key ON carried_keys (public);
        CREATE TABLE protected_messages (
            code BLOB NOT NULL PRIMARY KEY CHECK (length(code) = 32),
            at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX protected_messages_by_time ON protected_messages (at);
        """

    // `stretched`: with a letter's link secret it opens that letter (docs/threat-model.md). `password_wishes` holds the
    // newest wish about each password; its name is empty for the administrator's.
    private static let contacts = """
        CREATE TABLE contacts (
            address TEXT NOT NULL PRIMARY KEY,
            phone TEXT,
            salt BLOB CHECK (salt IS NULL OR length(salt) = 16),
            stretched BLOB CHECK (stretched IS NULL OR length(stretched) = 32),
            kind TEXT CHECK (kind IS NULL OR kind IN ('made', 'chosen')),
            rounds INTEGER,
            password_set_at INTEGER,
            password_set_by TEXT,
            used_at INTEGER,
            CHECK ((stretched IS NULL) = (salt IS NULL) AND (stretched IS NULL) = (kind IS NULL)
                AND (stretched IS NULL) = (rounds IS NULL) AND (stretched IS NULL) = (password_set_at IS NULL)
                AND (stretched IS NULL) = (used_at IS NULL)),
            CHECK (phone IS NOT NULL OR stretched IS NOT NULL)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE password_wishes (
            address TEXT NOT NULL PRIMARY KEY,
            name TEXT NOT NULL,
            at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
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

    // A recipient in state `held` still needs the sealed content; with the last of them it goes.
    private static let quarantine = """
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
        """

    // A notice stays as a row when it has been sent, so that it is never made again, and goes with what it is about.
    // `due_at`: NULL once it is concluded; while it is claimed, the end of the lease. Kinds are words of Vault's
    // `NoticeKind`s: one that this program does not know is claimed by nobody.
    private static let outbox = """
        CREATE TABLE outbox (
            number INTEGER NOT NULL PRIMARY KEY,
            kind TEXT NOT NULL CHECK (length(kind) > 0),
            held_id TEXT REFERENCES quarantine (id) ON DELETE CASCADE,
            letter_id TEXT REFERENCES letter_owners (letter_id) ON DELETE CASCADE,
            mark INTEGER NOT NULL,
            at INTEGER NOT NULL,
            made_at INTEGER NOT NULL,
            tries INTEGER NOT NULL DEFAULT 0 CHECK (tries >= 0),
            due_at INTEGER,
            CHECK ((held_id IS NULL) <> (letter_id IS NULL)),
            UNIQUE (held_id, kind, mark),
            UNIQUE (letter_id, kind, mark)
        ) STRICT;
        CREATE INDEX outbox_by_time ON outbox (kind, due_at) WHERE due_at IS NOT NULL;
        """

    // Hours since 1970.
    private static let counters = """
        CREATE TABLE flow (
            hour INTEGER NOT NULL,
            kind TEXT NOT NULL,
            count INTEGER NOT NULL CHECK (count >= 0),
            PRIMARY KEY (hour, kind)
        ) STRICT, WITHOUT ROWID;
        """
}

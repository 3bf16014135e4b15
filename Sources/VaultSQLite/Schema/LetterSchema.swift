// Tables of letters.db. Everything in them is input: who can write the file can write anything here. Pure text.

import GRDB

/// Schema of the letters database.
enum LetterSchema {
    /// One step; once released it is never changed, and changes are further steps.
    static func migrator() -> DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("letters.db 1") { database in
            for sql in [letters, attempts, answers, control, requests] { try database.execute(sql: sql) }
        }
        return migrator
    }

    // `state`, and `ended` below: words of LetterState. `waiting` is what can be opened; that it was stands in
    // `attempts`, which the portal may write. `notifying`: a stop from now on leaves it readable. `link_verifier`:
    // SHA-256(link). `keeps_password` 1: the reader may wish to keep the password for later letters; 0: it is a kept
    // one. A content that several letters share counts for each of their recipients in `storage_shares`.
    private static let letters = """
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
            state TEXT NOT NULL CHECK (state IN ('sending', 'waiting')),
            notifying INTEGER NOT NULL DEFAULT 0 CHECK (notifying IN (0, 1)),
            created_at INTEGER NOT NULL CHECK (created_at >= 0),
            expires_at INTEGER NOT NULL CHECK (expires_at >= 0),
            keeps_password INTEGER CHECK (keeps_password IN (0, 1)),
            link_verifier BLOB NOT NULL CHECK (length(link_verifier) = 32)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX letters_by_content ON letters (content_id);
        CREATE INDEX letters_by_expiry ON letters (expires_at);
        CREATE TABLE following (
            id TEXT NOT NULL PRIMARY KEY CHECK (length(id) >= 16),
            letter_id TEXT NOT NULL REFERENCES letters (id) ON DELETE CASCADE,
            number INTEGER NOT NULL CHECK (number > 0),
            content_id TEXT NOT NULL REFERENCES contents (id),
            wrapped_key BLOB NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('sending', 'waiting')),
            notifying INTEGER NOT NULL DEFAULT 0 CHECK (notifying IN (0, 1)),
            created_at INTEGER NOT NULL CHECK (created_at >= 0),
            expires_at INTEGER NOT NULL CHECK (expires_at >= 0),
            UNIQUE (letter_id, number)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX following_by_content ON following (content_id);
        CREATE TABLE storage_shares (
            content_id TEXT NOT NULL REFERENCES contents (id) ON DELETE CASCADE,
            owner BLOB NOT NULL CHECK (length(owner) = 32),
            bytes INTEGER NOT NULL CHECK (bytes >= 0),
            PRIMARY KEY (content_id, owner)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX storage_shares_by_owner ON storage_shares (owner, bytes);
        """

    // What guesses change stands in a table of its own, so that the portal needs to write nothing else. Totals outlive
    // the letters, so that monitoring sees guessing whatever expires or is revoked.
    private static let attempts = """
        CREATE TABLE attempts (
            letter_id TEXT NOT NULL PRIMARY KEY REFERENCES letters (id) ON DELETE CASCADE,
            wrong_total INTEGER NOT NULL DEFAULT 0 CHECK (wrong_total >= 0),
            wrong_in_row INTEGER NOT NULL DEFAULT 0 CHECK (wrong_in_row >= 0),
            rest_seconds INTEGER NOT NULL DEFAULT 0 CHECK (rest_seconds >= 0),
            rests_until INTEGER NOT NULL DEFAULT 0 CHECK (rests_until >= 0),
            opened_at INTEGER,
            asked_at INTEGER,
            fetched_at INTEGER
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE attempt_totals (
            result TEXT NOT NULL PRIMARY KEY CHECK (result IN ('right', 'wrong')),
            total INTEGER NOT NULL CHECK (total >= 0)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO attempt_totals VALUES ('right', 0), ('wrong', 0);
        """

    // An answer outlives its letter once it is complete: no reference to `letters`. Its id is the client's and counts
    // within the letter only, so that nobody can take another's. `counted`: it is one of the answers that a letter may
    // have.
    private static let answers = """
        CREATE TABLE answer_limits (
            letter_id TEXT NOT NULL PRIMARY KEY REFERENCES letters (id) ON DELETE CASCADE,
            count INTEGER NOT NULL CHECK (count >= 0),
            bytes INTEGER NOT NULL CHECK (bytes >= 0),
            files INTEGER NOT NULL CHECK (files >= 0)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE answers (
            letter_id TEXT NOT NULL CHECK (length(letter_id) BETWEEN 16 AND 64),
            id TEXT NOT NULL CHECK (length(id) BETWEEN 16 AND 64),
            state TEXT NOT NULL CHECK (state IN ('uploading', 'complete', 'sent', 'refused')),
            items INTEGER NOT NULL DEFAULT 0 CHECK (items >= 0),
            counted INTEGER NOT NULL DEFAULT 1 CHECK (counted IN (0, 1)),
            changed_at INTEGER NOT NULL,
            due_at INTEGER NOT NULL DEFAULT 0,
            reason TEXT CHECK (length(reason) <= 40),
            said TEXT CHECK (length(said) <= 1000),
            CHECK (state <> 'refused' OR reason IS NOT NULL),
            PRIMARY KEY (letter_id, id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX answers_by_state ON answers (state, due_at);
        CREATE TABLE answer_items (
            letter_id TEXT NOT NULL,
            answer_id TEXT NOT NULL,
            number INTEGER NOT NULL CHECK (number >= 0),
            upload INTEGER NOT NULL,
            bytes INTEGER NOT NULL DEFAULT 0 CHECK (bytes >= 0),
            whole INTEGER NOT NULL DEFAULT 0 CHECK (whole IN (0, 1)),
            PRIMARY KEY (letter_id, answer_id, number),
            FOREIGN KEY (letter_id, answer_id) REFERENCES answers (letter_id, id) ON DELETE CASCADE
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE answer_pieces (
            letter_id TEXT NOT NULL,
            answer_id TEXT NOT NULL,
            item INTEGER NOT NULL,
            start INTEGER NOT NULL CHECK (start >= 0),
            bytes BLOB NOT NULL,
            PRIMARY KEY (letter_id, answer_id, item, start),
            FOREIGN KEY (letter_id, answer_id, item) REFERENCES answer_items (letter_id, answer_id, number)
                ON DELETE CASCADE
        ) STRICT;
        """

    // No address: labels are sealed under the token. What became of a letter outlives it here, so that its page can say
    // so.
    private static let control = """
        CREATE TABLE controls (
            verifier BLOB NOT NULL PRIMARY KEY CHECK (length(verifier) = 32),
            created_at INTEGER NOT NULL CHECK (created_at >= 0),
            expires_at INTEGER NOT NULL CHECK (expires_at >= 0)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX controls_by_expiry ON controls (expires_at);
        CREATE TABLE control_letters (
            letter_id TEXT NOT NULL PRIMARY KEY,
            verifier BLOB NOT NULL REFERENCES controls (verifier) ON DELETE CASCADE,
            place INTEGER NOT NULL,
            label BLOB NOT NULL CHECK (length(label) <= 2048),
            created_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL,
            longest_at INTEGER NOT NULL,
            answers INTEGER NOT NULL DEFAULT 0 CHECK (answers >= 0),
            ended TEXT CHECK (ended IN ('revoked', 'expired')),
            ended_at INTEGER,
            wrong_total INTEGER NOT NULL DEFAULT 0,
            asked_at INTEGER,
            fetched_at INTEGER,
            opened_at INTEGER
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX control_letters_by_control ON control_letters (verifier, place);
        """

    // The portal adds rows and reads answers, the gateway fills them in.
    private static let requests = """
        CREATE TABLE requests (
            id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 22),
            kind TEXT NOT NULL CHECK (length(kind) BETWEEN 1 AND 32),
            body BLOB NOT NULL CHECK (length(body) <= 4096),
            asked_at INTEGER NOT NULL,
            answer BLOB,
            settled_at INTEGER
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX requests_waiting ON requests (asked_at) WHERE answer IS NULL;
        CREATE INDEX requests_settled ON requests (settled_at) WHERE answer IS NOT NULL;
        """
}

// Tables of the senders' control: in letters.db what the page shows and the requests that the portal leaves for the gateway,
// in gateway.db the key, who controls which letter, and the notices that wait to be sent.

/// Schema of control, in both databases.
enum ControlSchema {
    // No address: labels are sealed under the token. What became of a letter outlives it here, so that the page can say so.
    // Requests: the portal adds rows and reads answers, the gateway fills them in.
    static let letters = """
        ALTER TABLE attempts ADD COLUMN asked_at INTEGER;
        ALTER TABLE attempts ADD COLUMN fetched_at INTEGER;
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

    // Addresses, as in `issued`; the token is not here: it is made again of control id and key. A notice stays as a row when
    // it has been sent, so that it is never made again; it goes with its letter.
    static let gateway = """
        CREATE TABLE control_key (
            only INTEGER NOT NULL PRIMARY KEY CHECK (only = 1),
            key BLOB NOT NULL CHECK (length(key) = 32)
        ) STRICT;
        CREATE TABLE letter_controls (
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
        CREATE INDEX letter_controls_by_expiry ON letter_controls (expires_at);
        CREATE TABLE letter_notices (
            number INTEGER NOT NULL PRIMARY KEY,
            letter_id TEXT NOT NULL REFERENCES letter_controls (letter_id) ON DELETE CASCADE,
            kind TEXT NOT NULL CHECK (kind IN ('opened', 'resting', 'expiring', 'expired')),
            mark INTEGER NOT NULL,
            at INTEGER NOT NULL,
            made_at INTEGER NOT NULL,
            tries INTEGER NOT NULL DEFAULT 0,
            due_at INTEGER,
            UNIQUE (letter_id, kind, mark)
        ) STRICT;
        CREATE INDEX letter_notices_by_time ON letter_notices (due_at) WHERE due_at IS NOT NULL;
        """

    /// What the portal's connection may not do here: it adds requests and reads, no more.
    static let fenced: [(table: String, events: [String])] = [
        ("controls", ["INSERT", "UPDATE", "DELETE"]), ("control_letters", ["INSERT", "UPDATE", "DELETE"]),
        ("requests", ["UPDATE", "DELETE"]),
    ]

    /// A new request is new, unanswered, and not one too many.
    static let requestFence = """
        CREATE TEMP TRIGGER fence_requests_insert BEFORE INSERT ON main.requests
        WHEN NEW.answer IS NOT NULL OR NEW.settled_at IS NOT NULL
            OR EXISTS (SELECT 1 FROM main.requests WHERE id = NEW.id)
            OR (SELECT count(*) FROM main.requests WHERE answer IS NULL) >= \(LetterStore.mostRequests)
            OR (SELECT count(*) FROM main.requests WHERE answer IS NULL AND kind = NEW.kind)
                >= \(LetterStore.mostRequestsOfKind)
            OR (NEW.kind NOT IN (\(LetterStore.keptKindList)) AND
                (SELECT count(*) FROM main.requests WHERE answer IS NULL AND kind NOT IN (\(LetterStore.keptKindList)))
                >= \(LetterStore.mostRequests - LetterStore.keptRequests))
        BEGIN SELECT RAISE(ABORT, 'the portal may not do this'); END;

        """
}

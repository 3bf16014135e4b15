// Tables of letters.db for what readers send back, and what the portal's connection may do to them. Pure text. Everything
// in these tables is input: who can write the file can write anything here, and none of it opens without the gateway's key.

/// Schema of the outbox of answers.
enum AnswerSchema {
    // An answer outlives its letter once it is complete: no reference to `letters`. Its id is the client's and counts
    // within the letter only, so that nobody can take another's. `counted`: it is one of the answers that a letter may have.
    static let answers1 = """
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

    /// The portal takes uploads in and hands them over; whether an answer has been sent is not for it to say, and what it
    /// has handed over it cannot change or take back.
    static let portalFence: String = {
        var fence = ["INSERT", "UPDATE", "DELETE"].map { LetterSchema.trigger("answer_limits", $0) }.joined()
        let no = "BEGIN SELECT RAISE(ABORT, 'the portal may not do this'); END;\n"
        fence += """
            CREATE TEMP TRIGGER fence_answers_insert BEFORE INSERT ON main.answers
            WHEN NEW.state <> 'uploading' OR NEW.counted <> 1 OR NEW.reason IS NOT NULL OR NEW.said IS NOT NULL
                OR EXISTS (SELECT 1 FROM main.answers WHERE letter_id = NEW.letter_id AND id = NEW.id) \(no)
            CREATE TEMP TRIGGER fence_answers_update BEFORE UPDATE ON main.answers
            WHEN OLD.state <> 'uploading' OR NEW.state NOT IN ('uploading', 'complete') OR NEW.counted <> 1
                OR NEW.id <> OLD.id OR NEW.letter_id <> OLD.letter_id OR NEW.reason IS NOT NULL OR NEW.said IS NOT NULL
            \(no)
            CREATE TEMP TRIGGER fence_answers_delete BEFORE DELETE ON main.answers
            WHEN OLD.state <> 'uploading' \(no)

            """
        for table in ["answer_items", "answer_pieces"] {
            for (event, row) in [("INSERT", "NEW"), ("UPDATE", "NEW"), ("UPDATE", "OLD"), ("DELETE", "OLD")] {
                // A cascade from an answer that is gone already finds no row: what the portal may delete goes whole.
                fence += """
                    CREATE TEMP TRIGGER fence_\(table)_\(event)_\(row) BEFORE \(event) ON main.\(table)
                    WHEN EXISTS (SELECT 1 FROM main.answers WHERE letter_id = \(row).letter_id AND id = \(row).answer_id
                        AND state <> 'uploading') \(no)

                    """
            }
        }
        return fence
    }()
}

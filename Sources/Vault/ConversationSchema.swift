// Tables of gateway.db for what may come back from a letter: who takes part, the keys answers are sealed to, and which
// answers have been taken. The private keys lie here and nowhere else. Pure text.

/// Schema of conversations.
enum ConversationSchema {
    // `answers_taken` outlives the outbox's own rows: whatever the outbox says later, an answer that was sent is never sent
    // again. It goes with its conversation, without whose keys an answer does not open.
    static let first = """
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
        """
}

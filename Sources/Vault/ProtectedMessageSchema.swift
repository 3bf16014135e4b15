// Table of gateway.db for messages that were protected: that later ones in their conversation can be, too. Keyed codes of
// Message-IDs and times; neither addresses nor the ids themselves.

/// Schema of protected messages.
enum ProtectedMessageSchema {
    static let first = """
        CREATE TABLE protected_messages (
            code BLOB NOT NULL PRIMARY KEY CHECK (length(code) = 32),
            at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX protected_messages_by_time ON protected_messages (at);
        """
}

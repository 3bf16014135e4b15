// Table of gateway.db for the admin page: what became of mail, by hour. Numbers only.

/// Schema of the hourly counts.
enum AdminSchema {
    static let first = """
        CREATE TABLE flow (
            hour INTEGER NOT NULL,
            kind TEXT NOT NULL,
            count INTEGER NOT NULL CHECK (count >= 0),
            PRIMARY KEY (hour, kind)
        ) STRICT, WITHOUT ROWID;
        """
}

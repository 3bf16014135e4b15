// Table of correspondents in gateway.db: whose letters open with which standing password, and where a text message reaches
// him. It holds `stretched`: with a letter's link secret it opens that letter (docs/threat-model.md).

/// Schema of the correspondents.
enum ContactSchema {
    static let first = """
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
        """
}

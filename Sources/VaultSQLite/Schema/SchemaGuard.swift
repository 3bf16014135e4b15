// Holds a database that others can write to the schema that our migrations make. A trigger, a view in a table's place
// or an expression in a constraint is work that SQLite would do for a stranger, on our connection and without end.
// Source: https://www.sqlite.org/schematab.html (what the text of a schema is), https://www.sqlite.org/security.html

import GRDB

/// The schema as it must be.
struct SchemaGuard: Sendable {
    private let wanted: String

    private static let line = "type || ' ' || name || ' ' || tbl_name || ' ' || coalesce(sql, '')"
    private static let all = """
        SELECT group_concat(line, char(10)) FROM (SELECT \(line) AS line FROM sqlite_schema ORDER BY type, name)
        """
    private static let runs = """
        SELECT substr(type || ' "' || name, 1, 80) FROM sqlite_schema WHERE type NOT IN ('table', 'index') LIMIT 1
        """

    /// - Parameter migrator: is run over an empty database in memory.
    init(_ migrator: DatabaseMigrator) throws {
        let empty = try DatabaseQueue()
        try migrator.migrate(empty)
        wanted = try empty.read { try String.fetchOne($0, sql: Self.all) ?? "" }
    }

    /// To be called inside a transaction, before anything else in it: what it has seen holds to its end.
    /// - Throws: ``UnusableFile``.
    func check(_ database: Database) throws {
        let found = try String.fetchOne(database.cachedStatement(sql: Self.all))
        guard found != wanted else { return }
        try checkNothingRuns(database)
        throw Self.foreign(Self.otherSchema)
    }

    /// No version makes a trigger or a view: as ``check(_:)``, where migrations have still to be run.
    func checkNothingRuns(_ database: Database) throws {
        guard let found = try String.fetchOne(database, sql: Self.runs) else { return }
        // The name is a stranger's.
        let shown = String(found.unicodeScalars.map { $0.isASCII && $0.value >= 0x20 ? Character($0) : "?" })
        throw Self.foreign("\(Self.otherSchema): it has a \(shown)\", and no version makes a trigger or a view")
    }

    private static let otherSchema = "its schema is not the one that this version makes"

    private static func foreign(_ what: String) -> UnusableFile {
        UnusableFile(
            refusal: StateFolder.refusal(
                "\(what): somebody else has changed it; "
                    + "hint: stop letterlock, find out who, restore a backup or move the file away, and start again"))
    }
}

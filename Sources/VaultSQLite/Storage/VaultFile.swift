// The database files of a state, by what they are: for backup, restore and check. Whatever tables a version adds, they
// are found in sqlite_schema and need no line here.

import GRDB
import Mail

/// One of the databases.
package enum VaultFile: String, Sendable, CaseIterable {
    // The gateway's first: a backup takes the letters after it, so no letter that it names is missing for that.
    case gateway = "gateway.db"
    case letters = "letters.db"

    /// Where it lies under the state folder.
    package func path(in state: String) -> String { "\(state)/\(folder)/\(rawValue)" }

    var folder: String { self == .gateway ? "gateway" : "letters" }
    var sharing: StateFolder.Sharing { self == .gateway ? .ownerOnly : .group }
    var migrator: DatabaseMigrator { self == .gateway ? GatewaySchema.migrator() : LetterSchema.migrator() }

    /// Opens a file as it is: nothing is migrated.
    static func open(_ path: String, busySeconds: Double = 5) throws -> DatabaseQueue {
        try SharedFiles.install()
        var configuration = Configuration()
        configuration.busyMode = .timeout(busySeconds)
        configuration.allowsUnsafeTransactions = true
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON")
        }
        return try DatabaseQueue(path: path, configuration: configuration)
    }

    /// Tables with their number of rows, but for SQLite's own.
    static func rows(_ database: Database) throws -> [String: Int] {
        var rows: [String: Int] = [:]
        for table in try tables(database) {
            rows[table] = try Int.fetchOne(database, sql: "SELECT count(*) FROM \(table.quotedDatabaseIdentifier)") ?? 0
        }
        return rows
    }

    static func tables(_ database: Database) throws -> [String] {
        try String.fetchAll(
            database,
            sql: """
                SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
                ORDER BY name
                """
        )
    }

    /// What is wrong with a database as a whole: pages, indexes, references, its version.
    /// - Parameter hints: what to do where it is of another version.
    func generalProblems(_ database: Database, hints: SchemaVersion.Hints = .inPlace) throws -> [String] {
        let answers = try String.fetchAll(database, sql: "PRAGMA integrity_check(20)")
        var problems = answers.filter { $0 != "ok" }.flatMap { $0.split(separator: "\n").map(String.init) }
        for row in try Row.fetchAll(database, sql: "PRAGMA foreign_key_check").prefix(20) {
            let table = (row[0] as DatabaseValue).description
            let parent = (row[2] as DatabaseValue).description
            problems.append("a row of \(table) names a row of \(parent) that is not there")
        }
        if let problem = try SchemaVersion.problem(database, migrator, hints: hints) {
            problems.append("it \(problem)")
        }
        return problems
    }
}

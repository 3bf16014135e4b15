// One SQLite database in WAL mode whose commits are really on disk and whose deletions really delete.
// Takes a path; gives transactions that run off the cooperative threads; every failure is a refusal of cause `storage`.
// Sources: https://www.sqlite.org/pragma.html (synchronous, auto_vacuum, secure_delete), https://www.sqlite.org/wal.html

import GRDB
import Mail

/// What the writing connection has set; read back from it, not assumed.
package struct Durability: Sendable, Equatable {
    /// `PRAGMA synchronous`: 2 is FULL, each commit is synced.
    package let synchronous: Int
    /// `PRAGMA auto_vacuum`: 2 is INCREMENTAL, freed pages can be given back.
    package let autoVacuum: Int
    /// `PRAGMA secure_delete`: 1 is on, deleted content is overwritten with zeros.
    package let secureDelete: Int
    /// `PRAGMA journal_mode`.
    package let journalMode: String

    /// What both databases must have.
    package static let wanted = Durability(synchronous: 2, autoVacuum: 2, secureDelete: 1, journalMode: "wal")
}

/// A database file and its connections: one writer, a few readers.
final class VaultDatabase: Sendable {
    /// Pages given back in one transaction, so that no other writer waits long (4 KiB each).
    private static let vacuumPages = 4096

    let name: String
    private let pool: DatabasePool

    /// Opens the file, brings its schema up to date (or, where `mayMigrate` is false, demands that it is), and checks
    /// that the writer's settings are what durability needs.
    /// - Parameters:
    ///   - name: what the log calls it.
    ///   - busySeconds: longest wait for a lock that another process holds.
    ///   - writerSetup: SQL run once on the writing connection, after migration.
    init(
        path: String, name: String, migrator: DatabaseMigrator, mayMigrate: Bool, busySeconds: Double,
        writerSetup: String = ""
    ) throws(Refusal) {
        self.name = name
        do {
            let pool = try DatabasePool(path: path, configuration: Self.configuration(name, busySeconds))
            try pool.writeWithoutTransaction { database in
                // The pool sets its writer to NORMAL (commits not synced) after the configuration's own setup.
                try database.execute(sql: "PRAGMA synchronous = FULL")
            }
            // Before anything is changed: what a newer version wrote is not ours to migrate.
            try pool.read { database in
                guard try !migrator.hasBeenSuperseded(database) else {
                    throw StateFolder.refusal(
                        "opening the \(name) \"\(path)\": it was made by a newer version; "
                            + "hint: install that version again, or restore a backup that this one wrote")
                }
            }
            if mayMigrate { try migrator.migrate(pool) }
            try pool.read { database in
                guard try migrator.hasCompletedMigrations(database) else {
                    throw StateFolder.refusal(
                        "opening the \(name) \"\(path)\": its schema is not the one of this version; "
                            + "hint: run the gateway and the portal of one version, and start the gateway first")
                }
            }
            try pool.writeWithoutTransaction { database in
                if !writerSetup.isEmpty { try database.execute(sql: writerSetup) }
                let found = try Self.durability(database)
                guard found == .wanted else {
                    throw StateFolder.refusal(
                        "opening the \(name) \"\(path)\": settings are \(found), not \(Durability.wanted)")
                }
            }
            self.pool = pool
        } catch {
            throw Self.refusal(error, "opening the \(name) \"\(path)\"")
        }
    }

    /// Runs `body` in one transaction that holds the write lock from its start (so two processes cannot both read and
    /// then both write), and returns once it is on disk.
    ///
    /// A cancelled task does not cancel it: what has been accepted must be remembered, deadline or not.
    func write<T: Sendable>(
        _ doing: String, _ body: @escaping @Sendable (Database) throws -> T
    ) async throws(Refusal) -> T {
        try await writeWithoutTransaction(doing) { database in
            var value: T?
            try database.inTransaction(.immediate) {
                value = try body(database)
                return .commit
            }
            guard let value else { throw StateFolder.refusal("\(doing): no result") }  // unreachable
            return value
        }
    }

    /// Takes the write lock, changes a page and takes it back: works wherever a commit would, but for a full disk.
    func probe() async throws(Refusal) {
        try await writeWithoutTransaction("probing") { database in
            try database.inTransaction(.immediate) {
                try database.execute(sql: "PRAGMA user_version = 1")
                return .rollback
            }
        }
    }

    /// Runs `body` over one consistent state.
    func read<T: Sendable>(
        _ doing: String, _ body: @escaping @Sendable (Database) throws -> T
    ) async throws(Refusal) -> T {
        let name = name
        let result: Result<T, Refusal> = await withCheckedContinuation { continuation in
            pool.asyncRead { database in
                continuation.resume(returning: Self.result("\(doing) (\(name))") { try body(database.get()) })
            }
        }
        return try result.get()
    }

    /// As ``read(_:_:)``, on the calling thread: at start only.
    func readNow<T>(_ doing: String, _ body: (Database) throws -> T) throws(Refusal) -> T {
        try Self.result("\(doing) (\(name))") { try pool.read(body) }.get()
    }

    /// What the writing connection has set.
    func durability() async throws(Refusal) -> Durability {
        try await writeWithoutTransaction("reading settings") { try Self.durability($0) }
    }

    /// Makes what was deleted vanish from the files too. Order matters: the zeros that `secure_delete` wrote must reach
    /// the database file before its end is cut off, else the old bytes stay in the blocks given back; then the log,
    /// which still holds old pages, is cut to nothing. A reader in the way leaves it to the next time.
    func scrub() async throws(Refusal) {
        try await checkpoint()
        var free = try await freePages()
        while free > 0 {
            let pages = min(free, Self.vacuumPages)
            _ = try await writeWithoutTransaction("giving back free pages") { database in
                try Row.fetchAll(database, sql: "PRAGMA incremental_vacuum(\(pages))").count
            }
            let left = try await freePages()
            guard left < free else { break }
            free = left
        }
        try await checkpoint()
    }

    private func checkpoint() async throws(Refusal) {
        // The answer's first column is 1 where a reader was in the way; not an error here.
        _ = try await writeWithoutTransaction("checkpoint") { database in
            try Row.fetchAll(database, sql: "PRAGMA wal_checkpoint(TRUNCATE)").count
        }
    }

    private func freePages() async throws(Refusal) -> Int {
        try await writeWithoutTransaction("counting free pages") { database in
            try Int.fetchOne(database, sql: "PRAGMA freelist_count") ?? 0
        }
    }

    private func writeWithoutTransaction<T: Sendable>(
        _ doing: String, _ body: @escaping @Sendable (Database) throws -> T
    ) async throws(Refusal) -> T {
        let name = name
        let result: Result<T, Refusal> = await withCheckedContinuation { continuation in
            pool.asyncWriteWithoutTransaction { database in
                continuation.resume(returning: Self.result("\(doing) (\(name))") { try body(database) })
            }
        }
        return try result.get()
    }

    private static func configuration(_ name: String, _ busySeconds: Double) -> Configuration {
        var configuration = Configuration()
        configuration.label = name
        configuration.busyMode = .timeout(busySeconds)
        configuration.maximumReaderCount = 4
        configuration.prepareDatabase { database in
            // The pool gives its readers a time-out of its own; both must wait as long as we say, not longer.
            try database.execute(sql: "PRAGMA busy_timeout = \(Int(busySeconds * 1000))")
            // The portal's user can write one of the files: what SQLite advises for files from elsewhere
            // (https://www.sqlite.org/security.html).
            try database.execute(sql: "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON")
            try database.execute(sql: "PRAGMA temp_store = MEMORY")
            guard !database.configuration.readonly else { return }
            // These must come before the first table, or they silently stay off.
            try database.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_size_limit = 1048576")
            _ = try Row.fetchAll(database, sql: "PRAGMA secure_delete = ON")
        }
        return configuration
    }

    private static func durability(_ database: Database) throws -> Durability {
        Durability(
            synchronous: try Int.fetchOne(database, sql: "PRAGMA synchronous") ?? -1,
            autoVacuum: try Int.fetchOne(database, sql: "PRAGMA auto_vacuum") ?? -1,
            secureDelete: try Int.fetchOne(database, sql: "PRAGMA secure_delete") ?? -1,
            journalMode: try String.fetchOne(database, sql: "PRAGMA journal_mode") ?? "")
    }

    private static func result<T>(_ doing: String, _ body: () throws -> T) -> Result<T, Refusal> {
        do {
            return .success(try body())
        } catch {
            return .failure(refusal(error, doing))
        }
    }

    /// A database error's text names the SQL but never the values bound to it (GRDB's default).
    static func refusal(_ error: any Error, _ doing: String) -> Refusal {
        if let refusal = error as? Refusal { return refusal }
        guard let error = error as? DatabaseError else { return StateFolder.refusal("\(doing): \(error)") }
        let hint =
            switch error.resultCode {
            case .SQLITE_CORRUPT, .SQLITE_NOTADB:
                "; hint: the file is damaged; stop letterlock, move it away with its -wal and -shm files and start again"
            case .SQLITE_FULL: "; hint: the disk is full"
            case .SQLITE_BUSY, .SQLITE_LOCKED: "; hint: another process holds it locked"
            default: ""
            }
        let message = (error.message ?? "unknown error").filter { !$0.isNewline }
        return StateFolder.refusal(
            "\(doing): \(message.lowercased()) (sqlite \(error.extendedResultCode.rawValue))\(hint)")
    }
}

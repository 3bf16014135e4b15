// One SQLite database whose commits are really on disk and whose deletions really delete: with a log (WAL) where it is
// the gateway's own, with a rollback journal where another user can write it (docs/architecture.md, "Databases").
// Takes a path; gives transactions that run off the cooperative threads; every failure is a refusal of cause `storage`.
// Sources: https://www.sqlite.org/pragma.html (synchronous, auto_vacuum, secure_delete, journal_mode),
// https://www.sqlite.org/wal.html, https://www.sqlite.org/atomiccommit.html

import GRDB
import Mail
import Synchronization

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

    /// What the gateway's own database must have.
    package static let wanted = Durability(synchronous: 2, autoVacuum: 2, secureDelete: 1, journalMode: "wal")
    /// What the letters' database must have, on either side. With FULL, the cutting of the journal is synced too.
    package static let wantedShared = Durability(
        synchronous: 2, autoVacuum: 2, secureDelete: 1, journalMode: "truncate")
}

/// The file itself cannot be worked with: another schema, another file in its place.
struct UnusableFile: Error {
    let refusal: Refusal
}

/// Why a database cannot be worked with now.
struct DatabaseTrouble: Error {
    enum Kind: Sendable {
        /// Another process holds it locked.
        case locked
        /// No room to write.
        case full
        /// Damaged: to be looked through before it is trusted again.
        case damaged
        /// Not there, not ours, or not to be read.
        case unusable
    }

    let kind: Kind
    let refusal: Refusal

    init(_ kind: Kind, _ refusal: Refusal) {
        self.kind = kind
        self.refusal = refusal
    }

    /// nil: the error is not one of the file.
    init?(_ error: any Error, _ refusal: Refusal) {
        switch error {
        case is UnusableFile: kind = .unusable
        case let error as DatabaseError:
            switch error.resultCode {
            case .SQLITE_BUSY, .SQLITE_LOCKED: kind = .locked
            case .SQLITE_FULL: kind = .full
            case .SQLITE_CORRUPT, .SQLITE_NOTADB: kind = .damaged
            case .SQLITE_CANTOPEN, .SQLITE_IOERR, .SQLITE_PERM, .SQLITE_READONLY, .SQLITE_NOLFS: kind = .unusable
            default: return nil
            }
        default: return nil
        }
        self.refusal = refusal
    }
}

/// How a database is opened.
struct DatabaseOpening: Sendable {
    let path: String
    /// What the log calls it.
    let name: String
    let makeMigrator: @Sendable () -> DatabaseMigrator
    /// Longest wait for a lock that another process holds.
    var busySeconds: Double
    /// SQL run once on the writing connection, after migration.
    var writerSetup = ""
    /// Others can write the file: no memory of it is mapped.
    var isShared = false
    /// Each transaction makes sure first that the schema is our own.
    var guardsSchema = false
}

/// A database file and its connections: one writer and a few readers, or one for both where the file is shared.
final class VaultDatabase: Sendable {
    /// Pages given back in one transaction, so that no other writer waits long (4 KiB each).
    private static let vacuumPages = 4096

    let name: String
    private let path: String
    private let writer: any DatabaseWriter
    private let schema: SchemaGuard?
    private let identity: FileIdentity
    private let isShared: Bool
    private let busySeconds: Double
    /// Longest wait for a lock now.
    private let patience: Mutex<Double>
    private let onTrouble: (@Sendable (DatabaseTrouble) -> Void)?

    /// Opens the file, brings its schema up to date (or, where `mayMigrate` is false, demands that it is), and checks
    /// that the writer's settings are what durability needs.
    /// - Parameters:
    ///   - looksThrough: every page is looked at before the file is trusted.
    ///   - openingSeconds: longest wait for a lock while it is opened; nil: as long as later.
    ///   - onTrouble: is told of later failures of the file, on whatever thread.
    init(
        _ opening: DatabaseOpening, mayMigrate: Bool, looksThrough: Bool = false, openingSeconds: Double? = nil,
        onTrouble: (@Sendable (DatabaseTrouble) -> Void)? = nil
    ) throws(DatabaseTrouble) {
        (name, path, isShared) = (opening.name, opening.path, opening.isShared)
        busySeconds = opening.busySeconds
        patience = Mutex(opening.busySeconds)
        self.onTrouble = onTrouble
        let doing = "opening the \(opening.name) \"\(opening.path)\""
        do {
            try SharedFiles.install()
            let schema = opening.guardsSchema ? try SchemaGuard(opening.makeMigrator()) : nil
            let configuration = Self.configuration(opening, openingSeconds ?? opening.busySeconds)
            let writer: any DatabaseWriter =
                opening.isShared
                ? try DatabaseQueue(path: opening.path, configuration: configuration)
                : try DatabasePool(path: opening.path, configuration: configuration)
            try Self.prepare(writer, opening, schema, mayMigrate: mayMigrate, looksThrough: looksThrough, doing)
            guard let identity = FileIdentity(path) else { throw StateFolder.refusal("\(doing): it has gone") }
            self.writer = writer
            self.schema = schema
            self.identity = identity
        } catch {
            let refusal = Self.refusal(error, doing)
            throw DatabaseTrouble(error, refusal) ?? DatabaseTrouble(.unusable, refusal)
        }
    }

    private static func prepare(
        _ writer: any DatabaseWriter, _ opening: DatabaseOpening, _ schema: SchemaGuard?, mayMigrate: Bool,
        looksThrough: Bool, _ doing: String
    ) throws {
        let migrator = opening.makeMigrator()
        try writer.writeWithoutTransaction { database in
            // The pool sets its writer to NORMAL (commits not synced) after the configuration's own setup.
            try database.execute(sql: "PRAGMA synchronous = FULL")
        }
        // Before anything is changed: what a newer version wrote is not ours to migrate.
        try writer.read { database in
            if let problem = try SchemaVersion.problem(database, migrator, hints: .opened) {
                throw StateFolder.refusal("\(doing): it \(problem)")
            }
        }
        if mayMigrate {
            try writer.read { try schema?.checkNothingRuns($0) }
            try migrator.migrate(writer)
        }
        try writer.read { database in
            guard try migrator.hasCompletedMigrations(database) else {
                throw StateFolder.refusal(
                    "\(doing): its schema is not the one of this version; "
                        + "hint: run the gateway and the portal of one version, and start the gateway first")
            }
        }
        try writer.read { database in
            try schema?.check(database)
            guard looksThrough, try String.fetchOne(database, sql: "PRAGMA quick_check(1)") != "ok" else { return }
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a page of it is damaged")
        }
        try writer.writeWithoutTransaction { database in
            if !opening.writerSetup.isEmpty { try database.execute(sql: opening.writerSetup) }
            let found = try Self.durability(database)
            let wanted: Durability = opening.isShared ? .wantedShared : .wanted
            guard found == wanted else {
                throw StateFolder.refusal("\(doing): settings are \(found), not \(wanted)")
            }
        }
    }

    /// Runs `body` in one transaction that holds the write lock from its start (so two processes cannot both read and
    /// then both write), and returns once it is on disk.
    ///
    /// A cancelled task does not cancel it: what has been accepted must be remembered, deadline or not.
    func write<T: Sendable>(
        _ doing: String, _ body: @escaping @Sendable (Database) throws -> T
    ) async throws(Refusal) -> T {
        try await writeWithoutTransaction(doing) { [schema, identity, path] database in
            var value: T?
            try database.inTransaction(.immediate) {
                try identity.check(path)
                try schema?.check(database)
                value = try body(database)
                // Once more: what was deleted in between would take the commit with it.
                try identity.check(path)
                return .commit
            }
            guard let value else { throw StateFolder.refusal("\(doing): no result") }  // unreachable
            return value
        }
    }

    /// Takes the write lock, changes a page and takes it back: works wherever a commit would, but for a full disk.
    func probe() async throws(Refusal) {
        try await writeWithoutTransaction("probing") { [schema, identity, path] database in
            try identity.check(path)
            try database.inTransaction(.immediate) {
                try schema?.check(database)
                try database.execute(sql: "PRAGMA user_version = 1")
                return .rollback
            }
        }
    }

    /// As ``probe()``, with a commit and without waiting, now and from now on (``wait(_:)``): works where a write
    /// would, on a full disk too. On the calling thread.
    func probeNow() throws(Refusal) {
        wait(false)
        do {
            try writer.writeWithoutTransaction { database in
                try identity.check(path)
                try beginWork(database)
                try database.inTransaction(.immediate) {
                    try schema?.check(database)
                    let number = try Int32.fetchOne(database, sql: "PRAGMA user_version") ?? 0
                    try database.execute(sql: "PRAGMA user_version = \((number & 0xffff) + 1)")
                    return .commit
                }
            }
        } catch { throw failure(error, "probing (\(name))") }
    }

    /// Runs `body` over one consistent state.
    func read<T: Sendable>(
        _ doing: String, _ body: @escaping @Sendable (Database) throws -> T
    ) async throws(Refusal) -> T {
        let result: Result<T, Refusal> = await withCheckedContinuation { continuation in
            writer.asyncRead { [self] database in
                continuation.resume(
                    returning: outcome("\(doing) (\(name))") {
                        let database = try database.get()
                        try beginWork(database)
                        try identity.check(path)
                        try schema?.check(database)
                        return try body(database)
                    })
            }
        }
        return try result.get()
    }

    /// As ``read(_:_:)``, on the calling thread: at start only.
    func readNow<T>(_ doing: String, _ body: (Database) throws -> T) throws(Refusal) -> T {
        try outcome("\(doing) (\(name))") { try writer.read(body) }.get()
    }

    /// From now on a lock is waited for as long as was said, or for a moment only: enough for what others do in
    /// passing, too short for work to pile up behind a lock that stays.
    func wait(_ waits: Bool) { patience.withLock { $0 = waits ? busySeconds : Self.momentSeconds } }

    private func beginWork(_ database: Database) throws {
        if isShared { try Self.wait(patience.withLock { $0 }, database) }
    }

    private static let momentSeconds = 0.1

    private static func wait(_ seconds: Double, _ database: Database) throws {
        try database.execute(sql: "PRAGMA busy_timeout = \(Int(seconds * 1000))")
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
        let result: Result<T, Refusal> = await withCheckedContinuation { continuation in
            writer.asyncWriteWithoutTransaction { [self] database in
                continuation.resume(
                    returning: outcome("\(doing) (\(name))") {
                        try beginWork(database)
                        return try body(database)
                    })
            }
        }
        return try result.get()
    }

    private static func configuration(_ opening: DatabaseOpening, _ busySeconds: Double) -> Configuration {
        var configuration = Configuration()
        configuration.label = opening.name
        configuration.busyMode = .timeout(busySeconds)
        configuration.maximumReaderCount = 4
        configuration.prepareDatabase { database in
            // The pool gives its readers a time-out of its own; both must wait as long as we say, not longer.
            try Self.wait(busySeconds, database)
            // The portal's user can write one of the files: what SQLite advises for files from elsewhere
            // (https://www.sqlite.org/security.html).
            try database.execute(sql: "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON")
            try database.execute(sql: "PRAGMA temp_store = MEMORY")
            if opening.isShared { _ = try Row.fetchAll(database, sql: "PRAGMA journal_mode = TRUNCATE") }
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

    private func outcome<T>(_ doing: String, _ body: () throws -> T) -> Result<T, Refusal> {
        do {
            return .success(try body())
        } catch {
            return .failure(failure(error, doing))
        }
    }

    private func failure(_ error: any Error, _ doing: String) -> Refusal {
        let refusal = Self.refusal(error, doing)
        if let trouble = DatabaseTrouble(error, refusal) { onTrouble?(trouble) }
        return refusal
    }

    /// A database error's text names the SQL but never the values bound to it (GRDB's default).
    static func refusal(_ error: any Error, _ doing: String) -> Refusal {
        if let refusal = error as? Refusal { return refusal }
        if let file = error as? UnusableFile {
            return StateFolder.refusal("\(doing): \(file.refusal.detail)")
        }
        guard let error = error as? DatabaseError else { return StateFolder.refusal("\(doing): \(error)") }
        let hint =
            switch error.resultCode {
            case .SQLITE_CORRUPT, .SQLITE_NOTADB:
                "; hint: the file is damaged; stop letterlock, "
                    + "move it away with the files that begin like it and start again"
            case .SQLITE_FULL: "; hint: the disk is full"
            case .SQLITE_BUSY, .SQLITE_LOCKED: "; hint: another process holds it locked"
            case .SQLITE_CANTOPEN:
                "; hint: it is not there, is no regular file, or was made with a log (WAL), which this version has not"
            default: ""
            }
        let message = (error.message ?? "unknown error").filter { !$0.isNewline }
        return StateFolder.refusal(
            "\(doing): \(message.lowercased()) (sqlite \(error.extendedResultCode.rawValue))\(hint)")
    }
}

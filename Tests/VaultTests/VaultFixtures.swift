// What the tests of this folder share: a throw-away folder, letters without real cryptography, a way into the file.

import Cryptography
import Links
import Foundation
import GRDB
import Mail
import SettingValues
import Testing
import Vault
@testable import VaultSQLite

/// A folder that goes with the process. Not with its last owner: a database opens further connections when it needs
/// them, also where a test holds on to the database alone.
final class Place: Sendable {
    let path: String

    private static let removal: Void = {
        atexit {
            let mine = Place.prefix
            for name in (try? FileManager.default.contentsOfDirectory(atPath: "/tmp")) ?? [] where name.hasPrefix(mine)
            {
                try? FileManager.default.removeItem(atPath: "/tmp/\(name)")
            }
        }
    }()
    private static var prefix: String { "llv-\(getpid())-" }

    init() throws {
        Self.removal
        path = "/tmp/\(Self.prefix)\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    /// Opens the letters in a folder, from either side, and closes them.
    static let sides: [@Sendable (String) throws -> Void] = [
        { _ = try LetterDatabase(folder: $0) }, { _ = try PortalLetterDatabase(folder: $0) },
    ]

    var letters: String { "\(path)/state/letters" }
    var gateway: String { "\(path)/state/gateway" }
    var lettersFile: String { "\(letters)/letters.db" }

    /// The portal's side of the letters.
    func portal() throws -> PortalLetterDatabase { try PortalLetterDatabase(folder: letters) }

    /// The database file and its log, as they lie on the disk.
    func lettersBytes() -> Data {
        var all = Data()
        for end in ["", "-wal"] { all += (try? Data(contentsOf: URL(fileURLWithPath: lettersFile + end))) ?? Data() }
        return all
    }

    func mode(_ file: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: file)
        return try #require(attributes[.posixPermissions] as? Int)
    }
}

/// A connection of somebody else's to a database file.
func stranger(_ file: String) throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.allowsUnsafeTransactions = true
    // The store looks again at its own times: a collision is no failure.
    configuration.busyMode = .timeout(10)
    return try DatabaseQueue(path: file, configuration: configuration)
}

/// Writes rows past types, NOT NULL and constraints, and leaves the schema as it was.
func writeUnchecked(_ path: String, _ sql: String) throws {
    let edit = "UPDATE sqlite_schema SET sql ="
    // Without STRICT and NOT NULL; `IS NOT NULL` in a check is an operator, which NOTNULL means too.
    let types = "replace(replace(sql, ') STRICT, WITHOUT', ') WITHOUT'), ') STRICT', ')')"
    let loose = "replace(replace(\(types), 'IS NOT NULL', 'NOTNULL'), 'NOT NULL', '')"
    try stranger(path).writeWithoutTransaction { database in
        try database.execute(
            sql: """
                CREATE TEMP TABLE kept AS
                    SELECT name AS kept_name, sql AS kept_sql FROM main.sqlite_schema WHERE type = 'table';
                PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON; PRAGMA writable_schema = ON;
                \(edit) \(loose) WHERE type = 'table'; PRAGMA writable_schema = RESET;
                """)
        try database.execute(sql: sql)
        try database.execute(
            sql: """
                PRAGMA writable_schema = ON;
                \(edit) (SELECT kept_sql FROM kept WHERE kept_name = name) WHERE type = 'table';
                PRAGMA writable_schema = RESET;
                """)
    }
}

/// Waits until a store that could not be used can be; false where it never can.
func usable(_ store: LetterDatabase) async -> Bool { await usable(store.database) }

/// The same of the portal's side.
func usable(_ store: PortalLetterDatabase) async -> Bool { await usable(store.database) }

private func usable(_ database: SharedDatabase) async -> Bool {
    for _ in 0..<600 where database.problem != nil { try? await Task.sleep(for: .milliseconds(50)) }
    return database.problem == nil
}

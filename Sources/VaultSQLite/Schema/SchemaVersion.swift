// Which version a database is of: one that this program does not know is refused in words, before anything in it is
// changed.

import GRDB

/// What is known of a database's version.
enum SchemaVersion {
    /// First steps of databases that were made before the first release; no program brings these up to date.
    private static let unreleased: Set<String> = ["gateway 1", "letters 1"]

    /// What a database "was made by" where this program cannot work with it, with a hint; nil: it can.
    /// - Parameter newerHint: what to do about a database of a newer version.
    /// - Throws: what reading the database throws.
    static func problem(
        _ database: Database, _ migrator: DatabaseMigrator, newerHint: String = "install that version again"
    ) throws -> String? {
        guard try migrator.hasBeenSuperseded(database) else { return nil }
        guard try unreleased.isDisjoint(with: migrator.appliedIdentifiers(database)) else {
            return "was made before the first release; "
                + "hint: stop letterlock and letterlock-portal, move the state folder away and start again"
        }
        return "was made by a newer version; hint: \(newerHint)"
    }
}

// Which version a database is of: one that this program does not know is refused in words, before anything in it is
// changed.

import GRDB

/// What is known of a database's version.
enum SchemaVersion {
    /// First steps of databases that were made before the first release; no program brings these up to date.
    private static let unreleased: Set<String> = ["gateway 1", "letters 1"]

    /// What a database "was made by" where this program cannot work with it, with a hint; nil: it can.
    /// - Throws: what reading the database throws.
    static func problem(
        _ database: Database, _ migrator: DatabaseMigrator, hints: Hints = .inPlace
    ) throws -> String? {
        guard try migrator.hasBeenSuperseded(database) else { return nil }
        guard try unreleased.isDisjoint(with: migrator.appliedIdentifiers(database)) else {
            return "was made before the first release; hint: \(hints.unreleased)"
        }
        return "was made by a newer version; hint: \(hints.newer)"
    }

    /// What to do about a database of another version, by where it stands.
    struct Hints {
        let newer: String
        let unreleased: String

        private static let startAgain =
            "stop letterlock and letterlock-portal, move the state folder away and start again"
        /// Of a file that is only looked at.
        static let inPlace = Hints(newer: "install that version again", unreleased: startAgain)
        /// Of a file that a program needs to start.
        static let opened = Hints(
            newer: "install that version again, or restore a backup that this one wrote", unreleased: startAgain)
        /// Of a file in a backup, beside a state folder that is empty.
        static let backup = Hints(
            newer: "restore it with that version, or take a backup that this one wrote",
            unreleased: "no version can use it; restore a later backup, or start without one")
    }
}

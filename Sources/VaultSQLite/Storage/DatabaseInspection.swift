// A look at a database file that may be in use by a running gateway: nothing is migrated, made or kept. For `doctor`.

import GRDB
import Mail

/// Whether a database file is sound.
package enum DatabaseInspection {
    /// Which of the two.
    package enum Kind: Sendable { case gateway, letters }

    /// nil: it can be read and written, and holds together; else why not, perhaps with "; hint: " and what to do.
    /// - Parameter path: exists.
    package static func problem(path: String, kind: Kind) -> String? {
        let migrator = kind == .gateway ? GatewaySchema.migrator() : LetterSchema.migrator()
        do {
            try SharedFiles.install()
            var configuration = Configuration()
            configuration.busyMode = .timeout(3)
            configuration.allowsUnsafeTransactions = true
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            return try queue.writeWithoutTransaction { database in
                let check = try String.fetchOne(database, sql: "PRAGMA quick_check(1)") ?? "no answer"
                guard check == "ok" else {
                    let first = check.split(separator: "\n").last ?? "unknown"
                    return "\"\(path)\" is damaged: \(first); hint: stop letterlock, move it away with the "
                        + "files that begin like it and start again"
                }
                if let problem = try SchemaVersion.problem(database, migrator) { return "\"\(path)\" \(problem)" }
                try database.execute(sql: "BEGIN IMMEDIATE; PRAGMA user_version = 1; ROLLBACK")
                return nil
            }
        } catch {
            return VaultDatabase.refusal(error, "opening \"\(path)\"").detail
        }
    }
}

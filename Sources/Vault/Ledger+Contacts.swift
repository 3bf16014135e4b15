// Correspondents: standing passwords and telephone numbers, by folded address. Only the gateway's own database has them.
// Fails with a refusal of cause `storage`; a change that returned is on disk.

import Cryptography
package import Links
package import Mail

import Foundation
import GRDB

/// A correspondent without his secrets: for listings.
package struct ContactLine: Sendable, Equatable {
    /// Folded.
    package let address: String
    /// In E.164.
    package let phone: String?
    /// Seconds since 1970; nil: no standing password.
    package let passwordSetAtSeconds: Int64?
    /// `command`, or `reader` for one that he wished to keep.
    package let passwordSetBy: String?
    /// When a letter was last made with it, or it was set.
    package let passwordUsedAtSeconds: Int64?

    /// True where later letters open with a password that he has already.
    package var hasPassword: Bool { passwordSetAtSeconds != nil }
}

extension Ledger {
    /// Who may set a standing password.
    package enum PasswordSetter: String, Sendable { case command, reader }

    /// The correspondents among some addresses, by folded address.
    package func contacts(_ mailboxes: [Mailbox]) async throws(Refusal) -> [String: ContactLine] {
        let names = Set(mailboxes.map(\.folded)).sorted()
        guard !names.isEmpty else { return [:] }
        return try await database.read("looking up correspondents") { database in
            guard try Bool.fetchOne(database, sql: "SELECT EXISTS (SELECT 1 FROM contacts)") ?? false else {
                return [:]
            }
            var found: [String: ContactLine] = [:]
            for name in names {
                let row = try Row.fetchOne(database, sql: "SELECT * FROM contacts WHERE address = ?", arguments: [name])
                if let row { found[name] = try ContactLine(row) }
            }
            return found
        }
    }

    /// All correspondents, by address.
    package func allContacts() async throws(Refusal) -> [ContactLine] {
        try await database.read("listing correspondents") { database in
            try Row.fetchAll(database, sql: "SELECT * FROM contacts ORDER BY address").map(ContactLine.init)
        }
    }

    /// The standing password of a correspondent, or nil.
    package func standingPassword(of recipient: Mailbox) async throws(Refusal) -> StandingPassword? {
        let name = recipient.folded
        return try await database.read("reading a standing password") { database in
            guard
                let row = try Row.fetchOne(
                    database,
                    sql: """
                        SELECT salt, stretched, kind, rounds FROM contacts WHERE address = ? AND stretched IS NOT NULL
                        """, arguments: [name])
            else { return nil }
            let stretched = try row.bytes("stretched").withUnsafeBytes { SecretBytes(copying: $0) }
            guard let kind = LockedLetter.PasswordKind(rawValue: try row.text("kind")),
                let password = StandingPassword(
                    salt: try row.bytes("salt"), stretched: stretched, kind: kind, rounds: try row.count("rounds"))
            else { throw StateFolder.refusal("reading a row: a standing password is damaged") }
            return password
        }
    }

    /// Keeps a standing password, in the place of a former one.
    package func keepStandingPassword(
        recipient: Mailbox, _ password: StandingPassword, by setter: PasswordSetter, wish: PasswordWish? = nil,
        nowSeconds: Int64
    ) async throws(Refusal) {
        let name = recipient.folded
        let stretched = password.stretched.withBytes { Data($0) }
        try await database.write("keeping a standing password") { database in
            guard try Self.note(wish, name, nowSeconds, database) else { return }
            try database.execute(
                sql: """
                    INSERT INTO contacts
                        (address, salt, stretched, kind, rounds, password_set_at, password_set_by, used_at)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    ON CONFLICT (address) DO UPDATE SET salt = excluded.salt, stretched = excluded.stretched,
                        kind = excluded.kind, rounds = excluded.rounds, password_set_at = excluded.password_set_at,
                        password_set_by = excluded.password_set_by, used_at = excluded.used_at
                    """,
                arguments: [
                    name, Data(password.salt), stretched, password.kind.rawValue, password.rounds, nowSeconds,
                    setter.rawValue, nowSeconds,
                ])
        }
    }

    /// Keeps a standing password as a reader's client gives it.
    /// - Throws: also where its lengths or rounds are not those of a letter.
    package func keepStandingPassword(
        recipient: Mailbox, stretched: [UInt8], salt: [UInt8], kind: LockedLetter.PasswordKind, rounds: Int,
        nowSeconds: Int64
    ) async throws(Refusal) {
        let secret = stretched.withUnsafeBytes { SecretBytes(copying: $0) }
        guard let password = StandingPassword(salt: salt, stretched: secret, kind: kind, rounds: rounds) else {
            throw Refusal(.internalError, "this password cannot be kept", detail: "a standing password of odd lengths")
        }
        try await keepStandingPassword(recipient: recipient, password, by: .reader, nowSeconds: nowSeconds)
    }

    /// Forgets a standing password; the telephone number stays.
    /// - Returns: false where there was none.
    package func forgetStandingPassword(
        for recipient: Mailbox, wish: PasswordWish? = nil, nowSeconds: Int64 = Int64(Date().timeIntervalSince1970)
    ) async throws(Refusal) -> Bool {
        let name = recipient.folded
        let forgotten = try await database.write("forgetting a standing password") { database in
            guard try Self.note(wish, name, nowSeconds, database) else { return 0 }
            return try Self.forget(database, "address = ?", [name])
        }
        if forgotten > 0 { try await database.scrub() }
        return forgotten > 0
    }

    /// Notes that letters have been made with these correspondents' standing passwords.
    package func usedStandingPasswords(_ recipients: [Mailbox], nowSeconds: Int64) async throws(Refusal) {
        guard !recipients.isEmpty else { return }
        try await database.write("noting the use of standing passwords") { database in
            for recipient in recipients {
                try database.execute(
                    sql: "UPDATE contacts SET used_at = ? WHERE address = ? AND stretched IS NOT NULL",
                    arguments: [nowSeconds, recipient.folded])
            }
        }
    }

    /// Forgets standing passwords that no letter has used since a time.
    /// - Returns: how many.
    package func forgetStandingPasswords(unusedSinceSeconds seconds: Int64) async throws(Refusal) -> Int {
        let forgotten = try await database.write("forgetting old standing passwords") { database in
            try Self.forget(database, "stretched IS NOT NULL AND used_at < ?", [seconds])
        }
        if forgotten > 0 { try await database.scrub() }
        return forgotten
    }

    /// Sets a correspondent's telephone number.
    /// - Parameter phone: in E.164; nil takes it away.
    package func setPhone(_ phone: String?, of recipient: Mailbox) async throws(Refusal) {
        let name = recipient.folded
        try await database.write("keeping a telephone number") { database in
            guard let phone else {
                try database.execute(
                    sql: "DELETE FROM contacts WHERE address = ? AND stretched IS NULL", arguments: [name])
                return try database.execute(
                    sql: "UPDATE contacts SET phone = NULL WHERE address = ?", arguments: [name])
            }
            try database.execute(
                sql: """
                    INSERT INTO contacts (address, phone) VALUES (?, ?)
                    ON CONFLICT (address) DO UPDATE SET phone = excluded.phone
                    """, arguments: [name, phone])
        }
    }

    /// Forgets all about a correspondent.
    /// - Returns: false where there is none.
    package func removeContact(_ recipient: Mailbox) async throws(Refusal) -> Bool {
        let name = recipient.folded
        let now = Int64(Date().timeIntervalSince1970)
        let removed = try await database.write("forgetting a correspondent") { database in
            _ = try Self.note(nil, name, now, database)
            try database.execute(sql: "DELETE FROM contacts WHERE address = ?", arguments: [name])
            return database.changesCount
        }
        if removed > 0 { try await database.scrub() }
        return removed > 0
    }

    /// Takes the passwords out of some rows; a row that has nothing else goes.
    private static func forget(
        _ database: Database, _ condition: String, _ arguments: StatementArguments
    ) throws -> Int {
        try database.execute(
            sql: "DELETE FROM contacts WHERE \(condition) AND stretched IS NOT NULL AND phone IS NULL",
            arguments: arguments)
        let gone = database.changesCount
        try database.execute(
            sql: """
                UPDATE contacts SET salt = NULL, stretched = NULL, kind = NULL, rounds = NULL, password_set_at = NULL,
                    password_set_by = NULL, used_at = NULL
                WHERE \(condition) AND stretched IS NOT NULL
                """, arguments: arguments)
        return gone + database.changesCount
    }
}

extension ContactLine {
    /// A row of the table.
    init(_ row: Row) throws {
        self.init(
            address: try row.text("address"), phone: try row.optionalText("phone"),
            passwordSetAtSeconds: try row.optionalInteger("password_set_at"),
            passwordSetBy: try row.optionalText("password_set_by"),
            passwordUsedAtSeconds: try row.optionalInteger("used_at"))
    }
}

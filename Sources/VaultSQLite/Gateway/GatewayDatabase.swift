// The ledger: which recipients of an unfinished message have been served, so that a retry serves only the others.
// gateway.db in state/gateway (0700); no content, only addresses and a keyed code of the message.
// Fails with a refusal of cause `storage`; a change that returned is on disk, whatever became of the calling task. Who
// was served is remembered in memory where it cannot be written.

import Cryptography
package import Links
package import Mail
package import Vault

import Foundation
import GRDB
import Glibc
import Synchronization

/// The gateway's database: ledger and list of issued letters. One process writes it.
package final class GatewayDatabase: GatewayVault {
    let database: VaultDatabase
    let key: [UInt8]
    /// Makes and checks senders' control links.
    package let controlKey: ControlKey
    private let holdsRows: Mutex<Bool>
    private let unwritten = UnwrittenRows()

    /// Opens `gateway.db` in a folder (0700), made where it is not there.
    /// - Parameters:
    ///   - folder: `state/gateway`.
    ///   - busySeconds: longest wait for a lock that another process holds.
    package init(folder: String, busySeconds: Double = 5) throws(Refusal) {
        let path = try StateFolder(path: folder, sharing: .ownerOnly).prepare(file: "gateway.db")
        let opening = DatabaseOpening(
            path: path, name: "gateway database", makeMigrator: { GatewaySchema.migrator() }, busySeconds: busySeconds)
        do throws(DatabaseTrouble) {
            database = try VaultDatabase(opening, mayMigrate: true)
        } catch { throw error.refusal }
        let (key, controlKey, holdsRows) = try database.readNow("reading the ledger's key") { database in
            guard let row = try Row.fetchOne(database, sql: "SELECT key FROM ledger_key") else {
                throw StateFolder.refusal("reading the ledger's key: there is none")
            }
            guard let control = try Row.fetchOne(database, sql: "SELECT key FROM control_key") else {
                throw StateFolder.refusal("reading the key of control links: there is none")
            }
            return (try row.bytes("key"), ControlKey(try control.bytes("key")), try Self.holdsRows(database))
        }
        self.key = key
        self.controlKey = controlKey
        self.holdsRows = Mutex(holdsRows)
    }

    /// The code under which a message is remembered.
    /// - Parameter message: the message as it came, without its Received fields (each hop adds its own).
    package func fingerprint(_ message: MessageBytes) throws(Refusal) -> MessageFingerprint {
        MessageFingerprint(bytes: try HMACSHA256.authenticate(message, key: key))
    }

    /// True where nothing is remembered: then no fingerprint need be made. Kept in memory.
    package var isEmpty: Bool { !holdsRows.withLock { $0 } && unwritten.isEmpty }

    /// The ledger's one look-up: by the table's own key.
    static let rowsOfOneMessage = """
        SELECT recipient, kind, code, enhanced, said, hop_reply FROM ledger WHERE sender = ? AND fingerprint = ?
        """

    /// All that is remembered of one message.
    /// - Parameter sender: nil is the null sender.
    package func remembered(
        sender: Mailbox?, fingerprint: MessageFingerprint
    ) async throws(Refusal) -> RememberedMessage {
        if isEmpty { return RememberedMessage() }
        let name = Self.name(sender)
        return try await database.read("reading the ledger") { [unwritten] database in
            let rows = try Row.fetchAll(
                database, sql: Self.rowsOfOneMessage, arguments: [name, Data(fingerprint.bytes)])
            var message = RememberedMessage()
            for row in rows { try message.take(row) }
            message.merge(unwritten.rows(of: .init(sender: name, fingerprint: fingerprint)))
            return message
        }
    }

    /// Remembers what has become of recipients and copies; one commit. Where it throws, that is remembered until the
    /// process ends, and written with the next ones.
    package func record(
        sender: Mailbox?, recipients: [Mailbox], copied: [Mailbox], receipted: [Mailbox],
        refused: [Mailbox: Refusal], fingerprint: MessageFingerprint
    ) async throws(Refusal) {
        let key = UnwrittenRows.Key(sender: Self.name(sender), fingerprint: fingerprint)
        let now = Self.wallClockSeconds()
        var rows = RememberedMessage()
        rows.delivered = Set(recipients.map(\.folded))
        rows.copied = Set(copied.map(\.folded))
        rows.receipted = Set(receipted.map(\.folded))
        for (recipient, refusal) in refused { rows.refused[recipient.folded] = refusal }
        // Before the commit, and taken back only after it: a retry that comes in between misses nothing.
        unwritten.keep(rows, of: key)
        rows.merge(unwritten.rows(of: key))
        try await change("writing the ledger") { [rows] database in
            for (kind, names) in [
                ("delivered", rows.delivered), ("copied", rows.copied), ("receipted", rows.receipted),
            ] {
                try Self.insert(kind, key.sender, names, fingerprint, now, database)
            }
            for (recipient, refusal) in rows.refused {
                try Self.insert(refusal, of: recipient, key, now, database)
            }
        }
        unwritten.drop(rows, of: key)
    }

    /// Remembers that the sender has been told of these recipients' refusal.
    package func reported(
        sender: Mailbox?, recipients: [Mailbox], fingerprint: MessageFingerprint
    ) async throws(Refusal) {
        try await insert("reported", sender, recipients, fingerprint, Self.wallClockSeconds())
    }

    /// Remembers that passwords for these recipients' letters have been mailed: the retry's mail says it replaces them.
    package func passwordMailed(
        sender: Mailbox?, recipients: [Mailbox], fingerprint: MessageFingerprint
    ) async throws(Refusal) {
        try await insert("password", sender, recipients, fingerprint, Self.wallClockSeconds())
    }

    /// Forgets what is known of one transaction: its final reply has been written. Rows of other recipients stay: an
    /// MTA sends one message to many recipients in several transactions, and another of them may be unfinished.
    package func forget(
        sender: Mailbox?, recipients: [Mailbox], fingerprint: MessageFingerprint
    ) async throws(Refusal) {
        let name = Self.name(sender)
        let wanted = Set(recipients.map(\.folded))
        unwritten.forget(Array(wanted), of: .init(sender: name, fingerprint: fingerprint))
        // Most messages leave no rows: looking takes no lock and no commit.
        let found = try await database.read("looking what to forget") { database in
            try Row.fetchAll(database, sql: Self.rowsOfOneMessage, arguments: [name, Data(fingerprint.bytes)])
                .filter { try $0.text("kind") != "copied" }.map { try $0.text("recipient") }
        }
        let leaving = wanted.intersection(found)
        guard !leaving.isEmpty else { return }
        try await change("forgetting a message") { database in
            for recipient in leaving {
                try database.execute(
                    sql: """
                        DELETE FROM ledger
                        WHERE sender = ? AND fingerprint = ? AND recipient = ? AND kind <> 'copied'
                        """,
                    arguments: [name, Data(fingerprint.bytes), recipient])
            }
        }
    }

    /// Forgets unfinished rows older than ``keepSeconds`` and issued letters that have expired.
    /// - Returns: number of ledger rows forgotten.
    package func prune(nowSeconds: Int64) async throws(Refusal) -> Int {
        let before = nowSeconds.subtractingReportingOverflow(RememberedMessage.keepSeconds).partialValue
        let deleted = try await change("pruning the ledger") { database in
            try database.execute(sql: "DELETE FROM pending_keys WHERE expires_at <= ?", arguments: [nowSeconds])
            // What became of a letter is told as long as its sender's page tells it. Later messages lengthen the life
            // of a conversation's letter: it stays listed, and can be taken back, as long as it can be opened.
            try database.execute(
                sql: """
                    DELETE FROM letter_owners WHERE expires_at <= ? AND NOT EXISTS (
                        SELECT 1 FROM conversations
                        WHERE conversations.letter_id = letter_owners.letter_id AND conversations.expires_at > ?)
                    """,
                arguments: [
                    nowSeconds.subtractingReportingOverflow(LockedLetter.graceSeconds).partialValue, nowSeconds,
                ])
            try database.execute(sql: "DELETE FROM ledger WHERE at <= ?", arguments: [before])
            let deleted = database.changesCount
            try Self.pruneConversations(nowSeconds, database)
            try Self.pruneProtected(nowSeconds, database)
            // An answer is given up after seven days; a day more for the last try.
            try Self.pruneWishes(
                beforeSeconds: before.subtractingReportingOverflow(86_400).partialValue, database)
            return deleted
        }
        try await database.scrub()
        return deleted
    }

    /// Seconds since 1970 by the system's clock: rows need a rough age only.
    private static func wallClockSeconds() -> Int64 { Int64(time(nil)) }

    private func insert(
        _ kind: String, _ sender: Mailbox?, _ recipients: [Mailbox], _ fingerprint: MessageFingerprint,
        _ nowSeconds: Int64
    ) async throws(Refusal) {
        let name = Self.name(sender)
        try await change("writing the ledger") { database in
            try Self.insert(kind, name, recipients.map(\.folded), fingerprint, nowSeconds, database)
        }
    }

    static func insert(
        _ kind: String, _ sender: String, _ recipients: some Sequence<String>, _ fingerprint: MessageFingerprint,
        _ nowSeconds: Int64, _ database: Database
    ) throws {
        for recipient in recipients {
            try database.execute(
                sql: "INSERT OR REPLACE INTO ledger (sender, fingerprint, recipient, kind, at) VALUES (?, ?, ?, ?, ?)",
                arguments: [sender, Data(fingerprint.bytes), recipient, kind, nowSeconds])
        }
    }

    private static func insert(
        _ refusal: Refusal, of recipient: String, _ key: UnwrittenRows.Key, _ nowSeconds: Int64, _ database: Database
    ) throws {
        try database.execute(
            sql: """
                INSERT OR REPLACE INTO ledger
                    (sender, fingerprint, recipient, kind, at, code, enhanced, said, hop_reply)
                VALUES (?, ?, ?, 'refused', ?, ?, ?, ?, ?)
                """,
            arguments: [
                key.sender, Data(key.fingerprint.bytes), recipient, nowSeconds, refusal.replyCode,
                refusal.enhancedCode, refusal.publicText, refusal.hopReply,
            ])
    }

    /// A change, and what ``isEmpty`` is after it: noted on the writer's queue, in the order of the commits.
    func change<T: Sendable>(
        _ doing: String, _ body: @escaping @Sendable (Database) throws -> T
    ) async throws(Refusal) -> T {
        // Before the commit and never taken back without one: a reader may look needlessly, but never misses a row.
        holdsRows.withLock { $0 = true }
        return try await database.write(doing) { [self] database in
            let value = try body(database)
            let holds = try Self.holdsRows(database)
            database.afterNextTransaction { _ in self.holdsRows.withLock { $0 = holds } }
            return value
        }
    }

    private static func holdsRows(_ database: Database) throws -> Bool {
        try Bool.fetchOne(database, sql: "SELECT EXISTS (SELECT 1 FROM ledger)") ?? true
    }

    static func name(_ sender: Mailbox?) -> String { sender?.folded ?? "" }
}

extension RememberedMessage {
    /// One row of the ledger.
    mutating fileprivate func take(_ row: Row) throws {
        let recipient = try row.text("recipient")
        switch try row.text("kind") {
        case "delivered": delivered.insert(recipient)
        case "password": passwordMailed.insert(recipient)
        case "reported": reported.insert(recipient)
        case "held": held.insert(recipient)
        case "copied": copied.insert(recipient)
        case "receipted": receipted.insert(recipient)
        default:
            let cause = Refusal.Cause.nextHopRefused(
                code: Int(try row.integer("code")), enhanced: try row.text("enhanced"))
            refused[recipient] = Refusal(
                cause, try row.text("said"), hopReply: try row.optionalText("hop_reply"))
        }
    }
}

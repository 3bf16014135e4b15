// The quarantine: sealed messages that wait for an officer, in gateway.db, beside the ledger, because a message that is
// held and the ledger's row that says so are one commit. Content comes in sealed and is deleted with its last
// recipient. Fails with a refusal of cause `storage`; nothing is half done.

package import Mail
package import Vault

import Foundation
import GRDB

extension GatewayDatabase {
    /// Blobs of this size, in bytes: a row is read into memory as a whole.
    private static let chunkBytes = 256 * 1024
    /// What is remembered of a message that lies no longer there goes so long after its expiry, in seconds.
    private static let recordSeconds: Int64 = 365 * 86_400

    /// Commits a message for recipients who do not have it in the quarantine yet, with the mails that tell of it.
    ///
    /// Recipients for whom the same message of the same sender lies there already are not held twice. For all of them
    /// the ledger says `held` after the same commit.
    /// - Parameters:
    ///   - entry: recipients in state `held`, never empty.
    ///   - content: sealed.
    ///   - notices: kinds of mails to be sent.
    /// - Returns: false where everybody was held already: then nothing new lies there.
    package func hold(
        _ entry: QuarantineEntry, sender: Mailbox?, recipients: [Mailbox], fingerprint: MessageFingerprint,
        content: MessageBytes, notices: [QuarantineNotice]
    ) async throws(Refusal) -> Bool {
        let name = Self.name(sender)
        let print = Data(fingerprint.bytes)
        return try await change("holding a message") { database in
            let there = try Set(
                Row.fetchAll(
                    database,
                    sql: """
                        SELECT folded FROM quarantine JOIN quarantine_recipients USING (id)
                        WHERE sender = ? AND fingerprint = ? AND state = 'held'
                        """, arguments: [name, print]
                ).map { try $0.text("folded") })
            try Self.insert("held", name, recipients.map(\.folded), fingerprint, entry.heldAtSeconds, database)
            let new = zip(entry.recipients, recipients).filter { !there.contains($0.1.folded) }
            guard !new.isEmpty else { return false }
            try database.execute(
                sql: """
                    INSERT INTO quarantine
                        (id, sender, fingerprint, circumstances, sealed_to, bytes, received_at, held_at, expires_at)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    entry.id, name, print, entry.circumstances, entry.sealedTo, entry.bytes, entry.receivedAtSeconds,
                    entry.heldAtSeconds, entry.expiresAtSeconds,
                ])
            for (place, (recipient, mailbox)) in new.enumerated() {
                try database.execute(
                    sql: """
                        INSERT INTO quarantine_recipients (id, place, recipient, folded, rules, reason, state)
                        VALUES (?, ?, ?, ?, ?, ?, 'held')
                        """,
                    arguments: [
                        entry.id, place, recipient.address, mailbox.folded, Self.joined(recipient.rules),
                        recipient.reason,
                    ])
            }
            try Self.insert(content, of: entry.id, database)
            try Self.note(
                "held", entry.id, new.map(\.0.address), who: "gateway", said: "", entry.heldAtSeconds, database)
            try Self.enqueue(notices, about: entry.id, entry.heldAtSeconds, database)
            return true
        }
    }

    /// Held messages, oldest first.
    /// - Parameter settled: true for those too that lie there no longer.
    package func quarantined(settled: Bool) async throws(Refusal) -> [QuarantineEntry] {
        try await database.read("listing the quarantine") { database in
            let rows = try Row.fetchAll(database, sql: "SELECT * FROM quarantine ORDER BY held_at, id")
            return try rows.map { try Self.entry($0, database) }.filter { settled || !$0.held.isEmpty }
        }
    }

    /// One message; nil where there is none of this id.
    package func quarantined(_ id: String) async throws(Refusal) -> QuarantineEntry? {
        try await database.read("reading the quarantine") { database in
            try Row.fetchOne(database, sql: "SELECT * FROM quarantine WHERE id = ?", arguments: [id])
                .map { try Self.entry($0, database) }
        }
    }

    /// The sealed content; nil where it lies there no longer.
    package func quarantinedContent(_ id: String) async throws(Refusal) -> MessageBytes? {
        try await database.read("reading the quarantine") { database in
            let rows = try Row.fetchAll(
                database, sql: "SELECT sealed FROM quarantine_chunks WHERE id = ? ORDER BY number", arguments: [id])
            guard !rows.isEmpty else { return nil }
            return MessageBytes(joining: try rows.map { MessageBytes(bytes: try $0.bytes("sealed")) })
        }
    }

    /// What was done with a message, oldest first.
    package func quarantineRecords(_ id: String) async throws(Refusal) -> [QuarantineEntry.Record] {
        try await database.read("reading the quarantine") { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM quarantine_records WHERE id = ? ORDER BY number", arguments: [id]
            ).map(Self.record)
        }
    }

    /// What officers have done since a record, for the log of the gateway, which is another process.
    /// - Parameter number: of the last record that was seen; nil: nothing is given but where the records end now.
    /// - Returns: the records with the ids of their messages, and the number of the last.
    package func quarantineDeeds(
        after number: Int64?
    ) async throws(Refusal) -> (deeds: [(id: String, record: QuarantineEntry.Record)], last: Int64) {
        try await database.read("reading the quarantine") { database in
            let last = try Int64.fetchOne(database, sql: "SELECT max(number) FROM quarantine_records") ?? 0
            guard let number, last > number else { return ([], last) }
            let deeds = try Row.fetchAll(
                database, sql: "SELECT * FROM quarantine_records WHERE number > ? AND who <> 'gateway' ORDER BY number",
                arguments: [number]
            ).map { (id: try $0.text("id"), record: try Self.record($0)) }
            return (deeds, last)
        }
    }

    /// Remembers something that changes nothing: that a message was opened, or could not be released.
    package func noteQuarantine(
        _ action: String, _ id: String, recipients: [String], who: String, said: String, nowSeconds: Int64
    ) async throws(Refusal) {
        try await database.write("noting what was done") { database in
            try Self.note(action, id, recipients, who: who, said: said, nowSeconds, database)
        }
    }

    /// Ends the stay for some recipients, with a record; with the last of them the content is destroyed.
    /// - Parameters:
    ///   - recipients: as written in the entry.
    ///   - notices: kinds of mails to be sent.
    package func settleQuarantine(
        _ id: String, _ recipients: [String], as state: QuarantineEntry.State, who: String, said: String,
        notices: [QuarantineNotice], nowSeconds: Int64
    ) async throws(Refusal) {
        guard !recipients.isEmpty else { return }
        let isEmpty = try await database.write("settling a held message") { database in
            for recipient in recipients {
                try database.execute(
                    sql: "UPDATE quarantine_recipients SET state = ? WHERE id = ? AND recipient = ?",
                    arguments: [state.rawValue, id, recipient])
            }
            try Self.note(state.rawValue, id, recipients, who: who, said: said, nowSeconds, database)
            try Self.enqueue(notices, about: id, nowSeconds, database)
            return try Self.removeUnneeded(id, database)
        }
        if isEmpty { try await database.scrub() }
    }

    /// Destroys what has lain there too long, with records; forgets what is only remembered and very old.
    /// - Parameter notices: kinds of mails to be sent of each.
    /// - Returns: the messages that expired, as they were before.
    package func expireQuarantine(
        notices: [QuarantineNotice], nowSeconds: Int64
    ) async throws(Refusal) -> [QuarantineEntry] {
        let before = nowSeconds.subtractingReportingOverflow(Self.recordSeconds).partialValue
        let expired = try await database.read("looking for expired messages") { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT * FROM quarantine WHERE expires_at <= ?
                    AND EXISTS (SELECT 1 FROM quarantine_recipients r WHERE r.id = quarantine.id AND state = 'held')
                    ORDER BY held_at
                    """, arguments: [nowSeconds]
            ).map { try Self.entry($0, database) }
        }
        for entry in expired {
            try await settleQuarantine(
                entry.id, entry.held.map(\.address), as: .expired, who: "gateway", said: "", notices: notices,
                nowSeconds: nowSeconds)
        }
        try await database.write("forgetting old records") { database in
            try database.execute(
                sql: """
                    DELETE FROM quarantine WHERE expires_at <= ?
                    AND NOT EXISTS (SELECT 1 FROM quarantine_recipients r WHERE r.id = quarantine.id AND state = 'held')
                    """, arguments: [before])
        }
        return expired
    }

    // MARK: - Rows

    private static func insert(_ content: MessageBytes, of id: String, _ database: Database) throws {
        let statement = try database.makeStatement(
            sql: "INSERT INTO quarantine_chunks (id, number, sealed) VALUES (?, ?, ?)")
        var number = 0
        for start in stride(from: 0, to: content.count, by: chunkBytes) {
            var data = Data(capacity: chunkBytes)
            let piece = content.slice(start..<min(start + chunkBytes, content.count))
            try piece.forEachChunk { data.append(contentsOf: $0) }
            try statement.execute(arguments: [id, number, data])
            number += 1
        }
    }

    private static func enqueue(
        _ kinds: [QuarantineNotice], about id: String, _ nowSeconds: Int64, _ database: Database
    ) throws {
        for kind in kinds { try enqueue(Notice(kind, about: id, atSeconds: nowSeconds), nowSeconds, database) }
    }

    private static func note(
        _ action: String, _ id: String, _ recipients: [String], who: String, said: String, _ nowSeconds: Int64,
        _ database: Database
    ) throws {
        try database.execute(
            sql: """
                INSERT INTO quarantine_records (id, at, who, action, recipients, said) VALUES (?, ?, ?, ?, ?, ?)
                """,
            arguments: [id, nowSeconds, who, action, joined(recipients), said])
    }

    /// Deletes the content where nobody is held any more.
    private static func removeUnneeded(_ id: String, _ database: Database) throws -> Bool {
        let isNeeded =
            try Bool.fetchOne(
                database,
                sql: "SELECT EXISTS (SELECT 1 FROM quarantine_recipients WHERE id = ? AND state = 'held')",
                arguments: [id]) ?? true
        guard !isNeeded else { return false }
        try database.execute(sql: "DELETE FROM quarantine_chunks WHERE id = ?", arguments: [id])
        return true
    }

    private static func entry(_ row: Row, _ database: Database) throws -> QuarantineEntry {
        let id = try row.text("id")
        let recipients = try Row.fetchAll(
            database, sql: "SELECT * FROM quarantine_recipients WHERE id = ? ORDER BY place", arguments: [id]
        ).map { row in
            guard let state = QuarantineEntry.State(rawValue: try row.text("state")) else {
                throw StateFolder.refusal("reading a row: unknown state")
            }
            return QuarantineEntry.Recipient(
                address: try row.text("recipient"), rules: split(try row.text("rules")),
                reason: try row.text("reason"), state: state)
        }
        return QuarantineEntry(
            id: id, sender: try row.text("sender"), recipients: recipients,
            circumstances: try row.text("circumstances"), sealedTo: try row.text("sealed_to"),
            bytes: try row.count("bytes"), receivedAtSeconds: try row.integer("received_at"),
            heldAtSeconds: try row.integer("held_at"), expiresAtSeconds: try row.integer("expires_at"))
    }

    private static func record(_ row: Row) throws -> QuarantineEntry.Record {
        QuarantineEntry.Record(
            atSeconds: try row.integer("at"), who: try row.text("who"), action: try row.text("action"),
            recipients: split(try row.text("recipients")), said: try row.text("said"))
    }

    /// Lists in one column: neither ids of rules nor addresses hold a line end.
    private static func joined(_ list: [String]) -> String { list.joined(separator: "\n") }
    private static func split(_ text: String) -> [String] { text.split(separator: "\n").map(String.init) }
}

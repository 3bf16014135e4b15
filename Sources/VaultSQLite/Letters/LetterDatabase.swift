// Letters behind links: letters.db in state/letters, written by the gateway, read by the portal.
// Takes what Links locked; gives it out again only against the right proof. Touches that database only.
// Fails with a refusal of cause `storage` (locked, full, damaged); a change that returned is on disk.

package import Links
package import Mail
package import Vault

import Foundation
import GRDB
import SettingValues

/// The gateway's side of the letters database.
package final class LetterDatabase: GatewayLetters {
    let database: SharedDatabase

    /// Opens `letters.db` in a folder, and makes folder (2770), file (0660) and tables where they are not there.
    /// - Parameters:
    ///   - folder: `state/letters`.
    ///   - busySeconds: longest wait for a lock that another process holds.
    /// - Throws: a refusal of cause `storage` whose detail says what to do.
    package init(folder: String, busySeconds: Double = 5) throws(Refusal) {
        database = SharedDatabase(folder: folder, side: .gateway, busySeconds: busySeconds)
        try database.open()
    }

    /// A store that may not be usable now, and is opened when it is: mail that needs no letters must not wait for it.
    /// - Parameters:
    ///   - folder: `state/letters`.
    ///   - busySeconds: longest wait for a lock that another process holds.
    ///   - retrySeconds: pause between two tries to use it again.
    package init(whenUsable folder: String, busySeconds: Double = 5, retrySeconds: Double = 1) {
        database = SharedDatabase(
            folder: folder, side: .gateway, busySeconds: busySeconds, retrySeconds: retrySeconds)
        // What fails is noted, and tried again.
        try? database.open(waitSeconds: 1)
    }

    /// Why letters cannot be kept now, for the log; nil: nothing is known against it. Asking costs nothing.
    package var problem: Refusal? { database.problem }

    /// As ``problem``, after a try to use the store again where it could not be used a moment ago; waits half a second
    /// at most.
    package func problemNow() async -> Refusal? {
        await database.recheck(atMostSeconds: SharedDatabase.patienceSeconds)
    }

    /// Has somebody told when the store can no longer be used, and (nil) when it can be again.
    package func observe(_ observer: @escaping @Sendable (Refusal?) -> Void) { database.observe(observer) }

    /// Commits letters, their contents and their senders' control, all or none, as ``LetterState/sending``.
    ///
    /// - Parameter shares: for whom, and how much may be kept; nil counts nothing.
    /// - Throws: a refusal of cause `noRoom` where it is too much, else of cause `storage`.
    ///
    /// Later messages are refused with the whole where their letter is not there or has expired.
    package func keep(
        _ contents: [LockedContent], _ letters: [LockedLetter], following: [FollowingMessage], shares: StorageShares?
    ) async throws(Refusal) {
        try await database.write("keeping letters") { database in
            if let shares { try Self.take(contents, shares, database) }
            for content in contents { try Self.insert(content, database) }
            if let shares { try Self.insert(shares, contents, database) }
            for letter in letters { try Self.insert(letter, database) }
            for message in following { try Self.insert(message, database) }
        }
    }

    /// Notes that a letter's notification is about to be sent: from now on a crash leaves it readable.
    /// - Throws: a refusal of cause `storage`, also where the letter is not there: then nothing may be sent.
    package func markNotifying(_ id: String) async throws(Refusal) {
        // Never back from readable: a late call must not take a letter from its reader.
        try await move([id], "notifying = (state = 'sending')", doing: "marking a letter")
    }

    /// Lets the letters be opened.
    /// - Throws: a refusal of cause `storage`, also where one of them is not there; then none has changed.
    package func makeReadable(_ ids: [String]) async throws(Refusal) {
        try await move(ids, "state = 'waiting', notifying = 0", doing: "making letters readable")
    }

    /// Deletes letters whose notification was not sent, and contents that no letter needs any more. Ids that are not
    /// there are no error.
    package func discard(_ ids: [String]) async throws(Refusal) {
        guard !ids.isEmpty else { return }
        try await database.write("discarding letters") { database in
            for id in ids {
                _ = try Self.deleteLetters("id = ?", [id], database)
                try database.execute(sql: "DELETE FROM following WHERE id = ?", arguments: [id])
                try Self.forgetControl(id, database)
            }
        }
        try await removeUnusedContents()
        try await database.scrub()
    }

    /// Settles what a stop left between two states: old letters that nobody was notified of are deleted (their
    /// sender's MTA tries again and a new letter is made), those marked as notifying become readable (the mail may have
    /// arrived).
    /// - Parameter olderThanSeconds: age from which a letter counts as left behind.
    /// - Returns: number of letters settled.
    package func settle(olderThanSeconds: Int64, nowSeconds: Int64) async throws(Refusal) -> Int {
        let (before, overflow) = nowSeconds.subtractingReportingOverflow(olderThanSeconds)
        guard !overflow else { return 0 }
        let (deleted, released) = try await database.write("settling letters") { database in
            try database.execute(
                sql: "UPDATE letters SET state = 'waiting', notifying = 0 WHERE notifying = 1 AND created_at <= ?",
                arguments: [before])
            let released = database.changesCount
            try database.execute(
                sql: """
                    DELETE FROM control_letters WHERE letter_id IN
                        (SELECT id FROM letters WHERE state = 'sending' AND created_at <= ?)
                    """, arguments: [before])
            let deleted = try Self.deleteLetters("state = 'sending' AND created_at <= ?", [before], database)
            let following = try Self.settleFollowing(before, database)
            return (deleted + following.deleted, released + following.released)
        }
        if deleted > 0 {
            try await removeUnusedContents()
            try await database.scrub()
        }
        return deleted + released
    }

    /// Really deletes the letters that have expired, and gives their room back.
    /// - Returns: number of letters deleted.
    package func expire(nowSeconds: Int64) async throws(Refusal) -> Int {
        let ids = try await database.read("looking for expired letters") { database in
            try String.fetchAll(
                database, sql: "SELECT CAST(id AS TEXT) FROM letters WHERE expires_at <= ? AND id IS NOT NULL",
                arguments: [nowSeconds])
        }
        var total = 0
        var rest = ids[...]
        while !rest.isEmpty {
            let batch = Array(rest.prefix(100))  // so that no other writer waits for many
            rest = rest.dropFirst(batch.count)
            total += try await database.write("expiring letters") { database in
                var deleted = 0
                for id in batch {
                    Self.end(id, .expired, nowSeconds, database)
                    deleted += try Self.deleteLetters("id = ? AND expires_at <= ?", [id, nowSeconds], database)
                }
                return deleted
            }
        }
        try await database.write("forgetting old control pages") { database in
            try Self.forgetControls(expiredAtSeconds: nowSeconds, database)
        }
        try await removeUnusedContents()
        // Always: an earlier scrub may have found a reader in its way.
        try await database.scrub()
        return total
    }

    /// Deletes one letter, whatever its state.
    /// - Returns: false where there is none of this id.
    package func revoke(_ id: String) async throws(Refusal) -> Bool {
        let now = Int64(Date().timeIntervalSince1970)
        let found = try await database.write("revoking a letter") { database in
            Self.end(id, .revoked, now, database)
            return try Self.deleteLetters("id = ?", [id], database) > 0
        }
        if found {
            try await removeUnusedContents()
            try await database.scrub()
        }
        return found
    }

    /// All letters, oldest first; those too that have ended, as long as their sender's page tells of them.
    package func list(nowSeconds: Int64) async throws(Refusal) -> [LockedLetter.Status] {
        try await database.read("listing letters") { database in
            try LetterRows.statuses(nowSeconds, database)
        }
    }

    /// Whether a letter can be opened. Unlike ``parameters(_:nowSeconds:)`` it leaves no note that a browser has asked.
    /// - Parameter atMostSeconds: longest wait; nil: as long as for any work.
    package func isReadable(
        _ id: String, nowSeconds: Int64, atMostSeconds: Double?
    ) async throws(Refusal) -> Bool {
        let doing = "looking whether a letter can be opened"
        guard let atMostSeconds else {
            return try await database.read(doing) { try LetterRows.readable(id, nowSeconds, $0) != nil }
        }
        return try await database.read(doing, atMostSeconds: atMostSeconds) {
            try LetterRows.readable(id, nowSeconds, $0) != nil
        }
    }

    /// - Parameter change: what is set in the rows of the letters or later messages.
    private func move(_ ids: [String], _ change: String, doing: String) async throws(Refusal) {
        try await database.write(doing) { database in
            for id in ids {
                try database.execute(sql: "UPDATE letters SET \(change) WHERE id = ?", arguments: [id])
                if database.changesCount == 1 { continue }
                guard try Self.moveFollowing(id, change, database) else {
                    throw StateFolder.refusal("\(doing): letter \"\(id)\" is not in the store")
                }
            }
        }
    }

    /// Deletes letters and their answers, but for those that have been handed over: these are the gateway's to take. No
    /// trigger does it: in a file that others can write, none may be there.
    /// - Parameter condition: about a row of `letters`.
    /// - Returns: number of letters deleted.
    private static func deleteLetters(
        _ condition: String, _ arguments: StatementArguments, _ database: Database
    ) throws -> Int {
        try database.execute(
            sql: """
                DELETE FROM answers WHERE state <> 'complete'
                    AND letter_id IN (SELECT id FROM letters WHERE \(condition))
                """, arguments: arguments)
        try database.execute(sql: "DELETE FROM letters WHERE \(condition)", arguments: arguments)
        return database.changesCount
    }

    /// Contents without letters go one per transaction, so that no other writer waits for many. The list is made once:
    /// whatever else is in a file that the portal's user can write, this ends.
    private func removeUnusedContents() async throws(Refusal) {
        let unused = """
            NOT EXISTS (SELECT 1 FROM letters WHERE content_id = contents.id)
            AND NOT EXISTS (SELECT 1 FROM following WHERE content_id = contents.id)
            """
        let ids = try await database.read("looking for unused contents") { database in
            try String.fetchAll(
                database, sql: "SELECT CAST(id AS TEXT) FROM contents WHERE id IS NOT NULL AND \(unused)")
        }
        for id in ids {
            try await database.write("deleting contents") { database in
                try database.execute(sql: "DELETE FROM contents WHERE id = ? AND \(unused)", arguments: [id])
            }
        }
    }

    private static func insert(_ content: LockedContent, _ database: Database) throws {
        try database.execute(
            sql: "INSERT INTO contents (id, plain_bytes, chunk_count) VALUES (?, ?, ?)",
            arguments: [content.id, content.plainBytes, content.chunks.count])
        let statement = try database.makeStatement(
            sql: "INSERT INTO chunks (content_id, number, sealed) VALUES (?, ?, ?)")
        for (number, chunk) in content.chunks.enumerated() {
            var data = Data(capacity: chunk.count)
            try chunk.forEachChunk { data.append(contentsOf: $0) }
            try statement.execute(arguments: [content.id, number, data])
        }
    }

    private static func insert(_ letter: LockedLetter, _ database: Database) throws {
        let known = letter.parameters
        try database.execute(
            sql: """
                INSERT INTO letters (id, content_id, version, kdf, rounds, password_kind, salt, verifier, wrapped_keys,
                    conversation_key, state, created_at, expires_at, keeps_password, link_verifier)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'sending', ?, ?, ?, ?)
                """,
            arguments: [
                letter.id, letter.contentID, known.version, known.kdf, known.rounds, known.passwordKind.rawValue,
                Data(known.salt), Data(letter.verifiers.auth), Data(letter.wrappedKeys),
                Data(letter.conversationPublicKey), letter.createdAtSeconds, known.expiresAtSeconds,
                letter.keepsPassword, Data(letter.verifiers.link),
            ])
        try insertControl(of: letter, database)
        try database.execute(sql: "INSERT INTO attempts (letter_id) VALUES (?)", arguments: [letter.id])
        guard let answers = letter.answers else { return }
        try database.execute(
            sql: "INSERT INTO answer_limits (letter_id, count, bytes, files) VALUES (?, ?, ?, ?)",
            arguments: [letter.id, answers.count, answers.bytes, answers.files])
    }
}

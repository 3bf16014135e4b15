// Databases of every earlier version, with rows in them, brought up to this one and used.

import Foundation
import GRDB
import Links
import Mail
import Testing

@testable import Vault

@Suite struct MigrationTests {
    private static let letterSteps = LetterSchema.migrator().migrations
    private static let gatewaySteps = LedgerSchema.migrator().migrations

    /// A database file as the version that ended with this step made it.
    private func old(_ folder: String, _ name: String, _ migrator: DatabaseMigrator, upTo step: String) throws
        -> DatabaseQueue
    {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var configuration = Configuration()
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA foreign_keys = ON")
        }
        let queue = try DatabaseQueue(path: "\(folder)/\(name)", configuration: configuration)
        try queue.writeWithoutTransaction { _ = try Row.fetchAll($0, sql: "PRAGMA journal_mode = WAL") }
        try migrator.migrate(queue, upTo: step)
        return queue
    }

    @Test(arguments: letterSteps) func lettersOfEachVersionOpen(step: String) async throws {
        let place = try Place()
        let sample = try Sample()
        let letter = sample.letter
        let queue = try old(place.letters, "letters.db", LetterSchema.migrator(), upTo: step)
        try await queue.write { database in
            try database.execute(
                sql: "INSERT INTO contents (id, plain_bytes, chunk_count) VALUES (?, 12, 1)",
                arguments: [letter.contentID])
            try database.execute(
                sql: "INSERT INTO chunks (content_id, number, sealed) VALUES (?, 0, ?)",
                arguments: [letter.contentID, Data("sealed bytes".utf8)])
            try database.execute(
                sql: """
                    INSERT INTO letters (id, content_id, version, kdf, rounds, password_kind, salt, verifier, wrapped_keys,
                        conversation_key, state, created_at, expires_at)
                    VALUES (?, ?, 1, 'pbkdf2-sha256', 600000, 'made', ?, ?, ?, ?, 'readable', 1000, 1000000)
                    """,
                arguments: [
                    letter.id, letter.contentID, Data(letter.salt), Data(letter.verifier), Data(letter.wrappedKeys),
                    Data(letter.conversationPublicKey),
                ])
            if step == "link proof 1" {
                try database.execute(
                    sql: "UPDATE letters SET link_verifier = ?", arguments: [Data(letter.linkVerifier)])
            }
            try database.execute(
                sql: "INSERT INTO attempts (letter_id, wrong_total, wrong_in_row) VALUES (?, 7, 2)",
                arguments: [letter.id])
        }
        try queue.close()
        let store = try LetterStore(folder: place.letters, role: .gateway)
        let portal = try LetterStore(folder: place.letters, role: .portal)
        guard Self.letterSteps.firstIndex(of: step) ?? 0 >= Self.letterSteps.firstIndex(of: "link proof 1") ?? 0 else {
            // From before links were proved: nobody can show what nobody has written down.
            #expect(try await portal.attempt(letter.id, proof: sample.proof, nowSeconds: 2000) == .code)
            #expect(try await store.list().map(\.wrongGuesses) == [7])
            #expect(try await store.expire(nowSeconds: 2_000_000) == 1)
            return
        }
        #expect(try await portal.attempt(letter.id, proof: Sample.wrong, nowSeconds: 2000) == .wrong(triesLeft: 2))
        guard case .opened(let opened) = try await portal.attempt(letter.id, proof: sample.proof, nowSeconds: 2000)
        else {
            Issue.record("it does not open")
            return
        }
        #expect(opened.wrappedKeys == letter.wrappedKeys)
        #expect(
            try await portal.chunk(letter.id, proof: sample.proof, index: 0, nowSeconds: 2000).value
                == Array("sealed bytes".utf8))
        #expect(try await store.list().map(\.wrongGuesses) == [8])
        #expect(try await store.durability() == .wantedShared)
        #expect(try await store.expire(nowSeconds: 2_000_000) == 1)
    }

    @Test(arguments: gatewaySteps) func ledgersOfEachVersionRemember(step: String) async throws {
        let place = try Place()
        let queue = try old(place.gateway, "gateway.db", LedgerSchema.migrator(), upTo: step)
        let key = try await queue.write { database in
            try database.execute(
                sql: "INSERT INTO ledger (sender, fingerprint, recipient, kind, at) VALUES (?, ?, ?, 'delivered', ?)",
                arguments: ["a@example.org", Data(repeating: 5, count: 32), "b@example.net", Int64.max / 2])
            try database.execute(
                sql: """
                    INSERT INTO issued (id, sender, recipient, created_at, expires_at)
                    VALUES ('abc', 'a@example.org', 'b@example.net', 1, 9000000000)
                    """)
            return try Data.fetchOne(database, sql: "SELECT key FROM ledger_key")
        }
        try queue.close()
        let ledger = try Ledger(folder: place.gateway)
        let print = MessageFingerprint(bytes: [UInt8](repeating: 5, count: 32))
        #expect(
            try await ledger.delivered(sender: Mailbox("a@example.org"), fingerprint: print) == ["b@example.net"])
        #expect(try await ledger.issuedLetters().map(\.recipient) == ["b@example.net"])
        #expect(key.map { Array($0) } == ledger.key)
    }

    @Test func aNewerDatabaseIsRefusedInWords() async throws {
        let place = try Place()
        _ = try LetterStore(folder: place.letters, role: .gateway)
        let other = try stranger(place.lettersFile)
        try await other.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('of the future 1')") }
        try other.close()
        for role in [LetterStore.Role.gateway, .portal] {
            let failure = await refusal { _ = try LetterStore(folder: place.letters, role: role) }
            #expect(failure?.detail.contains("newer version") == true && failure?.detail.contains("hint") == true)
        }
    }
}

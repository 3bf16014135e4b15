// A locked, full or damaged database is a temporary refusal with a clear reason, within a bounded time; nothing is half
// done, and no row that somebody else wrote ends the process.

import Cryptography
import Links
import Foundation
import GRDB
import Mail
import Testing
import Vault
import VaultContract

@testable import VaultSQLite  // to bound the size of the file as a full disk does

@Suite struct FailureTests {
    @Test func aLockedDatabaseIsARefusal() async throws {
        let place = try Place()
        let store = try LetterDatabase(folder: place.letters, busySeconds: 0.1)
        let portal = try PortalLetterDatabase(folder: place.letters, busySeconds: 0.1)
        let sample = try Sample()
        try await sample.release(in: store)
        let other = try stranger(place.lettersFile)
        try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN EXCLUSIVE") }
        let next = try Sample()
        for failure in await [
            refusal { try await store.keep([next.content], [next.letter]) },
            refusal { _ = try await portal.attempt(sample.id, proof: Sample.wrong, nowSeconds: 1) },
            refusal { _ = try await portal.attempt(sample.id, proof: sample.proof, nowSeconds: 1) },
            refusal { _ = try await portal.chunk(sample.id, proof: Sample.wrong, index: 0, nowSeconds: 1).value },
            refusal { try await store.makeReadable([sample.id]) },
            refusal { _ = try await store.expire(nowSeconds: 2_000_000) },
        ] {
            #expect(failure?.cause == .storage)
            #expect(failure?.replyCode == 451)
            #expect(failure?.detail.contains("another process holds it locked") == true)
            #expect(failure?.publicText.contains("/") == false)
        }
        try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
        #expect(try await portal.attempt(sample.id, proof: Sample.wrong, nowSeconds: 1) == .wrong(triesLeft: 4))
        #expect(try await store.list().map(\.id) == [sample.id])
    }

    @Test func aLockedLedgerIsARefusal() async throws {
        let place = try Place()
        let ledger = try GatewayDatabase(folder: place.gateway, busySeconds: 0.1)
        let fingerprint = try ledger.fingerprint(MessageBytes("x"))
        let other = try stranger("\(place.gateway)/gateway.db")
        try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
        let failure = await refusal { try await ledger.record(sender: nil, recipients: [], fingerprint: fingerprint) }
        #expect(failure?.cause == .storage)
        try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
        try await ledger.record(sender: nil, recipients: [], fingerprint: fingerprint)
    }

    @Test func whoWasServedIsRememberedWhereItCannotBeWritten() async throws {
        let place = try Place()
        let ledger = try GatewayDatabase(folder: place.gateway, busySeconds: 0.1)
        let bob = try #require(Mailbox("Bob@Keyed.example"))
        let carol = try #require(Mailbox("carol@open.example"))
        let fingerprint = try ledger.fingerprint(MessageBytes("x"))
        let no = Refusal(.nextHopRefused(code: 550, enhanced: "5.1.1"), "no such user")
        let other = try stranger("\(place.gateway)/gateway.db")
        try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
        let failure = await refusal {
            try await ledger.record(sender: nil, recipients: [bob], refused: [carol: no], fingerprint: fingerprint)
        }
        #expect(failure?.cause == .storage)
        #expect(!ledger.isEmpty)
        #expect(try await ledger.remembered(sender: nil, fingerprint: fingerprint).delivered == ["bob@keyed.example"])
        let remembered = try await ledger.remembered(sender: nil, fingerprint: fingerprint)
        #expect(remembered.settled == ["bob@keyed.example", "carol@open.example"])
        #expect(remembered.refused["carol@open.example"] == no)
        try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
        // The next change writes it too: a restart knows it.
        try await ledger.record(sender: nil, recipients: [], fingerprint: fingerprint)
        let restarted = try GatewayDatabase(folder: place.gateway)
        #expect(try await restarted.remembered(sender: nil, fingerprint: fingerprint) == remembered)
        try await ledger.forget(sender: nil, recipients: [bob, carol], fingerprint: fingerprint)
        #expect(ledger.isEmpty)
    }

    @Test func whatCouldNotBeWrittenIsForgottenWithTheAnswer() async throws {
        let place = try Place()
        let ledger = try GatewayDatabase(folder: place.gateway, busySeconds: 0.1)
        let bob = try #require(Mailbox("bob@keyed.example"))
        let fingerprint = try ledger.fingerprint(MessageBytes("x"))
        let other = try stranger("\(place.gateway)/gateway.db")
        try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
        _ = await refusal { try await ledger.record(sender: nil, recipients: [bob], fingerprint: fingerprint) }
        _ = await refusal { try await ledger.forget(sender: nil, recipients: [bob], fingerprint: fingerprint) }
        #expect(try await ledger.remembered(sender: nil, fingerprint: fingerprint).delivered.isEmpty)
        try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
    }

    @Test func aLockedDatabaseDoesNotHangTheStart() async throws {
        let place = try Place()
        do { _ = try LetterDatabase(folder: place.letters) }
        let other = try stranger(place.lettersFile)
        try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN EXCLUSIVE") }
        let failure = await refusal { _ = try PortalLetterDatabase(folder: place.letters, busySeconds: 0.1) }
        #expect(failure == nil || failure?.cause == .storage)
        try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
        _ = try PortalLetterDatabase(folder: place.letters)
    }

    @Test func aFullDatabaseKeepsNothingOfTheLetter() async throws {
        let place = try Place()
        let store = try LetterDatabase(folder: place.letters)
        let small = try Sample()
        try await small.release(in: store)
        _ = try await store.database.write("limiting") { try Int.fetchOne($0, sql: "PRAGMA max_page_count = 100") }
        let large = try Sample(chunks: [MessageBytes(bytes: [UInt8](repeating: 1, count: 1_048_592))])
        let failure = await refusal { try await store.keep([large.content], [large.letter]) }
        #expect(failure?.cause == .storage)
        #expect(failure?.detail.contains("the disk is full") == true)
        #expect(try await store.list().map(\.id) == [small.id])
        let next = try Sample()
        try await next.release(in: store)
        #expect(try await place.portal().chunk(next.id, proof: next.proof, index: 0, nowSeconds: 5).value != nil)
    }

    /// A file system of 1 MiB, where the machine lets us mount one.
    @Test(.enabled(if: SmallDisk.isAvailable, "mounting a small tmpfs needs root"))
    func aFullDiskKeepsNothingOfTheLetter() async throws {
        let disk = try SmallDisk()
        defer { disk.unmount() }
        let sample = try Sample()
        do {
            let store = try LetterDatabase(folder: disk.path + "/letters")
            try await sample.release(in: store)
            let large = try Sample(chunks: [MessageBytes(bytes: [UInt8](repeating: 1, count: 4_000_000))])
            let failure = await refusal { try await store.keep([large.content], [large.letter]) }
            #expect(failure?.cause == .storage)
            #expect(try await store.list().map(\.id) == [sample.id])
            let next = try Sample()
            try await next.release(in: store)
        }
        let reopened = try LetterDatabase(folder: disk.path + "/letters")
        #expect(try await reopened.list().count == 2)
    }

    @Test func aFileThatIsNoDatabaseIsSaidSo() async throws {
        let place = try Place()
        try FileManager.default.createDirectory(atPath: place.letters, withIntermediateDirectories: true)
        try Data(String(repeating: "this is no database. ", count: 500).utf8)
            .write(to: URL(fileURLWithPath: place.lettersFile))
        for open in Place.sides {
            let failure = await refusal { try open(place.letters) }
            #expect(failure?.cause == .storage)
            #expect(failure?.detail.contains("file is not a database") == true)
            #expect(failure?.detail.contains("hint: the file is damaged") == true)
        }
        let bytes = try Data(contentsOf: URL(fileURLWithPath: place.lettersFile))
        #expect(bytes.starts(with: Data("this is no database".utf8)), "and it is left as it was")
    }

    @Test(arguments: [4096, 8192, 16384]) func aDamagedPageIsARefusal(offset: UInt64) async throws {
        let place = try Place()
        let sample = try Sample()
        do {
            let store = try LetterDatabase(folder: place.letters)
            try await sample.release(in: store)
            _ = try await store.expire(nowSeconds: 0)  // everything into the file itself
        }
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: place.lettersFile))
        try file.seek(toOffset: offset)
        try file.write(contentsOf: Data(repeating: 0xa5, count: 60_000))
        try file.close()
        let failure = await refusal {
            let store = try LetterDatabase(folder: place.letters)
            _ = try await place.portal().attempt(sample.id, proof: sample.proof, nowSeconds: 5)
            _ = try await store.list()
            try await store.keep([sample.content], [sample.letter])
        }
        #expect(failure?.cause == .storage)
    }

    /// The portal's user can write the file: what it puts there may be refused, but must not end the gateway.
    @Test(arguments: ["NULL", "'text'", "x'00'", "-1", "9e99", "9223372036854775807", "-9223372036854775807 - 1"])
    func rowsOfSomebodyElseDoNotTrap(value: String) async throws {
        let place = try Place()
        let store = try LetterDatabase(folder: place.letters)
        try writeUnchecked(
            place.lettersFile,
            """
            INSERT INTO letters (id, content_id, version, kdf, rounds, password_kind, salt, verifier, wrapped_keys,
                    conversation_key, link_verifier, state, created_at, expires_at)
                VALUES ('abc', 'c', \(value), \(value), \(value), \(value), \(value), \(value), \(value), \(value),
                    \(value), 'waiting', \(value), 9e18);
            INSERT INTO control_letters (letter_id, verifier, place, label, created_at, expires_at, longest_at)
                VALUES ('abc', x'00', 0, x'00', 0, 9e18, \(value));
            INSERT INTO contents VALUES ('c', \(value), \(value));
            INSERT INTO chunks VALUES ('c', 0, \(value));
            INSERT INTO attempts (letter_id, wrong_total, wrong_in_row, rest_seconds, rests_until, opened_at)
                VALUES ('abc', \(value), \(value), \(value), \(value), \(value));
            """)
        let rows = try await stranger(place.lettersFile).read {
            try Int.fetchOne($0, sql: "SELECT count(*) FROM letters")
        }
        #expect(rows == 1)
        for failure in await [
            refusal { _ = try await store.list() },
            refusal { _ = try await place.portal().parameters("abc", nowSeconds: 5) },
            refusal { _ = try await place.portal().attempt("abc", proof: Sample.proof([1]), nowSeconds: 5) },
            refusal {
                _ = try await place.portal().chunk("abc", proof: Sample.proof([1]), index: 0, nowSeconds: 5).value
            },
            refusal { _ = try await store.settle(olderThanSeconds: 1, nowSeconds: 5) },
            refusal { _ = try await store.expire(nowSeconds: 5) },
        ] {
            #expect(failure == nil || failure?.cause == .storage)
        }
    }
}

extension FailureTests {
    /// Work without end is a way to stop the gateway, too: nothing is done in a schema that is not our own.
    @Test(arguments: [
        """
        CREATE TRIGGER again AFTER DELETE ON contents BEGIN INSERT INTO contents VALUES (old.id || 'x', 1, 1); END;
        """,
        "CREATE TRIGGER stay BEFORE DELETE ON letters BEGIN SELECT RAISE(IGNORE); END;",
        """
        CREATE TRIGGER spin BEFORE DELETE ON letters
        BEGIN
            SELECT count(*) FROM (WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n);
        END;
        """,
        """
        DROP TABLE answer_limits;
        CREATE VIEW answer_limits AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT * FROM n;
        """,
        "CREATE TABLE more (x)", "DROP INDEX letters_by_expiry",
        "CREATE INDEX slow ON letters (length(printf('%.*c', 900000000, 'x')))",
    ]) func aForeignSchemaIsRefused(sql: String) async throws {
        let place = try Place()
        let store = try LetterDatabase(folder: place.letters)
        try await stranger(place.lettersFile).writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA foreign_keys = OFF; \(sql)")
        }
        let sample = try Sample(expires: 3000)
        for failure in await [
            refusal { try await store.keep([sample.content], [sample.letter]) },
            refusal { _ = try await store.expire(nowSeconds: 3000) }, refusal { _ = try await store.list() },
            refusal { _ = try LetterDatabase(folder: place.letters) },
        ] {
            #expect(failure?.cause == .storage)
            #expect(failure?.detail.contains("schema is not the one") == true)
            if let kind = ["TRIGGER", "VIEW"].first(where: { sql.contains("CREATE \($0)") }) {
                #expect(failure?.detail.contains("it has a \(kind.lowercased()) \"") == true)
            }
        }
    }

    @Test func whenTheForeignTriggerIsGoneAllGoesOn() async throws {
        let place = try Place()
        let store = try LetterDatabase(folder: place.letters)
        let sample = try Sample(expires: 3000)
        try await sample.release(in: store)
        try await stranger(place.lettersFile).write { database in
            try database.execute(
                sql: "CREATE TRIGGER stay BEFORE DELETE ON letters BEGIN SELECT RAISE(IGNORE); END;")
        }
        #expect(await refusal { _ = try await store.expire(nowSeconds: 3000) }?.cause == .storage)
        try await stranger(place.lettersFile).write { try $0.execute(sql: "DROP TRIGGER stay") }
        #expect(await usable(store))
        #expect(try await store.expire(nowSeconds: 3000) == 1)
    }
}

/// A tmpfs of 1 MiB.
struct SmallDisk {
    let path: String

    static let isAvailable: Bool = {
        guard getuid() == 0, let disk = try? SmallDisk() else { return false }
        disk.unmount()
        return true
    }()

    init() throws {
        path = "/tmp/lld-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        guard mount("tmpfs", path, "tmpfs", 0, "size=1m") == 0 else {
            rmdir(path)
            throw CocoaError(.fileWriteUnknown)
        }
    }

    func unmount() {
        umount2(path, 2)  // MNT_DETACH
        rmdir(path)
    }
}

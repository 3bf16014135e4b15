// letters.db lies where the portal's user can write. Whatever is put in its place is a refusal at once, ends no process
// and leads to no other file; when the store is sound again it is used again, without a restart.

import Cryptography
import Links
import Foundation
import GRDB
import Mail
import Testing
import Vault
import VaultContract

@testable import VaultSQLite  // the layer below SQLite, and what no method of the portal's does

@Suite struct BrokenLettersTests {
    /// What can lie in the place of the file.
    enum Breakage: String, CaseIterable, Sendable {
        case missing, symlink, fifo, folder, nonsense, half, empty, log

        /// Puts it at `path`; what was there lies at `path.sound`.
        func put(at path: String) throws {
            let sound = "\(path).sound"
            try FileManager.default.moveItem(atPath: path, toPath: sound)
            let bytes = try Data(contentsOf: URL(fileURLWithPath: sound))
            switch self {
            case .missing: break
            case .symlink: try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: sound)
            // For reading only: whoever opens it so waits for a writer.
            case .fifo: #expect(mkfifo(path, 0o440) == 0)
            case .folder: try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
            case .nonsense: try Data(repeating: 0xa5, count: bytes.count).write(to: URL(fileURLWithPath: path))
            case .half: try bytes.prefix(bytes.count / 2).write(to: URL(fileURLWithPath: path))
            case .empty: try Data().write(to: URL(fileURLWithPath: path))
            // Bytes 18 and 19 of the header: the file says that it has a log, and so shared memory.
            case .log:
                var changed = bytes
                changed.replaceSubrange(18..<20, with: [2, 2])
                try changed.write(to: URL(fileURLWithPath: path))
            }
        }

        func mend(_ path: String) throws {
            if self != .missing { try FileManager.default.removeItem(atPath: path) }
            // Whatever lies there by now: a try to open it may have come in between.
            #expect(rename("\(path).sound", path) == 0)
        }
    }

    @Test(arguments: Breakage.allCases) func whatBreaksWhileItRunsIsRefusedAndMended(_ breakage: Breakage) async throws
    {
        let place = try Place()
        let store = LetterDatabase(whenUsable: place.letters, busySeconds: 0.5, retrySeconds: 0.05)
        #expect(store.problem == nil)
        let sample = try Sample()
        try await sample.release(in: store)
        try breakage.put(at: place.lettersFile)
        let next = try Sample()
        let failure = await refusal { try await next.release(in: store) }
        #expect(failure?.cause == .storage)
        #expect(store.problem != nil)
        #expect(await refusal { try await store.probe() }?.cause == .storage)
        try breakage.mend(place.lettersFile)
        #expect(await usable(store))
        #expect(try await store.list().map(\.id) == [sample.id])
        try await next.release(in: store)
    }

    @Test(arguments: Breakage.allCases) func itStartsWithout(_ breakage: Breakage) async throws {
        let place = try Place()
        let sample = try Sample()
        do { try await sample.release(in: try LetterDatabase(folder: place.letters)) }
        try breakage.put(at: place.lettersFile)
        let store = LetterDatabase(whenUsable: place.letters, busySeconds: 0.5, retrySeconds: 0.05)
        // What is not there, or is empty, is made at a start.
        let isMade = [.missing, .empty].contains(breakage)
        #expect((store.problem == nil) == isMade)
        guard !isMade else { return }
        #expect(await refusal { _ = try await store.list() }?.cause == .storage)
        try breakage.mend(place.lettersFile)
        #expect(await usable(store))
        #expect(try await store.list().map(\.id) == [sample.id])
    }

    @Test func aLockThatStaysIsNotWaitedForAgain() async throws {
        let place = try Place()
        let store = LetterDatabase(whenUsable: place.letters, busySeconds: 0.2, retrySeconds: 0.05)
        let sample = try Sample()
        try await sample.release(in: store)
        let other = try stranger(place.lettersFile)
        try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN EXCLUSIVE") }
        let late = await refusal { _ = try await store.isReadable(sample.id, nowSeconds: 5, atMostSeconds: 0.05) }
        #expect(late?.cause == .storage)
        #expect(await refusal { try await store.makeReadable([sample.id]) }?.cause == .storage)
        #expect(store.problem?.detail.contains("another process holds it locked") == true)
        try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
        #expect(await usable(store))
        #expect(try await store.isReadable(sample.id, nowSeconds: 5, atMostSeconds: nil))
    }

    @Test func nothingOfItIsMapped() async throws {
        let place = try Place()
        let store = try LetterDatabase(folder: place.letters)
        let portal = try PortalLetterDatabase(folder: place.letters)
        // What lies beside it is nobody's, and never opened.
        for end in ["-wal", "-shm"] {
            try Data(repeating: 7, count: 40_000).write(to: URL(fileURLWithPath: place.lettersFile + end))
        }
        let sample = try Sample()
        try await sample.release(in: store)
        _ = try await portal.attempt(sample.id, proof: sample.proof, nowSeconds: 5)
        let maps = try String(contentsOfFile: "/proc/self/maps", encoding: .utf8)
        #expect(!maps.contains(place.lettersFile))
        truncate(place.lettersFile + "-shm", 0)
        #expect(try await store.list().count == 1)
    }

    /// A journal names another file, which SQLite would delete once it has played the journal back.
    @Test func aJournalLeadsToNoOtherFile() async throws {
        let place = try Place()
        let sample = try Sample()
        do { try await sample.release(in: try LetterDatabase(folder: place.letters)) }
        let victim = "\(place.path)/victim.db"
        try Data("nobody's".utf8).write(to: URL(fileURLWithPath: victim))
        let size = try Data(contentsOf: URL(fileURLWithPath: place.lettersFile)).count
        let magic: [UInt8] = [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7]
        func four(_ value: Int) -> [UInt8] { (0..<4).map { UInt8((value >> (24 - 8 * $0)) & 255) } }
        var journal = magic + four(0) + four(1) + four(size / 4096) + four(512) + four(4096)
        journal += [UInt8](repeating: 0, count: 512 - journal.count)
        let name = Array(victim.utf8)
        journal += four((1 << 30) / 4096 + 1) + name + four(name.count) + four(name.reduce(0) { $0 + Int($1) }) + magic
        try Data(journal).write(to: URL(fileURLWithPath: place.lettersFile + "-journal"))
        let failure = await refusal { _ = try LetterDatabase(folder: place.letters) }
        #expect(failure == nil || failure?.cause == .storage)
        #expect(try Data(contentsOf: URL(fileURLWithPath: victim)) == Data("nobody's".utf8))
    }

    /// The portal's user can write past the check of a column.
    @Test(arguments: ["gone", "expired", "revoked", "opened", "sending", "no such word"])
    func noWordKeepsALetterFromBeingTakenBack(word: String) async throws {
        let place = try Place()
        let store = try LetterDatabase(folder: place.letters)
        let letter = try Sample()
        try await letter.release(in: store)
        let other = try stranger(place.lettersFile)
        try await other.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA ignore_check_constraints = ON")
            try database.execute(sql: "UPDATE letters SET state = ?", arguments: [word])
        }
        try other.close()
        let listed = try await store.list()
        #expect(listed.map(\.state) == [.sending])
        #expect(try await store.revoke(letter.id))
    }

    @Test func theFenceStandsAgainAfterItWasMended() async throws {
        let place = try Place()
        let store = try LetterDatabase(folder: place.letters)
        let sample = try Sample()
        try await sample.release(in: store)
        let portal = try PortalLetterDatabase(folder: place.letters)
        try Breakage.nonsense.put(at: place.lettersFile)
        #expect(await refusal { _ = try await portal.attempt(sample.id, proof: sample.proof, nowSeconds: 5) } != nil)
        try Breakage.nonsense.mend(place.lettersFile)
        #expect(await usable(portal))
        let failure = await refusal {
            try await portal.database.write("trying") { try $0.execute(sql: "DELETE FROM letters") }
        }
        #expect(failure?.detail.contains("the portal may not do this") == true)
    }

    @Test func stateThatIsDeletedTakesNothingMore() async throws {
        let place = try Place()
        let store = try LetterDatabase(folder: place.letters)
        let ledger = try GatewayDatabase(folder: place.gateway)
        let fingerprint = try ledger.fingerprint(MessageBytes("x"))
        try FileManager.default.removeItem(atPath: "\(place.path)/state")
        let sample = try Sample()
        for failure in await [
            refusal { try await store.keep([sample.content], [sample.letter]) },
            refusal { try await ledger.record(sender: nil, recipients: [], fingerprint: fingerprint) },
            refusal { try await store.probe() }, refusal { try await ledger.probe() },
        ] {
            #expect(failure?.cause == .storage)
            #expect(failure?.detail.contains("deleted or moved away") == true, "\(failure?.detail ?? "nothing")")
        }
        #expect(!FileManager.default.fileExists(atPath: place.lettersFile), "and nothing is made anew")
    }

    @Test func noVersionMakesATriggerOrView() throws {
        for migrator in [LetterSchema.migrator(), GatewaySchema.migrator()] {
            let empty = try DatabaseQueue()
            try migrator.migrate(empty)
            let found = try empty.read {
                try String.fetchAll($0, sql: "SELECT name FROM sqlite_schema WHERE type NOT IN ('table', 'index')")
            }
            #expect(found.isEmpty)
        }
    }

    @Test func anOldSQLiteIsRefused() {
        #expect(SharedFiles.versionProblem(3_034_001, "3.34.1")?.contains("\"3.34.1\"") == true)
        #expect(SharedFiles.versionProblem(3_034_001, "3.34.1")?.contains("hint:") == true)
        #expect(SharedFiles.versionProblem(3_035_000, "3.35.0") == nil)
    }
}

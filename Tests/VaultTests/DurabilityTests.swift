// A change that returned is on disk, in files that only the right users can read.

import Cryptography
import Links
import Foundation
import GRDB
import Mail
import Testing
import Vault
import VaultContract
@testable import VaultSQLite

@Suite struct DurabilityTests {
    @Test func theWriterSyncsEachCommitAndDeletesForGood() async throws {
        let place = try Place()
        let store = try LetterDatabase(folder: place.letters)
        let wanted = try await store.database.durability()
        #expect(wanted.synchronous == 2)
        #expect(wanted.autoVacuum == 2)
        #expect(wanted.secureDelete == 1)
        #expect(wanted.journalMode == "truncate")
        #expect(try await PortalLetterDatabase(folder: place.letters).database.durability() == wanted)
        #expect(try await GatewayDatabase(folder: place.gateway).database.durability() == .wanted)
    }

    @Test func theSettingsAreInTheFileAndHoldAfterReopening() async throws {
        let place = try Place()
        do { _ = try LetterDatabase(folder: place.letters) }
        #expect(try await LetterDatabase(folder: place.letters).database.durability() == .wantedShared)
        let vacuum = try await stranger(place.lettersFile).read { try Int.fetchOne($0, sql: "PRAGMA auto_vacuum") }
        #expect(vacuum == 2)
    }

    @Test func aFileMadeWithoutThemIsRefused() async throws {
        let place = try Place()
        try FileManager.default.createDirectory(atPath: place.letters, withIntermediateDirectories: true)
        try await stranger(place.lettersFile).write {
            try $0.execute(sql: "CREATE TABLE early (x); DROP TABLE early")
        }
        let failure = await refusal { _ = try LetterDatabase(folder: place.letters) }
        #expect(failure?.cause == .storage)
        #expect(failure?.detail.contains("autoVacuum: 0") == true)
    }

    @Test func permissionsDoNotDependOnTheUmask() async throws {
        let place = try Place()
        let store = try LetterDatabase(folder: place.letters)
        let ledger = try GatewayDatabase(folder: place.gateway)
        try await Sample().release(in: store)
        #expect(try place.mode(place.letters) & 0o777 == 0o770)
        #expect(try place.mode(place.letters) & 0o2000 != 0)
        for end in ["", "-journal"] { #expect(try place.mode(place.lettersFile + end) == 0o660) }
        #expect(try place.mode(place.gateway) == 0o700)
        for end in ["", "-wal", "-shm"] { #expect(try place.mode("\(place.gateway)/gateway.db\(end)") == 0o600) }
        #expect(ledger.isEmpty)
    }

    @Test func tooWideAFolderIsNarrowed() throws {
        let place = try Place()
        try FileManager.default.createDirectory(
            atPath: place.gateway, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o777])
        _ = try GatewayDatabase(folder: place.gateway)
        #expect(try place.mode(place.gateway) == 0o700)
    }

    @Test func aLinkInTheSharedFolderLeadsNowhere() async throws {
        let place = try Place()
        _ = try LetterDatabase(folder: place.letters)
        let elsewhere = "\(place.path)/elsewhere.db"
        try FileManager.default.moveItem(atPath: place.lettersFile, toPath: elsewhere)
        try FileManager.default.createSymbolicLink(atPath: place.lettersFile, withDestinationPath: elsewhere)
        for open in Place.sides {
            let failure = await refusal { try open(place.letters) }
            #expect(failure?.cause == .storage)
        }
    }

    @Test func aNewerSchemaIsRefused() async throws {
        let place = try Place()
        do { _ = try LetterDatabase(folder: place.letters) }
        try await stranger(place.lettersFile).write {
            try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('letters 99')")
        }
        for open in Place.sides {
            let failure = await refusal { try open(place.letters) }
            #expect(failure?.detail.contains("made by a newer version") == true)
        }
    }

    /// A real end without goodbye at each step, by SIGKILL, and what is there afterwards.
    @Test func killedBetweenPendingAndReadable() async throws {
        let place = try Place()
        let folder = place.letters
        await #expect(processExitsWith: .signal(SIGKILL)) { [folder = folder as String] in
            let store = try LetterDatabase(folder: folder)
            let pending = try Sample(created: 1000)
            let notifying = try Sample(created: 1000)
            let readable = try Sample(created: 1000)
            let fresh = try Sample(created: 4000)
            for sample in [pending, notifying, readable, fresh] {
                try await store.keep([sample.content], [sample.letter])
            }
            try await store.markNotifying(notifying.id)
            try await store.makeReadable([readable.id])
            kill(getpid(), SIGKILL)
        }
        let store = try LetterDatabase(folder: folder)
        let before = try await store.list()
        #expect(before.count { $0.state == .sending } == 3 && before.count { $0.state == .waiting } == 1)
        #expect(before.filter(\.isNotifying).map(\.state) == [.sending])
        #expect(try await store.settle(olderThanSeconds: 3600, nowSeconds: 4600) == 2)
        let after = try await store.list()
        #expect(after.map(\.state.rawValue).sorted() == ["sending", "waiting", "waiting"])
        #expect(after.allSatisfy { !$0.isNotifying })
        #expect(after.first { $0.state == .sending }?.createdAtSeconds == 4000)
        #expect(try await store.settle(olderThanSeconds: 3600, nowSeconds: 4600) == 0)
    }

    @Test func killedWhileKeepingLeavesAllOrNothing() async throws {
        let place = try Place()
        let folder = place.letters
        do { _ = try LetterDatabase(folder: folder) }
        await #expect(processExitsWith: .signal(SIGKILL)) { [folder = folder as String] in
            let store = try LetterDatabase(folder: folder)
            let chunk = MessageBytes(bytes: [UInt8](repeating: 7, count: 1_048_592))
            let samples = try (0..<8).map { _ in try Sample(chunks: [chunk]) }
            Thread.detachNewThread {
                usleep(10_000)
                kill(getpid(), SIGKILL)
            }
            while true { try? await store.keep(samples.map(\.content), samples.map(\.letter)) }
        }
        let store = try LetterDatabase(folder: folder)
        #expect([0, 8].contains(try await store.list().count))
    }
}

// Room for letters: what is refused, what is counted for whom, and that it comes back.

import Links
import Cryptography
import Foundation
import GRDB
import Mail
import SettingValues
import Testing
import Vault
import VaultContract
@testable import VaultSQLite

@Suite struct StorageTests {
    private let place: Place
    private let ledger: GatewayDatabase
    private let store: LetterDatabase

    init() throws {
        place = try Place()
        ledger = try GatewayDatabase(folder: place.gateway)
        store = try LetterDatabase(folder: place.letters)
    }

    private func quota(all: Int = 10 << 30, each: Int = 500 << 20) -> StorageQuota {
        var quota = StorageQuota()
        quota.lettersBytes = all
        quota.perRecipientBytes = each
        return quota
    }

    private func keep(_ bytes: Int, for addresses: [String], _ quota: StorageQuota) async throws -> Sample {
        let chunk = MessageBytes(String(repeating: "x", count: bytes))
        let sample = try Sample(chunks: [chunk])
        let owners = try addresses.map {
            StorageShares.Share(
                contentID: sample.content.id, owner: try ledger.storageOwner(try #require(Mailbox($0))))
        }
        try await store.keep(
            [sample.content], [sample.letter], following: [],
            shares: StorageShares(quota: quota, owners: owners))
        return sample
    }

    @Test func oneRecipientCannotTakeAll() async throws {
        let quota = quota(each: 100_000)
        let first = try await keep(60_000, for: ["bob@example.net"], quota)
        let failure = await refusal { _ = try await keep(60_000, for: ["BOB@Example.net"], quota) }
        #expect(failure?.replyCode == 452 && failure?.enhancedCode == "4.3.1")
        #expect(failure?.description.contains("bob") == false)
        _ = try await keep(60_000, for: ["carol@example.net"], quota)
        #expect(try await store.revoke(first.id))
        _ = try await keep(60_000, for: ["bob@example.net"], quota)
    }

    @Test func allTogetherHaveABound() async throws {
        let empty = try await store.usedBytes()
        let quota = quota(all: empty + 300_000)
        _ = try await keep(200_000, for: ["bob@example.net"], quota)
        let failure = await refusal { _ = try await keep(200_000, for: ["carol@example.net"], quota) }
        #expect(failure?.replyCode == 452 && failure?.enhancedCode == "4.3.1")
        #expect(await refusal { try await store.requireRoom(bytes: 200_000, quota: quota) }?.cause == .noRoom)
        try await store.requireRoom(bytes: 1000, quota: quota)
        #expect(try await store.list().count == 1)
    }

    @Test func aStolenFileNamesNobody() async throws {
        _ = try await keep(1000, for: ["bob@example.net"], quota())
        let plain = try SHA256Digest.of(Array("bob@example.net".utf8))
        let bytes = place.lettersBytes()
        #expect(bytes.range(of: Data("bob@".utf8)) == nil && bytes.range(of: Data(plain)) == nil)
        let other = try Place()
        let strange = try GatewayDatabase(folder: other.gateway)
        let bob = try #require(Mailbox("bob@example.net"))
        #expect(try strange.storageOwner(bob) != ledger.storageOwner(bob))
        #expect(try ledger.storageOwner(bob) == GatewayDatabase(folder: place.gateway).storageOwner(bob))
    }

    @Test func expiryGivesTheRoomBack() async throws {
        let canary = String(repeating: "canary-of-a-letter ", count: 50_000)
        let sample = try Sample(chunks: [MessageBytes(canary)], expires: 2000)
        try await sample.release(in: store)
        let full = try await store.usedBytes()
        #expect(place.lettersBytes().range(of: Data("canary-of-a-letter".utf8)) != nil)
        #expect(try await store.expire(nowSeconds: 3000) == 1)
        #expect(place.lettersBytes().range(of: Data("canary-of-a-letter".utf8)) == nil)
        #expect(place.lettersBytes().count < canary.utf8.count / 2)
        #expect(try await store.usedBytes() < full - 900_000)
    }

    @Test func aSoundStateHasNoFindingsAndADamagedOneHas() async throws {
        let sample = try Sample(chunks: [MessageBytes(String(repeating: "x", count: 28))])
        try await sample.release(in: store)
        let state = "\(place.path)/state"
        #expect(try VaultCheck.findings(state: state) == [])
        let other = try stranger(place.lettersFile)
        let damages = [
            ("DELETE FROM chunks", "lack chunks"), ("UPDATE contents SET plain_bytes = 13", "not as long"),
            ("DELETE FROM attempts", "no count of attempts"),
            ("PRAGMA foreign_keys = OFF; UPDATE letters SET content_id = 'x'; PRAGMA foreign_keys = ON", "not there"),
            ("INSERT INTO contents VALUES ('lonely', 0, 1)", "belong to no letter"),
        ]
        for (sql, words) in damages {
            let copy = try Place()
            try FileManager.default.copyItem(atPath: state, toPath: "\(copy.path)/state")
            let broken = try stranger(copy.lettersFile)
            try await broken.writeWithoutTransaction { try $0.execute(sql: sql) }
            let findings = try VaultCheck.findings(state: "\(copy.path)/state")
            #expect(findings.contains { $0.problem.contains(words) && $0.file == "letters.db" }, "\(sql) \(findings)")
        }
        try other.close()
        #expect(await refusal { _ = try VaultCheck.findings(state: "/nonexistent") }?.cause == .storage)
    }
}

@Suite struct BackupTests {
    private let place: Place
    private let ledger: GatewayDatabase
    private let store: LetterDatabase
    private var state: String { "\(place.path)/state" }
    private var file: String { "\(place.path)/backup.tar" }

    init() throws {
        place = try Place()
        ledger = try GatewayDatabase(folder: place.gateway)
        store = try LetterDatabase(folder: place.letters)
    }

    @Test func aBackupTakenWhileWritingRestoresWhole() async throws {
        let first = try Sample()
        try await first.release(in: store)
        async let more: Void = { [store] in
            for _ in 0..<50 { try await Sample().release(in: store) }
        }()
        let manifest = try VaultBackup.write(state: state, to: file, nowSeconds: 1000)
        try await more
        #expect(try place.mode(file) == 0o600)
        let letters = try #require(manifest.files.last)
        #expect(manifest.files.map(\.name) == ["gateway.db", "letters.db"] && (letters.rows["letters"] ?? 0) >= 1)
        #expect(letters.rows["letters"] == letters.rows["attempts"])
        let names = try FileManager.default.contentsOfDirectory(atPath: place.path)
        #expect(Set(names) == ["state", "backup.tar"], "nothing is left beside it")

        let fresh = try Place()
        #expect(try VaultBackup.restore(from: file, state: "\(fresh.path)/state") == manifest)
        #expect(try fresh.mode(fresh.lettersFile) == 0o660 && fresh.mode("\(fresh.gateway)/gateway.db") == 0o600)
        let restored = try LetterDatabase(folder: fresh.letters)
        guard case .opened = try await fresh.portal().attempt(first.id, proof: first.proof, nowSeconds: 2000) else {
            Issue.record("the letter does not open")
            return
        }
        #expect(try await fresh.portal().chunk(first.id, proof: first.proof, index: 0, nowSeconds: 2000).value != nil)
        #expect(try await restored.database.durability() == .wantedShared)
        let same = MessageBytes("Subject: x\r\n\r\nx")
        #expect(try GatewayDatabase(folder: fresh.gateway).fingerprint(same) == ledger.fingerprint(same))
        #expect(try VaultCheck.findings(state: "\(fresh.path)/state").allSatisfy { $0.file == "letters.db" })
    }

    @Test func aStateThatIsThereIsNotTouched() async throws {
        _ = try VaultBackup.write(state: state, to: file, nowSeconds: 1000)
        let before = place.lettersBytes()
        #expect(
            await refusal { _ = try VaultBackup.restore(from: file, state: state) }?.detail.contains("empty") == true)
        #expect(place.lettersBytes() == before)
    }

    @Test func damagedBackupsLeaveNothingBehind() async throws {
        try await Sample().release(in: store)
        _ = try VaultBackup.write(state: state, to: file, nowSeconds: 1000)
        let whole = try Data(contentsOf: URL(fileURLWithPath: file))
        var flipped = whole
        flipped[whole.count - 3000] ^= 1
        let bad: [Data] = [
            Data(), Data("nonsense".utf8), whole.prefix(600), whole.prefix(whole.count / 2), whole.dropLast(1024),
            flipped,
            whole.dropFirst(512), Data(repeating: 0, count: 5000),
            Data(
                String(decoding: whole.prefix(1024), as: UTF8.self).replacing(
                    "\"version\" : 1", with: "\"version\" : 2"
                ).utf8),
        ]
        for (number, bytes) in bad.enumerated() {
            let fresh = try Place()
            let path = "\(fresh.path)/bad.tar"
            try bytes.write(to: URL(fileURLWithPath: path))
            #expect(await refusal { _ = try VaultBackup.restore(from: path, state: "\(fresh.path)/state") } != nil)
            for file in VaultFile.allCases {
                #expect(!FileManager.default.fileExists(atPath: file.path(in: "\(fresh.path)/state")), "\(number)")
            }
        }
    }

    @Test func aFailedBackupKeepsTheFormerOne() async throws {
        _ = try VaultBackup.write(state: state, to: file, nowSeconds: 1000)
        let before = try Data(contentsOf: URL(fileURLWithPath: file))
        #expect(await refusal { _ = try VaultBackup.write(state: "/nonexistent", to: file, nowSeconds: 1) } != nil)
        #expect(try Data(contentsOf: URL(fileURLWithPath: file)) == before)
    }
}

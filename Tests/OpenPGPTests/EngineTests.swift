import Foundation
import Mail
import OpenPGP
import Packets
import Testing

@Suite struct EngineTests {
    @Test(arguments: [
        ("bob@example.org", 0), ("bob@example.org", 10_240), ("rita@example.org", 3), ("bob@example.org", 3_000_000),
    ])
    func whatIsSealedIsOpenedAgain(address: String, count: Int) async throws {
        let bench = try Bench(["bob", "rita"])
        let plain = MessageBytes(bytes: (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) })
        let certificates = try await bench.usable(address)
        let cipher = try await bench.engine.encrypt(plain, to: certificates)
        let parsed = try EncryptedMessage.parse(cipher)
        #expect(parsed.protection == .seipdV1)
        #expect(parsed.passwords == 0)
        #expect(parsed.recipients.count == 1)
        #expect(certificates[0].encryptionKeyIDs.contains(parsed.recipients[0]))
        let opened = try await bench.engine.decrypt(cipher, homeFolder: TestKeys.home())
        #expect(opened.bytes == plain)
        #expect(opened.integrityProtected)
        #expect(opened.recipients == parsed.recipients)
        await bench.engine.shutdown()
    }

    @Test func sealsToAllCertificatesOfSeveralAddresses() async throws {
        let bench = try Bench(["bob", "bob2", "rita"])
        let bobs = try await bench.usable("bob@example.org")
        #expect(bobs.count == 2)
        let all = try await bobs + bench.usable("rita@example.org")
        let parsed = try EncryptedMessage.parse(try await bench.engine.encrypt(MessageBytes("x"), to: all))
        #expect(Set(parsed.recipients) == Set(all.flatMap(\.encryptionKeyIDs)))
        #expect(parsed.recipients.count == 3)
        await bench.engine.shutdown()
    }

    @Test func nothingIsCompressed() async throws {
        let bench = try Bench(["bob"])
        let cipher = try await bench.engine.encrypt(
            MessageBytes(bytes: [UInt8](repeating: 65, count: 100_000)), to: bench.usable("bob@example.org"))
        #expect(cipher.count > 100_000)
        await bench.engine.shutdown()
    }

    /// A key that asks for AEAD gets SEIPD version 1 all the same: other programs cannot read GnuPG's packet.
    @Test func aKeyWithTheAEADFeatureGetsSEIPDVersion1() async throws {
        let bench = try Bench()
        try bench.keys.put("ada.asc", Array(CraftedKeys.aead.utf8))
        let parsed = try EncryptedMessage.parse(
            try await bench.engine.encrypt(MessageBytes("x"), to: bench.usable("ada@example.org")))
        #expect(parsed.protection == .seipdV1)
        await bench.engine.shutdown()
    }

    @Test func manyAtOnceAllComeOutRight() async throws {
        let bench = try Bench(["bob"], workers: 3)
        let certificates = try await bench.usable("bob@example.org")
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<20 {
                group.addTask {
                    let plain = MessageBytes("message \(number)")
                    let cipher = try await bench.engine.encrypt(plain, to: certificates)
                    return try await bench.engine.decrypt(cipher, homeFolder: TestKeys.home()).bytes == plain
                }
            }
            for try await isRight in group { #expect(isRight) }
        }
        await bench.engine.shutdown()
    }

    @Test func certificatesTheKeyringNeverGaveAreRefused() async throws {
        let bench = try Bench(["bob"])
        let made = Certificate(fingerprint: "AA", encryptionKeyIDs: [KeyID(1)], source: "bob.pgp")
        await #expect(throws: Refusal.self) { try await bench.engine.encrypt(MessageBytes("x"), to: [made]) }
        await #expect(throws: Refusal.self) { try await bench.engine.encrypt(MessageBytes("x"), to: []) }
        await bench.engine.shutdown()
    }

    @Test func recipientFilesThatACleanerTookAreWrittenAgain() async throws {
        let bench = try Bench(["bob"])
        let certificates = try await bench.usable("bob@example.org")
        for round in 0..<2 {
            _ = try await bench.engine.encrypt(MessageBytes("round \(round)"), to: certificates)
            for name in try bench.keyFiles() { try FileManager.default.removeItem(atPath: name) }
        }
        await bench.engine.shutdown()
    }

    @Test func nothingIsTakenAfterShutdown() async throws {
        let bench = try Bench(["bob"])
        let certificates = try await bench.usable("bob@example.org")
        await bench.engine.shutdown()
        let refusal = await #expect(throws: Refusal.self) {
            try await bench.engine.encrypt(MessageBytes("x"), to: certificates)
        }
        #expect(refusal?.cause == .busy)
        await bench.engine.shutdown()
    }

    @Test func damageIsNoticedAndNothingHandedOut() async throws {
        let bench = try Bench(["bob"])
        let cipher = try await bench.engine.encrypt(
            MessageBytes(bytes: [UInt8](repeating: 7, count: 50_000)), to: bench.usable("bob@example.org"))
        var bytes = try cipher.copy()
        bytes[bytes.count / 2] ^= 1
        await #expect(throws: DecryptError.self) {
            try await bench.engine.decrypt(MessageBytes(bytes: bytes), homeFolder: TestKeys.home())
        }
        await #expect(throws: DecryptError.self) {
            try await bench.engine.decrypt(cipher.slice(0..<cipher.count - 100), homeFolder: TestKeys.home())
        }
        await bench.engine.shutdown()
    }

    @Test func sayWhyAMessageIsNotOpened() async throws {
        let bench = try Bench(["bob"])
        try bench.keys.put("ada.asc", Array(CraftedKeys.aead.utf8))
        let cipher = try await bench.engine.encrypt(MessageBytes("x"), to: bench.usable("ada@example.org"))
        let ids = try await bench.usable("ada@example.org")[0].encryptionKeyIDs
        let home = try TestKeys.home()
        await #expect(throws: DecryptError.noSecretKey(recipients: ids)) {
            try await bench.engine.decrypt(cipher, homeFolder: home)
        }
        await #expect(throws: DecryptError.notEncrypted) {
            try await bench.engine.decrypt(MessageBytes("no message"), homeFolder: home)
        }
        let toBob = try await bench.engine.encrypt(
            MessageBytes(bytes: [UInt8](repeating: 7, count: 50_000)), to: bench.usable("bob@example.org"))
        await #expect(throws: DecryptError.tooBig(limitBytes: 1000)) {
            try await bench.engine.decrypt(toBob, homeFolder: home, limitBytes: 1000)
        }
        await bench.engine.shutdown()
    }

    /// A few thousand bytes that unpack to more than any honest message of that size.
    @Test func aCompressionBombIsCalledOne() async throws {
        let bench = try Bench(["bob"])
        let home = try TestKeys.home()
        let bomb = try TestKeys.packed(zeros: 6 << 20)
        let error = await #expect(throws: DecryptError.self) {
            try await bench.engine.decrypt(MessageBytes(bytes: bomb), homeFolder: home, limitBytes: 4 << 20)
        }
        #expect(error == .bomb(cipherBytes: bomb.count, plainBytes: 4 << 20))
        #expect(error?.description == "it is a compression bomb: \(bomb.count) bytes unpack to more than \(4 << 20)")
        await bench.engine.shutdown()
    }

    /// The user's own settings would otherwise add recipients, compress, or fail.
    @Test func noUsersConfigurationIsRead() async throws {
        let home = TestFolder()
        try home.put("gpg.conf", Array("no-such-option\n".utf8))
        try putProgram("\(home.path)/gpg", "GNUPGHOME=\(home.path) HOME=\(home.path) exec /usr/bin/gpg \"$@\"")
        let bench = try Bench(["bob"], program: "\(home.path)/gpg")
        _ = try await bench.engine.encrypt(MessageBytes("x"), to: bench.usable("bob@example.org"))
        await bench.engine.shutdown()
    }
}

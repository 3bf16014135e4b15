// Sealing from and into temporary files: the same bytes, and a full disk is told as such.

import Foundation
import Mail
import OpenPGP
import Packets
import Testing

@Suite struct SpooledTests {
    private static func folder() throws -> String {
        var template = Array("/tmp/ll-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func plain(_ policy: SpoolPolicy) throws -> (octets: [UInt8], bytes: MessageBytes) {
        let octets = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 9) }
        var builder = MessageBytes.Builder(spool: policy)
        octets.withUnsafeBytes { builder.append($0) }
        return (octets, try builder.finish())
    }

    @Test func whatLiesInFilesIsSealedAndOpened() async throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let bench = try Bench(["bob"])
        let store = try SpoolStore(folder: folder)
        let policy = SpoolPolicy(store, memoryBytes: 100_000)
        let (octets, plain) = try Self.plain(policy)
        let certificates = try await bench.usable("bob@example.org")
        let binary = try await bench.engine.encrypt(plain, to: certificates)
        #expect(store.openFiles <= 2)
        let armor = try await bench.engine.encrypt(plain, to: certificates, armor: policy.derived)
        #expect(store.openFiles <= 3)
        #expect(try EncryptedMessage.parseArmored(armor).message.recipients.count == 1)
        for cipher in [binary, armor] {
            let opened = try await bench.engine.decrypt(cipher, homeFolder: TestKeys.home())
            #expect(try opened.bytes.copy() == octets)
        }
        await bench.engine.shutdown()
    }

    @Test func aFullStoreIsStorage() async throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let bench = try Bench(["bob"])
        let store = try SpoolStore(folder: folder, derivedBytes: 1_000_000)
        let policy = SpoolPolicy(store, memoryBytes: 100_000)
        let (_, plain) = try Self.plain(policy)
        let certificates = try await bench.usable("bob@example.org")
        for armor in [nil, policy.derived.shared()] {
            await #expect {
                _ = try await bench.engine.encrypt(plain, to: certificates, armor: armor)
            } throws: { error in (error as? Refusal)?.cause == .storage }
        }
        #expect(store.derived.usedBytes == 0)
        // The engine goes on.
        _ = try await bench.engine.encrypt(MessageBytes("x"), to: certificates)
        await bench.engine.shutdown()
    }
}

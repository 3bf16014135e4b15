// The keyboxes of letterlock-seal: made once, of what was inspected, and never of anything else.

import Foundation
import Mail
import OpenPGP
import Packets
import Testing

@Suite struct KeyboxTests {
    private static func keyboxes(_ bench: Bench) throws -> Set<String> {
        Set(try bench.keyFiles().filter { $0.hasSuffix(".kbx") })
    }

    private static func recipients(_ cipher: MessageBytes) throws -> Set<KeyID> {
        Set(try EncryptedMessage.parse(cipher).recipients)
    }

    /// gpg imports a certificate once, whatever is sealed to it.
    @Test func itIsMadeOnce() async throws {
        let folder = TestFolder()
        let log = "\(folder.path)/log"
        try putProgram(
            "\(folder.path)/gpg",
            "case \"$*\" in *--dry-run*) ;; *--import) echo import >>\(log);; esac; exec /usr/bin/gpg \"$@\"")
        let bench = try Bench(["bob", "rita"], program: "\(folder.path)/gpg", workers: 1)
        let all = try await bench.usable("bob@example.org") + bench.usable("rita@example.org")
        for round in 0..<3 {
            for certificate in all {
                _ = try await bench.engine.encrypt(MessageBytes("round \(round)"), to: [certificate])
            }
            _ = try await bench.engine.encrypt(MessageBytes("round \(round)"), to: all)
        }
        #expect(try String(contentsOfFile: log, encoding: .utf8) == "import\nimport\n")
        #expect(try Self.keyboxes(bench).count == 2)
        await bench.engine.shutdown()
    }

    @Test func aReplacedCertificateIsAnotherKeybox() async throws {
        let bench = try Bench(["bob"])
        let old = try await bench.usable("bob@example.org")
        _ = try await bench.engine.encrypt(MessageBytes("x"), to: old)
        let before = try Self.keyboxes(bench)
        try bench.keys.put("bob.pgp", TestKeys.certificate("bob2"))
        let new = try await bench.usable("bob@example.org")
        let cipher = try await bench.engine.encrypt(MessageBytes("y"), to: new)
        #expect(try Self.recipients(cipher) == Set(new.flatMap(\.encryptionKeyIDs)))
        #expect(try Self.recipients(cipher).isDisjoint(with: old.flatMap(\.encryptionKeyIDs)))
        #expect(try Self.keyboxes(bench).subtracting(before).count == 1)
        await bench.engine.shutdown()
    }

    /// A certificate whose owner has revoked it: nothing of the former one is used, although its keybox is still there.
    @Test func aRevokedCertificateIsNotEncryptedTo() async throws {
        let bench = try Bench(["revokedlater"])
        let before = try await bench.usable("rolf@example.org")
        #expect(before.count == 1)
        _ = try await bench.engine.encrypt(MessageBytes("x"), to: before)
        try bench.keys.put("revokedlater.pgp", TestKeys.certificate("revoked"))
        #expect(try await bench.usable("rolf@example.org").isEmpty)
        #expect(try await bench.reasons("rolf@example.org").contains { $0.hasPrefix("revoked") })
        await bench.engine.shutdown()
    }

    /// Expiry is judged at each look-up; and where a clock is wrong, gpg has the last word.
    @Test func anExpiredCertificateIsNotEncryptedTo() async throws {
        let clock = Clock(1_590_000_000)
        let bench = try Bench(["expired"], nowSeconds: { clock.seconds })
        let certificates = try await bench.usable("erik@example.org")
        #expect(certificates.count == 1)
        let refusal = await #expect(throws: Refusal.self) {
            try await bench.engine.encrypt(MessageBytes("x"), to: certificates)
        }
        #expect(refusal?.cause == .engine)
        clock.seconds = 1_700_000_000
        #expect(try await bench.usable("erik@example.org").isEmpty)
        #expect(try await bench.reasons("erik@example.org").contains { $0.hasPrefix("expired on") })
        await bench.engine.shutdown()
    }

    /// gpg takes 40 keyrings. More recipients share one keybox, made once of all their certificates.
    @Test func aHundredVisibleRecipients() async throws {
        let bench = try Bench(["bob"])
        for (name, certificate) in try TestKeys.crowd(100) { try bench.keys.put("\(name).pgp", certificate) }
        var all = try await bench.usable("bob@example.org")
        for number in 0..<100 { all += try await bench.usable("crowd\(number)@example.org") }
        #expect(all.count == 101)
        let plain = MessageBytes("to all of you")
        for _ in 0..<2 {
            let cipher = try await bench.engine.encrypt(plain, to: all)
            #expect(try EncryptedMessage.parse(cipher).recipients.count == 101)
            #expect(try Self.recipients(cipher) == Set(all.flatMap(\.encryptionKeyIDs)))
            #expect(try await bench.engine.decrypt(cipher, homeFolder: TestKeys.home()).bytes == plain)
            #expect(try Self.keyboxes(bench).count == 1)
        }
        // Thirty have one each.
        let some = Array(all.prefix(30))
        #expect(
            try Self.recipients(try await bench.engine.encrypt(plain, to: some))
                == Set(some.flatMap(\.encryptionKeyIDs)))
        #expect(try Self.keyboxes(bench).count == 31)
        await bench.engine.shutdown()
    }

    /// Two copies of one certificate, of which one is older: by its fingerprint gpg could find either, so it is given
    /// files.
    @Test func twoCopiesOfOneCertificateAreGivenAsFiles() async throws {
        let bench = try Bench(["twoids"])
        let whole = try await bench.usable("ulla@example.org")
        let upload = try await bench.engine.admit(
            MessageBytes(bytes: TestKeys.certificate("twoids")), for: mailbox("ulla@example.org"),
            nowSeconds: Int64(Date().timeIntervalSince1970)
        ).get()
        let cipher = try await bench.engine.lending(upload) { copy throws(Refusal) in
            try await bench.engine.encrypt(MessageBytes("x"), to: whole + [copy])
        }
        #expect(try Self.recipients(cipher) == Set(whole.flatMap(\.encryptionKeyIDs)))
        #expect(try Self.keyboxes(bench).isEmpty)
        #expect(try bench.keyFiles().isEmpty == false)
        await bench.engine.shutdown()
    }

    /// What is lent goes when it is given back, and what the folder holds as well stays.
    @Test func whatIsNoLongerUsedGoes() async throws {
        let bench = try Bench()
        let bytes = try MessageBytes(bytes: TestKeys.certificate("bob"))
        let now = Int64(Date().timeIntervalSince1970)
        let upload = try await bench.engine.admit(bytes, for: mailbox("bob@example.org"), nowSeconds: now).get()
        _ = try await bench.engine.lending(upload) { certificate throws(Refusal) in
            try await bench.engine.encrypt(MessageBytes("x"), to: [certificate])
        }
        #expect(try bench.keyFiles().isEmpty)
        try bench.keys.put("bob.pgp", upload.bytes.copy())
        let kept = try await bench.usable("bob@example.org")
        _ = try await bench.engine.encrypt(MessageBytes("x"), to: kept)
        let files = try bench.keyFiles().count
        #expect(files > 0)
        _ = try await bench.engine.lending(upload) { certificate throws(Refusal) in
            try await bench.engine.encrypt(MessageBytes("x"), to: [certificate])
        }
        #expect(try bench.keyFiles().count == files)
        await bench.engine.shutdown()
    }
}

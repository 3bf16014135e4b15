// Keys that strangers send: what is taken, what is refused, what is stripped; and how they stand beside the folder's
// own.

import Foundation
import Mail
import OpenPGP
import Packets
import Testing

@Suite(.serialized) struct UploadTests {
    private func admit(_ upload: [UInt8], _ address: String) async throws -> Result<UploadedKey, UploadedKeyProblem> {
        let bench = try Bench()
        let result = try await bench.engine.admit(
            MessageBytes(bytes: upload), for: try mailbox(address), nowSeconds: Int64(Date().timeIntervalSince1970))
        await bench.engine.shutdown()
        return result
    }

    private func problem(_ upload: [UInt8], _ address: String) async throws -> UploadedKeyProblem? {
        guard case .failure(let problem) = try await admit(upload, address) else { return nil }
        return problem
    }

    @Test(arguments: ["bob@example.org", "BOB@Example.org"]) func takesAKeyOfTheAddress(_ address: String) async throws
    {
        let key = try await admit(TestKeys.certificate("bob"), address).get()
        #expect(key.fingerprint.count == 40)
        #expect(try CertificatePeek.addresses(key.bytes.copy()) == ["bob@example.org"])
    }

    @Test func stripsOtherAddresses() async throws {
        let home = try TestKeys.home()
        func gpg(_ arguments: String...) throws -> [UInt8] {
            try runProgram(
                "/usr/bin/gpg",
                [
                    "--homedir", home, "--batch", "--quiet", "--passphrase", "", "--pinentry-mode", "loopback", "--yes",
                ] + arguments)
        }
        _ = try gpg("--quick-generate-key", "Two <two@example.net>", "ed25519", "cert,sign", "never")
        let listing = String(decoding: try gpg("--with-colons", "--list-keys", "two@example.net"), as: UTF8.self)
        let line = try #require(listing.split(separator: "\n").first { $0.hasPrefix("fpr:") })
        let print = String(try #require(line.split(separator: ":").last))
        _ = try gpg("--quick-add-key", print, "cv25519", "encr", "never")
        _ = try gpg("--quick-add-uid", print, "The Director <director@example.com>")
        let both = try gpg("--armor", "--export", print)
        for (address, other) in [("two@example.net", "director"), ("director@example.com", "two@")] {
            let key = try await admit(both, address).get()
            let bytes = try key.bytes.copy()
            #expect(CertificatePeek.addresses(bytes) == [address])
            #expect(!String(decoding: bytes, as: UTF8.self).contains(other))
        }
        // A user id put in by somebody else is signed by nobody.
        let foreign = try TestKeys.certificate("bob")
        #expect(try await problem(foreign, "alice@example.org") == .otherAddress)
    }

    @Test(arguments: [
        ("expired", "erik@example.org"), ("revoked", "rolf@example.org"), ("signonly", "sina@example.org"),
        ("oldsubkey", "olga@example.org"), ("future", "fred@example.org"),
    ]) func refusesWhatCannotBeUsed(_ name: String, _ address: String) async throws {
        guard case .unusable = try await problem(TestKeys.certificate(name), address) else {
            Issue.record("\(name) was not refused as unusable")
            return
        }
    }

    @Test func refusesWhatIsNoCertificate() async throws {
        let secret = try #require(TestKeys.made?.secretBob)
        #expect(try await problem(secret, "bob@example.org") == .secretKey)
        #expect(try await problem([], "bob@example.org") == .notOneCertificate)
        #expect(try await problem(Array("hello".utf8), "bob@example.org") == .notOneCertificate)
        let two = try TestKeys.certificate("bob") + TestKeys.certificate("rita")
        #expect(try await problem(two, "bob@example.org") == .notOneCertificate)
        let bob = try TestKeys.certificate("bob")
        for cut in stride(from: 1, to: bob.count, by: 37) {
            // Whatever is cut off, it is a refusal or a usable rest, never a trap.
            _ = try await problem(Array(bob[..<cut]), "bob@example.org")
        }
    }

    @Test func theAdministratorsFolderComesFirst() async throws {
        let learned = TestFolder()
        let bench = try Bench(["bob", "expired"])
        try learned.put("bob@example.org.pgp", TestKeys.certificate("bob2"))
        try learned.put("rita@example.org.pgp", TestKeys.certificate("rita"))
        let keyring = Keyring(
            folder: bench.keys.path, engine: bench.engine,
            learned: Keyring(folder: learned.path, engine: bench.engine))
        func status(_ address: String) async throws -> KnownKeys.Status {
            let one = try mailbox(address)
            return await keyring.lookup([one, try mailbox("nobody@example.org")])[one]
        }
        guard case .usable(let bob) = try await status("bob@example.org"),
            case .usable(let rita) = try await status("rita@example.org")
        else {
            Issue.record("bob and rita have keys")
            return
        }
        #expect(bob.map(\.source) == ["bob.pgp"] && rita.map(\.source) == ["rita@example.org.pgp"])
        #expect(try await status("nobody@example.org") == .none)
        guard case .unusable = try await status("erik@example.org") else {
            Issue.record("an expired key stays one")
            return
        }
        // A folder that cannot be read says nothing about whoever is not in the first one.
        try FileManager.default.removeItem(atPath: learned.path)
        guard case .usable = try await status("bob@example.org") else {
            Issue.record("bob's key is in the first folder")
            return
        }
        #expect(await keyring.problem()?.hasPrefix("learned keys: ") == true)
        await bench.engine.shutdown()
    }
}

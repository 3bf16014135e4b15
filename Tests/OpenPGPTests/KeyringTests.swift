import Foundation
import Mail
import OpenPGP
import SettingValues
import Testing

@Suite struct KeyringTests {
    @Test(arguments: [
        ("expired", "erik@example.org", "expired on 2020-12-31"), ("revoked", "rolf@example.org", "revoked"),
        ("signonly", "sina@example.org", "cannot encrypt"),
        ("future", "fred@example.org", "not valid before 2099-01-01"),
        ("oldsubkey", "olga@example.org", "encryption subkey expired on 2020-12-31"),
        ("twoids", "ulla@example.net", "user id revoked"),
    ])
    func keysThatAreNeverUsedSayWhy(name: String, address: String, reason: String) async throws {
        let bench = try Bench([name])
        #expect(try await bench.reasons(address) == ["\(reason) (file \(name).pgp)"])
        await bench.engine.shutdown()
    }

    /// Whose key is in it, nobody can tell: passing in clear would be a guess. (As root nothing is unreadable but what
    /// is too big.)
    @Test func aFileThatCannotBeReadLeavesNobodyWithoutAKey() async throws {
        let bench = try Bench(["bob"])
        let path = bench.keys.path + "/carol.asc"
        try #require(FileManager.default.createFile(atPath: path, contents: nil))
        try #require(truncate(path, 64 * 1024 * 1024 + 1) == 0)
        #expect(try await bench.isUnknown("carol@example.org"))
        #expect(try await bench.usable("bob@example.org").count == 1)
        #expect(await bench.keyring.problem()?.contains("carol.asc") == true)
        try FileManager.default.removeItem(atPath: path)
        #expect(try await !bench.isUnknown("carol@example.org"))
        #expect(await bench.keyring.problem() == nil)
        await bench.engine.shutdown()
    }

    @Test func aGoodUserIDCountsBesideARevokedOne() async throws {
        let bench = try Bench(["twoids"])
        #expect(try await bench.usable("ulla@example.org").count == 1)
        await bench.engine.shutdown()
    }

    @Test func aUserIDExpiresByItself() async throws {
        let bench = try Bench()
        try bench.keys.put("uma.asc", Array(CraftedKeys.expiredUserID.utf8))
        #expect(try await bench.usable("uma@example.org").count == 1)
        #expect(try await bench.reasons("uma@example.net") == ["user id expired on 2021-09-13 (file uma.asc)"])
        await bench.engine.shutdown()
    }

    @Test func expiryIsJudgedAtTheLookUp() async throws {
        // The certificate is made on first use, with the real clock: a time taken before would be before its validity.
        _ = try TestKeys.certificate("soon")
        let now = Int64(Date().timeIntervalSince1970)
        let clock = Clock(now)
        let bench = try Bench(["soon"], nowSeconds: { clock.seconds })
        #expect(try await bench.usable("sven@example.org").count == 1)
        clock.seconds = now + 2 * 365 * 86_400
        #expect(try await bench.reasons("sven@example.org").first?.hasPrefix("expired on 20") == true)
        clock.seconds = 1_000_000_000
        #expect(try await bench.reasons("sven@example.org").first?.hasPrefix("not valid before 20") == true)
        clock.seconds = now
        #expect(try await bench.usable("sven@example.org").count == 1)
        await bench.engine.shutdown()
    }

    @Test(arguments: [
        "BOB@EXAMPLE.ORG", "Bob@example.org", "bob+news@example.org", "BOB+x+y@example.org", "\"bob\"@example.org",
    ])
    func spellingsThatMeanBob(address: String) async throws {
        let bench = try Bench(["bob"])
        #expect(try await bench.usable(address).map(\.source) == ["bob.pgp"])
        await bench.engine.shutdown()
    }

    @Test(arguments: [
        "bo@example.org", "bob@example.net", "bob@sub.example.org", "xbob@example.org", "+bob@example.org",
    ])
    func spellingsThatMeanSomebodyElse(address: String) async throws {
        let bench = try Bench(["bob"])
        #expect(try await bench.status(address) == .none)
        await bench.engine.shutdown()
    }

    @Test func aTaggedCertificateIsForItsTagOnly() async throws {
        let bench = try Bench(["tagged"])
        #expect(try await bench.usable("tina+NEWS@example.org").count == 1)
        #expect(try await bench.status("tina@example.org") == .none)
        #expect(try await bench.status("tina+other@example.org") == .none)
        await bench.engine.shutdown()
    }

    /// Whoever can append packets to a certificate must not become its owner.
    @Test(arguments: [false, true])
    func aForgedUserIDDoesNotCount(withCopiedSignature: Bool) async throws {
        let bench = try Bench()
        let bob = try TestKeys.certificate("bob")
        let text = Array("Eve <eve@example.org>".utf8)
        let packet = [0xCD, UInt8(text.count)] + text
        // The certificate is key, user id, its signature, subkey, its signature; the forged id goes before the subkey.
        let places = packets(bob)
        let signature = withCopiedSignature ? Array(bob[places[2]]) : []
        let forged = Array(bob[..<places[3].lowerBound]) + packet + signature + Array(bob[places[3].lowerBound...])
        #expect(CertificatePeek.addresses(forged) == ["bob@example.org", "eve@example.org"])
        try bench.keys.put("forged.pgp", forged)
        #expect(try await bench.status("eve@example.org") == .none)
        #expect(try await bench.usable("bob@example.org").count == 1)
        #expect(await bench.keyring.listing().flatMap(\.addresses) == ["bob@example.org"])
        await bench.engine.shutdown()
    }

    /// A subkey that is not bound by its owner's signature would let a stranger read along.
    @Test func aForeignSubkeyDoesNotCount() async throws {
        let bench = try Bench()
        let (bob, rita) = (try TestKeys.certificate("bob"), try TestKeys.certificate("rita"))
        let places = packets(rita)
        try bench.keys.put("bob.pgp", bob + Array(rita[places[3].lowerBound...]))
        let certificates = try await bench.usable("bob@example.org")
        #expect(certificates.map(\.encryptionKeyIDs.count) == [1])
        await bench.engine.shutdown()
    }

    @Test func allCertificatesOfAFileCount() async throws {
        let bench = try Bench()
        try bench.keys.put(
            "all.pgp", TestKeys.certificate("bob") + TestKeys.certificate("rita") + TestKeys.certificate("expired"))
        #expect(try await bench.usable("bob@example.org").count == 1)
        #expect(try await bench.usable("rita@example.org").count == 1)
        #expect(try await bench.reasons("erik@example.org").count == 1)
        #expect(await bench.keyring.listing().count == 3)
        await bench.engine.shutdown()
    }

    @Test func oneCertificateInTwoFilesIsUsedOnce() async throws {
        let bench = try Bench(["bob"])
        try bench.keys.put("again.pgp", TestKeys.certificate("bob"))
        #expect(try await bench.usable("bob@example.org").count == 1)
        #expect(await bench.keyring.listing().count == 2)
        await bench.engine.shutdown()
    }

    /// One bad certificate must neither hide its neighbours nor be taken for one of them.
    @Test func aCertificateThatGPGRejectsDoesNotDisturbOthers() async throws {
        let bench = try Bench(["bob", "rita", "expired"])
        let bob = try TestKeys.certificate("bob2")
        let places = packets(bob)
        try bench.keys.put("bare.pgp", Array(bob[..<places[2].lowerBound]))
        let reports = await bench.keyring.listing()
        #expect(reports.map(\.file) == ["bare.pgp", "bob.pgp", "expired.pgp", "rita.pgp"])
        #expect(reports.map(\.addresses) == [[], ["bob@example.org"], [], ["rita@example.org"]])
        #expect(reports[0].problem == "no user id or subkey with a valid self-signature")
        #expect(reports[2].problem == "expired on 2020-12-31")
        await bench.engine.shutdown()
    }

    @Test func theSampleKeysAreWhatTheySay() async throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../keys")
            .path
        let state = TestFolder()
        let engine = try Engine(GPGSettings(), homeFolder: "\(state.path)/h")
        let keyring = Keyring(folder: folder, engine: engine)
        let reports = await keyring.listing()
        #expect(
            reports.filter { $0.problem == nil }.flatMap(\.addresses).sorted() == [
                "bob@example.net", "rita@example.org",
            ])
        #expect(reports.filter { $0.problem != nil }.map(\.problem) == ["expired on 2020-12-31"])
        await engine.shutdown()
    }
}

/// A clock that a test turns.
final class Clock: @unchecked Sendable {
    // A test turns it only between look-ups.
    var seconds: Int64
    init(_ seconds: Int64) { self.seconds = seconds }
}

/// The packets' places in a certificate that gpg exported.
func packets(_ bytes: [UInt8]) -> [Range<Int>] {
    var places: [Range<Int>] = []
    var offset = 0
    while offset + 2 < bytes.count {
        let start = offset
        // gpg writes old-format headers with one or two octets of length.
        let isLong = bytes[offset] & 3 == 1
        let length = isLong ? Int(bytes[offset + 1]) << 8 + Int(bytes[offset + 2]) : Int(bytes[offset + 1])
        offset += (isLong ? 3 : 2) + length
        places.append(start..<min(offset, bytes.count))
    }
    return places
}

// Files in the key folder that give nothing: damaged, of a kind that gpg does not know, without an address. Each is
// named, and whose key it may have held is not taken for somebody without one.

import Foundation
import Mail
import OpenPGP
import Packets
import Testing

@Suite struct OddKeyFileTests {
    private static func corpus(_ name: String) throws -> [UInt8] {
        let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "../Corpus/keys/\(name)")
        return Array(try Data(contentsOf: url))
    }

    private static func armored(_ bytes: [UInt8]) throws -> [UInt8] {
        let text = Data(bytes).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
        return Array(
            "-----BEGIN PGP PUBLIC KEY BLOCK-----\nComment: x\n\n\(text)\n-----END PGP PUBLIC KEY BLOCK-----\n".utf8)
    }

    // MARK: Kinds that gpg does not know

    @Test func aVersionThatGPGDoesNotKnowIsUnusableAndNotNone() async throws {
        let bench = try Bench(["bob"])
        try bench.keys.put("vera.asc", Self.corpus("version6.asc"))
        #expect(try await bench.reasons("Vera6@example.org") == ["this gpg cannot read version 6 keys (file vera.asc)"])
        #expect(try await bench.status("stranger@example.org") == .none)
        #expect(try await bench.usable("bob@example.org").count == 1)
        let report = try #require(await bench.keyring.listing().first { $0.file == "vera.asc" })
        #expect(report.problem == "this gpg cannot read version 6 keys; it names vera6@example.org")
        #expect(await bench.keyring.problem() == nil)
        await bench.engine.shutdown()
    }

    /// Version 5 (LibrePGP), and a version 4 key of an algorithm of RFC 9580: a key packet and a user id are enough.
    @Test(arguments: [
        ([5, 1, 2, 3, 4, 22, 0, 0, 0, 4, 1, 2, 3, 4] as [UInt8], "this gpg cannot read version 5 keys"),
        ([4, 1, 2, 3, 4, 27] + [UInt8](repeating: 7, count: 32), "this gpg cannot read keys of algorithm 27"),
        // Ed448.
        ([4, 1, 2, 3, 4, 22, 3, 0x2B, 0x65, 0x71, 0, 8, 1], "this gpg cannot read keys of this elliptic curve"),
        ([3, 1, 2, 3, 4, 0, 0, 1, 0, 8, 1, 0, 8, 1], "this gpg cannot read version 3 keys"),
    ])
    func otherKindsTooAreUnusable(key: [UInt8], reason: String) async throws {
        let bench = try Bench()
        let userID = Array("Vito <vito@example.org>".utf8)
        try bench.keys.put("vito.pgp", [0xC6, UInt8(key.count)] + key + [0xCD, UInt8(userID.count)] + userID)
        #expect(try await bench.reasons("vito@example.org") == ["\(reason) (file vito.pgp)"])
        await bench.engine.shutdown()
    }

    /// What Sequoia exports beside: the certificate that gpg knows is used.
    @Test func aKnownCertificateBesideAnUnknownOneIsUsed() async throws {
        let bench = try Bench()
        let bob = try TestKeys.certificate("bob")
        let userID = Array("Bob <bob@example.org>".utf8)
        let newer: [UInt8] = [0xC6, 14, 6, 1, 2, 3, 4, 27, 0, 0, 0, 4, 1, 2, 3, 4, 0xCD, UInt8(userID.count)] + userID
        try bench.keys.put("bob.pgp", newer + bob)
        #expect(try await bench.usable("bob@example.org").count == 1)
        await bench.engine.shutdown()
    }

    /// Cut where a packet ends: nothing looks damaged, and the signature is missing.
    @Test func aCertificateWithoutAnySignatureIsUnusableAndNotNone() async throws {
        let bench = try Bench()
        let bob = try TestKeys.certificate("bob")
        try bench.keys.put("bare.pgp", Array(bob[..<packets(bob)[1].upperBound]))
        #expect(
            try await bench.reasons("bob@example.org") == [
                "no user id or subkey with a valid self-signature (file bare.pgp)"
            ])
        try bench.keys.put("bob.pgp", bob)
        #expect(try await bench.usable("bob@example.org").count == 1)
        await bench.engine.shutdown()
    }

    @Test func aNewContentThatGPGCannotReadDoesNotReplaceAGoodOne() async throws {
        let bench = try Bench(["bob"])
        let before = try await bench.usable("bob@example.org")
        try bench.keys.overwrite("bob.pgp", Self.corpus("version6.asc"))
        #expect(try await bench.usable("bob@example.org") == before)
        let problem = await bench.keyring.listing().first?.problem
        #expect(problem?.contains("cannot read version 6 keys") == true)
        await bench.engine.shutdown()
    }

    // MARK: Damage

    @Test(arguments: [false, true])
    func aFileCutShortMakesUnknownWhomItNames(isArmored: Bool) async throws {
        let bench = try Bench()
        let bob = try TestKeys.certificate("bob")
        let places = packets(bob)
        for cut in [places[1].upperBound + 1, places[2].upperBound - 3, bob.count - 1] {
            var bytes = Array(bob[..<cut])
            if isArmored { bytes = Array(try Self.armored(bob).prefix(50 + cut * 65 / 48)) }
            try bench.keys.overwrite("b.asc", bytes)
            #expect(try await bench.isUnknown("Bob+news@example.org"))
            #expect(try await bench.isUnknown("bob@example.org"))
            #expect(try await bench.status("stranger@example.org") == .none)
            let report = try #require(await bench.keyring.listing().first)
            #expect(report.problem?.contains("bob@example.org") == true)
            #expect(await bench.keyring.damage()?.contains("b.asc") == true)
            #expect(await bench.keyring.problem() == nil)
        }
        try bench.keys.overwrite("b.asc", bob)
        #expect(try await bench.usable("bob@example.org").count == 1)
        #expect(await bench.keyring.damage() == nil)
        await bench.engine.shutdown()
    }

    /// Cut in the key packet, before any user id.
    @Test func theNameOfACutFileSaysWhoseItIs() async throws {
        let bench = try Bench()
        let bob = try TestKeys.certificate("bob")
        try bench.keys.put("Carol@Bücher.example.asc", Array(bob[..<40]))
        try bench.keys.put("dora@example.org.asc", [])
        #expect(try await bench.isUnknown("carol@xn--bcher-kva.example"))
        #expect(try await bench.isUnknown("dora@example.org"))
        #expect(try await bench.status("bob@example.org") == .none)
        await bench.engine.shutdown()
    }

    @Test(
        arguments: [
            [], Array("this is no key\n".utf8), [UInt8](repeating: 0xFF, count: 100), [0x99, 1, 0x0D, 4, 0, 0],
            Array("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQENBF".utf8),
        ] as [[UInt8]])
    func aFileFromWhichNobodyCanBeHadStopsNobody(bytes: [UInt8]) async throws {
        let bench = try Bench(["bob"])
        try bench.keys.put("junk.asc", bytes)
        #expect(try await bench.status("stranger@example.org") == .none)
        #expect(try await bench.usable("bob@example.org").count == 1)
        #expect(await bench.keyring.problem() == nil)
        #expect(await bench.keyring.damage()?.contains("\"junk.asc\" gives nothing") == true)
        #expect(await bench.keyring.listing().first { $0.file == "junk.asc" }?.problem != nil)
        await bench.engine.shutdown()
    }

    /// The key that is there is used: nothing leaves in clear because another file is broken.
    @Test func aUsableKeyElsewhereIsUsed() async throws {
        let bench = try Bench(["bob"])
        let bob = try TestKeys.certificate("bob")
        try bench.keys.put("again.pgp", Array(bob[..<(bob.count - 1)]))
        #expect(try await bench.usable("bob@example.org").count == 1)
        await bench.engine.shutdown()
    }

    @Test func theFirstOfTwoInACutFileIsNamedToo() async throws {
        let bench = try Bench()
        let (bob, rita) = (try TestKeys.certificate("bob"), try TestKeys.certificate("rita"))
        try bench.keys.put("all.pgp", bob + rita.dropLast())
        #expect(try await bench.isUnknown("bob@example.org"))
        #expect(try await bench.isUnknown("rita@example.org"))
        await bench.engine.shutdown()
    }

    // MARK: User ids

    @Test func aDomainInLettersIsItsXNForm() async throws {
        let bench = try Bench()
        try bench.keys.put("idn.asc", Self.corpus("idn.asc"))
        #expect(try await bench.usable("bob11@bücher.example").count == 1)
        #expect(try await bench.usable("Bob11@XN--bcher-kva.example").count == 1)
        #expect(await bench.keyring.listing().map(\.problem) == [nil])
        await bench.engine.shutdown()
    }

    @Test(arguments: ["noangle.asc", "trail.asc"])
    func aUserIDWithoutAnAddressIsNamed(file: String) async throws {
        let bench = try Bench()
        try bench.keys.put(file, Self.corpus(file))
        let report = try #require(await bench.keyring.listing().first)
        #expect(report.addresses.isEmpty)
        #expect(report.userIDs.first?.problem?.hasPrefix("no mail address can be read") == true)
        await bench.engine.shutdown()
    }

    @Test func aClaimThatIsNotSignedIsNamed() async throws {
        let bench = try Bench()
        let bob = try TestKeys.certificate("bob")
        let userID = Array("Eve <eve@example.org>".utf8)
        let place = packets(bob)[3].lowerBound
        try bench.keys.put(
            "bob.pgp", Array(bob[..<place]) + [0xCD, UInt8(userID.count)] + userID + Array(bob[place...]))
        let report = try #require(await bench.keyring.listing().first)
        #expect(report.addresses == ["bob@example.org"])
        #expect(report.userIDs.last?.problem == "its user id is not signed by this key")
        await bench.engine.shutdown()
    }
}

// Files of certificates as people make them.

import Foundation
import Mail
import Packets
import Testing

@Suite struct CertificatesTests {
    @Test(arguments: [("alice.pgp", 1), ("both-keys.asc", 2), ("separate-keys.asc", 2)])
    func splitsRealFiles(_ file: String, _ count: Int) throws {
        let certificates = try Certificates.split(PGPCorpus.file(file))
        #expect(certificates.count == count)
        #expect(try certificates[0] == PGPCorpus.file("alice.pgp"))
        for certificate in certificates { #expect(try Certificates.split(certificate) == [certificate]) }
    }

    @Test func splitsBinaryKeyrings() throws {
        let alice = try PGPCorpus.octets("alice.pgp")
        let trust: [UInt8] = [0xB0, 2, 0, 0]
        let ring = alice + trust + alice
        #expect(
            try Certificates.split(cut(ring, every: 11)) == [MessageBytes(bytes: alice), MessageBytes(bytes: alice)])
    }

    @Test func takesAByteOrderMarkAndLineFeeds() throws {
        let text = String(decoding: try PGPCorpus.octets("separate-keys.asc"), as: UTF8.self)
        let windows = "\u{FEFF}" + text.replacing("\r\n", with: "\n").replacing("\n", with: "\r\n")
        #expect(try Certificates.split(MessageBytes(windows)).count == 2)
    }

    /// The tag is what makes a packet secret.
    @Test func refusesSecretKeys() throws {
        var octets = try PGPCorpus.octets("alice.pgp")
        #expect(octets[0] == 0x98)
        octets[0] = 0x94
        #expect(throws: PacketError.secretKey) { try Certificates.split(MessageBytes(bytes: octets)) }
        let alice = try PGPCorpus.octets("alice.pgp")
        #expect(throws: PacketError.secretKey) { try Certificates.split(MessageBytes(bytes: alice + octets)) }
        let armored = try Armor.encode(MessageBytes(bytes: octets), kind: .privateKey)
        #expect(throws: PacketError.secretKey) { try Certificates.split(armored) }
        let disguised = try Armor.encode(MessageBytes(bytes: octets), kind: .publicKey)
        #expect(throws: PacketError.secretKey) { try Certificates.split(disguised) }
        let public_ = try PGPCorpus.file("both-keys.asc")
        #expect(throws: PacketError.secretKey) { try Certificates.split(MessageBytes(joining: [public_, armored])) }
    }

    @Test(arguments: ["armored.asc", "detached.asc", "signed.pgp", "binary.pgp", "clearsigned.asc"])
    func refusesOtherFiles(_ file: String) throws {
        #expect(throws: PacketError.self) { try Certificates.split(PGPCorpus.file(file)) }
    }

    @Test(arguments: ["", "hello", "-----BEGIN PGP PUBLIC KEY BLOCK-----\n", "\u{80}\u{81}"])
    func refusesGarbage(_ text: String) {
        #expect(throws: PacketError.self) { try Certificates.split(MessageBytes(text)) }
    }

    @Test func refusesEveryTruncationInsideAPacket() throws {
        let octets = try PGPCorpus.octets("alice.pgp")
        for length in 0..<octets.count {
            let found = try? Certificates.split(MessageBytes(bytes: octets[..<length]))
            // Cut between two packets it is a shorter certificate; the engine judges what it is worth.
            if let found { #expect(found == [MessageBytes(bytes: octets[..<length])]) }
        }
        #expect(throws: PacketError.self) { try Certificates.split(MessageBytes(bytes: octets.dropLast())) }
    }

    /// What gpg itself exports of a secret key is refused, armored and binary.
    @Test func refusesWhatGPGExportsAsSecret() throws {
        let home = URL(fileURLWithPath: NSTemporaryDirectory()).appendingPathComponent(
            "ll\(UInt32.random(in: 0...UInt32.max))")
        try FileManager.default.createDirectory(
            at: home, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        defer {
            _ = try? run("gpgconf", ["--homedir", home.path, "--kill", "all"])
            try? FileManager.default.removeItem(at: home)
        }
        let common = ["--homedir", home.path, "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", ""]
        _ = try run("gpg", common + ["--quick-generate-key", "Carol <carol@example.org>", "ed25519", "sign", "never"])
        for extra in [[], ["--armor"]] {
            let exported = try run("gpg", common + extra + ["--export-secret-keys"])
            #expect(!exported.isEmpty)
            #expect(throws: PacketError.secretKey) { try Certificates.split(MessageBytes(bytes: exported)) }
        }
    }

    private func run(_ program: String, _ arguments: [String]) throws -> [UInt8] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/\(program)")
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return [UInt8](data)
    }
}

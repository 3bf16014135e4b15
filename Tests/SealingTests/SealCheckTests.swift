// Promise 8: whatever gpg or our own writing does wrong, a message that is not sealed as planned does not leave.

import Foundation
import MIME
import Mail
import OpenPGP
import Packets
import SettingValues
import Support
import Testing

@testable import Sealing

struct SealCheckTests {
    private static let head = "From: a@example.org\r\nSubject: x\r\nMIME-Version: 1.0\r\n"

    /// A fixture, the certificates of bob and dora, and a message that passes the check for bob.
    private static func good() async throws -> (SealingFixture, bob: [Certificate], dora: [Certificate], String) {
        let fixture = try SealingFixture(keys: ["bob@example.net", "dora@example.net"])
        func certificates(_ address: String) async throws -> [Certificate] {
            let mailbox = try #require(Mailbox(address))
            guard case .usable(let found) = await fixture.keyring.lookup([mailbox])[mailbox] else {
                throw SupportError("no key of \(address)")
            }
            return found
        }
        let bob = try await certificates("bob@example.net")
        let dora = try await certificates("dora@example.net")
        let plan = try await fixture.plan(head + "\r\nthe text\r\n", to: ["bob@example.net"])
        return (fixture, bob, dora, try await fixture.sealer.sealOne(plan).text)
    }

    private static func check(_ message: String, _ certificates: [Certificate]) throws(Refusal) {
        try SealCheck.check(MessageBytes(message), against: certificates, limits: Limits())
    }

    @Test func passesWhatIsRight() async throws {
        let (fixture, bob, _, message) = try await Self.good()
        try Self.check(message, bob)
        await fixture.end()
    }

    @Test func otherKeysThanPlanned() async throws {
        let (fixture, bob, dora, message) = try await Self.good()
        for planned in [dora, bob + dora, []] {
            let refusal = #expect(throws: Refusal.self) { try Self.check(message, planned) }
            #expect(refusal?.cause == .sealCheck)
        }
        await fixture.end()
    }

    @Test func clearTextAnywhere() async throws {
        let (fixture, bob, _, message) = try await Self.good()
        let boundary = try #require(message.split(separator: "\"").first { $0.hasPrefix("=_letterlock_") })
        let clear = "--\(boundary)\r\nContent-Type: text/plain\r\n\r\nthe text\r\n"
        let altered = [
            message.replacing("\r\n\r\n--", with: "\r\n\r\nthe text\r\n--", maxReplacements: 1),
            message.replacing("\r\n--\(boundary)--", with: "\r\n\(clear)--\(boundary)--"),
            message + "the text\r\n",
            message.replacing("-----BEGIN PGP", with: "the text\r\n-----BEGIN PGP"),
            message.replacing("-----END PGP MESSAGE-----\r\n", with: "-----END PGP MESSAGE-----\r\nthe text\r\n"),
            message.replacing("Version: 1\r\n", with: "Version: 1\r\nthe text\r\n"),
            message.replacing("multipart/encrypted", with: "multipart/mixed"),
            Self.head + "Content-Type: text/plain\r\n\r\nthe text\r\n",
        ]
        for (number, message) in altered.enumerated() {
            #expect(throws: Refusal.self, "variant \(number)") { try Self.check(message, bob) }
        }
        await fixture.end()
    }

    @Test func damagedOrWeakPackets() async throws {
        let (fixture, bob, _, message) = try await Self.good()
        let block = try #require(try Armor.blocks(in: MessageBytes(message)).first)
        func with(_ bytes: MessageBytes) throws -> String {
            let start = message.utf8.index(message.startIndex, offsetBy: block.range.lowerBound)
            let end = message.utf8.index(message.startIndex, offsetBy: block.range.upperBound)
            return try message[..<start] + Armor.encode(bytes, kind: .message).text + message[end...]
        }
        let cut = block.bytes.slice(0..<block.bytes.count - 3)
        let trailing = MessageBytes(joining: [block.bytes, MessageBytes("the text")])
        let literal = MessageBytes(bytes: [0xCB, 0x0E, 0x62, 0, 0, 0, 0, 0] + Array("the text".utf8))
        let doubled = MessageBytes(joining: [block.bytes, literal])
        for bytes in [cut, trailing, literal, doubled] {
            #expect(throws: Refusal.self) { try Self.check(with(bytes), bob) }
        }
        await fixture.end()
    }

    /// Sealed to the right key, and to a password beside it.
    @Test func aPasswordThatWouldOpenIt() async throws {
        let (fixture, bob, _, message) = try await Self.good()
        let cipher = try TestGPG.run(
            "/usr/bin/gpg",
            [
                "--homedir", fixture.gpg.home, "--batch", "--pinentry-mode", "loopback", "--passphrase", "x",
                "--trust-model",
                "always", "--s2k-count", "1024", "-z0", "-c", "-e", "-r", "bob@example.net",
            ], input: Data("the text".utf8))
        let block = try #require(try Armor.blocks(in: MessageBytes(message)).first)
        let start = message.utf8.index(message.startIndex, offsetBy: block.range.lowerBound)
        let end = message.utf8.index(message.startIndex, offsetBy: block.range.upperBound)
        let swapped =
            try message[..<start] + Armor.encode(MessageBytes(bytes: cipher), kind: .message).text + message[end...]
        #expect(throws: Refusal.self) { try Self.check(String(swapped), bob) }
        await fixture.end()
    }
}

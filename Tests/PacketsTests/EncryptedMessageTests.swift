// The packets of real encrypted messages, and of damaged ones.

import Mail
import Packets
import Testing

@Suite struct EncryptedMessageTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let file: String
        let recipients: Int
        var hidden = 0
        var passwords = 0
        var protection = EncryptedMessage.Protection.seipdV1
        var testDescription: String { file }
    }
    static let cases: [Case] = [
        Case(file: "binary.pgp", recipients: 2), Case(file: "partial.pgp", recipients: 1),
        Case(file: "fixed-length.pgp", recipients: 1), Case(file: "hidden.pgp", recipients: 2, hidden: 1),
        Case(file: "thrown.pgp", recipients: 1, hidden: 1), Case(file: "symmetric.pgp", recipients: 0, passwords: 1),
        Case(file: "both.pgp", recipients: 1, passwords: 1), Case(file: "signed-encrypted.pgp", recipients: 1),
        Case(file: "no-mdc.pgp", recipients: 1, protection: .none),
        Case(file: "rnp-aead-eax.pgp", recipients: 1, protection: .aead),
        Case(file: "rnp-aead-ocb.pgp", recipients: 1, protection: .aead),
    ]

    @Test(arguments: cases) func readsRealMessages(_ fixture: Case) throws {
        let message = try EncryptedMessage.parse(PGPCorpus.file(fixture.file))
        #expect(message.recipients.count == fixture.recipients)
        #expect(message.recipients.count { $0 == KeyID(0) } == fixture.hidden)
        #expect(message.passwords == fixture.passwords)
        #expect(message.protection == fixture.protection)
    }

    @Test(arguments: cases) func readsTheSameHoweverCut(_ fixture: Case) throws {
        let octets = try PGPCorpus.octets(fixture.file)
        let whole = try EncryptedMessage.parse(MessageBytes(bytes: octets))
        for size in octets.count > 2000 ? [997] : [1, 2, 3, 7, 100] {
            #expect(try EncryptedMessage.parse(cut(octets, every: size)) == whole)
        }
    }

    @Test(arguments: cases) func refusesEveryTruncation(_ fixture: Case) throws {
        let octets = try PGPCorpus.octets(fixture.file)
        for length in stride(from: 0, to: octets.count, by: octets.count > 2000 ? 211 : 1) {
            #expect(throws: PacketError.self) { try EncryptedMessage.parse(MessageBytes(bytes: octets[..<length])) }
        }
    }

    @Test(arguments: cases) func refusesTrailingBytes(_ fixture: Case) throws {
        let octets = try PGPCorpus.octets(fixture.file)
        // A line end, a literal packet in clear, a second message.
        for tail in [[10], Array("\u{CB}".utf8), [0xCB, 0x05, 0x62, 0, 0, 0, 0], octets] {
            #expect(throws: PacketError.self) { try EncryptedMessage.parse(MessageBytes(bytes: octets + tail)) }
        }
    }

    @Test(arguments: ["signed.pgp", "alice.pgp"]) func refusesWhatIsNotEncrypted(_ file: String) throws {
        #expect(throws: PacketError.self) { try EncryptedMessage.parse(PGPCorpus.file(file)) }
    }

    /// One flipped byte anywhere never traps, whatever it makes of the message.
    @Test(arguments: ["binary.pgp", "symmetric.pgp", "rnp-aead-eax.pgp"]) func survivesDamage(_ file: String) throws {
        let octets = try PGPCorpus.octets(file)
        for index in octets.indices {
            for change: UInt8 in [0x01, 0x80, 0xFF] {
                var damaged = octets
                damaged[index] ^= change
                _ = try? EncryptedMessage.parse(MessageBytes(bytes: damaged))
            }
        }
    }

    static let pkesk: [UInt8] = [0xC1, 12, 3, 1, 2, 3, 4, 5, 6, 7, 8, 18, 0, 0]
    static let seipd: [UInt8] = [0xD2, 60, 1] + [UInt8](repeating: 7, count: 59)

    struct Made: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let octets: [UInt8]
        let expected: PacketError?
    }
    static let made: [Made] = [
        Made(testDescription: "smallest", octets: pkesk + seipd, expected: nil),
        Made(testDescription: "empty", octets: [], expected: .notOpenPGP),
        Made(testDescription: "no session key", octets: seipd, expected: .unexpectedPacket(tag: 18, offset: 0)),
        Made(testDescription: "no data", octets: pkesk, expected: .malformedPacket(offset: 14)),
        Made(
            testDescription: "data twice", octets: pkesk + seipd + seipd,
            expected: .unexpectedPacket(tag: 18, offset: 76)),
        Made(
            testDescription: "session key behind data", octets: pkesk + seipd + pkesk,
            expected: .unexpectedPacket(tag: 1, offset: 76)),
        Made(
            testDescription: "marker", octets: [0xCA, 3, 0x50, 0x47, 0x50] + pkesk + seipd,
            expected: .unexpectedPacket(tag: 10, offset: 0)),
        Made(
            testDescription: "literal data between", octets: pkesk + [0xCB, 6, 0x62, 0, 0, 0, 0, 0] + seipd,
            expected: .unexpectedPacket(tag: 11, offset: 14)),
        Made(
            testDescription: "indeterminate length", octets: pkesk + [0xA7] + [UInt8](repeating: 1, count: 60),
            expected: .malformedPacket(offset: 14)),
        Made(
            testDescription: "partial session key",
            octets: [0xC1, 0xE9] + [UInt8](repeating: 3, count: 512) + [0] + seipd,
            expected: .malformedPacket(offset: 0)),
        Made(
            testDescription: "first partial too short",
            octets: pkesk + [0xD2, 0xE4] + [UInt8](repeating: 1, count: 16) + [0],
            expected: .malformedPacket(offset: 14)),
        Made(
            testDescription: "length of 4 GiB", octets: pkesk + [0xD2, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2],
            expected: .malformedPacket(offset: 14)),
        Made(
            testDescription: "partial of 1 GiB", octets: pkesk + [0xD2, 0xFE, 1, 2],
            expected: .malformedPacket(offset: 14)),
        Made(testDescription: "tag 0", octets: [0xC0, 0], expected: .malformedPacket(offset: 0)),
        Made(testDescription: "text", octets: Array("hello world".utf8), expected: .malformedPacket(offset: 0)),
        Made(
            testDescription: "session key version 9", octets: [0xC1, 3, 9, 1, 2] + seipd,
            expected: .badPacketBody(tag: 1)),
        Made(testDescription: "session key empty", octets: [0xC1, 0] + seipd, expected: .badPacketBody(tag: 1)),
        Made(testDescription: "data empty", octets: pkesk + [0xD2, 0], expected: .badPacketBody(tag: 18)),
        Made(
            testDescription: "data version 3", octets: pkesk + [0xD2, 60, 3] + [UInt8](repeating: 7, count: 59),
            expected: .badPacketBody(tag: 18)),
    ]
    @Test(arguments: made) func readsTheGrammarStrictly(_ fixture: Made) throws {
        let bytes = MessageBytes(bytes: fixture.octets)
        if let expected = fixture.expected {
            #expect(throws: expected) { try EncryptedMessage.parse(bytes) }
        } else {
            #expect(try EncryptedMessage.parse(bytes).recipients == [KeyID(0x0102_0304_0506_0708)])
        }
    }

    @Test func readsVersion6SessionKeys() throws {
        let v4 = [0xC1, 25, 6, 21, 4] + [UInt8](1...20) + [25, 9]
        let v6 = [0xC1, 37, 6, 33, 6] + [UInt8](1...32) + [25, 9]
        let anonymous: [UInt8] = [0xC1, 4, 6, 0, 25, 9]
        let v2data: [UInt8] = [0xD2, 60, 2, 9, 2, 6] + [UInt8](repeating: 7, count: 56)
        let message = try EncryptedMessage.parse(MessageBytes(bytes: v4 + v6 + anonymous + v2data))
        #expect(
            message.recipients == [KeyID(0x0D0E_0F10_1112_1314), KeyID(0x0102_0304_0506_0708), KeyID(0)])
        #expect(message.protection == .aead)
    }

    /// Pieces of one byte: the walk keeps no list of them and ends.
    @Test func readsTinyPartialPieces() throws {
        var octets = Self.pkesk + [0xD2, 0xE9, 1] + [UInt8](repeating: 5, count: 511)
        for _ in 0..<20_000 { octets += [0xE0, 9] }
        octets += [0]
        #expect(try EncryptedMessage.parse(MessageBytes(bytes: octets)).protection == .seipdV1)
    }
}

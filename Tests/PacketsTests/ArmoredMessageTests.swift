// An encrypted message checked while its armor is decoded is what it is when the armor is decoded first.

import Mail
import Packets
import Testing

@Suite struct ArmoredMessageTests {
    private static func armored(_ file: String, _ kind: Armor.Kind = .message) throws -> [UInt8] {
        try Armor.encode(PGPCorpus.file(file), kind: kind).copy()
    }

    @Test(arguments: EncryptedMessageTests.cases) func sameAsDecodedFirst(_ fixture: EncryptedMessageTests.Case) throws
    {
        let whole = try EncryptedMessage.parse(PGPCorpus.file(fixture.file))
        let text = try Self.armored(fixture.file)
        for size in [1, 7, 65, 66, 1000, 70_000] {
            let (message, headers) = try EncryptedMessage.parseArmored(cut(text, every: size))
            #expect(message == whole)
            #expect(headers.isEmpty)
        }
    }

    @Test(arguments: ["armored.asc", "rnp-seipd.asc"]) func headersAsWritten(_ file: String) throws {
        let text = try PGPCorpus.file(file)
        let block = try Armor.decode(text)
        let (message, headers) = try EncryptedMessage.parseArmored(text)
        #expect(headers == block.headers)
        #expect(try message == EncryptedMessage.parse(block.bytes))
    }

    /// The data is good in all of them: what is wrong comes before it, behind it, or at the very end.
    @Test(arguments: ["binary.pgp", "partial.pgp"]) func refusesWhatIsNotOneBlockAlone(_ file: String) throws {
        let good = String(decoding: try Self.armored(file), as: UTF8.self)
        let other = String(decoding: try Self.armored(file, .signature), as: UTF8.self)
        let tail = "-----END PGP MESSAGE-----\r\n"
        let sum = try #require(good.split(separator: "\r\n").last { $0.hasPrefix("=") })
        let bad = [
            "in clear\r\n" + good, good + "in clear\r\n", good + good, good + other, other,
            good.replacing(tail, with: ""), good.replacing(tail, with: "-----END PGP SIGNATURE-----\r\n"),
            good.replacing("\(sum)\r\n", with: "=AAAA\r\n"), good.replacing("\(sum)\r\n", with: "\(sum)\r\nAAAA\r\n"),
            good.replacing("MESSAGE-----\r\n\r\n", with: "MESSAGE-----\r\n"), "",
        ]
        for text in bad {
            for size in [64, 100_000] {
                #expect(throws: PacketError.self) {
                    try EncryptedMessage.parseArmored(cut(Array(text.utf8), every: size))
                }
            }
        }
        #expect(throws: Never.self) { try EncryptedMessage.parseArmored(MessageBytes(good)) }
    }

    @Test(arguments: ["binary.pgp", "both.pgp"]) func refusesEveryTruncationAndAddition(_ file: String) throws {
        let octets = try PGPCorpus.octets(file)
        for length in stride(from: 0, to: octets.count, by: octets.count > 2000 ? 211 : 5) {
            let text = try Armor.encode(MessageBytes(bytes: octets[..<length]), kind: .message)
            #expect(throws: PacketError.self) { try EncryptedMessage.parseArmored(text) }
        }
        for tail in [[10], [0xCB, 0x05, 0x62, 0, 0, 0, 0], octets] {
            let text = try Armor.encode(MessageBytes(bytes: octets + tail), kind: .message)
            #expect(throws: PacketError.self) { try EncryptedMessage.parseArmored(text) }
        }
    }
}

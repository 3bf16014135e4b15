// ASCII armor both ways: against gpg's own output, in every cut, and damaged.

import Mail
import Packets
import Testing

@Suite struct ArmorTests {
    private static func octets(_ count: Int) -> [UInt8] {
        var state: UInt32 = 12345
        return (0..<count).map { _ in
            state = state &* 1_664_525 &+ 1_013_904_223
            return UInt8(truncatingIfNeeded: state >> 24)
        }
    }

    @Test func readsWhatGPGWrites() throws {
        let block = try Armor.decode(PGPCorpus.file("armored.asc"))
        #expect(block.kind == .message)
        #expect(try EncryptedMessage.parse(block.bytes).recipients.count == 1)
        #expect(try Armor.decode(PGPCorpus.file("rnp-seipd.asc")).kind == .message)
        #expect(try Armor.decode(PGPCorpus.file("detached.asc")).kind == .signature)
        #expect(try Armor.decode(PGPCorpus.file("both-keys.asc")).kind == .publicKey)
    }

    /// Our armor of gpg's data is gpg's armor, but for the line ends.
    @Test func writesWhatGPGWrites() throws {
        let theirs = String(decoding: try PGPCorpus.octets("armored.asc"), as: UTF8.self)
        let ours = try Armor.encode(try Armor.decode(MessageBytes(theirs)).bytes, kind: .message)
        #expect(String(decoding: try ours.copy(), as: UTF8.self) == theirs.replacing("\n", with: "\r\n"))
    }

    @Test func everyLengthComesBack() throws {
        let data = Self.octets(200)
        for length in 0...200 {
            let bytes = MessageBytes(bytes: data[..<length])
            let armored = try Armor.encode(bytes, kind: .message)
            #expect(try Armor.decode(armored).bytes == bytes)
            for line in String(decoding: try armored.copy(), as: UTF8.self).split(separator: "\r\n") {
                #expect(line.utf8.count <= 64)
            }
        }
    }

    @Test(arguments: [1, 2, 3, 47, 48, 49, 64, 1000]) func everyCutIsTheSame(_ size: Int) throws {
        let data = Self.octets(5000)
        let whole = try Armor.encode(MessageBytes(bytes: data), kind: .message)
        #expect(try Armor.encode(cut(data, every: size), kind: .message) == whole)
        #expect(try Armor.decode(cut(try whole.copy(), every: size)) == Armor.decode(whole))
    }

    @Test func aLargeMessageComesBack() throws {
        let data = Self.octets(300_000)
        let bytes = cut(data, every: 65_537)
        #expect(try Armor.decode(Armor.encode(bytes, kind: .message)).bytes == bytes)
    }

    private static let good =
        """
        -----BEGIN PGP MESSAGE-----\r\n\
        \r\n\
        yDgBO22WxBHv7O8X7O/jygAEzol56iUKiXmV+XmpCtmpqQUKiQrFqclFqUDBovzS\r\n\
        vBSFjNSiVHsuAA==\r\n\
        =njUN\r\n\
        -----END PGP MESSAGE-----\r\n
        """

    /// The example of RFC 4880 section 6.6.
    @Test func readsTheRFCsExample() throws {
        #expect(try Armor.decode(MessageBytes(Self.good)).bytes.count == 58)
    }

    struct Variant: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let from: String
        let to: String
        var isGood = false
    }
    static let variants: [Variant] = [
        Variant(
            testDescription: "header lines", from: "-----\r\n\r\n", to: "-----\r\nVersion: X\r\nComment: y: z\r\n\r\n",
            isGood: true),
        Variant(testDescription: "no checksum", from: "=njUN\r\n", to: "", isGood: true),
        Variant(testDescription: "trailing blanks", from: "==\r\n", to: "== \t\r\n", isGood: true),
        Variant(testDescription: "LF only", from: "\r\n", to: "\n", isGood: true),
        Variant(
            testDescription: "no last line end", from: "END PGP MESSAGE-----\r\n", to: "END PGP MESSAGE-----",
            isGood: true),
        Variant(
            testDescription: "too many header lines", from: "-----\r\n\r\n",
            to: "-----\r\n\(String(repeating: "a:\r\n", count: 101))\r\n"),
        Variant(testDescription: "wrong checksum", from: "=njUN", to: "=njUM"),
        Variant(testDescription: "text before", from: "-----BEGIN", to: "hello\r\n-----BEGIN"),
        Variant(
            testDescription: "text behind", from: "END PGP MESSAGE-----\r\n", to: "END PGP MESSAGE-----\r\nhello\r\n"),
        Variant(testDescription: "no empty line", from: "-----\r\n\r\n", to: "-----\r\n"),
        Variant(testDescription: "odd character", from: "zol5", to: "zo*5"),
        Variant(testDescription: "data behind padding", from: "==\r\n", to: "==\r\nAAAA\r\n"),
        Variant(testDescription: "padding inside", from: "O22W", to: "O2=="),
        Variant(testDescription: "cut group", from: "uAA==", to: "uA"),
        Variant(testDescription: "other tail", from: "END PGP MESSAGE", to: "END PGP SIGNATURE"),
        Variant(testDescription: "no tail", from: "-----END PGP MESSAGE-----\r\n", to: ""),
        Variant(testDescription: "block in block", from: "=njUN", to: "-----BEGIN PGP MESSAGE-----"),
        Variant(testDescription: "data behind checksum", from: "=njUN", to: "=njUN\r\nAAAA"),
        Variant(testDescription: "unknown kind", from: "PGP MESSAGE", to: "PGP LETTER"),
    ]
    @Test(arguments: variants) func isStrict(_ variant: Variant) throws {
        let text = MessageBytes(Self.good.replacing(variant.from, with: variant.to))
        if variant.isGood {
            #expect(try Armor.decode(text).bytes.count == 58)
        } else {
            #expect(throws: PacketError.self) { try Armor.decode(text) }
        }
    }

    @Test func anOverlongLineIsRefusedInsideAndPassedOverOutside() throws {
        let long = String(repeating: "A", count: 100_000)
        #expect(throws: PacketError.self) {
            try Armor.decode(MessageBytes(Self.good.replacing("zol5", with: long)))
        }
        #expect(try Armor.blocks(in: MessageBytes("\(long)\r\n\(Self.good)")).count == 1)
        let glued = "-----BEGIN PGP MESSAGE-----\(String(repeating: " ", count: 2000))\r\n"
        #expect(try Armor.blocks(in: MessageBytes(glued)).isEmpty)
    }

    @Test func findsSeveralBlocksWithTheirPlaces() throws {
        let text = "hello\r\n\(Self.good)between\r\n\(Self.good)behind"
        let blocks = try Armor.blocks(in: MessageBytes(text))
        #expect(blocks.count == 2)
        for block in blocks {
            let piece = String(decoding: Array(text.utf8)[block.range], as: UTF8.self)
            #expect(piece == Self.good)
        }
        #expect(throws: PacketError.self) { try Armor.decode(MessageBytes(Self.good + Self.good)) }
    }

    @Test func survivesDamageAnywhere() {
        let octets = Array(Self.good.utf8)
        for index in octets.indices {
            for value: UInt8 in [0, 10, 13, 45, 61, 255] {
                var damaged = octets
                damaged[index] = value
                _ = try? Armor.decode(MessageBytes(bytes: damaged))
            }
        }
    }
}

// What gpg is given to decrypt: sound armor is taken off, all else is handed on as it is.

import Mail
import OpenPGP
import Packets
import Testing

@Suite struct BinaryCipherTests {
    private static let octets = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 131 ^ $0 >> 7) }

    private static func armor() throws -> String {
        String(decoding: try Armor.encode(MessageBytes(bytes: octets), kind: .message).copy(), as: UTF8.self)
    }

    @Test func soundArmorIsTakenOff() throws {
        let armor = try Self.armor()
        for text in [armor, armor.replacing("\r\n", with: "\n"), "\r\n \r\n" + armor + "\r\n"] {
            #expect(try BinaryCipher.of(MessageBytes(text)) == MessageBytes(bytes: Self.octets))
        }
    }

    /// gpg says what is wrong with it, or reads it all the same.
    @Test func allElseStaysAsItIs() throws {
        let armor = try Self.armor()
        for text in [
            "", "hello", armor.replacing("\r\n=", with: "\r\n=A"), String(armor.dropLast(40)), armor + armor,
            armor + "hello", armor.replacing("MESSAGE", with: "SIGNATURE"),
        ] {
            #expect(try BinaryCipher.of(MessageBytes(text)) == MessageBytes(text))
        }
        #expect(try BinaryCipher.of(MessageBytes(bytes: Self.octets)) == MessageBytes(bytes: Self.octets))
    }

    /// A real message, armored with and without our own writer, opens alike.
    @Test func bothOpen() async throws {
        let bench = try Bench(["bob"])
        let certificates = try await bench.usable("bob@example.org")
        let plain = MessageBytes(bytes: Self.octets)
        let binary = try await bench.engine.encrypt(plain, to: certificates)
        let armor = try Armor.encode(binary, kind: .message)
        #expect(try BinaryCipher.of(armor) == binary)
        for cipher in [binary, armor] {
            let opened = try await bench.engine.decrypt(cipher, homeFolder: TestKeys.home())
            #expect(opened.bytes == plain)
        }
        await bench.engine.shutdown()
    }
}

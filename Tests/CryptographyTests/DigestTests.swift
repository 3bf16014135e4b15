// SHA-256 and HMAC-SHA-256 against published vectors (FIPS 180-4 examples, RFC 4231), whole and in pieces.

import Cryptography
import Testing

@Suite struct DigestTests {
    private func hex(_ bytes: [UInt8]) -> String {
        bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    @Test func sha256() throws {
        #expect(
            hex(try SHA256Digest.of(Array("abc".utf8)))
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            hex(try SHA256Digest.of([UInt8]())) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    @Test func hmacCase2InPieces() throws {
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        let key = Array("Jefe".utf8)
        let text = "what do ya want for nothing?"
        #expect(hex(try HMACSHA256.code(Array(text.utf8), key: key)) == expected)
        let stream = try HMACSHA256.Stream(key: key)
        for octet in text.utf8 { try [octet].withUnsafeBytes { try stream.add($0) } }
        #expect(hex(try stream.finish()) == expected)
    }

    @Test func constantTimeComparisonComparesAll() {
        #expect(ConstantTime.equal([], []))
        #expect(ConstantTime.equal([1, 2], [1, 2]))
        #expect(!ConstantTime.equal([1, 2], [1, 3]))
        #expect(!ConstantTime.equal([1, 2], [1, 2, 3]))
        #expect(!ConstantTime.equal([], [0]))
    }

    @Test func secretsDoNotShow() throws {
        let secret = try Randomness.secret(32)
        #expect("\(secret)" == "[secret, 32 bytes]")
        #expect(String(reflecting: ContentKeyHolder(key: secret)).contains("[secret, 32 bytes]"))
    }

    private struct ContentKeyHolder { let key: SecretBytes }
}

// The authentication code of a message: the same whole and in pieces (RFC 4231 case 2).

import Cryptography
import Mail
import Testing

@Suite struct MessageCodeTests {
    @Test func isTheSameInPieces() throws {
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        let key = Array("Jefe".utf8)
        let text = "what do ya want for nothing?"
        func hex(_ bytes: [UInt8]) -> String {
            bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        }
        #expect(hex(try HMACSHA256.authenticate(MessageBytes(text), key: key)) == expected)
        let pieces = MessageBytes(joining: text.map { MessageBytes(String($0)) })
        #expect(hex(try HMACSHA256.authenticate(pieces, key: key)) == expected)
        #expect(try HMACSHA256.authenticate(.empty, key: key) != HMACSHA256.authenticate(pieces, key: key))
    }
}

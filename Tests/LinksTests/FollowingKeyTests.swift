// Content keys sealed to a conversation: they open for who has its private half, and for nobody else.

import Cryptography
import Mail
import Testing

@testable import Links  // key pairs are made inside the module

@Suite struct FollowingKeyTests {
    private let pair: P256.KeyPair
    private let gateway: GatewayKey
    private let key: ContentKey
    private let message: FollowingMessage

    init() throws {
        pair = try P256.KeyPair.make()
        gateway = try GatewayKey.make()
        let (content, key) = try LetterLocker.lockContent(index: Array("{}".utf8), message: MessageBytes("hello"))
        self.key = key
        message = try LetterLocker.lockFollowing(
            for: key, contentID: content.id, letterID: "AAECAwQFBgcICQoLDA0ODw", number: 3,
            conversation: pair.publicPoint, gateway: gateway, createdAtSeconds: 1, expiresAtSeconds: 2)
    }

    private func unwrap(
        _ wrapped: [UInt8]? = nil, number: Int = 3, letterID: String = "AAECAwQFBgcICQoLDA0ODw",
        _ pair: P256.KeyPair? = nil, gateway: [UInt8]? = nil
    ) throws(CryptographyError) -> ContentKey {
        let pair = pair ?? self.pair
        return try LetterOpener.unwrapFollowing(
            wrapped ?? message.wrappedKey, number: number, letterID: letterID, conversation: pair.privateDER,
            gateway: gateway ?? self.gateway.publicPoint)
    }

    @Test func opensForTheConversation() throws {
        #expect(message.wrappedKey.count == 65 + 32 + 16)
        let opened = try unwrap()
        #expect(opened.bytes.withBytes { Array($0) } == key.bytes.withBytes { Array($0) })
    }

    @Test func opensForNobodyElse() throws {
        let stranger = try P256.KeyPair.make()
        #expect(throws: CryptographyError.self) { try unwrap(nil, stranger) }
        #expect(throws: CryptographyError.self) { try unwrap(number: 4) }
        #expect(throws: CryptographyError.self) { try unwrap(letterID: "AAECAwQFBgcICQoLDA0ODx") }
        for place in message.wrappedKey.indices {
            var bent = message.wrappedKey
            bent[place] ^= 1
            #expect(throws: CryptographyError.self) { try unwrap(bent) }
        }
    }

    /// A process that can write the portal's database has all public keys. Without the gateway's private half,
    /// nothing that it makes opens.
    @Test func nobodyElseMakesOne() throws {
        let content = try ContentKey.make()
        let forger = try GatewayKey.make()
        let forged = try LetterLocker.lockFollowing(
            for: content, contentID: "c", letterID: "AAECAwQFBgcICQoLDA0ODw", number: 3,
            conversation: pair.publicPoint, gateway: forger, createdAtSeconds: 1, expiresAtSeconds: 2)
        #expect(throws: CryptographyError.wrongTag("the wrapped key")) { try unwrap(forged.wrappedKey) }
        // With the true point in the salt, and the one agreement that a stranger can make.
        let ephemeral = try P256.KeyPair.make()
        let shared = try P256.sharedSecret(P256.PrivateKey(ephemeral.privateDER), with: pair.publicPoint)
        let info = LetterLocker.followingInfo("AAECAwQFBgcICQoLDA0ODw", 3)
        let salt = ephemeral.publicPoint + gateway.publicPoint + pair.publicPoint
        for second in [shared, try SecretBytes(count: 32) { _ throws(CryptographyError) in }] {
            let key = try P256.key(of: (shared, second), points: salt, info: info)
            let sealed = try content.bytes.withBytes { (bytes) throws(CryptographyError) in
                try AESGCM.seal(bytes, key: key, nonce: LetterLocker.followingNonce)
            }
            #expect(throws: CryptographyError.wrongTag("the wrapped key")) {
                try unwrap(ephemeral.publicPoint + sealed)
            }
        }
        #expect(throws: CryptographyError.self) { try unwrap(gateway: forger.publicPoint) }
    }

    @Test func refusesPointsThatAreNone() throws {
        let sealed = Array(message.wrappedKey[65...])
        // Not on the curve; the point at infinity; compressed; cut off.
        let points: [[UInt8]] = [
            [4] + [UInt8](repeating: 1, count: 64), [UInt8](repeating: 0, count: 65), [0],
            [2] + Array(pair.publicPoint[1...32]), Array(pair.publicPoint.dropLast()), [],
        ]
        for point in points {
            #expect(throws: CryptographyError.self) { try unwrap(point + sealed) }
            #expect(throws: CryptographyError.self) { try unwrap(gateway: point) }
        }
        #expect(throws: (any Error).self) {
            try LetterLocker.lockFollowing(
                for: key, contentID: "c", letterID: "l", number: 1, conversation: points[0], gateway: gateway,
                createdAtSeconds: 1,
                expiresAtSeconds: 2)
        }
    }
}

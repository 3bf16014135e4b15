// Content keys sealed to a conversation: they open for who has its private half, and for nobody else.

import Mail
import Testing

@testable import Links  // key pairs are made inside the module

@Suite struct FollowingKeyTests {
    private let pair: ConversationKey
    private let key: ContentKey
    private let message: FollowingMessage

    init() throws {
        pair = try ConversationKey.make()
        let (content, key) = try LetterLocker.lockContent(index: Array("{}".utf8), message: MessageBytes("hello"))
        self.key = key
        message = try LetterLocker.lockFollowing(
            for: key, contentID: content.id, letterID: "AAECAwQFBgcICQoLDA0ODw", number: 3,
            conversation: pair.publicPoint, createdAtSeconds: 1, expiresAtSeconds: 2)
    }

    private func unwrap(
        _ wrapped: [UInt8]? = nil, number: Int = 3, letterID: String = "AAECAwQFBgcICQoLDA0ODw",
        _ pair: ConversationKey? = nil
    ) throws(LinkError) -> ContentKey {
        let pair = pair ?? self.pair
        return try LetterOpener.unwrapFollowing(
            wrapped ?? message.wrappedKey, number: number, letterID: letterID, conversation: pair.privateDER,
            conversationPoint: pair.publicPoint)
    }

    @Test func opensForTheConversation() throws {
        #expect(message.wrappedKey.count == 65 + 32 + 16)
        let opened = try unwrap()
        #expect(opened.bytes.withBytes { Array($0) } == key.bytes.withBytes { Array($0) })
    }

    @Test func opensForNobodyElse() throws {
        let stranger = try ConversationKey.make()
        #expect(throws: LinkError.self) { try unwrap(nil, stranger) }
        #expect(throws: LinkError.self) { try unwrap(number: 4) }
        #expect(throws: LinkError.self) { try unwrap(letterID: "AAECAwQFBgcICQoLDA0ODx") }
        for place in message.wrappedKey.indices {
            var bent = message.wrappedKey
            bent[place] ^= 1
            #expect(throws: LinkError.self) { try unwrap(bent) }
        }
    }

    @Test func refusesPointsThatAreNone() throws {
        let sealed = Array(message.wrappedKey[65...])
        // Not on the curve; the point at infinity; compressed; cut off.
        let points: [[UInt8]] = [
            [4] + [UInt8](repeating: 1, count: 64), [UInt8](repeating: 0, count: 65), [0],
            [2] + Array(pair.publicPoint[1...32]), Array(pair.publicPoint.dropLast()), [],
        ]
        for point in points { #expect(throws: LinkError.self) { try unwrap(point + sealed) } }
        #expect(throws: (any Error).self) {
            try LetterLocker.lockFollowing(
                for: key, contentID: "c", letterID: "l", number: 1, conversation: points[0], createdAtSeconds: 1,
                expiresAtSeconds: 2)
        }
    }
}

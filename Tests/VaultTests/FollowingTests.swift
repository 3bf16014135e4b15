// Later messages under a letter: seen when readable, against the letter's proof only, and gone with it.

import Cryptography
import Foundation
import Links
import Mail
import Testing
import Vault

@Suite struct FollowingTests {
    private static func message(
        _ letter: Sample, _ content: LockedContent, number: Int = 1, expires: Int64 = 2_000_000
    ) throws -> FollowingMessage {
        FollowingMessage(
            id: Base64URL.encode(try Randomness.bytes(16)), letterID: letter.id, number: number,
            contentID: content.id, wrappedKey: [UInt8](repeating: UInt8(number), count: 113), createdAtSeconds: 1500,
            expiresAtSeconds: expires)
    }

    private static func content(_ text: String) throws -> LockedContent {
        LockedContent(
            id: Base64URL.encode(try Randomness.bytes(16)), chunks: [MessageBytes(text)], plainBytes: text.utf8.count)
    }

    @Test func aLaterMessageIsSeenOnceItsNotificationIsOut() async throws {
        let place = try Place()
        let store = try LetterStore(folder: place.letters, role: .gateway)
        let portal = try LetterStore(folder: place.letters, role: .portal)
        let letter = try Sample()
        try await letter.release(in: store)
        let content = try Self.content("later")
        let message = try Self.message(letter, content)
        func seen(now: Int64 = 2000) async throws -> [Int] {
            try await portal.following(letter.id, nowSeconds: now).map(\.number)
        }
        func chunk(_ proof: LetterProof, _ number: Int = 1) async throws -> [UInt8]? {
            try await portal.chunk(letter.id, proof: proof, index: 0, following: number, nowSeconds: 2000).value
        }
        try await store.keep([content], [], following: [message])
        #expect(try await seen() == [])
        #expect(try await chunk(letter.proof) == nil)
        try await store.markNotifying(message.id)
        #expect(try await seen() == [])
        #expect(try await chunk(letter.proof) == nil)
        try await store.makeReadable([message.id])
        #expect(try await seen() == [1])
        #expect(try await chunk(letter.proof) == Array("later".utf8))
        #expect(try await chunk(letter.proof, 2) == nil)
        #expect(try await portal.following("nobody", nowSeconds: 2000).isEmpty)
        // A wrong proof counts as for the letter itself.
        #expect(try await chunk(Sample.wrong) == nil)
        #expect(try await store.list().first?.wrongGuesses == 1)
        // It lengthens the letter's life, and dies with it.
        #expect(try await seen(now: 1_500_000) == [1])
        #expect(try await store.expire(nowSeconds: 2_000_000) == 1)
        #expect(!place.lettersBytes().contains(Data("later".utf8)))
    }

    @Test func whatIsNotSentGoes() async throws {
        let place = try Place()
        let store = try LetterStore(folder: place.letters, role: .gateway)
        let letter = try Sample()
        try await letter.release(in: store)
        var messages: [FollowingMessage] = []
        for number in 1...3 {
            let content = try Self.content("text \(number)")
            let message = try Self.message(letter, content, number: number)
            try await store.keep([content], [], following: [message])
            messages.append(message)
        }
        try await store.discard([messages[0].id])
        try await store.markNotifying(messages[2].id)
        #expect(try await store.settle(olderThanSeconds: 0, nowSeconds: 5000) == 2)
        #expect(try await store.following(letter.id, nowSeconds: 5000).map(\.number) == [3])
        let bytes = place.lettersBytes()
        #expect(!bytes.contains(Data("text 1".utf8)) && !bytes.contains(Data("text 2".utf8)))
        #expect(bytes.contains(Data("text 3".utf8)))
    }

    @Test func aLetterThatIsGoneTakesNoMore() async throws {
        let place = try Place()
        let store = try LetterStore(folder: place.letters, role: .gateway)
        let letter = try Sample()
        let content = try Self.content("late")
        let message = try Self.message(letter, content)
        #expect(await refusal { try await store.keep([content], [], following: [message]) }?.cause == .storage)
        try await letter.release(in: store)
        let other = try Self.content("later")
        let second = try Self.message(letter, other)
        try await store.keep([other], [], following: [second])
        #expect(try await store.revoke(letter.id))
        #expect(await refusal { try await store.makeReadable([second.id]) }?.cause == .storage)
        #expect(!place.lettersBytes().contains(Data("late".utf8)))
    }

    @Test func thePortalCannotAddOne() async throws {
        let place = try Place()
        let store = try LetterStore(folder: place.letters, role: .gateway)
        let letter = try Sample()
        try await letter.release(in: store)
        let portal = try LetterStore(folder: place.letters, role: .portal)
        let content = try Self.content("x")
        let message = try Self.message(letter, content)
        #expect(await refusal { try await portal.keep([content], [], following: [message]) } != nil)
        #expect(await refusal { try await portal.makeReadable([message.id]) } != nil)
    }
}

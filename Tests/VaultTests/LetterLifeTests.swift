// The life of a letter: who sees it when, and that a deleted one is not in the files any more.

import Cryptography
import Links
import Foundation
import Mail
import Testing
import Vault
import VaultContract
import VaultSQLite

@Suite struct LetterLifeTests {
    @Test(arguments: ["", "' OR 1=1 --", "AAAAAAAAAAAAAAAAAAAAAA", "\u{0}", String(repeating: "x", count: 300)])
    func unknownIDsAreGone(id: String) async throws {
        let place = try Place()
        let store = try LetterDatabase(folder: place.letters)
        try await Sample().release(in: store)
        #expect(try await place.portal().parameters(id, nowSeconds: 5) == nil)
        #expect(try await place.portal().attempt(id, proof: Sample.proof([]), nowSeconds: 5) == .gone)
        #expect(try await place.portal().chunk(id, proof: Sample.proof([]), index: 0, nowSeconds: 5).value == nil)
        #expect(try await !store.revoke(id))
        #expect(await refusal { try await store.markNotifying(id) }?.cause == .storage)
        #expect(await refusal { try await store.makeReadable([id]) }?.cause == .storage)
        try await store.discard([id])
        #expect(try await store.list().count == 1)
    }

    enum Ending: CaseIterable { case expire, discard, revoke, settle }

    @Test(arguments: Ending.allCases)
    func deletedBytesAreNotInTheFilesAnyMore(ending: Ending) async throws {
        let place = try Place()
        let store = try LetterDatabase(folder: place.letters)
        let canary = Data("CANARY-\(UUID().uuidString)".utf8)
        let chunk = MessageBytes(bytes: (0..<30_000).flatMap { _ in canary })
        let doomed = try Sample(chunks: [chunk, chunk], expires: 3000)
        let kept = try Sample(expires: 10_000_000)
        try await store.keep([doomed.content], [doomed.letter])
        try await kept.release(in: store)
        let before = place.lettersBytes()
        #expect(before.range(of: canary) != nil)
        #expect(before.range(of: Data(doomed.letter.wrappedKeys)) != nil)
        switch ending {
        case .expire: #expect(try await store.expire(nowSeconds: 3000) == 1)
        case .discard: try await store.discard([doomed.id])
        case .revoke: #expect(try await store.revoke(doomed.id))
        case .settle:
            try await store.makeReadable([kept.id])
            #expect(try await store.settle(olderThanSeconds: 10, nowSeconds: 1500) == 1)
        }
        let after = place.lettersBytes()
        #expect(after.range(of: canary) == nil)
        for secret in [doomed.letter.wrappedKeys, doomed.letter.verifiers.auth] {
            #expect(after.range(of: Data(secret)) == nil)
        }
        // Of a letter that was sent its sender's page tells for thirty days; of another nothing is left.
        let wasSent = ending == .expire || ending == .revoke
        #expect((after.range(of: Data(doomed.id.utf8)) == nil) == !wasSent)
        _ = try await store.expire(nowSeconds: 3000 + LockedLetter.graceSeconds)
        #expect(place.lettersBytes().range(of: Data(doomed.id.utf8)) == nil)
        #expect(after.count < 200_000, "its room is given back")
        #expect(try await place.portal().parameters(kept.id, nowSeconds: 5) != nil)
        #expect(try await store.list().map(\.id) == [kept.id])
    }
}

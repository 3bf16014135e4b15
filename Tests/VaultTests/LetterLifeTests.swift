// The life of a letter: who sees it when, and that a deleted one is not in the files any more.

import Foundation
import Links
import Mail
import Testing
import Vault
import VaultSQLite

@Suite struct LetterLifeTests {
    @Test func onlyReadableLettersAreSeen() async throws {
        let place = try Place()
        let store = try LetterDatabase(folder: place.letters)
        let portal = try PortalLetterDatabase(folder: place.letters)
        let sample = try Sample()
        func seen(now: Int64 = 2000) async throws -> Bool {
            let parameters = try await portal.parameters(sample.id, nowSeconds: now)
            let attempt = try await portal.attempt(sample.id, proof: sample.proof, nowSeconds: now)
            let chunk = try await portal.chunk(sample.id, proof: sample.proof, index: 0, nowSeconds: now).value
            #expect((parameters == nil) == (attempt == .gone) && (parameters == nil) == (chunk == nil))
            return parameters != nil
        }
        #expect(try await !seen())
        try await store.keep([sample.content], [sample.letter])
        #expect(try await !seen())
        try await store.markNotifying(sample.id)
        #expect(try await !seen())
        try await store.makeReadable([sample.id])
        #expect(try await seen())
        #expect(try await seen(now: sample.letter.expiresAtSeconds - 1))
        #expect(try await !seen(now: sample.letter.expiresAtSeconds))
        #expect(try await store.revoke(sample.id))
        #expect(try await !seen())
        #expect(try await !store.revoke(sample.id))
    }

    @Test func parametersAndContentComeBackAsKept() async throws {
        let place = try Place()
        let store = try LetterDatabase(folder: place.letters)
        let chunks = [MessageBytes(joining: [MessageBytes("one"), MessageBytes("more")]), MessageBytes("two")]
        let sample = try Sample(chunks: chunks)
        try await sample.release(in: store)
        let parameters = try #require(try await place.portal().parameters(sample.id, nowSeconds: 5))
        #expect(parameters.version == 1 && parameters.kdf == "pbkdf2-sha256" && parameters.rounds == 600_000)
        #expect(parameters.salt == sample.letter.salt && parameters.passwordKind == .made)
        #expect(parameters.expiresAtSeconds == sample.letter.expiresAtSeconds)
        guard case .opened(let opened) = try await place.portal().attempt(sample.id, proof: sample.proof, nowSeconds: 5)
        else {
            Issue.record("not opened")
            return
        }
        #expect(opened.wrappedKeys == sample.letter.wrappedKeys)
        #expect(opened.plainBytes == 12 && opened.chunkCount == 2)
        #expect(opened.expiresAtSeconds == sample.letter.expiresAtSeconds)
        let texts = try await [
            place.portal().chunk(sample.id, proof: sample.proof, index: 0, nowSeconds: 5).value,
            place.portal().chunk(sample.id, proof: sample.proof, index: 1, nowSeconds: 5).value,
        ]
        #expect(texts == [Array("onemore".utf8), Array("two".utf8)])
        for index in [-1, 2, Int.max, Int.min] {
            #expect(
                try await place.portal().chunk(sample.id, proof: sample.proof, index: index, nowSeconds: 5).value == nil
            )
        }
    }

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

    @Test func keepingIsAllOrNothing() async throws {
        let place = try Place()
        let store = try LetterDatabase(folder: place.letters)
        let good = try Sample()
        let orphan = try Sample()
        let failure = await refusal { try await store.keep([good.content], [good.letter, orphan.letter]) }
        #expect(failure?.cause == .storage)
        #expect(try await store.list().isEmpty)
        // The failed content is not there either: it can be kept now.
        try await store.keep([good.content], [good.letter])
        #expect(await refusal { try await store.keep([good.content], [good.letter]) }?.cause == .storage)
        #expect(try await store.list().map(\.id) == [good.id])
    }

    @Test func makingReadableIsAllOrNothingAndNeverGoesBack() async throws {
        let place = try Place()
        let store = try LetterDatabase(folder: place.letters)
        let first = try Sample()
        try await store.keep([first.content], [first.letter])
        #expect(await refusal { try await store.makeReadable([first.id, "nobody-nobody-nobody"]) } != nil)
        #expect(try await store.list().map(\.state) == [.pending])
        try await store.makeReadable([first.id])
        try await store.makeReadable([first.id])
        try await store.markNotifying(first.id)
        #expect(try await store.list().map(\.state) == [.readable])
    }

    @Test func aSharedContentStaysForTheOtherLetters() async throws {
        let place = try Place()
        let store = try LetterDatabase(folder: place.letters)
        let first = try Sample()
        let second = try Sample(content: first.content)
        try await store.keep([first.content], [first.letter, second.letter])
        try await store.makeReadable([first.id, second.id])
        try await store.discard([first.id])
        #expect(try await place.portal().chunk(first.id, proof: first.proof, index: 0, nowSeconds: 5).value == nil)
        #expect(try await place.portal().chunk(second.id, proof: second.proof, index: 0, nowSeconds: 5).value != nil)
    }

    @Test func listTellsWhereLettersStand() async throws {
        let place = try Place()
        let store = try LetterDatabase(folder: place.letters)
        let late = try Sample(created: 2000)
        let early = try Sample(created: 1000)
        try await late.release(in: store)
        try await store.keep([early.content], [early.letter])
        _ = try await place.portal().attempt(late.id, proof: Sample.wrong, nowSeconds: 2001)
        _ = try await place.portal().attempt(late.id, proof: late.proof, nowSeconds: 2002)
        _ = try await place.portal().attempt(late.id, proof: late.proof, nowSeconds: 2003)
        let list = try await store.list()
        #expect(list.map(\.id) == [early.id, late.id])
        #expect(list.map(\.wrongGuesses) == [0, 1])
        #expect(list.map(\.openedAtSeconds) == [nil, 2002])
    }

    enum Ending: CaseIterable { case expire, discard, revoke, settle }

    @Test(arguments: Ending.allCases)
    func deletedBytesAreNotInTheFilesAnyMore(ending: Ending) async throws {
        let place = try Place()
        let store = try LetterDatabase(folder: place.letters)
        let canary = Data("CANARY-\(UUID().uuidString)".utf8)
        let chunk = MessageBytes(bytes: (0..<30_000).flatMap { _ in canary })
        let doomed = try Sample(chunks: [chunk, chunk], expires: 3000)
        let kept = try Sample()
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
        for secret in [doomed.letter.wrappedKeys, doomed.letter.verifier, Array(doomed.id.utf8)] {
            #expect(after.range(of: Data(secret)) == nil)
        }
        #expect(after.count < 200_000, "its room is given back")
        #expect(try await place.portal().parameters(kept.id, nowSeconds: 5) != nil)
        #expect(try await store.list().map(\.id) == [kept.id])
    }

    @Test func manyLettersExpire() async throws {
        let place = try Place()
        let store = try LetterDatabase(folder: place.letters)
        let samples = try (0..<250).map { try Sample(expires: $0 < 230 ? 3000 : 4000) }
        try await store.keep(samples.map(\.content), samples.map(\.letter))
        #expect(try await store.expire(nowSeconds: 2999) == 0)
        #expect(try await store.expire(nowSeconds: 3000) == 230)
        #expect(try await store.list().count == 20)
    }
}

// What is demanded of letters, on both sides.

import Cryptography
import Links
import Foundation
import Mail
import Testing
import Vault

/// The life of a letter: who sees it when.
package struct LettersContract: Sendable {
    /// All that is demanded.
    package static let behaviours = [
        Behaviour("GatewayLetters: onlyReadableLettersAreSeen", Self.init) {
            try await $0.onlyReadableLettersAreSeen()
        },
        Behaviour("GatewayLetters: parametersAndContentComeBackAsKept", Self.init) {
            try await $0.parametersAndContentComeBackAsKept()
        },
        Behaviour("GatewayLetters: keepingIsAllOrNothing", Self.init) { try await $0.keepingIsAllOrNothing() },
        Behaviour("GatewayLetters: makingReadableIsAllOrNothingAndNeverGoesBack", Self.init) {
            try await $0.makingReadableIsAllOrNothingAndNeverGoesBack()
        },
        Behaviour("GatewayLetters: aSharedContentStaysForTheOtherLetters", Self.init) {
            try await $0.aSharedContentStaysForTheOtherLetters()
        },
        Behaviour("GatewayLetters: listTellsWhereLettersStand", Self.init) {
            try await $0.listTellsWhereLettersStand()
        },
        Behaviour("GatewayLetters: manyLettersExpire", Self.init) { try await $0.manyLettersExpire() },
    ]

    let place: any VaultPlace

    init(_ place: any VaultPlace) { self.place = place }

    func onlyReadableLettersAreSeen() async throws {
        let place = place
        let store = try await place.letters()
        let portal = try await place.portal()
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

    func parametersAndContentComeBackAsKept() async throws {
        let place = place
        let store = try await place.letters()
        let chunks = [MessageBytes(joining: [MessageBytes("one"), MessageBytes("more")]), MessageBytes("two")]
        let sample = try Sample(chunks: chunks)
        try await sample.release(in: store)
        let parameters = try #require(try await place.portal().parameters(sample.id, nowSeconds: 5))
        #expect(parameters.version == 1 && parameters.kdf == "pbkdf2-sha256" && parameters.rounds == 600_000)
        #expect(parameters.salt == sample.letter.parameters.salt && parameters.passwordKind == .made)
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

    func keepingIsAllOrNothing() async throws {
        let place = place
        let store = try await place.letters()
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

    func makingReadableIsAllOrNothingAndNeverGoesBack() async throws {
        let place = place
        let store = try await place.letters()
        let first = try Sample()
        try await store.keep([first.content], [first.letter])
        #expect(await refusal { try await store.makeReadable([first.id, "nobody-nobody-nobody"]) } != nil)
        #expect(try await store.list().map(\.state) == [.sending])
        try await store.makeReadable([first.id])
        try await store.makeReadable([first.id])
        try await store.markNotifying(first.id)
        #expect(try await store.list().map(\.state) == [.waiting])
        #expect(try await store.list().map(\.isNotifying) == [false])
    }

    func aSharedContentStaysForTheOtherLetters() async throws {
        let place = place
        let store = try await place.letters()
        let first = try Sample()
        let second = try Sample(content: first.content)
        try await store.keep([first.content], [first.letter, second.letter])
        try await store.makeReadable([first.id, second.id])
        try await store.discard([first.id])
        #expect(try await place.portal().chunk(first.id, proof: first.proof, index: 0, nowSeconds: 5).value == nil)
        #expect(try await place.portal().chunk(second.id, proof: second.proof, index: 0, nowSeconds: 5).value != nil)
    }

    func listTellsWhereLettersStand() async throws {
        let place = place
        let store = try await place.letters()
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

    func manyLettersExpire() async throws {
        let place = place
        let store = try await place.letters()
        let samples = try (0..<250).map { try Sample(expires: $0 < 230 ? 3000 : 4000) }
        try await store.keep(samples.map(\.content), samples.map(\.letter))
        #expect(try await store.expire(nowSeconds: 2999) == 0)
        #expect(try await store.expire(nowSeconds: 3000) == 230)
        #expect(try await store.list().count == 20)
    }
}

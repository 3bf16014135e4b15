// Who has not the link guesses at nothing: it counts on no letter, and he learns nothing of one.

import Links
import Mail
import Testing
import Vault
import VaultSQLite

@Suite struct LinkProofTests {
    let place: Place
    let store: LetterDatabase
    let portal: PortalLetterDatabase
    let sample: Sample

    init() async throws {
        place = try Place()
        store = try LetterDatabase(folder: place.letters)
        portal = try PortalLetterDatabase(folder: place.letters)
        sample = try Sample(answers: AnswerLimits())
        try await sample.release(in: store)
    }

    private func foreign(_ link: [UInt8] = [UInt8](repeating: 0x22, count: 32)) -> LetterProof {
        LetterProof(link: link, auth: sample.auth)
    }

    @Test func guessesWithoutTheLinkCountOnNoLetter() async throws {
        for _ in 0..<100 {
            #expect(try await portal.attempt(sample.id, proof: foreign(), nowSeconds: 2000) == .code)
            let wrong = LetterProof(link: foreign().link, auth: Sample.wrong.auth)
            #expect(try await portal.attempt(sample.id, proof: wrong, nowSeconds: 2000) == .code)
        }
        #expect(try await store.list().map(\.wrongGuesses) == [0])
        guard case .opened = try await portal.attempt(sample.id, proof: sample.proof, nowSeconds: 2000) else {
            Issue.record("its reader is locked out")
            return
        }
    }

    @Test func everyThingThatIsAskedWantsTheLink() async throws {
        let id = AnswerID(letter: sample.id, answer: "AAECAwQFBgcICQoLDA0ODw")
        let proof = foreign()
        for following in [nil, 1] {
            let chunk = try await portal.chunk(
                sample.id, proof: proof, index: 0, following: following, nowSeconds: 2000)
            #expect(chunk == .code)
        }
        #expect(try await portal.beginItem(id, proof: proof, item: 0, bytes: 1, nowSeconds: 2000) == .code)
        #expect(try await portal.sendAnswer(id, proof: proof, items: 1, nowSeconds: 2000) == .code)
        #expect(try await portal.answerState(id, proof: proof, nowSeconds: 2000) == .code)
        guard case .code = try await portal.cancelAnswer(id, proof: proof, nowSeconds: 2000) else {
            Issue.record("it is cancelled")
            return
        }
        #expect(try await store.list().map(\.wrongGuesses) == [0])
        #expect(try await store.list().first?.openedAtSeconds == nil)
    }

    @Test func aRestingLetterIsNotToldOf() async throws {
        for _ in 0..<5 { _ = try await portal.attempt(sample.id, proof: Sample.wrong, nowSeconds: 2000) }
        #expect(try await portal.attempt(sample.id, proof: Sample.wrong, nowSeconds: 2001) == .resting(seconds: 59))
        #expect(try await portal.attempt(sample.id, proof: foreign(), nowSeconds: 2001) == .code)
    }

    @Test func whatIsNotThereIsGoneWhateverTheLink() async throws {
        let pending = try Sample()
        try await store.keep([pending.content], [pending.letter])
        for id in [pending.id, "AAAAAAAAAAAAAAAAAAAAAA", ""] {
            for proof in [foreign(), sample.proof] {
                #expect(try await portal.attempt(id, proof: proof, nowSeconds: 2000) == .gone)
                #expect(try await portal.chunk(id, proof: proof, index: 0, nowSeconds: 2000) == .gone)
            }
        }
    }

    @Test func nothingOfAnotherLengthIsTheLink() async throws {
        for link in [[], Array(Sample.link.dropLast()), Sample.link + [0], sample.letter.linkVerifier] {
            #expect(try await portal.attempt(sample.id, proof: foreign(link), nowSeconds: 2000) == .code)
        }
    }
}

// What is demanded of the portal's side where the link is not proved.

import Cryptography
import Foundation
import Links
import Mail
import SettingValues
import Testing
import Vault

/// Who has not the link guesses at nothing: it counts on no letter, and nothing is learnt of one.
package struct LinkProofContract: Sendable {
    /// All that is demanded.
    package static let behaviours = [
        Behaviour("PortalLetters: guessesWithoutTheLinkCountOnNoLetter", Self.init) {
            try await $0.guessesWithoutTheLinkCountOnNoLetter()
        },
        Behaviour("PortalLetters: everyThingThatIsAskedWantsTheLink", Self.init) {
            try await $0.everyThingThatIsAskedWantsTheLink()
        },
        Behaviour("PortalLetters: aRestingLetterIsNotToldOf", Self.init) { try await $0.aRestingLetterIsNotToldOf() },
        Behaviour("PortalLetters: whatIsNotThereIsGoneWhateverTheLink", Self.init) {
            try await $0.whatIsNotThereIsGoneWhateverTheLink()
        },
        Behaviour("PortalLetters: nothingOfAnotherLengthIsTheLink", Self.init) {
            try await $0.nothingOfAnotherLengthIsTheLink()
        },
    ]

    let store: any GatewayLetters
    let portal: any PortalLetters
    let sample: Sample

    init(_ place: any VaultPlace) async throws {
        store = try await place.letters()
        portal = try await place.portal()
        sample = try Sample(answers: AnswerLimits())
        try await sample.release(in: store)
    }

    private func foreign(_ link: [UInt8] = [UInt8](repeating: 0x22, count: 32)) -> LetterProof {
        LetterProof(link: link, auth: sample.auth)
    }

    func guessesWithoutTheLinkCountOnNoLetter() async throws {
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

    func everyThingThatIsAskedWantsTheLink() async throws {
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

    func aRestingLetterIsNotToldOf() async throws {
        for _ in 0..<5 { _ = try await portal.attempt(sample.id, proof: Sample.wrong, nowSeconds: 2000) }
        #expect(try await portal.attempt(sample.id, proof: Sample.wrong, nowSeconds: 2001) == .resting(seconds: 59))
        #expect(try await portal.attempt(sample.id, proof: foreign(), nowSeconds: 2001) == .code)
    }

    func whatIsNotThereIsGoneWhateverTheLink() async throws {
        let pending = try Sample()
        try await store.keep([pending.content], [pending.letter])
        for id in [pending.id, "AAAAAAAAAAAAAAAAAAAAAA", ""] {
            for proof in [foreign(), sample.proof] {
                #expect(try await portal.attempt(id, proof: proof, nowSeconds: 2000) == .gone)
                #expect(try await portal.chunk(id, proof: proof, index: 0, nowSeconds: 2000) == .gone)
            }
        }
    }

    func nothingOfAnotherLengthIsTheLink() async throws {
        for link in [[], Array(Sample.link.dropLast()), Sample.link + [0], sample.letter.verifiers.link] {
            #expect(try await portal.attempt(sample.id, proof: foreign(link), nowSeconds: 2000) == .code)
        }
    }
}

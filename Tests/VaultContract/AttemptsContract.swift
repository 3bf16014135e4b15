// What is demanded of tries to open a letter.

import Cryptography
import Foundation
import Links
import Mail
import Testing
import Vault

/// Guesses are counted exactly; letters rest after five wrong ones, twice as long each time, never for ever.
package struct AttemptsContract: Sendable {
    /// All that is demanded.
    package static let behaviours = [
        Behaviour("PortalLetters: countsDownThenRests", Self.init) { try await $0.countsDownThenRests() },
        Behaviour("PortalLetters: aRightProofIsNotToldWhileResting", Self.init) {
            try await $0.aRightProofIsNotToldWhileResting()
        },
        Behaviour("PortalLetters: restsDoubleToOneHour", Self.init) { try await $0.restsDoubleToOneHour() },
        Behaviour("PortalLetters: aRightProofStartsAnew", Self.init) { try await $0.aRightProofStartsAnew() },
        Behaviour("PortalLetters: theVerifierItselfIsNoProof", Self.init) { try await $0.theVerifierItselfIsNoProof() },
        Behaviour("PortalLetters: guessesByChunkCountToo", Self.init) { try await $0.guessesByChunkCountToo() },
        Behaviour("PortalLetters: concurrentGuessesOfTwoStoresGetFiveTriesTogether", Self.init) {
            try await $0.concurrentGuessesOfTwoStoresGetFiveTriesTogether()
        },
        Behaviour("PortalLetters: aClockSetBackDoesNotRestForEver", Self.init) {
            try await $0.aClockSetBackDoesNotRestForEver()
        },
    ]

    let place: any VaultPlace
    let store: any GatewayLetters
    let portal: any PortalLetters
    let sample: Sample

    init(_ place: any VaultPlace) async throws {
        self.place = place
        store = try await place.letters()
        portal = try await place.portal()
        sample = try Sample(expires: 100_000_000)
        try await sample.release(in: store)
    }

    private func guess(_ proof: LetterProof, at now: Int64) async throws -> Attempt {
        try await portal.attempt(sample.id, proof: proof, nowSeconds: now)
    }

    private func isOpened(_ attempt: Attempt) -> Bool {
        if case .opened = attempt { true } else { false }
    }

    func countsDownThenRests() async throws {
        for left in [4, 3, 2, 1, 0] {
            #expect(try await guess(Sample.wrong, at: 1000) == .wrong(triesLeft: left))
        }
        #expect(try await guess(Sample.wrong, at: 1000) == .resting(seconds: 60))
        #expect(try await guess(Sample.wrong, at: 1059) == .resting(seconds: 1))
        #expect(try await store.list().map(\.wrongGuesses) == [5])
        #expect(try await guess(Sample.wrong, at: 1060) == .wrong(triesLeft: 4))
    }

    func aRightProofIsNotToldWhileResting() async throws {
        for _ in 0..<5 { _ = try await guess(Sample.wrong, at: 1000) }
        #expect(try await guess(sample.proof, at: 1059) == .resting(seconds: 1))
        #expect(try await portal.chunk(sample.id, proof: sample.proof, index: 0, nowSeconds: 1059).value == nil)
        #expect(isOpened(try await guess(sample.proof, at: 1060)))
    }

    func restsDoubleToOneHour() async throws {
        var now: Int64 = 1000
        for rest in [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600] as [Int64] {
            for _ in 0..<5 { _ = try await guess(Sample.wrong, at: now) }
            #expect(try await guess(Sample.wrong, at: now) == .resting(seconds: Int(rest)))
            now += rest
        }
        #expect(isOpened(try await guess(sample.proof, at: now)))
    }

    func aRightProofStartsAnew() async throws {
        for _ in 0..<4 { _ = try await guess(Sample.wrong, at: 1000) }
        #expect(isOpened(try await guess(sample.proof, at: 1000)))
        #expect(try await guess(Sample.wrong, at: 1000) == .wrong(triesLeft: 4))
        for _ in 0..<4 { _ = try await guess(Sample.wrong, at: 1000) }
        #expect(isOpened(try await guess(sample.proof, at: 1060)))
        for _ in 0..<5 { _ = try await guess(Sample.wrong, at: 2000) }
        #expect(try await guess(Sample.wrong, at: 2000) == .resting(seconds: 60), "the first rest again")
    }

    func theVerifierItselfIsNoProof() async throws {
        #expect(try await guess(Sample.proof(sample.letter.verifiers.auth), at: 1000) == .wrong(triesLeft: 4))
    }

    func guessesByChunkCountToo() async throws {
        for _ in 0..<5 {
            #expect(
                try await portal.chunk(sample.id, proof: Sample.wrong, index: 0, nowSeconds: 1000).value == nil)
        }
        #expect(try await guess(sample.proof, at: 1000) == .resting(seconds: 60))
        // While it rests they do not add up to a longer rest.
        for _ in 0..<5 {
            _ = try await portal.chunk(sample.id, proof: Sample.wrong, index: 0, nowSeconds: 1000).value
        }
        #expect(try await store.list().map(\.wrongGuesses) == [5])
    }

    func concurrentGuessesOfTwoStoresGetFiveTriesTogether() async throws {
        let stores = [
            try await place.portal(),
            try await place.portal(),
        ]
        let answers = try await withThrowingTaskGroup(of: Attempt.self) { group in
            for number in 0..<40 {
                let portal = stores[number % 2]
                group.addTask { [sample] in
                    try await portal.attempt(sample.id, proof: Sample.wrong, nowSeconds: 1000)
                }
            }
            return try await group.reduce(into: [Attempt]()) { $0.append($1) }
        }
        for left in 0..<5 { #expect(answers.count { $0 == .wrong(triesLeft: left) } == 1) }
        #expect(answers.count { $0 == .resting(seconds: 60) } == 35)
        #expect(try await store.list().map(\.wrongGuesses) == [5])
    }

    func aClockSetBackDoesNotRestForEver() async throws {
        for _ in 0..<5 { _ = try await guess(Sample.wrong, at: 90_000_000) }
        #expect(try await guess(sample.proof, at: 1000) == .resting(seconds: 60))
        #expect(try await guess(sample.proof, at: 1030) == .resting(seconds: 30))
        #expect(isOpened(try await guess(sample.proof, at: 1060)))
    }
}

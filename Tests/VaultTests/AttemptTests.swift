// Guesses are counted exactly and durably; letters rest after five wrong ones, twice as long each time, never for ever.

import Foundation
import Links
import Mail
import Testing
import Vault
import VaultSQLite

@Suite struct AttemptTests {
    let place: Place
    let store: LetterDatabase
    let sample: Sample

    init() async throws {
        place = try Place()
        store = try LetterDatabase(folder: place.letters)
        sample = try Sample(expires: 100_000_000)
        try await sample.release(in: store)
    }

    private func guess(_ proof: LetterProof, at now: Int64, in other: PortalLetterDatabase? = nil) async throws
        -> Attempt
    {
        try await (other ?? place.portal()).attempt(sample.id, proof: proof, nowSeconds: now)
    }

    private func isOpened(_ attempt: Attempt) -> Bool {
        if case .opened = attempt { true } else { false }
    }

    @Test func countsDownThenRests() async throws {
        for left in [4, 3, 2, 1, 0] {
            #expect(try await guess(Sample.wrong, at: 1000) == .wrong(triesLeft: left))
        }
        #expect(try await guess(Sample.wrong, at: 1000) == .resting(seconds: 60))
        #expect(try await guess(Sample.wrong, at: 1059) == .resting(seconds: 1))
        #expect(try await store.list().map(\.wrongGuesses) == [5])
        #expect(try await guess(Sample.wrong, at: 1060) == .wrong(triesLeft: 4))
    }

    @Test func aRightProofIsNotToldWhileResting() async throws {
        for _ in 0..<5 { _ = try await guess(Sample.wrong, at: 1000) }
        #expect(try await guess(sample.proof, at: 1059) == .resting(seconds: 1))
        #expect(try await place.portal().chunk(sample.id, proof: sample.proof, index: 0, nowSeconds: 1059).value == nil)
        #expect(isOpened(try await guess(sample.proof, at: 1060)))
    }

    @Test func restsDoubleToOneHour() async throws {
        var now: Int64 = 1000
        for rest in [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600] as [Int64] {
            for _ in 0..<5 { _ = try await guess(Sample.wrong, at: now) }
            #expect(try await guess(Sample.wrong, at: now) == .resting(seconds: Int(rest)))
            now += rest
        }
        #expect(isOpened(try await guess(sample.proof, at: now)))
    }

    @Test func aRightProofStartsAnew() async throws {
        for _ in 0..<4 { _ = try await guess(Sample.wrong, at: 1000) }
        #expect(isOpened(try await guess(sample.proof, at: 1000)))
        #expect(try await guess(Sample.wrong, at: 1000) == .wrong(triesLeft: 4))
        for _ in 0..<4 { _ = try await guess(Sample.wrong, at: 1000) }
        #expect(isOpened(try await guess(sample.proof, at: 1060)))
        for _ in 0..<5 { _ = try await guess(Sample.wrong, at: 2000) }
        #expect(try await guess(Sample.wrong, at: 2000) == .resting(seconds: 60), "the first rest again")
    }

    @Test(arguments: [0, 1, 31, 33, 1000]) func proofsOfOtherLengthsAreWrong(count: Int) async throws {
        let auth = Array((sample.auth + [UInt8](repeating: 0, count: 1000)).prefix(count))
        #expect(try await guess(Sample.proof(auth), at: 1000) == .wrong(triesLeft: 4))
    }

    @Test func theVerifierItselfIsNoProof() async throws {
        #expect(try await guess(Sample.proof(sample.letter.verifier), at: 1000) == .wrong(triesLeft: 4))
    }

    @Test func guessesByChunkCountToo() async throws {
        for _ in 0..<5 {
            #expect(
                try await place.portal().chunk(sample.id, proof: Sample.wrong, index: 0, nowSeconds: 1000).value == nil)
        }
        #expect(try await guess(sample.proof, at: 1000) == .resting(seconds: 60))
        // While it rests they do not add up to a longer rest.
        for _ in 0..<5 {
            _ = try await place.portal().chunk(sample.id, proof: Sample.wrong, index: 0, nowSeconds: 1000).value
        }
        #expect(try await store.list().map(\.wrongGuesses) == [5])
    }

    @Test func countsOutliveTheProcess() async throws {
        for _ in 0..<3 { _ = try await guess(Sample.wrong, at: 1000) }
        let folder = place.letters
        let id = sample.id
        await #expect(processExitsWith: .signal(SIGKILL)) { [folder = folder as String, id = id as String] in
            let portal = try PortalLetterDatabase(folder: folder)
            guard case .wrong(triesLeft: 1) = try await portal.attempt(id, proof: Sample.proof([1]), nowSeconds: 1000)
            else { return }
            kill(getpid(), SIGKILL)
        }
        let reopened = try PortalLetterDatabase(folder: place.letters)
        #expect(try await guess(Sample.wrong, at: 1000, in: reopened) == .wrong(triesLeft: 0))
        #expect(try await guess(sample.proof, at: 1000, in: reopened) == .resting(seconds: 60))
    }

    @Test func concurrentGuessesOfTwoStoresGetFiveTriesTogether() async throws {
        let stores = [
            try PortalLetterDatabase(folder: place.letters),
            try PortalLetterDatabase(folder: place.letters),
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

    @Test func aClockSetBackDoesNotRestForEver() async throws {
        for _ in 0..<5 { _ = try await guess(Sample.wrong, at: 90_000_000) }
        #expect(try await guess(sample.proof, at: 1000) == .resting(seconds: 60))
        #expect(try await guess(sample.proof, at: 1030) == .resting(seconds: 30))
        #expect(isOpened(try await guess(sample.proof, at: 1060)))
    }
}

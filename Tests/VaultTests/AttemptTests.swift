// Guesses are counted exactly and durably; letters rest after five wrong ones, twice as long each time, never for ever.

import Cryptography
import Foundation
import Links
import Mail
import Testing
import Vault
import VaultContract
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

    @Test(arguments: [0, 1, 31, 33, 1000]) func proofsOfOtherLengthsAreWrong(count: Int) async throws {
        let auth = Array((sample.auth + [UInt8](repeating: 0, count: 1000)).prefix(count))
        #expect(try await guess(Sample.proof(auth), at: 1000) == .wrong(triesLeft: 4))
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
}

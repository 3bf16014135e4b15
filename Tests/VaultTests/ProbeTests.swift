// Health and numbers of the two databases.

import Foundation
import Mail
import Testing
import Vault

@Suite struct ProbeTests {
    @Test("A probe changes nothing, and fails where nothing can be written")
    func probe() async throws {
        let place = try Place()
        let ledger = try Ledger(folder: place.gateway)
        let letters = try LetterStore(folder: place.letters, role: .gateway)
        try await ledger.probe()
        try await letters.probe()
        #expect(ledger.isEmpty)
        let locked = try Ledger(folder: place.gateway, busySeconds: 0.1)
        let holder = try LockHolder(path: "\(place.gateway)/gateway.db")
        let failure = await refusal { try await locked.probe() }
        #expect(failure?.cause == .storage)
        #expect(failure?.detail.contains("another process holds it locked") == true)
        holder.release()
        try await locked.probe()
    }

    @Test("Letters and attempts are counted, and totals outlive their letters")
    func counts() async throws {
        let place = try Place()
        let store = try LetterStore(folder: place.letters, role: .gateway)
        #expect(
            try await store.counts() == LetterCounts(pending: 0, readable: 0, wrongAttempts: 0, rightAttempts: 0))
        let waiting = try Sample()
        try await store.keep([waiting.content], [waiting.letter])
        let sample = try Sample()
        try await sample.release(in: store)
        let portal = try LetterStore(folder: place.letters, role: .portal)
        _ = try await portal.attempt(sample.id, auth: Sample.wrong, nowSeconds: 5)
        _ = try await portal.attempt(sample.id, auth: Sample.wrong, nowSeconds: 6)
        _ = try await portal.attempt(sample.id, auth: sample.auth, nowSeconds: 7)
        #expect(
            try await store.counts() == LetterCounts(pending: 1, readable: 1, wrongAttempts: 2, rightAttempts: 1))
        _ = try await store.revoke(sample.id)
        #expect(
            try await store.counts() == LetterCounts(pending: 1, readable: 0, wrongAttempts: 2, rightAttempts: 1))
    }
}

// Health and numbers of the two databases.

import Foundation
import GRDB
import Mail
import Testing
import Vault
import VaultContract
import VaultSQLite

@Suite struct ProbeTests {
    @Test("A probe changes nothing, and fails where nothing can be written")
    func probe() async throws {
        let place = try Place()
        let ledger = try GatewayDatabase(folder: place.gateway)
        let letters = try LetterDatabase(folder: place.letters)
        try await ledger.probe()
        try await letters.probe()
        #expect(ledger.isEmpty)
        let locked = try GatewayDatabase(folder: place.gateway, busySeconds: 0.1)
        let other = try stranger("\(place.gateway)/gateway.db")
        try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
        let failure = await refusal { try await locked.probe() }
        #expect(failure?.cause == .storage)
        #expect(failure?.detail.contains("another process holds it locked") == true)
        try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
        try await locked.probe()
    }

    private func numbers(_ store: LetterDatabase) async throws -> [Int] {
        let counts = try await store.counts()
        return [counts.sending, counts.readable, counts.wrongAttempts, counts.rightAttempts]
    }

    @Test("Letters and attempts are counted, and totals outlive their letters")
    func counts() async throws {
        let place = try Place()
        let store = try LetterDatabase(folder: place.letters)
        #expect(
            try await numbers(store) == [0, 0, 0, 0])
        let waiting = try Sample()
        try await store.keep([waiting.content], [waiting.letter])
        let sample = try Sample()
        try await sample.release(in: store)
        let portal = try PortalLetterDatabase(folder: place.letters)
        _ = try await portal.attempt(sample.id, proof: Sample.wrong, nowSeconds: 5)
        _ = try await portal.attempt(sample.id, proof: Sample.wrong, nowSeconds: 6)
        _ = try await portal.attempt(sample.id, proof: sample.proof, nowSeconds: 7)
        #expect(
            try await numbers(store) == [1, 1, 2, 1])
        _ = try await store.revoke(sample.id)
        #expect(
            try await numbers(store) == [1, 0, 2, 1])
    }
}

// The table of requests: bounded, settled by the gateway only, and no trap whatever lies in it.

import Cryptography
import Links
import Foundation
import GRDB
import Mail
import Testing
import Vault
import VaultSQLite

@Suite struct RequestTests {
    private func stores() throws -> (Place, LetterDatabase, PortalLetterDatabase) {
        let place = try Place()
        let gateway = try LetterDatabase(folder: place.letters)
        return (place, gateway, try PortalLetterDatabase(folder: place.letters))
    }

    /// Rows as somebody writes them who can write the file.
    private func fill(_ place: Place, _ count: Int, _ kind: String) async throws {
        try await stranger(place.lettersFile).write { database in
            for _ in 0..<count {
                try database.execute(
                    sql: """
                        INSERT INTO requests (id, kind, body, asked_at)
                        VALUES (substr(hex(randomblob(16)), 1, 22), ?, x'', 1)
                        """, arguments: [kind])
            }
        }
    }

    @Test func noMoreThanSoManyWait() async throws {
        let (place, gateway, portal) = try stores()
        try await fill(place, RequestLimits.most - 1, "x")
        let last = try #require(try await portal.ask(kind: "revoke", body: [], nowSeconds: 5))
        #expect(try await portal.ask(kind: "revoke", body: [], nowSeconds: 5) == nil)
        let waiting = try await gateway.waitingRequests()
        #expect(waiting.count == 100 && waiting.first?.id == last, "what senders ask for first, then the oldest")
        try await gateway.settleRequest(last, answer: [], nowSeconds: 6)
        #expect(try await portal.ask(kind: "revoke", body: [], nowSeconds: 5) != nil)
    }

    @Test func placesAreKeptForWhatSendersAsk() async throws {
        let (place, _, portal) = try stores()
        for kind in ["a", "b"] { try await fill(place, 200, kind) }
        try await fill(place, 99, "c")
        #expect(try await portal.ask(kind: "confirm-key", body: [], nowSeconds: 5) != nil)
        #expect(try await portal.ask(kind: "confirm-key", body: [], nowSeconds: 5) == nil)
        for kind in RequestLimits.keptKinds {
            #expect(try await portal.ask(kind: kind, body: [], nowSeconds: 5) != nil, "\(kind)")
        }
    }

    @Test func manyAreLookedAtTogether() async throws {
        let (_, gateway, portal) = try stores()
        var ids: [String] = []
        for _ in 0..<3 { ids.append(try #require(try await portal.ask(kind: "revoke", body: [], nowSeconds: 5))) }
        try await gateway.settleRequest(ids[1], answer: [9], nowSeconds: 6)
        let states = try await portal.requestStates(ids + ["nobody"])
        #expect(states == [ids[0]: .waiting, ids[1]: .settled([9]), ids[2]: .waiting])
        #expect(try await portal.requestStates([]).isEmpty)
    }

    @Test func rowsThatNoPortalWroteAreThrownAway() async throws {
        let (place, gateway, portal) = try stores()
        let good = try #require(try await portal.ask(kind: "revoke", body: [7], nowSeconds: 50))
        // Without any check, as somebody who can write the file may make them. A primary key is never null.
        let rows = [
            "('short', 'revoke', x'00', 1, NULL, NULL)", "('AAAAAAAAAAAAAAAAAAAAA1', x'ff', x'00', 1, NULL, NULL)",
            "('AAAAAAAAAAAAAAAAAAAAA2', '', x'00', 1, NULL, NULL)",
            "('AAAAAAAAAAAAAAAAAAAAA3', 'revoke', 'text', 1, NULL, NULL)",
            "('AAAAAAAAAAAAAAAAAAAAA4', 'revoke', zeroblob(5000), 1, NULL, NULL)",
            "('AAAAAAAAAAAAAAAAAAAAA5', 'revoke', x'00', 'now', NULL, NULL)",
            "('AAAAAAAAAAAAAAAAAAAAA6', hex(zeroblob(40)), x'00', 1, NULL, NULL)",
            "(x'00ff', x'ff', NULL, NULL, NULL, NULL)",
        ]
        try writeUnchecked(place.lettersFile, "INSERT INTO requests VALUES \(rows.joined(separator: ", "))")
        let again = try LetterDatabase(folder: place.letters)
        let waiting = try await again.waitingRequests()
        #expect(waiting.map(\.id) == [good])
        let left = try await stranger(place.lettersFile).read {
            try Int.fetchOne($0, sql: "SELECT count(*) FROM requests")
        }
        #expect(left == 1)
        _ = gateway
    }
}

// The table of requests: bounded, settled by the gateway only, and no trap whatever lies in it.

import Foundation
import GRDB
import Links
import Mail
import Testing
import Vault

@Suite struct RequestTests {
    private func stores() throws -> (Place, LetterStore, LetterStore) {
        let place = try Place()
        let gateway = try LetterStore(folder: place.letters, role: .gateway)
        return (place, gateway, try LetterStore(folder: place.letters, role: .portal))
    }

    @Test func aRequestIsAskedSettledAndForgotten() async throws {
        let (_, gateway, portal) = try stores()
        let id = try #require(try await portal.ask(kind: "revoke", body: [1, 2, 3], nowSeconds: 1000))
        #expect(id.utf8.count == 22)
        #expect(try await portal.requestState(id) == .waiting)
        let waiting = try await gateway.waitingRequests()
        #expect(waiting.map(\.id) == [id] && waiting.map(\.kind) == ["revoke"])
        #expect(waiting.map(\.body) == [[1, 2, 3]] && waiting.map(\.askedAtSeconds) == [1000])
        try await gateway.settleRequest(id, answer: [9], nowSeconds: 1001)
        #expect(try await portal.requestState(id) == .settled([9]))
        #expect(try await gateway.waitingRequests().isEmpty)
        try await gateway.forgetRequests(nowSeconds: 1000 + LetterStore.requestKeepSeconds)
        #expect(try await portal.requestState(id) == .settled([9]))
        try await gateway.forgetRequests(nowSeconds: 1001 + LetterStore.requestKeepSeconds)
        #expect(try await portal.requestState(id) == .unknown)
        #expect(try await portal.requestState("nobody") == .unknown)
    }

    @Test func theProofGoesWithTheAnswer() async throws {
        let (place, gateway, portal) = try stores()
        let secret = Array("the proof of the page".utf8)
        let id = try #require(try await portal.ask(kind: "revoke", body: secret, nowSeconds: 1000))
        try await gateway.settleRequest(id, answer: [9], nowSeconds: 1001)
        _ = try await gateway.expire(nowSeconds: 1002)  // scrubs
        #expect(place.lettersBytes().range(of: Data(secret)) == nil)
    }

    @Test func noMoreThanSoManyWait() async throws {
        let (place, gateway, portal) = try stores()
        try await stranger(place.lettersFile).write { database in
            for _ in 1..<LetterStore.mostRequests {
                try database.execute(
                    sql:
                        "INSERT INTO requests (id, kind, body, asked_at) VALUES (substr(hex(randomblob(16)), 1, 22), 'x', x'', 1)"
                )
            }
        }
        let last = try #require(try await portal.ask(kind: "revoke", body: [], nowSeconds: 5))
        #expect(try await portal.ask(kind: "revoke", body: [], nowSeconds: 5) == nil)
        #expect(try await gateway.waitingRequests().count == 100, "oldest first, a hundred at a time")
        try await gateway.settleRequest(last, answer: [], nowSeconds: 6)
        #expect(try await portal.ask(kind: "revoke", body: [], nowSeconds: 5) != nil)
    }

    @Test func whatIsTooLargeIsNotTaken() async throws {
        let (_, gateway, portal) = try stores()
        let body = [UInt8](repeating: 0, count: LetterStore.requestBytes)
        #expect(try await portal.ask(kind: "revoke", body: body, nowSeconds: 1) != nil)
        for (kind, body) in [("revoke", body + [0]), ("", []), (String(repeating: "k", count: 33), [])] {
            #expect(await refusal { _ = try await portal.ask(kind: kind, body: body, nowSeconds: 1) } != nil)
        }
        #expect(
            await refusal { try await portal.settleRequest("x", answer: [], nowSeconds: 1) }?.cause == .internalError)
        #expect(await refusal { _ = try await portal.waitingRequests() }?.cause == .internalError)
        #expect(try await gateway.waitingRequests().count == 1)
    }

    @Test func rowsThatNoPortalWroteAreThrownAway() async throws {
        let (place, gateway, portal) = try stores()
        let good = try #require(try await portal.ask(kind: "revoke", body: [7], nowSeconds: 50))
        try await stranger(place.lettersFile).write { database in
            try database.execute(sql: "DROP TABLE requests")
            // Without any check, as somebody who can write the file may make it.
            try database.execute(
                sql: "CREATE TABLE requests (id PRIMARY KEY, kind, body, asked_at, answer, settled_at)")
            for row in [
                "(NULL, 'revoke', x'00', 1, NULL, NULL)", "('short', 'revoke', x'00', 1, NULL, NULL)",
                "('AAAAAAAAAAAAAAAAAAAAA1', 5, x'00', 1, NULL, NULL)",
                "('AAAAAAAAAAAAAAAAAAAAA2', '', x'00', 1, NULL, NULL)",
                "('AAAAAAAAAAAAAAAAAAAAA3', 'revoke', 'text', 1, NULL, NULL)",
                "('AAAAAAAAAAAAAAAAAAAAA4', 'revoke', zeroblob(5000), 1, NULL, NULL)",
                "('AAAAAAAAAAAAAAAAAAAAA5', 'revoke', x'00', 'now', NULL, NULL)",
                "('AAAAAAAAAAAAAAAAAAAAA6', hex(zeroblob(40)), x'00', 1, NULL, NULL)",
                "(x'00ff', x'ff', NULL, NULL, NULL, NULL)",
                "('\(good)', 'revoke', x'07', 50, NULL, NULL)",
            ] {
                try database.execute(sql: "INSERT INTO requests VALUES \(row)")
            }
        }
        let again = try LetterStore(folder: place.letters, role: .gateway)
        #expect(try await again.waitingRequests().map(\.id) == [good])
        let left = try await stranger(place.lettersFile).read {
            try Int.fetchOne($0, sql: "SELECT count(*) FROM requests")
        }
        #expect(left == 1)
        _ = gateway
    }
}

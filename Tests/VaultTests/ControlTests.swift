// Senders' control in letters.db: what a proof shows, what stays when a letter goes, what scanners do not change.

import Cryptography
import Links
import Foundation
import GRDB
import Mail
import Testing
import Vault
import VaultContract

@testable import VaultSQLite  // to try what no method of the portal's does

@Suite struct ControlTests {
    private func stores() throws -> (Place, LetterDatabase, PortalLetterDatabase) {
        let place = try Place()
        let gateway = try LetterDatabase(folder: place.letters)
        return (place, gateway, try PortalLetterDatabase(folder: place.letters))
    }

    @Test func aRestIsShownAndNeverLongerThanItCanBe() async throws {
        let (place, gateway, portal) = try stores()
        let control = try ControlSample()
        try await control.keep(in: gateway)
        for _ in 0..<5 { _ = try await portal.attempt(control.samples[0].id, proof: Sample.wrong, nowSeconds: 2000) }
        #expect(try await portal.controlled(control.auth, nowSeconds: 2010)?.first?.restsUntilSeconds == 2060)
        #expect(try await portal.controlled(control.auth, nowSeconds: 2061)?.first?.restsUntilSeconds == nil)
        try await stranger(place.lettersFile).write {
            try $0.execute(sql: "UPDATE attempts SET rests_until = \(Int64.max)")
        }
        #expect(try await portal.controlled(control.auth, nowSeconds: 2061)?.first?.restsUntilSeconds == 2121)
    }

    @Test func whatBecameOfALetterOutlivesIt() async throws {
        let (place, gateway, portal) = try stores()
        let control = try ControlSample(expires: [1_000_000, 5000, 1_000_000])
        try await control.keep(in: gateway)
        let ids = control.samples.map(\.id)
        _ = try await portal.attempt(ids[0], proof: control.samples[0].proof, nowSeconds: 2000)
        #expect(try await gateway.revoke(ids[0]))
        _ = try await gateway.expire(nowSeconds: 6000)
        var shown = try #require(try await portal.controlled(control.auth, nowSeconds: 6000))
        #expect(shown.map(\.state) == [.revoked, .expired, .waiting])
        #expect(
            shown[0].openedAtSeconds == 2000 && shown[1].openedAtSeconds == nil && shown[1].life.endedAtSeconds == 6000)
        // A letter that somebody took out of the file by hand.
        try await stranger(place.lettersFile).write { try $0.execute(sql: "DELETE FROM letters") }
        shown = try #require(try await portal.controlled(control.auth, nowSeconds: 6000))
        #expect(shown[2].state == .gone)
        // The page goes thirty days after its last letter.
        let end = 1_000_000 + LockedLetter.graceSeconds
        #expect(try await portal.controlled(control.auth, nowSeconds: end - 1) != nil)
        #expect(try await portal.controlled(control.auth, nowSeconds: end) == nil)
        _ = try await gateway.expire(nowSeconds: end)
        let left = try await stranger(place.lettersFile).read {
            try Int.fetchOne($0, sql: "SELECT (SELECT count(*) FROM controls) + (SELECT count(*) FROM control_letters)")
        }
        #expect(left == 0)
    }

    /// The portal's user can write the file: what it takes away there keeps no letter from being seen and revoked.
    @Test func aLetterWithoutItsControlIsSeenByTheGateway() async throws {
        let (place, gateway, portal) = try stores()
        let control = try ControlSample(created: 1000)
        try await control.keep(in: gateway)
        let id = control.samples[0].id
        try await stranger(place.lettersFile).write { try $0.execute(sql: "DELETE FROM control_letters") }
        #expect(try await portal.controlled(control.auth, nowSeconds: 2000)?.isEmpty == true)
        let seen = try #require(try await gateway.status(of: id, nowSeconds: 2000))
        #expect(seen.state == .waiting && seen.createdAtSeconds == 1000 && seen.expiresAtSeconds == 1_000_000)
        #expect(try await gateway.list(nowSeconds: 2000) == [seen])
        #expect(try await gateway.revoke(id))
        #expect(try await gateway.status(of: id, nowSeconds: 2000) == nil)
    }

    @Test func aDamagedRowKeepsNothingBack() async throws {
        let (place, gateway, portal) = try stores()
        let control = try ControlSample()
        try await control.keep(in: gateway)
        try writeUnchecked(
            place.lettersFile, "UPDATE attempts SET wrong_total = 'many', opened_at = 'soon', rest_seconds = 1")
        #expect(await refusal { _ = try await portal.controlled(control.auth, nowSeconds: 2000) }?.cause == .storage)
        #expect(try await gateway.events().isEmpty)
        let again = try LetterDatabase(folder: place.letters)
        #expect(try await again.revoke(control.samples[0].id))
    }

    @Test(arguments: [
        "INSERT INTO controls VALUES (zeroblob(32), 1, 2)", "UPDATE controls SET expires_at = 1",
        "DELETE FROM controls",
        "UPDATE control_letters SET longest_at = 9", "DELETE FROM control_letters",
        "UPDATE requests SET answer = x'00'",
        "DELETE FROM requests", "REPLACE INTO requests SELECT * FROM requests",
        "INSERT INTO requests VALUES ('AAAAAAAAAAAAAAAAAAAAAA', 'revoke', x'', 1, x'00', 1)",
    ])
    func thePortalIsFenced(sql: String) async throws {
        let (_, gateway, portal) = try stores()
        let control = try ControlSample()
        try await control.keep(in: gateway)
        let id = try #require(try await portal.ask(kind: "revoke", body: [1], nowSeconds: 5))
        let failure = await refusal { try await portal.database.write("trying") { try $0.execute(sql: sql) } }
        #expect(failure?.detail.contains("the portal may not do this") == true)
        #expect(try await portal.requestState(id) == .waiting)
    }
}

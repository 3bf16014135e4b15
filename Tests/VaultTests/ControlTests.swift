// Senders' control in letters.db: what a proof shows, what stays when a letter goes, what scanners do not change.

import Cryptography
import Foundation
import GRDB
import Links
import Mail
import Testing

@testable import Vault  // to try what no method of the portal's does

/// Letters of one message with the token of their sender.
struct ControlSample {
    let token: ControlToken
    let samples: [Sample]
    let controls: [LetterControl]

    init(expires: [Int64] = [1_000_000], created: Int64 = 1000, longest: Int64 = 7_000_000) throws {
        token = try ControlKey(try Randomness.bytes(32)).token(for: try ControlKey.newID())
        samples = try expires.map { try Sample(created: created, expires: $0) }
        controls = try samples.enumerated().map { [token] place, sample in
            LetterControl(
                letterID: sample.id, verifier: try token.verifier(), place: place,
                label: try token.seal(label: "bob\(place)@elsewhere.example", letterID: sample.id),
                createdAtSeconds: created, expiresAtSeconds: sample.letter.expiresAtSeconds, longestAtSeconds: longest)
        }
    }

    var auth: [UInt8] { get throws { try token.auth() } }

    func keep(in store: LetterStore) async throws {
        try await store.keep(samples.map(\.content), samples.map(\.letter), controls: controls)
        try await store.makeReadable(samples.map(\.id))
    }
}

@Suite struct ControlTests {
    private func stores() throws -> (Place, LetterStore, LetterStore) {
        let place = try Place()
        let gateway = try LetterStore(folder: place.letters, role: .gateway)
        return (place, gateway, try LetterStore(folder: place.letters, role: .portal))
    }

    @Test func aProofShowsTheLettersOfItsMessageOnly() async throws {
        let (place, gateway, portal) = try stores()
        let one = try ControlSample(expires: [1_000_000, 1_000_000])
        let other = try ControlSample()
        try await one.keep(in: gateway)
        try await other.keep(in: gateway)
        let shown = try #require(try await portal.controlled(one.auth, nowSeconds: 2000))
        #expect(shown.map(\.id) == one.samples.map(\.id))
        #expect(shown.map(\.state) == [.waiting, .waiting])
        let names = try shown.map { try one.token.open(label: $0.label, letterID: $0.id) }
        #expect(names == ["bob0@elsewhere.example", "bob1@elsewhere.example"])
        for wrong in [[UInt8](repeating: 1, count: 32), [], try one.token.verifier()] {
            #expect(try await portal.controlled(wrong, nowSeconds: 2000) == nil)
        }
        // Who steals the file learns no address.
        #expect(place.lettersBytes().range(of: Data("elsewhere.example".utf8)) == nil)
        #expect(place.lettersBytes().range(of: Data(try one.auth)) == nil)
    }

    @Test func askingOpeningAndFetchingAreDifferentThings() async throws {
        let (_, gateway, portal) = try stores()
        let control = try ControlSample()
        try await control.keep(in: gateway)
        let sample = control.samples[0]
        func now() async throws -> ControlledLetter {
            try #require(try await portal.controlled(control.auth, nowSeconds: 5000)?.first)
        }
        // The gateway looks, too, and is no reader.
        _ = try await gateway.parameters(sample.id, nowSeconds: 1999)
        #expect(try await now().askedAtSeconds == nil)
        _ = try await portal.parameters(sample.id, nowSeconds: 2000)
        _ = try await portal.parameters(sample.id, nowSeconds: 2001)
        var seen = try await now()
        #expect(seen.askedAtSeconds == 2000 && seen.openedAtSeconds == nil && seen.state == .waiting)
        _ = try await portal.attempt(sample.id, proof: Sample.wrong, nowSeconds: 2002)
        _ = try await portal.chunk(sample.id, proof: Sample.wrong, index: 0, nowSeconds: 2003).value
        seen = try await now()
        #expect(seen.wrongGuesses == 2 && seen.openedAtSeconds == nil && seen.fetchedAtSeconds == nil)
        _ = try await portal.attempt(sample.id, proof: sample.proof, nowSeconds: 2004)
        seen = try await now()
        #expect(seen.openedAtSeconds == 2004 && seen.fetchedAtSeconds == nil && seen.state == .opened)
        for second in [2005, 2006] {
            _ = try await portal.chunk(sample.id, proof: sample.proof, index: 0, nowSeconds: Int64(second)).value
        }
        #expect(try await now().fetchedAtSeconds == 2005)
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
        #expect(shown[0].openedAtSeconds == 2000 && shown[1].openedAtSeconds == nil && shown[1].endedAtSeconds == 6000)
        // A letter that somebody took out of the file by hand.
        try await stranger(place.lettersFile).write { try $0.execute(sql: "DELETE FROM letters") }
        shown = try #require(try await portal.controlled(control.auth, nowSeconds: 6000))
        #expect(shown[2].state == .gone)
        // The page goes thirty days after its last letter.
        let end = 1_000_000 + LetterStore.controlGraceSeconds
        #expect(try await portal.controlled(control.auth, nowSeconds: end - 1) != nil)
        #expect(try await portal.controlled(control.auth, nowSeconds: end) == nil)
        _ = try await gateway.expire(nowSeconds: end)
        let left = try await stranger(place.lettersFile).read {
            try Int.fetchOne($0, sql: "SELECT (SELECT count(*) FROM controls) + (SELECT count(*) FROM control_letters)")
        }
        #expect(left == 0)
    }

    @Test func whatWasNeverSentLeavesNothing() async throws {
        let (_, gateway, portal) = try stores()
        let control = try ControlSample(expires: [1_000_000, 1_000_000])
        try await gateway.keep(
            control.samples.map(\.content), control.samples.map(\.letter), controls: control.controls)
        #expect(try await portal.controlled(control.auth, nowSeconds: 2000)?.map(\.state) == [.sending, .sending])
        try await gateway.discard([control.samples[0].id])
        #expect(try await portal.controlled(control.auth, nowSeconds: 2000)?.count == 1)
        #expect(try await gateway.settle(olderThanSeconds: 10, nowSeconds: 2000) == 1)
        #expect(try await portal.controlled(control.auth, nowSeconds: 2000)?.isEmpty == true)
    }

    @Test func extendingMovesTheLetterAndThePage() async throws {
        let (_, gateway, portal) = try stores()
        let control = try ControlSample(expires: [5000])
        try await control.keep(in: gateway)
        let id = control.samples[0].id
        #expect(try await gateway.extend(id, toSeconds: 9000, nowSeconds: 4000))
        #expect(try await portal.parameters(id, nowSeconds: 8000)?.expiresAtSeconds == 9000)
        let shown = try await portal.controlled(control.auth, nowSeconds: 8999 + LetterStore.controlGraceSeconds)
        #expect(shown?.first?.expiresAtSeconds == 9000)
        #expect(try await !gateway.extend(id, toSeconds: 99_000, nowSeconds: 9000), "it has expired")
        #expect(try await !gateway.extend("unknown", toSeconds: 99_000, nowSeconds: 1))
    }

    @Test func aDamagedRowKeepsNothingBack() async throws {
        let (place, gateway, portal) = try stores()
        let control = try ControlSample()
        try await control.keep(in: gateway)
        try writeUnchecked(
            place.lettersFile, "UPDATE attempts SET wrong_total = 'many', opened_at = 'soon', rest_seconds = 1")
        #expect(await refusal { _ = try await portal.controlled(control.auth, nowSeconds: 2000) }?.cause == .storage)
        #expect(try await gateway.events().isEmpty)
        let again = try LetterStore(folder: place.letters, role: .gateway)
        #expect(try await again.revoke(control.samples[0].id))
    }

    @Test func eventsAreWhatSomebodyDid() async throws {
        let (_, gateway, portal) = try stores()
        let control = try ControlSample(expires: [1_000_000, 1_000_000, 1_000_000])
        try await control.keep(in: gateway)
        #expect(try await gateway.events().isEmpty)
        _ = try await portal.parameters(control.samples[2].id, nowSeconds: 2000)
        #expect(try await gateway.events().isEmpty, "loading the page is nothing to be told of")
        _ = try await portal.attempt(control.samples[0].id, proof: control.samples[0].proof, nowSeconds: 2000)
        for _ in 0..<5 { _ = try await portal.attempt(control.samples[1].id, proof: Sample.wrong, nowSeconds: 2000) }
        let events = Dictionary(uniqueKeysWithValues: try await gateway.events().map { ($0.id, $0) })
        #expect(events[control.samples[0].id]?.openedAtSeconds == 2000)
        #expect(events[control.samples[1].id]?.wrongTotal == 5 && events[control.samples[1].id]?.restSeconds == 60)
        #expect(events.count == 2)
        _ = try await gateway.revoke(control.samples[0].id)
        let after = try await gateway.events().first { $0.id == control.samples[0].id }
        #expect(after?.openedAtSeconds == 2000, "who revokes a letter that was opened is still told so")
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

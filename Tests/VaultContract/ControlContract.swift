// What is demanded of senders' control, on both sides.

import Cryptography
import Links
import Foundation
import Mail
import Testing
import Vault

/// Senders' control: what a proof shows, what stays when a letter goes, what scanners do not change.
package struct ControlContract: Sendable {
    /// All that is demanded.
    package static let behaviours = [
        Behaviour("PortalLetters: aProofShowsTheLettersOfItsMessageOnly", Self.init) {
            try await $0.aProofShowsTheLettersOfItsMessageOnly()
        },
        Behaviour("PortalLetters: askingOpeningAndFetchingAreDifferentThings", Self.init) {
            try await $0.askingOpeningAndFetchingAreDifferentThings()
        },
        Behaviour("PortalLetters: whatWasNeverSentLeavesNothing", Self.init) {
            try await $0.whatWasNeverSentLeavesNothing()
        },
        Behaviour("PortalLetters: extendingMovesTheLetterAndThePage", Self.init) {
            try await $0.extendingMovesTheLetterAndThePage()
        },
        Behaviour("PortalLetters: eventsAreWhatSomebodyDid", Self.init) { try await $0.eventsAreWhatSomebodyDid() },
    ]

    let place: any VaultPlace

    init(_ place: any VaultPlace) { self.place = place }

    private func stores() async throws -> (any VaultPlace, any GatewayLetters, any PortalLetters) {
        (place, try await place.letters(), try await place.portal())
    }

    func aProofShowsTheLettersOfItsMessageOnly() async throws {
        let (place, gateway, portal) = try await stores()
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
        #expect(place.lettersBytes()?.range(of: Data("elsewhere.example".utf8)) == nil)
        #expect(place.lettersBytes()?.range(of: Data(try one.auth)) == nil)
    }

    func askingOpeningAndFetchingAreDifferentThings() async throws {
        let (_, gateway, portal) = try await stores()
        let control = try ControlSample()
        try await control.keep(in: gateway)
        let sample = control.samples[0]
        func now() async throws -> LockedLetter.Status {
            try #require(try await portal.controlled(control.auth, nowSeconds: 5000)?.first)
        }
        // The gateway looks, too, and is no reader.
        _ = try await gateway.isReadable(sample.id, nowSeconds: 1999, atMostSeconds: nil)
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

    func whatWasNeverSentLeavesNothing() async throws {
        let (_, gateway, portal) = try await stores()
        let control = try ControlSample(expires: [1_000_000, 1_000_000])
        try await gateway.keep(control.samples.map(\.content), control.samples.map(\.letter))
        #expect(try await portal.controlled(control.auth, nowSeconds: 2000)?.map(\.state) == [.sending, .sending])
        try await gateway.discard([control.samples[0].id])
        #expect(try await portal.controlled(control.auth, nowSeconds: 2000)?.count == 1)
        #expect(try await gateway.settle(olderThanSeconds: 10, nowSeconds: 2000) == 1)
        #expect(try await portal.controlled(control.auth, nowSeconds: 2000)?.isEmpty == true)
    }

    func extendingMovesTheLetterAndThePage() async throws {
        let (_, gateway, portal) = try await stores()
        let control = try ControlSample(expires: [5000])
        try await control.keep(in: gateway)
        let id = control.samples[0].id
        #expect(try await gateway.extend(id, toSeconds: 9000, nowSeconds: 4000))
        #expect(try await portal.parameters(id, nowSeconds: 8000)?.expiresAtSeconds == 9000)
        let shown = try await portal.controlled(control.auth, nowSeconds: 8999 + LockedLetter.graceSeconds)
        #expect(shown?.first?.expiresAtSeconds == 9000)
        #expect(try await !gateway.extend(id, toSeconds: 99_000, nowSeconds: 9000), "it has expired")
        #expect(try await !gateway.extend("unknown", toSeconds: 99_000, nowSeconds: 1))
    }

    func eventsAreWhatSomebodyDid() async throws {
        let (_, gateway, portal) = try await stores()
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
}

// What is demanded of requests, on both sides.

import Cryptography
import Links
import Foundation
import Mail
import Testing
import Vault

/// What the portal asks of the gateway: bounded, and settled by the gateway only.
package struct RequestsContract: Sendable {
    /// All that is demanded.
    package static let behaviours = [
        Behaviour("Requests: aRequestIsAskedSettledAndForgotten", Self.init) {
            try await $0.aRequestIsAskedSettledAndForgotten()
        },
        Behaviour("Requests: theProofGoesWithTheAnswer", Self.init) { try await $0.theProofGoesWithTheAnswer() },
        Behaviour("Requests: noKindTakesAllPlaces", Self.init) { try await $0.noKindTakesAllPlaces() },
        Behaviour("Requests: whatIsTooLargeIsNotTaken", Self.init) { try await $0.whatIsTooLargeIsNotTaken() },
    ]

    let place: any VaultPlace

    init(_ place: any VaultPlace) { self.place = place }

    private func stores() async throws -> (any VaultPlace, any GatewayLetters, any PortalLetters) {
        (place, try await place.letters(), try await place.portal())
    }

    func aRequestIsAskedSettledAndForgotten() async throws {
        let (_, gateway, portal) = try await stores()
        let id = try #require(try await portal.ask(kind: "revoke", body: [1, 2, 3], nowSeconds: 1000))
        #expect(id.utf8.count == 22)
        #expect(try await portal.requestState(id) == .waiting)
        let waiting = try await gateway.waitingRequests()
        #expect(waiting.map(\.id) == [id] && waiting.map(\.kind) == ["revoke"])
        #expect(waiting.map(\.body) == [[1, 2, 3]] && waiting.map(\.askedAtSeconds) == [1000])
        try await gateway.settleRequest(id, answer: [9], nowSeconds: 1001)
        #expect(try await portal.requestState(id) == .settled([9]))
        #expect(try await gateway.waitingRequests().isEmpty)
        try await gateway.forgetRequests(nowSeconds: 1000 + RequestLimits.keepSeconds)
        #expect(try await portal.requestState(id) == .settled([9]))
        try await gateway.forgetRequests(nowSeconds: 1001 + RequestLimits.keepSeconds)
        #expect(try await portal.requestState(id) == .unknown)
        #expect(try await portal.requestState("nobody") == .unknown)
    }

    func theProofGoesWithTheAnswer() async throws {
        let (place, gateway, portal) = try await stores()
        let secret = Array("the proof of the page".utf8)
        let id = try #require(try await portal.ask(kind: "revoke", body: secret, nowSeconds: 1000))
        try await gateway.settleRequest(id, answer: [9], nowSeconds: 1001)
        _ = try await gateway.expire(nowSeconds: 1002)  // scrubs
        #expect(place.lettersBytes()?.range(of: Data(secret)) == nil)
    }

    func noKindTakesAllPlaces() async throws {
        let (_, _, portal) = try await stores()
        for kind in ["confirm-key", "revoke"] {
            for _ in 0..<RequestLimits.mostOfKind {
                #expect(try await portal.ask(kind: kind, body: [], nowSeconds: 5) != nil)
            }
            #expect(try await portal.ask(kind: kind, body: [], nowSeconds: 5) == nil)
        }
        #expect(try await portal.ask(kind: "extend", body: [], nowSeconds: 5) != nil)
    }

    func whatIsTooLargeIsNotTaken() async throws {
        let (_, gateway, portal) = try await stores()
        let body = [UInt8](repeating: 0, count: RequestLimits.bodyBytes)
        #expect(try await portal.ask(kind: "revoke", body: body, nowSeconds: 1) != nil)
        for (kind, body) in [("revoke", body + [0]), ("", []), (String(repeating: "k", count: 33), [])] {
            #expect(await refusal { _ = try await portal.ask(kind: kind, body: body, nowSeconds: 1) } != nil)
        }
        #expect(!((portal as any Sendable) is any Requests), "it settles none")
        #expect(try await gateway.waitingRequests().count == 1)
    }
}

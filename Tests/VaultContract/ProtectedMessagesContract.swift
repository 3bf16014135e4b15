// What is demanded of what is remembered of protected messages.

import Cryptography
import Links
import Foundation
import Mail
import Testing
import Vault

/// Messages that were protected: known for 90 days.
package struct ProtectedMessagesContract: Sendable {
    /// All that is demanded.
    package static let behaviours = [
        Behaviour("Conversations: whatIsRememberedIsKnown", Self.init) { try await $0.whatIsRememberedIsKnown() },
        Behaviour("Conversations: fiftyAreLookedUp", Self.init) { try await $0.fiftyAreLookedUp() },
        Behaviour("Conversations: ninetyDaysFromTheLastTime", Self.init) { try await $0.ninetyDaysFromTheLastTime() },
    ]

    private static let day: Int64 = 86_400
    let place: any VaultPlace
    let ledger: any GatewayVault

    init(_ place: any VaultPlace) async throws {
        self.place = place
        ledger = try await place.gateway()
    }

    func whatIsRememberedIsKnown() async throws {
        try await ledger.rememberProtected(["<a@x.example>", "<b@x.example>"], nowSeconds: 100)
        for (names, isKnown) in [
            (["<b@x.example>"], true), (["<c@x.example>", "<a@x.example>"], true), (["<A@X.Example>"], true),
            (["a@x.example"], false), ([], false),
        ] {
            let found = try await ledger.knowsProtected(names, nowSeconds: 200)
            #expect(found == isKnown, "\(names)")
        }
        try await ledger.rememberProtected([], nowSeconds: 100)
    }

    func fiftyAreLookedUp() async throws {
        try await ledger.rememberProtected(["<a@x.example>"], nowSeconds: 100)
        let others = (0..<ProtectedMessages.lookup).map { "<\($0)@x.example>" }
        let last = try await ledger.knowsProtected(others.dropLast() + ["<a@x.example>"], nowSeconds: 200)
        let beyond = try await ledger.knowsProtected(others + ["<a@x.example>"], nowSeconds: 200)
        #expect(last && !beyond)
    }

    func ninetyDaysFromTheLastTime() async throws {
        let names = ["<a@x.example>"]
        try await ledger.rememberProtected(names, nowSeconds: 10 * Self.day)
        try await ledger.rememberProtected(names, nowSeconds: 0)
        _ = try await ledger.prune(nowSeconds: 99 * Self.day)
        var isKnown = try await ledger.knowsProtected(names, nowSeconds: 100 * Self.day - 1)
        #expect(isKnown)
        // Not by the memory's age alone: the row is gone too.
        isKnown = try await ledger.knowsProtected(names, nowSeconds: 100 * Self.day)
        #expect(!isKnown)
        _ = try await ledger.prune(nowSeconds: 100 * Self.day)
        isKnown = try await ledger.knowsProtected(names, nowSeconds: 20 * Self.day)
        #expect(!isKnown)
    }
}

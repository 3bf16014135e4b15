// What is demanded of keys that wait for their owners' word.

import Mail
import Testing
import Vault

/// A key waits until it is confirmed, replaced or too old.
package struct PendingKeysContract: Sendable {
    /// All that is demanded.
    package static let behaviours = [
        Behaviour("PendingKeys: aKeyWaitsUntilItIsConfirmed", Self.init) {
            try await $0.aKeyWaitsUntilItIsConfirmed()
        },
        Behaviour("PendingKeys: onlyTheLastMailCounts", Self.init) { try await $0.onlyTheLastMailCounts() },
    ]

    let ledger: any GatewayVault
    let carol: Mailbox

    init(_ place: any VaultPlace) async throws {
        ledger = try await place.gateway()
        carol = try #require(Mailbox("Carol@Example.com"))
    }

    private func key(_ digest: UInt8) -> PendingKey {
        PendingKey(
            tokenDigest: [UInt8](repeating: digest, count: 32), address: carol.description, fingerprint: "F0",
            certificate: [1, 2, 3], expiresAtSeconds: 1000)
    }

    func aKeyWaitsUntilItIsConfirmed() async throws {
        let key = key(1)
        try await ledger.keep(key, for: carol, nowSeconds: 10)
        #expect(try await ledger.pendingKey(tokenDigest: key.tokenDigest, nowSeconds: 999) == key)
        #expect(try await ledger.pendingKey(tokenDigest: key.tokenDigest, nowSeconds: 1000) == nil)
        #expect(try await ledger.pendingKey(tokenDigest: [UInt8](repeating: 9, count: 32), nowSeconds: 20) == nil)
        try await ledger.forgetPendingKey(tokenDigest: key.tokenDigest)
        #expect(try await ledger.pendingKey(tokenDigest: key.tokenDigest, nowSeconds: 20) == nil)
    }

    func onlyTheLastMailCounts() async throws {
        let other = try #require(Mailbox("carol@example.com"))
        try await ledger.keep(key(1), for: carol, nowSeconds: 10)
        try await ledger.keep(key(2), for: other, nowSeconds: 11)
        #expect(try await ledger.pendingKey(tokenDigest: key(1).tokenDigest, nowSeconds: 20) == nil)
        #expect(try await ledger.pendingKey(tokenDigest: key(2).tokenDigest, nowSeconds: 20) == key(2))
    }
}

// Letters of one message with their sender's control, for tests of stores.

import Cryptography
package import Links
import Testing
package import Vault

/// Letters of one message with the token of their sender.
package struct ControlSample: Sendable {
    package let token: ControlToken
    package let samples: [Sample]

    package init(expires: [Int64] = [1_000_000], created: Int64 = 1000, longest: Int64 = 7_000_000) throws {
        token = try ControlKey(try Randomness.bytes(32)).token(for: try ControlKey.newID())
        samples = try expires.enumerated().map { [token] place, expires in
            try Sample(
                created: created, expires: expires,
                control: .init(
                    token: token, label: "bob\(place)@elsewhere.example", place: place, longestAtSeconds: longest))
        }
    }

    package var auth: [UInt8] { get throws { try token.auth() } }

    package func keep(in store: any GatewayLetters) async throws {
        try await store.keep(samples.map(\.content), samples.map(\.letter))
        try await store.makeReadable(samples.map(\.id))
    }
}

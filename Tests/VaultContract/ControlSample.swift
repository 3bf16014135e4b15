// Letters of one message with their sender's control, for tests of stores.

import Cryptography
package import Links
import Testing
package import Vault

/// Letters of one message with the token of their sender.
package struct ControlSample: Sendable {
    package let token: ControlToken
    package let samples: [Sample]
    package let controls: [LetterControl]

    package init(expires: [Int64] = [1_000_000], created: Int64 = 1000, longest: Int64 = 7_000_000) throws {
        token = try ControlKey(try Randomness.bytes(32)).token(for: try ControlKey.newID())
        samples = try expires.map { try Sample(created: created, expires: $0) }
        controls = try samples.enumerated().map { [token] place, sample in
            LetterControl(
                letterID: sample.id, verifier: try token.verifier(), place: place,
                label: try token.seal(label: "bob\(place)@elsewhere.example", letterID: sample.id),
                createdAtSeconds: created, expiresAtSeconds: sample.letter.expiresAtSeconds, longestAtSeconds: longest)
        }
    }

    package var auth: [UInt8] { get throws { try token.auth() } }

    package func keep(in store: any GatewayLetters) async throws {
        try await store.keep(samples.map(\.content), samples.map(\.letter), controls: controls)
        try await store.makeReadable(samples.map(\.id))
    }
}

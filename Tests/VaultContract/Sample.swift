// Letters without real cryptography, for tests of stores.

import Cryptography
import Foundation
package import Links
package import Mail
import Testing
package import Vault
package import SettingValues

/// A letter that one `auth` opens.
package struct Sample: Sendable {
    package let content: LockedContent
    package var letter: LockedLetter
    package let auth: [UInt8]
    package var proof: LetterProof { Self.proof(auth) }

    package init(
        content: LockedContent? = nil, chunks: [MessageBytes] = [MessageBytes("sealed bytes")], created: Int64 = 1000,
        expires: Int64 = 1_000_000, answers: AnswerLimits? = nil
    ) throws {
        auth = try Randomness.bytes(32)
        self.content =
            try content
            ?? LockedContent(id: Base64URL.encode(Randomness.bytes(16)), chunks: chunks, plainBytes: 12)
        letter = LockedLetter(
            id: Base64URL.encode(try Randomness.bytes(16)), contentID: self.content.id, version: 1,
            kdf: LetterKeys.kdf, rounds: 600_000, passwordKind: .made, salt: try Randomness.bytes(16),
            verifier: try SHA256Digest.of(auth), linkVerifier: try SHA256Digest.of(Self.link),
            wrappedKeys: try Randomness.bytes(100),
            conversationPublicKey: [4] + (try Randomness.bytes(64)), createdAtSeconds: created,
            expiresAtSeconds: expires)
        letter.answers = answers
    }

    package var id: String { letter.id }
    /// Of every sample.
    package static let link = [UInt8](repeating: 0x11, count: 32)
    package static let wrong = proof([UInt8](repeating: 0xee, count: 32))

    /// A guess of somebody who has the link.
    package static func proof(_ auth: [UInt8]) -> LetterProof { LetterProof(link: link, auth: auth) }

    /// Keeps it and makes it readable.
    package func release(in store: any GatewayLetters) async throws {
        try await store.keep([content], [letter])
        try await store.makeReadable([id])
    }
}

/// The refusal that `body` throws.
package func refusal(_ body: () async throws -> Void) async -> Refusal? {
    do {
        try await body()
        return nil
    } catch {
        return error as? Refusal
    }
}

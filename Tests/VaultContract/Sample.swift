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
        expires: Int64 = 1_000_000, answers: AnswerLimits? = nil, control: LetterTerms.Control? = nil
    ) throws {
        auth = try Randomness.bytes(32)
        self.content =
            try content
            ?? LockedContent(id: Base64URL.encode(Randomness.bytes(16)), chunks: chunks, plainBytes: 12)
        let id = Base64URL.encode(try Randomness.bytes(16))
        let control =
            try control ?? .init(token: .untold(), label: "", place: 0, longestAtSeconds: expires)
        letter = LockedLetter(
            id: id, contentID: self.content.id,
            lock: .init(
                parameters: .init(
                    version: 1, kdf: LetterKeys.kdf, rounds: 600_000, salt: try Randomness.bytes(16),
                    passwordKind: .made, expiresAtSeconds: expires),
                verifiers: .init(auth: try SHA256Digest.of(auth), link: try SHA256Digest.of(Self.link))),
            keys: .init(
                wrapped: try Randomness.bytes(100), conversationPublic: [4] + (try Randomness.bytes(64))),
            createdAtSeconds: created,
            control: .init(
                verifier: try control.token.verifier(), place: control.place,
                label: try control.token.seal(label: control.label, letterID: id),
                longestAtSeconds: control.longestAtSeconds))
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

extension GatewayLetters {
    /// All letters that are there, oldest first, as they stand before any of them expires.
    package func list() async throws(Refusal) -> [LockedLetter.Status] {
        try await list(nowSeconds: 0).filter(\.isThere)
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

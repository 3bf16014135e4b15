// What the tests of this folder share: a throw-away folder, letters without real cryptography, a way into the file.

import Foundation
import GRDB
import Links
import Mail
import Testing
import Vault

/// A folder that goes with its last owner.
final class Place: Sendable {
    let path: String

    init() throws {
        path = "/tmp/llv-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var letters: String { "\(path)/state/letters" }
    var gateway: String { "\(path)/state/gateway" }
    var lettersFile: String { "\(letters)/letters.db" }

    /// The database file and its log, as they lie on the disk.
    func lettersBytes() -> Data {
        var all = Data()
        for end in ["", "-wal"] { all += (try? Data(contentsOf: URL(fileURLWithPath: lettersFile + end))) ?? Data() }
        return all
    }

    func mode(_ file: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: file)
        return try #require(attributes[.posixPermissions] as? Int)
    }
}

/// A letter that one `auth` opens.
struct Sample {
    let content: LockedContent
    var letter: LockedLetter
    let auth: [UInt8]

    init(
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
            verifier: try SHA256Digest.of(auth), wrappedKeys: try Randomness.bytes(100),
            conversationPublicKey: [4] + (try Randomness.bytes(64)), createdAtSeconds: created,
            expiresAtSeconds: expires)
        letter.answers = answers
    }

    var id: String { letter.id }
    static let wrong = [UInt8](repeating: 0xee, count: 32)

    /// Keeps it and makes it readable.
    func release(in store: LetterStore) async throws {
        try await store.keep([content], [letter])
        try await store.makeReadable([id])
    }
}

/// A connection of somebody else's to a database file.
func stranger(_ file: String) throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.allowsUnsafeTransactions = true
    return try DatabaseQueue(path: file, configuration: configuration)
}

/// The refusal that `body` throws.
func refusal(_ body: () async throws -> Void) async -> Refusal? {
    do {
        try await body()
        return nil
    } catch {
        return error as? Refusal
    }
}

// What the tests of this folder share: a throw-away folder, letters without real cryptography, a way into the file.

import Cryptography
import Foundation
import GRDB
import Links
import Mail
import Testing
import Vault

/// A folder that goes with the process. Not with its last owner: a database opens further connections when it needs them,
/// also where a test holds on to the database alone.
final class Place: Sendable {
    let path: String

    private static let removal: Void = {
        atexit {
            let mine = Place.prefix
            for name in (try? FileManager.default.contentsOfDirectory(atPath: "/tmp")) ?? [] where name.hasPrefix(mine)
            {
                try? FileManager.default.removeItem(atPath: "/tmp/\(name)")
            }
        }
    }()
    private static var prefix: String { "llv-\(getpid())-" }

    init() throws {
        Self.removal
        path = "/tmp/\(Self.prefix)\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

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
    var proof: LetterProof { Self.proof(auth) }

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
            verifier: try SHA256Digest.of(auth), linkVerifier: try SHA256Digest.of(Self.link),
            wrappedKeys: try Randomness.bytes(100),
            conversationPublicKey: [4] + (try Randomness.bytes(64)), createdAtSeconds: created,
            expiresAtSeconds: expires)
        letter.answers = answers
    }

    var id: String { letter.id }
    /// Of every sample.
    static let link = [UInt8](repeating: 0x11, count: 32)
    static let wrong = proof([UInt8](repeating: 0xee, count: 32))

    /// A guess of somebody who has the link.
    static func proof(_ auth: [UInt8]) -> LetterProof { LetterProof(link: link, auth: auth) }

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

/// Writes rows past types, NOT NULL and constraints, and leaves the schema as it was.
func writeUnchecked(_ path: String, _ sql: String) throws {
    let edit = "UPDATE sqlite_schema SET sql ="
    // Without STRICT and NOT NULL; `IS NOT NULL` in a check is an operator, which NOTNULL means too.
    let types = "replace(replace(sql, ') STRICT, WITHOUT', ') WITHOUT'), ') STRICT', ')')"
    let loose = "replace(replace(\(types), 'IS NOT NULL', 'NOTNULL'), 'NOT NULL', '')"
    try stranger(path).writeWithoutTransaction { database in
        try database.execute(
            sql: """
                CREATE TEMP TABLE kept AS SELECT name AS kept_name, sql AS kept_sql FROM main.sqlite_schema WHERE type = 'table';
                PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON; PRAGMA writable_schema = ON;
                \(edit) \(loose) WHERE type = 'table'; PRAGMA writable_schema = RESET;
                """)
        try database.execute(sql: sql)
        try database.execute(
            sql: """
                PRAGMA writable_schema = ON;
                \(edit) (SELECT kept_sql FROM kept WHERE kept_name = name) WHERE type = 'table';
                PRAGMA writable_schema = RESET;
                """)
    }
}

/// Waits until a store that could not be used can be; false where it never can.
func usable(_ store: LetterStore) async -> Bool {
    for _ in 0..<600 where store.problem != nil { try? await Task.sleep(for: .milliseconds(50)) }
    return store.problem == nil
}

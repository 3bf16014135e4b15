// What a server keeps of a password: salt, iterations, StoredKey and ServerKey (RFC 5802 section 3). A thief who reads
// them can test guesses, and can play the server towards this user; but cannot log in with them. Pure; making one
// blocks.

import Cryptography
package import Mail

/// The verifier of one password under SCRAM-SHA-256 (RFC 7677).
///
///     SCRAM-SHA-256$15000:<salt>$<StoredKey>:<ServerKey>      (base64 with padding; the spelling of PostgreSQL)
package struct ScramVerifier: Sendable, Equatable {
    /// Default of new verifiers. The work is also the client's, at every log-in of every phone: RFC 7677 section 4 asks
    /// for at least 4096, and says that it should be more as machines get faster. 15 000 are 4 ms here; the file's mode
    /// is the first wall, the iterations are the second. `--iterations` makes it higher for users whose programs bear
    /// it.
    package static let defaultIterations = 15_000
    /// What a file may ask for: RFC 7677's least, and what no client waits longer for.
    package static let iterationRange = 4096...2_000_000
    /// Bytes of a new salt.
    static let saltBytes = 16

    /// Random bytes of this user, 8 to 64.
    package let salt: [UInt8]
    /// How often the hash is taken.
    package let iterations: Int
    /// SHA-256(ClientKey), 32 bytes.
    package let storedKey: [UInt8]
    /// 32 bytes.
    package let serverKey: [UInt8]

    init(salt: [UInt8], iterations: Int, storedKey: [UInt8], serverKey: [UInt8]) {
        self.salt = salt
        self.iterations = iterations
        self.storedKey = storedKey
        self.serverKey = serverKey
    }

    /// The verifier of a password. Blocks for as long as the iterations take.
    /// - Parameters:
    ///   - password: not prepared yet.
    ///   - salt: nil draws one.
    /// - Returns: nil where the password holds what no password may, or where the library fails.
    package init?(password: Secret, salt: [UInt8]? = nil, iterations: Int = defaultIterations) {
        // Revealed to be stretched.
        guard let prepared = Preparation.prepare(password.revealed), iterations > 0,
            let salt = salt ?? (try? Randomness.bytes(Self.saltBytes))
        else { return nil }
        var bytes = Array(prepared.utf8)
        defer { SecretMemory.wipe(&bytes) }
        guard let keys = ScramKeys(password: bytes, salt: salt, iterations: iterations) else { return nil }
        self.init(salt: salt, iterations: iterations, storedKey: keys.storedKey, serverKey: keys.serverKey)
    }

    /// Reads the spelling above; nil where it is malformed.
    package init?(_ text: Substring) {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "SCRAM-SHA-256" else { return nil }
        let work = parts[1].split(separator: ":", omittingEmptySubsequences: false)
        let keys = parts[2].split(separator: ":", omittingEmptySubsequences: false)
        guard work.count == 2, keys.count == 2, let iterations = Int(work[0]),
            Self.iterationRange.contains(iterations), let salt = Base64.decode(work[1]),
            (8...64).contains(salt.count), let stored = Base64.decode(keys[0]),
            let server = Base64.decode(keys[1]), stored.count == SHA256Digest.byteCount,
            server.count == SHA256Digest.byteCount
        else { return nil }
        self.init(salt: salt, iterations: iterations, storedKey: stored, serverKey: server)
    }

    /// The spelling of ``init(_:)``.
    package var text: String {
        let parts = [salt, storedKey, serverKey].map { Base64.encode($0) }
        return "SCRAM-SHA-256$\(iterations):\(parts[0])$\(parts[1]):\(parts[2])"
    }

    /// True where this is the password. Blocks for as long as the iterations take, whatever comes of it.
    func accepts(_ password: [UInt8]) -> Bool {
        guard let keys = ScramKeys(password: password, salt: salt, iterations: iterations) else { return false }
        return ConstantTime.equal(keys.storedKey, storedKey)
    }
}

/// What follows from a password (RFC 5802 section 3).
struct ScramKeys {
    let clientKey: [UInt8]
    let storedKey: [UInt8]
    let serverKey: [UInt8]

    /// Blocks for as long as the iterations take. `password`: prepared.
    init?(password: [UInt8], salt: [UInt8], iterations: Int) {
        let stretched = password.withUnsafeBytes { try? PBKDF2.stretch($0, salt: salt, rounds: iterations) }
        guard var salted = stretched?.withBytes({ Array($0) }) else { return nil }
        defer { SecretMemory.wipe(&salted) }
        guard let client = try? HMACSHA256.code(Array("Client Key".utf8), key: salted),
            let server = try? HMACSHA256.code(Array("Server Key".utf8), key: salted),
            let stored = try? SHA256Digest.of(client)
        else { return nil }
        clientKey = client
        storedKey = stored
        serverKey = server
    }
}

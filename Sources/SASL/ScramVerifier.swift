// What a server keeps of a password: salt, iterations, StoredKey and ServerKey (RFC 5802 section 3). Whoever reads them
// can test guesses, and can play the server towards this user; he cannot log in with them. Pure; making one blocks.

package import Mail
import Foundation

/// The verifier of one password under SCRAM-SHA-256 (RFC 7677).
///
///     SCRAM-SHA-256$15000:<salt>$<StoredKey>:<ServerKey>      (base64 with padding; the spelling of PostgreSQL)
package struct ScramVerifier: Sendable, Equatable {
    /// Default of new verifiers. The work is also the client's, at every log-in of every phone: RFC 7677 section 4 asks
    /// for at least 4096, and says that it should be more as machines get faster. 15 000 are 4 ms here; the file's mode
    /// is the first wall, the iterations are the second. `--iterations` makes it higher for users whose programs bear it.
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
            let salt = salt ?? SASLDigest.random(Self.saltBytes)
        else { return nil }
        var bytes = Array(prepared.utf8)
        defer { SASLDigest.wipe(&bytes) }
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
            Self.iterationRange.contains(iterations), let salt = Base64Text.decode(work[1]),
            (8...64).contains(salt.count), let stored = Base64Text.decode(keys[0]),
            let server = Base64Text.decode(keys[1]), stored.count == SASLDigest.byteCount,
            server.count == SASLDigest.byteCount
        else { return nil }
        self.init(salt: salt, iterations: iterations, storedKey: stored, serverKey: server)
    }

    /// The spelling of ``init(_:)``.
    package var text: String {
        let parts = [salt, storedKey, serverKey].map(Base64Text.encode)
        return "SCRAM-SHA-256$\(iterations):\(parts[0])$\(parts[1]):\(parts[2])"
    }

    /// True where this is the password. Blocks for as long as the iterations take, whatever comes of it.
    func accepts(_ password: [UInt8]) -> Bool {
        guard let keys = ScramKeys(password: password, salt: salt, iterations: iterations) else { return false }
        return SASLDigest.equal(keys.storedKey, storedKey)
    }
}

/// What follows from a password (RFC 5802 section 3).
struct ScramKeys {
    let clientKey: [UInt8]
    let storedKey: [UInt8]
    let serverKey: [UInt8]

    /// Blocks for as long as the iterations take. `password`: prepared.
    init?(password: [UInt8], salt: [UInt8], iterations: Int) {
        guard var salted = SASLDigest.stretch(password, salt: salt, iterations: iterations) else { return nil }
        defer { SASLDigest.wipe(&salted) }
        guard let client = SASLDigest.hmac(key: salted, Array("Client Key".utf8)),
            let server = SASLDigest.hmac(key: salted, Array("Server Key".utf8)), let stored = SASLDigest.sha256(client)
        else { return nil }
        clientKey = client
        storedKey = stored
        serverKey = server
    }
}

/// Base64 with padding (RFC 4648 section 4), strict.
enum Base64Text {
    static func encode(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }

    /// nil where it is not base64, or not its only spelling.
    static func decode(_ text: Substring) -> [UInt8]? {
        guard let data = Data(base64Encoded: String(text)), data.base64EncodedString() == text else { return nil }
        return [UInt8](data)
    }
}

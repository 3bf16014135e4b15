// The client's side of SCRAM-SHA-256 (RFC 5802, RFC 7677), PLAIN (RFC 4616) and LOGIN, as a value: for log-in at a
// smarthost. Pure; answering SCRAM's first challenge blocks for as long as the server's iterations take.

import Cryptography
package import Mail

/// One log-in as a client.
package struct ClientMechanism: Sendable {
    /// Why it ends without an answer.
    package enum Failure: Error, Sendable, Equatable, CustomStringConvertible {
        /// The challenge does not follow the mechanism.
        case malformed
        /// The server asks for more work than ``mostIterations``.
        case tooManyIterations(Int)
        /// The server's signature is wrong: it does not know the password.
        case notTheServer
        /// The server says that the proof is wrong (`e=invalid-proof`), most likely the password.
        case denied
        /// The user's name or password holds what none may, or the crypto library failed.
        case unusable

        package var description: String {
            switch self {
            case .malformed: "the server's challenge does not follow the mechanism"
            case .tooManyIterations(let count): "the server asks for \(count) iterations"
            case .notTheServer: "the server did not prove that it knows the password"
            case .denied: "the server says that user or password is wrong"
            case .unusable: "the user's name or password cannot be used"
            }
        }
    }

    /// The most iterations a server may ask for; about half a second.
    package static let mostIterations = 2_000_000

    private enum State {
        case plain
        case loginName, loginPassword
        case scramFirst(bare: String, nonce: String)
        case scramFinal(serverSignature: [UInt8])
        case done
    }

    /// The mechanism's name, for AUTH.
    package let name: String
    /// What AUTH carries, or nil.
    package let initialResponse: [UInt8]?
    private let user: String
    private let password: Secret
    private var state: State

    /// The best of the offered mechanisms: SCRAM-SHA-256, else PLAIN, else LOGIN.
    /// - Parameters:
    ///   - offered: words after AUTH in the EHLO reply, in any case.
    ///   - nonce: for tests; nil draws one.
    /// - Returns: nil where none of the three is offered, or name and password cannot be used.
    package static func best(
        of offered: [String], user: String, password: Secret, nonce: String? = nil
    ) -> ClientMechanism? {
        let names = Set(offered.map { $0.uppercased() })
        // Revealed to be looked at; it is put into messages below only.
        guard Preparation.prepare(user) != nil, Preparation.prepare(password.revealed) != nil else { return nil }
        for name in ["SCRAM-SHA-256", "PLAIN", "LOGIN"] where names.contains(name) {
            return ClientMechanism(name, user: user, password: password, nonce: nonce)
        }
        return nil
    }

    private init?(_ name: String, user: String, password: Secret, nonce: String?) {
        self.name = name
        self.user = user
        self.password = password
        switch name {
        case "SCRAM-SHA-256":
            guard let nonce = nonce ?? (try? Randomness.bytes(18)).map({ Base64.encode($0) }),
                let prepared = Preparation.prepare(user)
            else { return nil }
            let bare = "n=\(Scram.escape(prepared)),r=\(nonce)"
            initialResponse = Array("n,,\(bare)".utf8)
            state = .scramFirst(bare: bare, nonce: nonce)
        case "PLAIN":
            // Revealed to be sent, by a connection that has seen to TLS.
            initialResponse = [0] + Array(user.utf8) + [0] + Array(password.revealed.utf8)
            state = .plain
        default:
            initialResponse = nil
            state = .loginName
        }
    }

    /// True where the server may be believed when it says that the log-in is done: under SCRAM only when it has proved
    /// that it knows the password, too.
    package var isSatisfied: Bool {
        switch state {
        case .done, .plain: true
        case .loginName, .loginPassword, .scramFirst, .scramFinal: false
        }
    }

    /// The answer to a challenge. Under SCRAM the first one blocks for as long as the server's iterations take.
    package mutating func respond(to challenge: [UInt8]) throws(Failure) -> [UInt8] {
        switch state {
        case .plain, .done: throw .malformed
        case .loginName:
            state = .loginPassword
            return Array(user.utf8)
        case .loginPassword:
            state = .done
            // Revealed to be sent, by a connection that has seen to TLS.
            return Array(password.revealed.utf8)
        case .scramFirst(let bare, let nonce): return try prove(challenge, bare: bare, nonce: nonce)
        case .scramFinal(let signature):
            if challenge.starts(with: Array("e=".utf8)) { throw .denied }
            // Extensions may follow behind a comma (RFC 5802 section 7).
            let own = challenge.prefix { $0 != UInt8(ascii: ",") }
            guard ConstantTime.equal(Array(own), Array("v=\(Base64.encode(signature))".utf8)) else {
                throw .notTheServer
            }
            state = .done
            return []
        }
    }

    private mutating func prove(_ challenge: [UInt8], bare: String, nonce: String) throws(Failure) -> [UInt8] {
        guard let first = ScramServerFirst(challenge, clientNonce: nonce), first.iterations > 0 else {
            throw .malformed
        }
        guard first.iterations <= Self.mostIterations else { throw .tooManyIterations(first.iterations) }
        // Revealed to be stretched.
        guard var bytes = Preparation.prepare(password.revealed).map({ Array($0.utf8) }) else { throw .unusable }
        defer { SecretMemory.wipe(&bytes) }
        let withoutProof = "c=biws,r=\(first.nonce)"
        let message = Array("\(bare),\(String(decoding: challenge, as: UTF8.self)),\(withoutProof)".utf8)
        guard let keys = ScramKeys(password: bytes, salt: first.salt, iterations: first.iterations),
            let signature = try? HMACSHA256.code(message, key: keys.storedKey),
            let proof = keys.clientKey.exclusiveOr(signature),
            let serverSignature = try? HMACSHA256.code(message, key: keys.serverKey)
        else { throw .unusable }
        state = .scramFinal(serverSignature: serverSignature)
        return Array("\(withoutProof),p=\(Base64.encode(proof))".utf8)
    }
}

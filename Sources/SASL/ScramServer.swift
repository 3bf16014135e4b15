// The server's side of SCRAM-SHA-256 (RFC 5802, RFC 7677), without channel binding, as a value. Pure.

import Cryptography

/// What follows from client-first: the server-first to send, and what client-final is checked against.
struct ScramServer {
    private let verifier: ScramVerifier
    private let nonce: String
    private let header: String
    private let clientBare: String
    /// To be sent.
    let serverFirst: String

    /// - Parameter serverNonce: what the server adds to the client's nonce; printable ASCII without commas.
    init(_ first: ScramClientFirst, verifier: ScramVerifier, serverNonce: String) {
        self.verifier = verifier
        nonce = first.nonce + serverNonce
        header = first.header
        clientBare = first.bare
        serverFirst = "r=\(nonce),s=\(Base64.encode(verifier.salt)),i=\(verifier.iterations)"
    }

    /// The server-final (`v=…`) where the proof is right.
    func check(_ bytes: [UInt8]) -> Result<[UInt8], LoginFailure> {
        guard let final = ScramClientFinal(bytes), final.channelBinding.elementsEqual(header.utf8) else {
            return .failure(.malformed)
        }
        guard final.nonce == nonce else { return .failure(.wrong) }
        let message = Array("\(clientBare),\(serverFirst),\(final.withoutProof)".utf8)
        guard let signature = try? HMACSHA256.code(message, key: verifier.storedKey),
            let serverSignature = try? HMACSHA256.code(message, key: verifier.serverKey)
        else { return .failure(.unavailable) }
        guard let clientKey = final.proof.exclusiveOr(signature), let stored = try? SHA256Digest.of(clientKey),
            ConstantTime.equal(stored, verifier.storedKey)
        else { return .failure(.wrong) }
        return .success(Array("v=\(Base64.encode(serverSignature))".utf8))
    }
}

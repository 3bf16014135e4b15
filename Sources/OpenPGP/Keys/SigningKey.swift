// The gateway's own key, with which it signs. Names only: the secret stays with gpg and its agent.

package import Mail

/// Which secret key signs.
package struct SigningKey: Sendable, Hashable {
    /// Fingerprint, or an address that only one secret key of the home has.
    package let name: String
    /// The GnuPG home it lies in.
    package let homeFolder: String

    package init(name: String, homeFolder: String) {
        self.name = name
        self.homeFolder = homeFolder
    }
}

/// A detached signature.
package struct DetachedSignature: Sendable {
    /// Armored, CRLF lines.
    package let armor: MessageBytes
    /// The hash it was made with, in lower case: `sha256` (RFC 3156 section 5 writes `pgp-sha256`).
    package let hash: String
}

extension Engine {
    /// Signs bytes as they are (a binary signature, RFC 4880 section 5.2.1).
    /// - Throws: a ``Refusal`` of cause `engine` where the key is missing, locked or cannot sign, or gpg fails;
    ///   `deadline`, `busy`, `storage` as for ``encrypt(_:to:armor:signer:)``.
    package func sign(_ content: MessageBytes, with key: SigningKey) async throws(Refusal) -> DetachedSignature {
        guard case .signature(let signature) = try await run(.sign(content, with: Self.absolute(key))) else {
            throw Self.failure("no signature")
        }
        return signature
    }

    static func absolute(_ key: SigningKey) -> SigningKey {
        SigningKey(name: key.name, homeFolder: ScratchFolder.absolute(key.homeFolder))
    }
}

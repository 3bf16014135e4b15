// The gateway's key pair (docs/inside/links-protocol.md, sections 8 and 9): its public half goes into the index of
// every content, its private half lies in the gateway's own database and nowhere else. Memory and randomness only.

package import Cryptography

/// A P-256 pair that readers seal their answers to, and know later messages by.
package struct GatewayKey: Sendable {
    /// Uncompressed point, 65 bytes.
    package let publicPoint: [UInt8]
    /// PKCS#8 DER; wiped when nobody holds it any more. For the gateway's database only.
    package let privateDER: SecretBytes

    /// A new pair.
    package static func make() throws(CryptographyError) -> GatewayKey {
        let pair = try P256.KeyPair.make()
        return GatewayKey(publicPoint: pair.publicPoint, privateDER: pair.privateDER)
    }

    /// A pair that was kept.
    /// - Throws: ``CryptographyError/malformed(_:)`` for what is no P-256 key in PKCS#8 DER.
    package init(privateDER: SecretBytes) throws(CryptographyError) {
        publicPoint = try P256.PrivateKey(privateDER).publicPoint()
        self.privateDER = privateDER
    }

    private init(publicPoint: [UInt8], privateDER: SecretBytes) {
        self.publicPoint = publicPoint
        self.privateDER = privateDER
    }
}

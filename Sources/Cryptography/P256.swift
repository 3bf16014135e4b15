// ECDH on P-256 (SEC 1 section 3.3.1) by OpenSSL's EVP. Points come from strangers: what is no uncompressed point of
// the curve is refused before it meets a private key. Memory only.

import CLibcrypto

/// Points and shared secrets.
package enum P256 {
    /// An uncompressed point: 4, x, y.
    package static let pointBytes = 65

    /// The x-coordinate that both sides arrive at, 32 bytes.
    /// - Throws: ``CryptographyError/malformed(_:)`` where `point` is none of the curve.
    package static func sharedSecret(
        _ own: PrivateKey, with point: [UInt8]
    ) throws(CryptographyError) -> SecretBytes {
        let peer = try PublicKey(point)
        guard let context = EVP_PKEY_CTX_new(own.key, nil) else { throw .library("ecdh") }
        defer { EVP_PKEY_CTX_free(context) }
        guard EVP_PKEY_derive_init(context) == 1, EVP_PKEY_derive_set_peer(context, peer.key) == 1 else {
            throw .malformed("a public key")
        }
        return try SecretBytes(count: 32) { (target) throws(CryptographyError) in
            var length = target.count
            guard EVP_PKEY_derive(context, target.bindMemory(to: UInt8.self).baseAddress, &length) == 1,
                length == target.count
            else { throw .library("ecdh") }
        }
    }

    /// The key of two agreements together: an ephemeral pair's, and one that proves who made it.
    /// - Parameters:
    ///   - points: the public points that take part, in an order that both sides know: the salt.
    ///   - info: what the key is for.
    package static func key(
        of shared: (SecretBytes, SecretBytes), points: [UInt8], info: String
    ) throws(CryptographyError) -> SecretBytes {
        let both = try SecretBytes(count: shared.0.count + shared.1.count) { (target) throws(CryptographyError) in
            shared.0.withBytes { target.copyMemory(from: $0) }
            let tail = UnsafeMutableRawBufferPointer(rebasing: target[shared.0.count...])
            shared.1.withBytes { tail.copyMemory(from: $0) }
        }
        let salt = points.withUnsafeBytes { SecretBytes(copying: $0) }
        return try HKDF.expand(both, salt: salt, info: info)
    }

    /// A point that has been checked: on the curve, not infinity.
    package final class PublicKey {
        let key: OpaquePointer

        /// - Throws: ``CryptographyError/malformed(_:)`` for anything but an uncompressed point of the curve.
        package init(_ point: [UInt8]) throws(CryptographyError) {
            guard point.count == pointBytes, point.first == 4 else { throw .malformed("a public key") }
            guard let context = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, nil) else { throw .library("p-256") }
            defer { EVP_PKEY_CTX_free(context) }
            var made: OpaquePointer?
            guard EVP_PKEY_paramgen_init(context) == 1,
                EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, NID_X9_62_prime256v1) == 1,
                EVP_PKEY_paramgen(context, &made) == 1, let made
            else { throw .library("p-256") }
            key = made
            // Refuses what is not on the curve.
            guard EVP_PKEY_set1_encoded_public_key(made, point, point.count) == 1 else {
                throw .malformed("a public key")
            }
            guard let check = EVP_PKEY_CTX_new(made, nil) else { throw .library("p-256") }
            defer { EVP_PKEY_CTX_free(check) }
            guard EVP_PKEY_public_check(check) == 1 else { throw .malformed("a public key") }
        }

        deinit { EVP_PKEY_free(key) }
    }

    /// A private half, read from PKCS#8; OpenSSL wipes its copy.
    package final class PrivateKey {
        let key: OpaquePointer

        /// - Throws: ``CryptographyError/malformed(_:)`` for what is no P-256 key in PKCS#8 DER.
        package init(_ privateDER: SecretBytes) throws(CryptographyError) {
            let key = privateDER.withBytes { bytes -> OpaquePointer? in
                var position = bytes.bindMemory(to: UInt8.self).baseAddress
                guard let info = d2i_PKCS8_PRIV_KEY_INFO(nil, &position, bytes.count) else { return nil }
                defer { PKCS8_PRIV_KEY_INFO_free(info) }
                return EVP_PKCS82PKEY(info)
            }
            guard let key else { throw .malformed("a private key") }
            self.key = key
            // Only P-256 gives 65 bytes and 256 bits.
            guard EVP_PKEY_get_base_id(key) == EVP_PKEY_EC, EVP_PKEY_get_bits(key) == 256 else {
                throw .malformed("a private key")
            }
            _ = try PublicKey(try publicPoint())
        }

        /// The public half, 65 bytes.
        package func publicPoint() throws(CryptographyError) -> [UInt8] { try KeyPair.publicPoint(key) }

        deinit { EVP_PKEY_free(key) }
    }
}

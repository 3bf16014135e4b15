// ECDH on P-256 (SEC 1 section 3.3.1) by OpenSSL's EVP. Points come from strangers: what is no uncompressed point of the
// curve is refused before it meets a private key. Memory only.

import CLibcrypto

/// Points and shared secrets.
enum P256 {
    /// An uncompressed point: 4, x, y.
    static let pointBytes = 65

    /// The x-coordinate that both sides arrive at, 32 bytes.
    static func sharedSecret(_ own: PrivateKey, with point: [UInt8]) throws(LinkError) -> SecretBytes {
        let peer = try PublicKey(point)
        guard let context = EVP_PKEY_CTX_new(own.key, nil) else { throw .library("ecdh") }
        defer { EVP_PKEY_CTX_free(context) }
        guard EVP_PKEY_derive_init(context) == 1, EVP_PKEY_derive_set_peer(context, peer.key) == 1 else {
            throw .malformed("a public key")
        }
        return try SecretBytes(count: 32) { (target) throws(LinkError) in
            var length = target.count
            guard EVP_PKEY_derive(context, target.bindMemory(to: UInt8.self).baseAddress, &length) == 1,
                length == target.count
            else { throw .library("ecdh") }
        }
    }

    /// The key of two agreements together: an ephemeral pair's, and one that proves who made it.
    /// - Parameter points: ephemeral, gateway's and conversation's public point, in this order: the salt.
    static func key(
        of shared: (SecretBytes, SecretBytes), points: [UInt8], info: String
    ) throws(LinkError) -> SecretBytes {
        let both = try SecretBytes(count: shared.0.count + shared.1.count) { (target) throws(LinkError) in
            shared.0.withBytes { target.copyMemory(from: $0) }
            let tail = UnsafeMutableRawBufferPointer(rebasing: target[shared.0.count...])
            shared.1.withBytes { tail.copyMemory(from: $0) }
        }
        let salt = points.withUnsafeBytes { SecretBytes(copying: $0) }
        return try HKDF.expand(both, salt: salt, info: info)
    }

    /// A point that has been checked: on the curve, not infinity.
    final class PublicKey {
        let key: OpaquePointer

        /// - Throws: ``LinkError/malformed(_:)`` for anything but an uncompressed point of the curve.
        init(_ point: [UInt8]) throws(LinkError) {
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
    final class PrivateKey {
        let key: OpaquePointer

        /// - Throws: ``LinkError/malformed(_:)`` for what is no P-256 key in PKCS#8 DER.
        init(_ privateDER: SecretBytes) throws(LinkError) {
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

        func publicPoint() throws(LinkError) -> [UInt8] { try ConversationKey.publicPoint(key) }

        deinit { EVP_PKEY_free(key) }
    }
}

// Elliptic-curve Diffie-Hellman on P-256 (SEC 1 section 3.3.1, NIST SP 800-56A), by OpenSSL's EVP. A point that is not on the
// curve is refused. Memory only.

import CLibcrypto

/// Agreement on a shared secret.
enum KeyAgreement {
    /// An uncompressed point, in bytes.
    static let pointBytes = 65

    /// The shared secret: the x-coordinate, 32 bytes.
    /// - Parameters:
    ///   - privateKey: PKCS#8 DER of a P-256 key.
    ///   - publicPoint: uncompressed point, 65 bytes; untrusted.
    /// - Throws: ``LinkError/malformed(_:)`` for a point that is not one of the curve's, or a key of another kind.
    static func agree(privateKey: SecretBytes, publicPoint: [UInt8]) throws(LinkError) -> SecretBytes {
        let own = try key(of: privateKey)
        defer { EVP_PKEY_free(own) }
        let other = try key(of: publicPoint)
        defer { EVP_PKEY_free(other) }
        guard let context = EVP_PKEY_CTX_new(own, nil) else { throw .library("ecdh") }
        defer { EVP_PKEY_CTX_free(context) }
        // The peer is checked by the library as well (public key validation is on by default).
        guard EVP_PKEY_derive_init(context) == 1, EVP_PKEY_derive_set_peer(context, other) == 1 else {
            throw .malformed("a public point")
        }
        return try SecretBytes(count: 32) { (target) throws(LinkError) in
            var length = target.count
            guard EVP_PKEY_derive(context, target.bindMemory(to: UInt8.self).baseAddress, &length) == 1,
                length == target.count
            else { throw .library("ecdh") }
        }
    }

    private static func key(of der: SecretBytes) throws(LinkError) -> OpaquePointer {
        let key = der.withBytes { bytes -> OpaquePointer? in
            var position = bytes.bindMemory(to: UInt8.self).baseAddress
            guard let info = d2i_PKCS8_PRIV_KEY_INFO(nil, &position, bytes.count) else { return nil }
            defer { PKCS8_PRIV_KEY_INFO_free(info) }
            return EVP_PKCS82PKEY(info)
        }
        guard let key else { throw .malformed("a private key") }
        guard isP256(key) else {
            EVP_PKEY_free(key)
            throw .malformed("a private key")
        }
        return key
    }

    private static func key(of point: [UInt8]) throws(LinkError) -> OpaquePointer {
        guard point.count == pointBytes, point.first == 4 else { throw .malformed("a public point") }
        guard let parameters = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, nil) else { throw .library("ecdh") }
        defer { EVP_PKEY_CTX_free(parameters) }
        var shape: OpaquePointer?
        guard EVP_PKEY_paramgen_init(parameters) == 1,
            EVP_PKEY_CTX_set_ec_paramgen_curve_nid(parameters, NID_X9_62_prime256v1) == 1,
            EVP_PKEY_paramgen(parameters, &shape) == 1, let shape
        else { throw .library("ecdh") }
        // Refuses what is not on the curve.
        guard EVP_PKEY_set1_encoded_public_key(shape, point, point.count) == 1 else {
            EVP_PKEY_free(shape)
            throw .malformed("a public point")
        }
        return shape
    }

    private static func isP256(_ key: OpaquePointer) -> Bool {
        var name = [CChar](repeating: 0, count: 32)
        var length = 0
        guard EVP_PKEY_get_group_name(key, &name, name.count, &length) == 1 else { return false }
        return String(decoding: name.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self) == "prime256v1"
    }
}

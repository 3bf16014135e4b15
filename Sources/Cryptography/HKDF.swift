// Keys from keys: HKDF (RFC 5869) with HMAC-SHA-256, by OpenSSL. Memory only.

import CLibcrypto

/// HKDF-SHA-256 to 32 bytes (RFC 5869).
package enum HKDF {
    /// RFC 5869 section 2.2: no salt is one of 32 zeros.
    package static func noSalt() throws(CryptographyError) -> SecretBytes {
        try SecretBytes(count: 32) { _ throws(CryptographyError) in }
    }

    /// The key that belongs to `info`, 32 bytes.
    /// - Throws: ``CryptographyError/library(_:)`` where the library fails.
    package static func expand(
        _ key: SecretBytes, salt: SecretBytes, info: String
    ) throws(CryptographyError) -> SecretBytes {
        guard let context = EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, nil) else { throw .library("hkdf") }
        defer { EVP_PKEY_CTX_free(context) }
        let info = Array(info.utf8)
        return try SecretBytes(count: 32) { (target) throws(CryptographyError) in
            var length = target.count
            let ready =
                EVP_PKEY_derive_init(context) == 1 && EVP_PKEY_CTX_set_hkdf_md(context, EVP_sha256()) == 1
                && set(salt, { EVP_PKEY_CTX_set1_hkdf_salt(context, $0, $1) })
                && set(key, { EVP_PKEY_CTX_set1_hkdf_key(context, $0, $1) })
                && EVP_PKEY_CTX_add1_hkdf_info(context, info, Int32(clamping: info.count)) == 1
            guard ready,
                EVP_PKEY_derive(context, target.bindMemory(to: UInt8.self).baseAddress, &length) == 1,
                length == target.count
            else { throw .library("hkdf") }
        }
    }

    private static func set(_ secret: SecretBytes, _ call: (UnsafePointer<UInt8>?, Int32) -> Int32) -> Bool {
        secret.withBytes { call($0.bindMemory(to: UInt8.self).baseAddress, Int32(clamping: $0.count)) == 1 }
    }
}

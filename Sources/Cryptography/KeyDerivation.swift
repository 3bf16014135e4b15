// Keys from passwords and from other keys: PBKDF2 (RFC 8018 section 5.2) and HKDF (RFC 5869), both with HMAC-SHA-256, by
// OpenSSL. Memory only.

import CLibcrypto

/// PBKDF2-HMAC-SHA-256 to 32 bytes.
package enum PBKDF2 {
    /// Stretches a password. Blocks for as long as the rounds take.
    /// - Parameters:
    ///   - password: as bytes; the caller wipes its copy.
    ///   - rounds: iterations, 1 to 2 147 483 647.
    /// - Throws: ``CryptographyError/malformed(_:)`` for another number of rounds, ``CryptographyError/library(_:)`` where
    ///   the library fails.
    package static func stretch(
        _ password: UnsafeRawBufferPointer, salt: [UInt8], rounds: Int
    ) throws(CryptographyError) -> SecretBytes {
        guard let rounds = Int32(exactly: rounds), rounds > 0 else { throw .malformed("the number of rounds") }
        return try SecretBytes(count: 32) { (target) throws(CryptographyError) in
            let done = PKCS5_PBKDF2_HMAC(
                password.bindMemory(to: CChar.self).baseAddress, Int32(clamping: password.count), salt,
                Int32(clamping: salt.count), rounds, EVP_sha256(), Int32(target.count),
                target.bindMemory(to: UInt8.self).baseAddress)
            guard done == 1 else { throw .library("pbkdf2") }
        }
    }
}

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

// The crypto of log-in by libcrypto: SHA-256, HMAC-SHA-256 (RFC 2104), PBKDF2 (RFC 8018, "Hi" of RFC 5802), comparison in
// constant time, randomness, wiping. Small values in memory; fails only where the library does.

import CLibcrypto

/// Digests of SCRAM-SHA-256 and of pinned keys.
package enum SASLDigest {
    /// Bytes of a digest: 32.
    package static let byteCount = 32

    /// SHA-256; nil where the library fails.
    package static func sha256(_ bytes: [UInt8]) -> [UInt8]? {
        var digest = [UInt8](repeating: 0, count: byteCount)
        var length: UInt32 = 0
        guard EVP_Digest(bytes, bytes.count, &digest, &length, EVP_sha256(), nil) == 1, length == UInt32(byteCount)
        else { return nil }
        return digest
    }

    /// HMAC-SHA-256; nil where the library fails.
    static func hmac(key: [UInt8], _ message: [UInt8]) -> [UInt8]? {
        guard let context = EVP_MD_CTX_new() else { return nil }
        defer { EVP_MD_CTX_free(context) }
        guard let handle = EVP_PKEY_new_raw_private_key(EVP_PKEY_HMAC, nil, key, key.count) else { return nil }
        defer { EVP_PKEY_free(handle) }
        var code = [UInt8](repeating: 0, count: byteCount)
        var length = code.count
        guard EVP_DigestSignInit(context, nil, EVP_sha256(), nil, handle) == 1,
            EVP_DigestSign(context, &code, &length, message, message.count) == 1, length == code.count
        else { return nil }
        return code
    }

    /// PBKDF2-HMAC-SHA-256, 32 bytes; nil where the library fails. Blocks for as long as the iterations take.
    static func stretch(_ password: [UInt8], salt: [UInt8], iterations: Int) -> [UInt8]? {
        guard let iterations = Int32(exactly: iterations), iterations > 0 else { return nil }
        var key = [UInt8](repeating: 0, count: byteCount)
        let done = password.withUnsafeBytes { bytes in
            PKCS5_PBKDF2_HMAC(
                bytes.bindMemory(to: CChar.self).baseAddress, Int32(clamping: bytes.count), salt,
                Int32(clamping: salt.count), iterations, EVP_sha256(), Int32(byteCount), &key)
        }
        return done == 1 ? key : nil
    }

    /// True where both are equal; the time does not tell where they differ. The length is no secret.
    static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
    }

    /// Strong random bytes; nil where the generator has no entropy: nothing weaker is ever used instead.
    package static func random(_ count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        guard let length = Int32(exactly: count), RAND_bytes(&bytes, length) == 1 else { return nil }
        return bytes
    }

    /// Overwrites bytes that were a password or a key made of one.
    static func wipe(_ bytes: inout [UInt8]) {
        bytes.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) }
    }
}

extension Array<UInt8> {
    /// Bitwise exclusive or of two values of one length; nil where the lengths differ.
    func exclusiveOr(_ other: [UInt8]) -> [UInt8]? {
        count == other.count ? zip(self, other).map { $0 ^ $1 } : nil
    }
}

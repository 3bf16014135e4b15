// Making P-256 key pairs, by OpenSSL's EVP; the private half lies in memory that is wiped. Memory and randomness only.

import CLibcrypto

extension P256 {
    /// Both halves of a key.
    package struct KeyPair: Sendable {
        /// Private half, PKCS#8 DER (RFC 5208, RFC 5915): what WebCrypto's `importKey("pkcs8")` takes.
        package let privateDER: SecretBytes
        /// Public half, uncompressed point (SEC 1 section 2.3.3), 65 bytes: what `importKey("raw")` takes.
        package let publicPoint: [UInt8]

        /// A pair from its parts, unchecked.
        package init(privateDER: SecretBytes, publicPoint: [UInt8]) {
            self.privateDER = privateDER
            self.publicPoint = publicPoint
        }

        /// A new pair.
        /// - Throws: ``CryptographyError/library(_:)`` where the library fails or has no randomness.
        package static func make() throws(CryptographyError) -> KeyPair {
            guard let context = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, nil) else { throw .library("p-256") }
            defer { EVP_PKEY_CTX_free(context) }
            var key: OpaquePointer?
            guard EVP_PKEY_keygen_init(context) == 1,
                EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, NID_X9_62_prime256v1) == 1,
                EVP_PKEY_generate(context, &key) == 1, let key
            else { throw .library("p-256") }
            defer { EVP_PKEY_free(key) }
            return KeyPair(privateDER: try privateDER(key), publicPoint: try publicPoint(key))
        }

        private static func privateDER(_ key: OpaquePointer) throws(CryptographyError) -> SecretBytes {
            guard let info = EVP_PKEY2PKCS8(key) else { throw .library("pkcs #8") }
            defer { PKCS8_PRIV_KEY_INFO_free(info) }  // wipes
            let length = i2d_PKCS8_PRIV_KEY_INFO(info, nil)
            guard length > 0 else { throw .library("pkcs #8") }
            return try SecretBytes(count: Int(length)) { (target) throws(CryptographyError) in
                var position = target.bindMemory(to: UInt8.self).baseAddress
                guard i2d_PKCS8_PRIV_KEY_INFO(info, &position) == length else { throw .library("pkcs #8") }
            }
        }

        static func publicPoint(_ key: OpaquePointer) throws(CryptographyError) -> [UInt8] {
            var point: UnsafeMutablePointer<UInt8>?
            let length = EVP_PKEY_get1_encoded_public_key(key, &point)
            defer { CRYPTO_free(point, nil, 0) }
            guard length == 65, let point, point.pointee == 4 else { throw .library("p-256 point") }
            return Array(UnsafeBufferPointer(start: point, count: length))
        }
    }
}

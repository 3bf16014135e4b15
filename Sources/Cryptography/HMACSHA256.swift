// HMAC (RFC 2104) with SHA-256, and with SHA-1 for the codes of authenticator apps, by OpenSSL's EVP. Memory only.

import CLibcrypto

/// HMAC-SHA-256.
package enum HMACSHA256 {
    /// Length of a code in bytes: 32.
    package static let byteCount = 32

    /// The 32-byte code of a small value.
    /// - Parameter key: raw bytes, at least 32 for full strength.
    /// - Throws: ``CryptographyError/library(_:)`` where the library fails.
    package static func code(_ bytes: [UInt8], key: [UInt8]) throws(CryptographyError) -> [UInt8] {
        let stream = try Stream(key: key)
        try bytes.withUnsafeBufferPointer { (bytes) throws(CryptographyError) in
            try stream.add(UnsafeRawBufferPointer(bytes))
        }
        return try stream.finish()
    }

    /// The code of what comes in pieces.
    package final class Stream {
        private let context: HMACContext

        /// - Parameter key: raw bytes, at least 32 for full strength.
        /// - Throws: ``CryptographyError/library(_:)`` where the library fails.
        package init(key: [UInt8]) throws(CryptographyError) {
            context = try HMACContext(EVP_sha256(), key: key, "hmac-sha-256")
        }

        /// Adds the next piece.
        package func add(_ bytes: UnsafeRawBufferPointer) throws(CryptographyError) { try context.add(bytes) }

        /// The code, 32 bytes; nothing can be added after it.
        package func finish() throws(CryptographyError) -> [UInt8] { try context.finish(byteCount) }
    }
}

/// HMAC-SHA-1, which RFC 4226 prescribes for one-time codes; nothing else may use it.
package enum HMACSHA1 {
    /// The 20-byte code of a small value.
    /// - Throws: ``CryptographyError/library(_:)`` where the library fails.
    package static func code(_ bytes: [UInt8], key: [UInt8]) throws(CryptographyError) -> [UInt8] {
        let context = try HMACContext(EVP_sha1(), key: key, "hmac-sha-1")
        try bytes.withUnsafeBufferPointer { (bytes) throws(CryptographyError) in
            try context.add(UnsafeRawBufferPointer(bytes))
        }
        return try context.finish(20)
    }
}

/// One use of a key for one value.
private final class HMACContext {
    private let context: OpaquePointer
    private let key: OpaquePointer
    private let step: String

    init(_ digest: OpaquePointer?, key: [UInt8], _ step: String) throws(CryptographyError) {
        guard let context = EVP_MD_CTX_new() else { throw .library(step) }
        guard let handle = EVP_PKEY_new_raw_private_key(EVP_PKEY_HMAC, nil, key, key.count) else {
            EVP_MD_CTX_free(context)
            throw .library(step)
        }
        guard EVP_DigestSignInit(context, nil, digest, nil, handle) == 1 else {
            EVP_PKEY_free(handle)
            EVP_MD_CTX_free(context)
            throw .library(step)
        }
        (self.context, self.key, self.step) = (context, handle, step)
    }

    deinit {
        EVP_MD_CTX_free(context)
        EVP_PKEY_free(key)
    }

    func add(_ bytes: UnsafeRawBufferPointer) throws(CryptographyError) {
        guard EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1 else { throw .library(step) }
    }

    func finish(_ byteCount: Int) throws(CryptographyError) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: byteCount)
        var length = code.count
        guard EVP_DigestSignFinal(context, &code, &length) == 1, length == byteCount else { throw .library(step) }
        return code
    }
}

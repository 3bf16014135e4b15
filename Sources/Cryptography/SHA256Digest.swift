// SHA-256 (FIPS 180-4), HMAC-SHA-256 (RFC 2104) and comparison in constant time, by OpenSSL's EVP. Memory only.

import CLibcrypto
package import Mail

/// SHA-256 of small values.
package enum SHA256Digest {
    /// Length in bytes: 32.
    package static let byteCount = 32

    /// The digest, 32 bytes.
    package static func of(_ bytes: [UInt8]) throws(LinkError) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: byteCount)
        var length: UInt32 = 0
        guard EVP_Digest(bytes, bytes.count, &digest, &length, EVP_sha256(), nil) == 1, length == UInt32(byteCount)
        else {
            throw .library("sha-256")
        }
        return digest
    }

    /// The digest of key material, 32 bytes.
    package static func of(_ secret: SecretBytes) throws(LinkError) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: byteCount)
        var length: UInt32 = 0
        let done = secret.withBytes { EVP_Digest($0.baseAddress, $0.count, &digest, &length, EVP_sha256(), nil) }
        guard done == 1, length == UInt32(byteCount) else { throw .library("sha-256") }
        return digest
    }
}

/// Comparison whose time does not tell where two values differ.
package enum ConstantTime {
    /// True where both are equal. The length is no secret and compared first.
    package static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
    }
}

/// HMAC-SHA-256 of a message, chunk after chunk.
package enum HMACSHA256 {
    /// The 32-byte code.
    /// - Parameter key: raw bytes, at least 32 for full strength.
    /// - Throws: a ``Refusal`` of cause `internalError` where the library fails, or what reading the bytes throws.
    package static func authenticate(_ message: MessageBytes, key: [UInt8]) throws(Refusal) -> [UInt8] {
        let failed = LinkError.library("hmac-sha-256").refusal
        guard let context = EVP_MD_CTX_new() else { throw failed }
        defer { EVP_MD_CTX_free(context) }
        guard let handle = EVP_PKEY_new_raw_private_key(EVP_PKEY_HMAC, nil, key, key.count) else { throw failed }
        defer { EVP_PKEY_free(handle) }
        guard EVP_DigestSignInit(context, nil, EVP_sha256(), nil, handle) == 1 else { throw failed }
        do {
            try message.forEachChunk { chunk in
                guard EVP_DigestUpdate(context, chunk.baseAddress, chunk.count) == 1 else { throw failed }
            }
        } catch {
            throw error as? Refusal ?? failed
        }
        var code = [UInt8](repeating: 0, count: SHA256Digest.byteCount)
        var length = code.count
        guard EVP_DigestSignFinal(context, &code, &length) == 1, length == code.count else { throw failed }
        return code
    }
}

/// SHA-256 of what comes in pieces.
package final class SHA256Stream {
    private let context: OpaquePointer

    package init() throws(LinkError) {
        guard let context = EVP_MD_CTX_new() else { throw .library("sha-256") }
        guard EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
            EVP_MD_CTX_free(context)
            throw .library("sha-256")
        }
        self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    /// Adds the next piece.
    package func add(_ bytes: ArraySlice<UInt8>) throws(LinkError) {
        let done = bytes.withUnsafeBufferPointer { EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
        guard done == 1 else { throw .library("sha-256") }
    }

    /// The digest, 32 bytes; nothing can be added after it.
    package func finish() throws(LinkError) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: SHA256Digest.byteCount)
        guard EVP_DigestFinal_ex(context, &digest, nil) == 1 else { throw .library("sha-256") }
        return digest
    }
}

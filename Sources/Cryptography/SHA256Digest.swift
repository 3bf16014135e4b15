// SHA-256 (FIPS 180-4), by OpenSSL's EVP. Memory only.

import CLibcrypto

/// SHA-256 of small values.
package enum SHA256Digest {
    /// Length in bytes: 32.
    package static let byteCount = 32

    /// The digest, 32 bytes.
    /// - Throws: ``CryptographyError/library(_:)`` where the library fails.
    package static func of(_ bytes: [UInt8]) throws(CryptographyError) -> [UInt8] {
        try bytes.withUnsafeBufferPointer { (bytes) throws(CryptographyError) in try of(UnsafeRawBufferPointer(bytes)) }
    }

    /// The digest of key material, 32 bytes.
    /// - Throws: as ``of(_:)-([UInt8])``.
    package static func of(_ secret: SecretBytes) throws(CryptographyError) -> [UInt8] {
        try secret.withBytes { (bytes) throws(CryptographyError) in try of(bytes) }
    }

    private static func of(_ bytes: UnsafeRawBufferPointer) throws(CryptographyError) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: byteCount)
        var length: UInt32 = 0
        guard EVP_Digest(bytes.baseAddress, bytes.count, &digest, &length, EVP_sha256(), nil) == 1,
            length == UInt32(byteCount)
        else { throw .library("sha-256") }
        return digest
    }
}

/// SHA-256 of what comes in pieces.
package final class SHA256Stream {
    private let context: OpaquePointer

    /// A digest of nothing yet.
    /// - Throws: ``CryptographyError/library(_:)`` where the library fails.
    package init() throws(CryptographyError) {
        guard let context = EVP_MD_CTX_new() else { throw .library("sha-256") }
        guard EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
            EVP_MD_CTX_free(context)
            throw .library("sha-256")
        }
        self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    /// Adds the next piece.
    package func add(_ bytes: ArraySlice<UInt8>) throws(CryptographyError) {
        let done = bytes.withUnsafeBufferPointer { EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
        guard done == 1 else { throw .library("sha-256") }
    }

    /// The digest, 32 bytes; nothing can be added after it.
    package func finish() throws(CryptographyError) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: SHA256Digest.byteCount)
        guard EVP_DigestFinal_ex(context, &digest, nil) == 1 else { throw .library("sha-256") }
        return digest
    }
}

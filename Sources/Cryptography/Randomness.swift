// The only source of randomness for keys, nonces and ids: OpenSSL's RAND_bytes, its result always checked.

import CLibcrypto

/// Cryptographically strong random bytes.
package enum Randomness {
    /// `count` random bytes.
    /// - Throws: ``CryptographyError/library(_:)`` where the generator has no entropy; nothing weaker is ever used
    ///   instead.
    package static func bytes(_ count: Int) throws(CryptographyError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        guard let length = Int32(exactly: count), RAND_bytes(&bytes, length) == 1 else { throw .library("rand") }
        return bytes
    }

    /// `count` random bytes as key material.
    /// - Throws: as ``bytes(_:)``.
    package static func secret(_ count: Int) throws(CryptographyError) -> SecretBytes {
        try SecretBytes(count: count) { (memory) throws(CryptographyError) in
            guard let length = Int32(exactly: memory.count),
                RAND_priv_bytes(memory.baseAddress?.assumingMemoryBound(to: UInt8.self), length) == 1
            else { throw .library("rand") }
        }
    }
}

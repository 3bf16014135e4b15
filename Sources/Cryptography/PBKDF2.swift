// Keys from passwords: PBKDF2 (RFC 8018 section 5.2) with HMAC-SHA-256, by OpenSSL. Memory only.

import CLibcrypto

/// PBKDF2-HMAC-SHA-256 to 32 bytes.
package enum PBKDF2 {
    /// Stretches a password. Blocks for as long as the rounds take.
    /// - Parameters:
    ///   - password: as bytes; the caller wipes its copy.
    ///   - rounds: iterations, 1 to 2 147 483 647.
    /// - Throws: ``CryptographyError/malformed(_:)`` for another number of rounds, ``CryptographyError/library(_:)``
    ///   where the library fails.
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

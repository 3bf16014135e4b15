// Keys from passwords: PBKDF2 (RFC 8018 section 5.2) with HMAC-SHA-256. Memory only.
//
// Its rounds are the price of every link, so they run on the compression function of OpenSSL's SHA-256 (CPBKDF2), in a
// third to a fifth of the time of EVP. That function is deprecated: before its first use it is compared with EVP, and
// where it differs, or OpenSSL must not be used that way, EVP is used.

import CLibcrypto
import CPBKDF2

/// PBKDF2-HMAC-SHA-256 to 32 bytes.
package enum PBKDF2 {
    /// How the rounds are computed.
    package enum Way: Sendable, Equatable {
        /// On the compression function.
        case compression
        /// By EVP, which takes three to five times as long; and why.
        case evp(why: String)
    }

    /// Computes it: fills `target`, 32 bytes. False where it failed.
    package typealias Derivation =
        @Sendable (
            _ password: UnsafeRawBufferPointer, _ salt: [UInt8], _ rounds: Int32,
            _ target: UnsafeMutableRawBufferPointer
        ) -> Bool

    /// Decided once, by a comparison that takes milliseconds.
    package static let way = chosen(isFIPS: letterlock_is_fips() == 1, byCompression)

    /// Stretches a password. Blocks for as long as the rounds take.
    /// - Parameters:
    ///   - password: as bytes; the caller wipes its copy.
    ///   - rounds: iterations, 1 to 2 147 483 647.
    /// - Throws: ``CryptographyError/malformed(_:)`` for another number of rounds, ``CryptographyError/library(_:)``
    ///   where the library fails.
    package static func stretch(
        _ password: UnsafeRawBufferPointer, salt: [UInt8], rounds: Int
    ) throws(CryptographyError) -> SecretBytes {
        try stretch(password, salt: salt, rounds: rounds, way)
    }

    /// The same, in a way of one's choice.
    package static func stretch(
        _ password: UnsafeRawBufferPointer, salt: [UInt8], rounds: Int, _ way: Way
    ) throws(CryptographyError) -> SecretBytes {
        guard let rounds = Int32(exactly: rounds), rounds > 0 else { throw .malformed("the number of rounds") }
        let derivation = way == .compression ? byCompression : byEVP
        return try SecretBytes(count: 32) { (target) throws(CryptographyError) in
            guard derivation(password, salt, rounds, target) else { throw .library("pbkdf2") }
        }
    }

    /// The way to take.
    /// - Parameter compression: what is compared with EVP, over 1,000 rounds.
    package static func chosen(isFIPS: Bool, _ compression: Derivation) -> Way {
        if isFIPS { return .evp(why: "OpenSSL runs in FIPS mode") }
        let password = Array("a password of some length".utf8)
        let salt = [UInt8](0..<16)
        var (quick, sure) = ([UInt8](repeating: 0, count: 32), [UInt8](repeating: 1, count: 32))
        let done = password.withUnsafeBytes { password in
            quick.withUnsafeMutableBytes { compression(password, salt, 1_000, $0) }
                && sure.withUnsafeMutableBytes { byEVP(password, salt, 1_000, $0) }
        }
        return done && quick == sure ? .compression : .evp(why: "the compression function gives another key")
    }

    /// On the compression function.
    package static let byCompression: Derivation = { password, salt, rounds, target in
        letterlock_pbkdf2_sha256(
            password.bindMemory(to: UInt8.self).baseAddress, password.count, salt, salt.count, UInt32(rounds),
            target.bindMemory(to: UInt8.self).baseAddress)
        return true
    }

    private static let byEVP: Derivation = { password, salt, rounds, target in
        PKCS5_PBKDF2_HMAC(
            password.bindMemory(to: CChar.self).baseAddress, Int32(clamping: password.count), salt,
            Int32(clamping: salt.count), rounds, EVP_sha256(), Int32(target.count),
            target.bindMemory(to: UInt8.self).baseAddress) == 1
    }
}

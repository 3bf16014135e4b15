// Keys from passwords and keys against published vectors (RFC 5869, RFC 7914 section 11), codes of RFC 2202, AES-GCM in
// place.

import Cryptography
import Testing

@Suite struct KeyDerivationTests {
    private func hex(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    private func secret(_ bytes: [UInt8]) -> SecretBytes { bytes.withUnsafeBytes { SecretBytes(copying: $0) } }

    @Test func pbkdf2() throws {
        let stretched = try Array("passwd".utf8).withUnsafeBytes {
            try PBKDF2.stretch($0, salt: Array("salt".utf8), rounds: 1)
        }
        // RFC 7914 section 11, the first half of 64 bytes.
        #expect(
            stretched.withBytes { hex($0) } == "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc")
    }

    /// The compression function against EVP, with keys around the size of a block.
    @Test(arguments: [0, 1, 63, 64, 65, 200], [1, 2, 1_000])
    func bothWaysOfPBKDF2Agree(keyBytes: Int, rounds: Int) throws {
        let password = (0..<keyBytes).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ 1) }
        for salt in [[], [UInt8](repeating: 9, count: 16), [UInt8](repeating: 3, count: 100)] {
            let keys = try [PBKDF2.Way.compression, .evp(why: "compared")].map { way in
                try password.withUnsafeBytes { try PBKDF2.stretch($0, salt: salt, rounds: rounds, way) }
            }
            #expect(keys[0].withBytes { hex($0) } == keys[1].withBytes { hex($0) })
        }
    }

    @Test func whatDiffersFromEVPIsNotUsed() {
        #expect(PBKDF2.chosen(isFIPS: false, PBKDF2.byCompression) == .compression)
        #expect(PBKDF2.way == .compression)
        let wrong = PBKDF2.chosen(isFIPS: false) { password, salt, rounds, target in
            guard PBKDF2.byCompression(password, salt, rounds, target) else { return false }
            target[31] ^= 1
            return true
        }
        #expect(wrong == .evp(why: "the compression function gives another key"))
        #expect(PBKDF2.chosen(isFIPS: true, PBKDF2.byCompression) == .evp(why: "OpenSSL runs in FIPS mode"))
        #expect(PBKDF2.chosen(isFIPS: false) { _, _, _, _ in false } != .compression)
    }

    @Test(arguments: [0, -1, Int.max]) func pbkdf2RefusesRounds(rounds: Int) {
        #expect(throws: CryptographyError.malformed("the number of rounds")) {
            try Array("p".utf8).withUnsafeBytes { try PBKDF2.stretch($0, salt: [1], rounds: rounds) }
        }
    }

    @Test func hkdfWithoutSaltAndInfo() throws {
        // RFC 5869 appendix A.3, its first 32 bytes.
        let key = try HKDF.expand(
            secret([UInt8](repeating: 0x0b, count: 22)), salt: try HKDF.noSalt(), info: "")
        #expect(key.withBytes { hex($0) } == "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d")
    }

    @Test func hmacSHA1() throws {
        // RFC 2202 case 2.
        let code = try HMACSHA1.code(Array("what do ya want for nothing?".utf8), key: Array("Jefe".utf8))
        #expect(hex(code) == "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79")
    }

    @Test func sealsInPlaceAsElsewhere() throws {
        let key = try Randomness.secret(AESGCM.keyBytes)
        let nonce = [UInt8](repeating: 7, count: AESGCM.nonceBytes)
        let plain = try Randomness.bytes(1000)
        var room = plain + [UInt8](repeating: 0, count: AESGCM.tagBytes)
        try room.withUnsafeMutableBytes { try AESGCM.seal(inPlace: $0, key: key, nonce: nonce) }
        #expect(room == (try plain.withUnsafeBytes { try AESGCM.seal($0, key: key, nonce: nonce) }))
        var altered = room
        altered[3] ^= 1
        #expect(throws: CryptographyError.wrongTag("a sealed value")) {
            try altered.withUnsafeMutableBytes { try AESGCM.open(inPlace: $0, key: key, nonce: nonce) }
        }
        try room.withUnsafeMutableBytes { try AESGCM.open(inPlace: $0, key: key, nonce: nonce) }
        #expect(room.dropLast(AESGCM.tagBytes) == plain[...])
    }

    @Test func noRoomForATag() throws {
        let key = try Randomness.secret(AESGCM.keyBytes)
        var short = [UInt8](repeating: 0, count: AESGCM.tagBytes)
        #expect(throws: CryptographyError.malformed("a value to seal")) {
            try short.withUnsafeMutableBytes {
                try AESGCM.seal(inPlace: $0, key: key, nonce: [UInt8](repeating: 0, count: 12))
            }
        }
    }

    @Test func bothSidesAgree() throws {
        let (own, other) = (try P256.KeyPair.make(), try P256.KeyPair.make())
        let here = try P256.sharedSecret(try P256.PrivateKey(own.privateDER), with: other.publicPoint)
        let there = try P256.sharedSecret(try P256.PrivateKey(other.privateDER), with: own.publicPoint)
        #expect(here.withBytes { Array($0) } == there.withBytes { Array($0) })
    }

    @Test func wipes() throws {
        var bytes = try Randomness.bytes(64)
        SecretMemory.wipe(&bytes)
        #expect(bytes == [UInt8](repeating: 0, count: 64))
    }
}

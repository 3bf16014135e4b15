// From password and link secret to the two keys of a letter (docs/inside/links-protocol.md, section 3).
// PBKDF2 (RFC 8018 section 5.2), HKDF (RFC 5869), both with HMAC-SHA-256, by OpenSSL. Memory only.

import CLibcrypto

/// The two keys of a letter.
package struct LetterKeys: Sendable {
    /// 32 bytes that prove to the portal that password and link secret are known. They open nothing.
    package let auth: SecretBytes
    /// 32 bytes that unwrap the content key; never leave the one who opens.
    package let enc: SecretBytes

    /// The name of this derivation in records and on the wire.
    package static let kdf = "pbkdf2-sha256"
    /// Rounds of new letters: what OWASP asks for this function; ~140 ms here, 0.2-1 s on a phone.
    package static let defaultRounds = 600_000
    /// More is refused when opening: it would only be a way to hang the one who opens.
    package static let mostRounds = 10_000_000
    static let authInfo = "letterlock/1 auth"
    static let encInfo = "letterlock/1 enc"

    /// Derives the keys; takes as long as the rounds take.
    /// - Parameters:
    ///   - password: as ``LinkPassword/normalise(_:kind:)`` gives it.
    ///   - salt: 16 bytes of the letter.
    ///   - linkSecret: the 16 bytes of the link's fragment.
    package static func derive(
        normalisedPassword password: String, salt: [UInt8], linkSecret: SecretBytes, rounds: Int
    ) throws(LinkError) -> LetterKeys {
        try derive(stretched: try stretch(password, salt: salt, rounds: rounds), linkSecret: linkSecret)
    }

    /// The quick half: from a password that has been stretched already.
    package static func derive(stretched: SecretBytes, linkSecret: SecretBytes) throws(LinkError) -> LetterKeys {
        LetterKeys(
            auth: try expand(stretched, salt: linkSecret, info: authInfo),
            enc: try expand(stretched, salt: linkSecret, info: encInfo))
    }

    static func stretch(_ password: String, salt: [UInt8], rounds: Int) throws(LinkError) -> SecretBytes {
        guard (1...mostRounds).contains(rounds), let rounds = Int32(exactly: rounds) else {
            throw .malformed("the number of rounds")
        }
        // In memory of our own, so that the copy can be wiped.
        let text = Array(password.utf8).withUnsafeBytes { SecretBytes(copying: $0) }
        return try SecretBytes(count: 32) { (target) throws(LinkError) in
            let done = text.withBytes { bytes in
                PKCS5_PBKDF2_HMAC(
                    bytes.bindMemory(to: CChar.self).baseAddress, Int32(clamping: bytes.count), salt,
                    Int32(clamping: salt.count), rounds, EVP_sha256(), Int32(target.count),
                    target.bindMemory(to: UInt8.self).baseAddress)
            }
            guard done == 1 else { throw .library("pbkdf2") }
        }
    }

    private static func expand(_ key: SecretBytes, salt: SecretBytes, info: String) throws(LinkError) -> SecretBytes {
        try HKDF.expand(key, salt: salt, info: info)
    }
}

/// What a client shows to the portal for a letter: that it has the link, and that it knows the password. Both open nothing.
package struct LetterProof: Sendable {
    /// 32 bytes made of the link secret alone: without them a guess is none, so that who knows only an id locks nobody out.
    package let link: [UInt8]
    /// 32 bytes made of password and link secret.
    package let auth: [UInt8]

    package init(link: [UInt8], auth: [UInt8]) {
        self.link = link
        self.auth = auth
    }

    /// ``link`` of a link secret: HKDF-SHA-256(link secret, no salt, "letterlock/1 link"), 32 bytes.
    static func link(of secret: SecretBytes) throws(LinkError) -> SecretBytes {
        try HKDF.expand(secret, salt: try HKDF.noSalt(), info: "letterlock/1 link")
    }
}

/// HKDF-SHA-256 to 32 bytes (RFC 5869).
enum HKDF {
    /// RFC 5869 section 2.2: no salt is one of 32 zeros.
    static func noSalt() throws(LinkError) -> SecretBytes { try SecretBytes(count: 32) { _ throws(LinkError) in } }

    static func expand(_ key: SecretBytes, salt: SecretBytes, info: String) throws(LinkError) -> SecretBytes {
        guard let context = EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, nil) else { throw .library("hkdf") }
        defer { EVP_PKEY_CTX_free(context) }
        let info = Array(info.utf8)
        return try SecretBytes(count: 32) { (target) throws(LinkError) in
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

// From password and link secret to the two keys of a letter (docs/inside/links-protocol.md, section 3).
// PBKDF2 (RFC 8018 section 5.2), HKDF (RFC 5869), both with HMAC-SHA-256, by OpenSSL. Memory only.

package import Cryptography

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
    ) throws(CryptographyError) -> LetterKeys {
        try derive(stretched: try stretch(password, salt: salt, rounds: rounds), linkSecret: linkSecret)
    }

    /// The quick half: from a password that has been stretched already.
    package static func derive(stretched: SecretBytes, linkSecret: SecretBytes) throws(CryptographyError) -> LetterKeys
    {
        LetterKeys(
            auth: try expand(stretched, salt: linkSecret, info: authInfo),
            enc: try expand(stretched, salt: linkSecret, info: encInfo))
    }

    static func stretch(_ password: String, salt: [UInt8], rounds: Int) throws(CryptographyError) -> SecretBytes {
        guard (1...mostRounds).contains(rounds) else { throw .malformed("the number of rounds") }
        // In memory of our own, so that the copy can be wiped.
        let text = Array(password.utf8).withUnsafeBytes { SecretBytes(copying: $0) }
        return try text.withBytes { (bytes) throws(CryptographyError) in
            try PBKDF2.stretch(bytes, salt: salt, rounds: rounds)
        }
    }

    private static func expand(_ key: SecretBytes, salt: SecretBytes, info: String) throws(CryptographyError)
        -> SecretBytes
    {
        try HKDF.expand(key, salt: salt, info: info)
    }
}

/// What a client shows to the portal for a letter: that it has the link, and that it knows the password. Both open
/// nothing.
package struct LetterProof: Sendable {
    /// 32 bytes made of the link secret alone: without them a guess is none, so that who knows only an id locks nobody
    /// out.
    package let link: [UInt8]
    /// 32 bytes made of password and link secret.
    package let auth: [UInt8]

    package init(link: [UInt8], auth: [UInt8]) {
        self.link = link
        self.auth = auth
    }

    /// ``link`` of a link secret: HKDF-SHA-256(link secret, no salt, "letterlock/1 link"), 32 bytes.
    static func link(of secret: SecretBytes) throws(CryptographyError) -> SecretBytes {
        try HKDF.expand(secret, salt: try HKDF.noSalt(), info: "letterlock/1 link")
    }
}

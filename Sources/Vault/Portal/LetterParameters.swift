// What a browser needs to derive its keys: it opens no letter by itself. A value only.

package import Links

/// What a browser needs to derive its keys.
package struct LetterParameters: Sendable, Equatable {
    /// Protocol version: 1.
    package let version: Int
    /// Key derivation: `pbkdf2-sha256`.
    package let kdf: String
    /// Rounds of the derivation.
    package let rounds: Int
    /// 16 bytes.
    package let salt: [UInt8]
    /// Kind of password.
    package let passwordKind: LockedLetter.PasswordKind
    /// Seconds since 1970.
    package let expiresAtSeconds: Int64

    package init(
        version: Int, kdf: String, rounds: Int, salt: [UInt8], passwordKind: LockedLetter.PasswordKind,
        expiresAtSeconds: Int64
    ) {
        self.version = version
        self.kdf = kdf
        self.rounds = rounds
        self.salt = salt
        self.passwordKind = passwordKind
        self.expiresAtSeconds = expiresAtSeconds
    }
}

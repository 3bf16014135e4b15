// The password of one correspondent that stands for many letters: kept stretched, so that a letter to this reader costs
// no rounds. With `stretched` and a letter's link secret, that letter can be opened: it is kept where the gateway keeps
// its own secrets, and never goes to the portal. Memory only.

package import Cryptography
package import Mail

/// How a password is stretched: the one slow step, a value so that it can be counted.
package struct PasswordStretcher: Sendable {
    private let work:
        @Sendable (_ normalised: String, _ salt: [UInt8], _ rounds: Int) throws(CryptographyError) -> SecretBytes

    package init(
        _ work:
            @escaping @Sendable (
                _ normalised: String, _ salt: [UInt8], _ rounds: Int
            ) throws(CryptographyError) -> SecretBytes
    ) {
        self.work = work
    }

    /// PBKDF2-HMAC-SHA-256 (docs/inside/links-protocol.md, section 3).
    package static let pbkdf2 = PasswordStretcher { (password, salt, rounds) throws(CryptographyError) in
        try LetterKeys.stretch(password, salt: salt, rounds: rounds)
    }

    /// - Parameter password: as ``LinkPassword/normalise(_:kind:)`` gives it.
    package func callAsFunction(
        _ password: String, salt: [UInt8], rounds: Int
    ) throws(CryptographyError) -> SecretBytes {
        try work(password, salt, rounds)
    }
}

/// Which password a new letter is to open with.
package enum LetterPassword: Sendable {
    /// One that we make.
    case made
    /// One that the sender has chosen, as written.
    case chosen(Secret)
    /// The one that was agreed with the reader.
    case standing(StandingPassword)
}

/// A password after its rounds, with what a client needs to come to the same.
package struct StandingPassword: Sendable {
    /// 16 bytes, the salt of every letter that opens with it.
    package let salt: [UInt8]
    /// 32 bytes: the result of the rounds.
    package let stretched: SecretBytes
    /// How what is typed is normalised.
    package let kind: LockedLetter.PasswordKind
    package let rounds: Int

    /// Number of bytes of ``stretched``.
    package static let stretchedBytes = 32

    /// - Returns: nil where lengths or rounds are not those of a letter.
    package init?(salt: [UInt8], stretched: SecretBytes, kind: LockedLetter.PasswordKind, rounds: Int) {
        guard salt.count == LetterLocker.saltBytes, stretched.count == Self.stretchedBytes,
            (1...LetterKeys.mostRounds).contains(rounds)
        else { return nil }
        self.salt = salt
        self.stretched = stretched
        self.kind = kind
        self.rounds = rounds
    }

    /// Stretches a password that was agreed, under a new salt; slow by purpose.
    /// - Throws: a ``Refusal`` of cause `internalError`.
    package static func make(
        _ password: Secret, kind: LockedLetter.PasswordKind = .chosen, rounds: Int = LetterKeys.defaultRounds,
        stretcher: PasswordStretcher = .pbkdf2
    ) throws(Refusal) -> StandingPassword {
        do throws(CryptographyError) {
            let salt = try Randomness.bytes(LetterLocker.saltBytes)
            // Revealed into the derivation only.
            let normalised = LinkPassword.normalise(password.revealed, kind: kind)
            let stretched = try stretcher(normalised, salt: salt, rounds: rounds)
            guard let made = StandingPassword(salt: salt, stretched: stretched, kind: kind, rounds: rounds) else {
                throw .malformed("the number of rounds")
            }
            return made
        } catch {
            throw error.refusal
        }
    }

    /// True where this is the password of the letter with this link secret and verifier: then the one who gave it has
    /// opened the letter, or knows what opens it.
    /// - Parameters:
    ///   - linkSecret: base64url, as in the link.
    ///   - verifier: SHA-256(auth) of the letter.
    package func opens(linkSecret: String, verifier: [UInt8]) -> Bool {
        guard let raw = Base64URL.decode(linkSecret), raw.count == LetterLocker.secretBytes else { return false }
        let secret = raw.withUnsafeBytes { SecretBytes(copying: $0) }
        guard let keys = try? LetterKeys.derive(stretched: stretched, linkSecret: secret),
            let mine = try? SHA256Digest.of(keys.auth), mine.count == verifier.count
        else { return false }
        // Without an early end: how far they agree tells nothing.
        return zip(mine, verifier).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

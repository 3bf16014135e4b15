// What the letter store gives out: values, none of which opens a letter by itself.

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

/// What a right `auth` releases.
package struct OpenedLetter: Sendable, Equatable {
    /// Content key and conversation private key, sealed under `enc`.
    package let wrappedKeys: [UInt8]
    /// Plaintext bytes of the content (index and message).
    package let plainBytes: Int
    /// Number of ciphertext chunks.
    package let chunkCount: Int
    /// Seconds since 1970.
    package let expiresAtSeconds: Int64
    /// How many answers may still be sent, and how large; nil where none are taken.
    package var answers: AnswerLimits?
    /// True where the reader may wish to keep its password, false where it is a kept one; nil: neither.
    package var keepsPassword: Bool?

    package init(
        wrappedKeys: [UInt8], plainBytes: Int, chunkCount: Int, expiresAtSeconds: Int64, answers: AnswerLimits?,
        keepsPassword: Bool?
    ) {
        self.wrappedKeys = wrappedKeys
        self.plainBytes = plainBytes
        self.chunkCount = chunkCount
        self.expiresAtSeconds = expiresAtSeconds
        self.answers = answers
        self.keepsPassword = keepsPassword
    }
}

/// The outcome of one try to open a letter.
package enum Attempt: Sendable, Equatable {
    /// The proof is right; the count of wrong ones starts anew.
    case opened(OpenedLetter)
    /// The proof is wrong and has been counted. `triesLeft` (0 to 4) more before the letter rests; with 0 it rests now.
    case wrong(triesLeft: Int)
    /// Whoever asks has not the link; nothing has been counted, and nothing is told of the letter.
    case code
    /// The letter rests; whether the proof is right is not told. Seconds to wait, at least 1.
    case resting(seconds: Int)
    /// Unknown, not readable yet, expired or revoked: all alike.
    case gone
}

/// Where a letter stands (docs/architecture.md).
package enum LetterState: String, Sendable {
    /// Committed; its notification has not been sent.
    case pending
    /// Its notification is being sent.
    case notifying
    /// The next hop has taken its notification.
    case readable
}

/// One line of `letterlock links list`.
package struct LetterSummary: Sendable, Equatable {
    /// The path of the link.
    package let id: String
    /// Seconds since 1970.
    package let createdAtSeconds: Int64
    /// Seconds since 1970.
    package let expiresAtSeconds: Int64
    /// Where it stands.
    package let state: LetterState
    /// Wrong guesses in all.
    package let wrongGuesses: Int
    /// Seconds since 1970 of the first right guess, or nil.
    package let openedAtSeconds: Int64?

    package init(
        id: String, createdAtSeconds: Int64, expiresAtSeconds: Int64, state: LetterState, wrongGuesses: Int,
        openedAtSeconds: Int64?
    ) {
        self.id = id
        self.createdAtSeconds = createdAtSeconds
        self.expiresAtSeconds = expiresAtSeconds
        self.state = state
        self.wrongGuesses = wrongGuesses
        self.openedAtSeconds = openedAtSeconds
    }
}

// What locking gives: records for the store, and the secrets that go into mails and are then forgotten.

package import Mail
package import SettingValues

/// The sealed content of a message, shared by the letters of its visible recipients (a Bcc recipient has a copy of its
/// own).
package struct LockedContent: Sendable {
    /// 128-bit random id, base64url without padding (22 characters).
    package let id: String
    /// Ciphertext chunks in order, each with its 16-byte tag (docs/inside/links-protocol.md).
    package let chunks: [MessageBytes]
    /// Plaintext bytes in all (index and message).
    package let plainBytes: Int

    package init(id: String, chunks: [MessageBytes], plainBytes: Int) {
        self.id = id
        self.chunks = chunks
        self.plainBytes = plainBytes
    }
}

/// One recipient's letter as it is stored. Nothing in it opens the letter.
package struct LockedLetter: Sendable, Equatable {
    /// Kind of password: decides how it is normalised before derivation.
    package enum PasswordKind: String, Sendable { case made, chosen }

    /// 128-bit random id, base64url without padding (22 characters): the path of the link.
    package let id: String
    /// The content it opens.
    package let contentID: String
    /// Protocol version: 1.
    package let version: Int
    /// Key derivation: `pbkdf2-sha256`.
    package let kdf: String
    /// Rounds of the derivation.
    package let rounds: Int
    /// Kind of password.
    package let passwordKind: PasswordKind
    /// 16 random bytes.
    package let salt: [UInt8]
    /// SHA-256(auth), 32 bytes.
    package let verifier: [UInt8]
    /// SHA-256(link), 32 bytes: what tells a guess at the password from one of somebody who has not even the link.
    package let linkVerifier: [UInt8]
    /// Content key and conversation private key, sealed under `enc` (docs/inside/links-protocol.md).
    package let wrappedKeys: [UInt8]
    /// P-256 public key (uncompressed point, 65 bytes) whose private half is in ``wrappedKeys``.
    package let conversationPublicKey: [UInt8]
    /// Seconds since 1970.
    package let createdAtSeconds: Int64
    /// Seconds since 1970; from then on it is gone.
    package let expiresAtSeconds: Int64
    /// How it may be answered; nil: not at all.
    package var answers: AnswerLimits?
    /// True where its reader may wish to keep its password for later letters, false where it is such a kept one; nil:
    /// neither.
    package var keepsPassword: Bool?

    package init(
        id: String, contentID: String, version: Int, kdf: String, rounds: Int, passwordKind: PasswordKind,
        salt: [UInt8], verifier: [UInt8], linkVerifier: [UInt8], wrappedKeys: [UInt8], conversationPublicKey: [UInt8],
        createdAtSeconds: Int64, expiresAtSeconds: Int64
    ) {
        self.id = id
        self.contentID = contentID
        self.version = version
        self.kdf = kdf
        self.rounds = rounds
        self.passwordKind = passwordKind
        self.salt = salt
        self.verifier = verifier
        self.linkVerifier = linkVerifier
        self.wrappedKeys = wrappedKeys
        self.conversationPublicKey = conversationPublicKey
        self.createdAtSeconds = createdAtSeconds
        self.expiresAtSeconds = expiresAtSeconds
    }
}

/// What opens one letter; goes into the notification (link secret) and the password mail (password), is never stored.
package struct LetterSecrets: Sendable {
    /// 128 bits, base64url without padding (22 characters): the URL's fragment, and the code to type without it.
    package let linkSecret: Secret
    /// `XXXX-XXXX-XXXX`, Crockford base32, or as the sender chose it; empty where the letter opens with a standing one.
    package let password: Secret

    package init(linkSecret: Secret, password: Secret) {
        self.linkSecret = linkSecret
        self.password = password
    }
}

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

/// One recipient's letter as letters.db keeps it: no address but sealed, and nothing that opens it.
///
/// Its parts are what others are shown of it: ``Parameters`` before a proof, ``Control`` to its sender.
package struct LockedLetter: Sendable, Equatable {
    /// Kind of password: decides how it is normalised before derivation.
    package enum PasswordKind: String, Sendable { case made, chosen }

    /// 128-bit random id, base64url without padding (22 characters): the path of the link.
    package let id: String
    /// The content it opens.
    package let contentID: String
    /// What it is locked with.
    package let lock: Lock
    /// What its password opens.
    package let keys: Keys
    /// Seconds since 1970.
    package let createdAtSeconds: Int64
    /// How its sender controls it.
    package let control: Control
    /// How it may be answered; nil: not at all.
    package var answers: AnswerLimits?
    /// True where its reader may wish to keep its password for later letters, false where it is such a kept one; nil:
    /// neither.
    package var keepsPassword: Bool?

    /// What a browser needs to derive its keys.
    package var parameters: Parameters { lock.parameters }
    /// What proofs are compared with.
    package var verifiers: Verifiers { lock.verifiers }
    /// Content key and conversation private key, sealed.
    package var wrappedKeys: [UInt8] { keys.wrapped }
    /// The conversation's public key.
    package var conversationPublicKey: [UInt8] { keys.conversationPublic }
    /// Seconds since 1970; from then on it is gone.
    package var expiresAtSeconds: Int64 { parameters.expiresAtSeconds }

    package init(
        id: String, contentID: String, lock: Lock, keys: Keys, createdAtSeconds: Int64, control: Control
    ) {
        self.id = id
        self.contentID = contentID
        self.lock = lock
        self.keys = keys
        self.createdAtSeconds = createdAtSeconds
        self.control = control
    }
}

extension LockedLetter {
    /// What a browser needs to derive its keys: shown before a proof. It opens no letter by itself.
    package struct Parameters: Sendable, Equatable {
        /// Protocol version: 1.
        package let version: Int
        /// Key derivation: `pbkdf2-sha256`.
        package let kdf: String
        /// Rounds of the derivation.
        package let rounds: Int
        /// 16 bytes, if the row is sound.
        package let salt: [UInt8]
        /// Kind of password.
        package let passwordKind: PasswordKind
        /// Seconds since 1970.
        package let expiresAtSeconds: Int64

        package init(
            version: Int, kdf: String, rounds: Int, salt: [UInt8], passwordKind: PasswordKind, expiresAtSeconds: Int64
        ) {
            self.version = version
            self.kdf = kdf
            self.rounds = rounds
            self.salt = salt
            self.passwordKind = passwordKind
            self.expiresAtSeconds = expiresAtSeconds
        }
    }

    /// What proofs are compared with; shown to nobody.
    package struct Verifiers: Sendable, Equatable {
        /// SHA-256(auth), 32 bytes.
        package let auth: [UInt8]
        /// SHA-256(link), 32 bytes: what tells a guess at the password from one of somebody who has not even the link.
        package let link: [UInt8]

        package init(auth: [UInt8], link: [UInt8]) {
            self.auth = auth
            self.link = link
        }
    }

    /// What it is locked with.
    package struct Lock: Sendable, Equatable {
        /// What a browser needs to derive its keys.
        package let parameters: Parameters
        /// What proofs are compared with.
        package let verifiers: Verifiers

        package init(parameters: Parameters, verifiers: Verifiers) {
            self.parameters = parameters
            self.verifiers = verifiers
        }
    }

    /// What its password opens.
    package struct Keys: Sendable, Equatable {
        /// Content key and conversation private key, sealed under `enc` (docs/inside/links-protocol.md).
        package let wrapped: [UInt8]
        /// P-256 public key (uncompressed point, 65 bytes) whose private half is in ``wrapped``.
        package let conversationPublic: [UInt8]

        package init(wrapped: [UInt8], conversationPublic: [UInt8]) {
            self.wrapped = wrapped
            self.conversationPublic = conversationPublic
        }
    }

    /// How its sender controls it: no token, no address but sealed (docs/links/control.md).
    package struct Control: Sendable, Equatable {
        /// SHA-256 of what the page proves itself with; the same for all letters of one message.
        package let verifier: [UInt8]
        /// Place among the letters of the message, from 0.
        package let place: Int
        /// Who it is for, sealed under the token.
        package let label: [UInt8]
        /// The latest moment that it can be extended to, in seconds since 1970; ``LockedLetter/expiresAtSeconds`` where
        /// it cannot be.
        package let longestAtSeconds: Int64

        package init(verifier: [UInt8], place: Int, label: [UInt8], longestAtSeconds: Int64) {
            self.verifier = verifier
            self.place = place
            self.label = label
            self.longestAtSeconds = longestAtSeconds
        }
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

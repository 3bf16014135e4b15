// What decrypting gives, and why it gives nothing.

package import Mail

/// A decrypted OpenPGP message.
package struct Decrypted: Sendable, Equatable {
    /// The plaintext.
    package let bytes: MessageBytes
    /// True where tampering would have been noticed (MDC or AEAD). gpg refuses the others unless told otherwise.
    package let integrityProtected: Bool
    /// Key ids the message was sealed to, as its packets name them; 0 is a hidden recipient.
    package let recipients: [KeyID]

    /// A result from its parts.
    package init(bytes: MessageBytes, integrityProtected: Bool, recipients: [KeyID]) {
        self.bytes = bytes
        self.integrityProtected = integrityProtected
        self.recipients = recipients
    }
}

/// Why a message was not decrypted. Nothing of its plaintext is handed out then.
package enum DecryptError: Error, Sendable, Equatable, CustomStringConvertible {
    /// None of the secret keys at hand opens it; the key ids it is sealed to.
    case noSecretKey(recipients: [KeyID])
    /// It is no OpenPGP message.
    case notEncrypted
    /// It was tampered with, cut short, or has no integrity protection; gpg's words.
    case damaged(String)
    /// The passphrase was wrong or not given.
    case passphrase
    /// The plaintext is larger than the limit, in bytes.
    case tooBig(limitBytes: Int)
    /// It unpacks to far more than what was packed by an honest program; the sizes in bytes, the second so far.
    case bomb(cipherBytes: Int, plainBytes: Int)
    /// gpg is missing, hung, or was stopped.
    case engine(Refusal)

    /// In words: lower case, no full stop.
    package var description: String {
        switch self {
        case .noSecretKey(let recipients):
            "no secret key for this message, which is sealed to "
                + "\(recipients.map(\.description).joined(separator: ", "))"
        case .notEncrypted: "no openpgp message found"
        case .damaged(let what): "the message is damaged: \(what)"
        case .passphrase: "the passphrase is wrong or was not given"
        case .tooBig(let limit): "the decrypted message exceeds limit \(limit) bytes"
        case .bomb(let cipherBytes, let plainBytes):
            "it is a compression bomb: \(cipherBytes) bytes unpack to more than \(plainBytes)"
        case .engine(let refusal): refusal.detail
        }
    }
}

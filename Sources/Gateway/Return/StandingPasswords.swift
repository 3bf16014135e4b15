// A reader's wish to keep a password for later letters, or to have it forgotten. What the reader sends was opened and
// proved to come from a reader of the letter by who calls this; that the password is the letter's own is proved here.

import Cryptography
package import Mail
import Links
package import Vault

/// Keeps and forgets standing passwords on readers' wishes.
package struct StandingPasswords: Sendable {
    private let ledger: any Contacts
    private let letters: any GatewayLetters

    package init(ledger: any Contacts, letters: any GatewayLetters) {
        self.ledger = ledger
        self.letters = letters
    }

    /// Keeps the password of a letter for all later ones to its reader.
    /// - Parameters:
    ///   - stretched: 32 bytes, as the reader's client derived them.
    ///   - linkSecret: of the letter, base64url.
    ///   - recipient: to whom the letter was sent, as the gateway remembers it.
    ///   - wish: the reader's; a newer one stands.
    /// - Returns: false where this is not the letter's password, or the letter is gone: nothing has changed.
    /// - Throws: a ``Refusal`` of cause `storage`.
    package func keep(
        stretched: [UInt8], letterID: String, linkSecret: String, recipient: Mailbox, wish: PasswordWish? = nil,
        nowSeconds: Int64
    ) async throws(Refusal) -> Bool {
        guard let lock = try await letters.lock(of: letterID), lock.parameters.rounds >= LetterKeys.defaultRounds else {
            return false
        }
        let secret = stretched.withUnsafeBytes { SecretBytes(copying: $0) }
        let password = StandingPassword(
            salt: lock.parameters.salt, stretched: secret, kind: lock.parameters.passwordKind,
            rounds: lock.parameters.rounds)
        guard let password, password.opens(linkSecret: linkSecret, verifier: lock.verifiers.auth) else { return false }
        try await ledger.keepStandingPassword(
            recipient: recipient, password, by: .reader, wish: wish, nowSeconds: nowSeconds)
        return true
    }

    /// Forgets a reader's standing password.
    /// - Returns: false where there was none.
    package func forget(
        recipient: Mailbox, wish: PasswordWish? = nil, nowSeconds: Int64
    ) async throws(Refusal) -> Bool {
        try await ledger.forgetStandingPassword(for: recipient, wish: wish, nowSeconds: nowSeconds)
    }

    /// False where the reader, or the administrator, has wished something else since.
    func isNewest(_ wish: PasswordWish, of recipient: Mailbox) async throws(Refusal) -> Bool {
        try await ledger.isNewest(wish, of: recipient)
    }
}

// Correspondents: standing passwords and telephone numbers, by folded address.

package import Links
package import Mail

/// Correspondents of this gateway. All methods throw a ``Refusal`` of cause `storage`; a change that returned is on
/// disk.
package protocol Contacts: Sendable {
    /// The correspondents among some addresses, by folded address.
    func contacts(_ mailboxes: [Mailbox]) async throws(Refusal) -> [String: ContactLine]
    /// All correspondents, by address.
    func allContacts() async throws(Refusal) -> [ContactLine]
    /// The standing password of a correspondent, or nil.
    func standingPassword(of recipient: Mailbox) async throws(Refusal) -> StandingPassword?
    /// Keeps a standing password, in the place of a former one.
    func keepStandingPassword(
        recipient: Mailbox, _ password: StandingPassword, by setter: PasswordSetter, wish: PasswordWish?,
        nowSeconds: Int64
    ) async throws(Refusal)
    /// Forgets a standing password; the telephone number stays.
    /// - Returns: false where there was none.
    func forgetStandingPassword(
        for recipient: Mailbox, wish: PasswordWish?, nowSeconds: Int64
    ) async throws(Refusal) -> Bool
    /// Notes that letters have been made with these correspondents' standing passwords.
    func usedStandingPasswords(_ recipients: [Mailbox], nowSeconds: Int64) async throws(Refusal)
    /// Forgets standing passwords that no letter has used since a time.
    /// - Returns: how many.
    func forgetStandingPasswords(unusedSinceSeconds seconds: Int64) async throws(Refusal) -> Int
    /// Sets a correspondent's telephone number.
    /// - Parameter phone: in E.164; nil takes it away.
    func setPhone(_ phone: String?, of recipient: Mailbox) async throws(Refusal)
    /// Forgets all about a correspondent.
    /// - Returns: false where there is none.
    func removeContact(_ recipient: Mailbox) async throws(Refusal) -> Bool
    /// False where another wish about the same password has been carried out since this one was first tried.
    func isNewest(_ wish: PasswordWish, of recipient: Mailbox) async throws(Refusal) -> Bool
}

extension Contacts {
    /// As ``keepStandingPassword(recipient:_:by:wish:nowSeconds:)``, as the administrator's wish.
    package func keepStandingPassword(
        recipient: Mailbox, _ password: StandingPassword, by setter: PasswordSetter, nowSeconds: Int64
    ) async throws(Refusal) {
        try await keepStandingPassword(recipient: recipient, password, by: setter, wish: nil, nowSeconds: nowSeconds)
    }
}

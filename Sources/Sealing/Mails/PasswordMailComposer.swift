// The password mail as it may have to be written anew: where the next hop did not take a link, its letter is not named.

import Links
import Mail

/// The password mail of one message, ready to be written for all of its letters or for some.
package struct PasswordMailComposer: Sendable {
    private let mail: PasswordMail
    private let head: OwnMailHead
    private let requiresTLS: Bool

    init(mail: PasswordMail, head: OwnMailHead, requiresTLS: Bool) {
        self.mail = mail
        self.head = head
        self.requiresTLS = requiresTLS
    }

    /// The password mail.
    /// - Parameter letterIDs: the letters and later messages it is to name; nil: all. Others are not named: who gets no link
    ///   needs no password.
    package func transmission(for letterIDs: Set<String>? = nil) -> OutboundMessage.Transmission {
        var mail = mail
        if let letterIDs { mail.entries.removeAll { !letterIDs.contains($0.id) } }
        return OutboundMessage.Transmission(
            role: .passwordMail(letterIDs: mail.letterIDs), sender: nil, recipients: [mail.sender],
            pieces: [mail.message(head)], options: .notice(to: mail.sender, requiresTLS: requiresTLS))
    }
}

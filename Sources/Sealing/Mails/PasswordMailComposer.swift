// The password mail as it may have to be written anew: where the next hop did not take a link, its letter is not named.

import Links
import Mail
import SettingValues

/// The password mail of one message, ready to be written for all of its letters or for some.
package struct PasswordMailComposer: Sendable {
    private let words: PasswordMail
    private let head: OwnMailHead
    private let requiresTLS: Bool

    init(words: PasswordMail, head: OwnMailHead, requiresTLS: Bool) {
        self.words = words
        self.head = head
        self.requiresTLS = requiresTLS
    }

    /// The password mail.
    /// - Parameter letterIDs: the letters and later messages it is to name; nil: all. Others are not named: who gets no
    ///   link needs no password.
    package func transmission(for letterIDs: Set<String>? = nil) -> OutboundMessage.Transmission {
        var words = words
        if let letterIDs { words.entries.removeAll { !letterIDs.contains($0.id) } }
        return OutboundMessage.Transmission(
            role: .passwordMail(letterIDs: words.letterIDs), sender: nil, recipients: [words.sender],
            pieces: [words.mail.message(head)], options: .notice(to: words.sender, requiresTLS: requiresTLS))
    }
}

// A failure of delivery as reports tell it.

package import Mail

/// A recipient whom a report names.
package struct FailedRecipient: Sendable, Equatable {
    package let recipient: Mailbox
    /// RFC 3463: `5.1.1`.
    package let status: String
    /// What was said, with its code: `550 5.1.1 no such user`. One line.
    package let said: String

    package init(recipient: Mailbox, status: String, said: String) {
        self.recipient = recipient
        self.status = status
        self.said = said
    }
}

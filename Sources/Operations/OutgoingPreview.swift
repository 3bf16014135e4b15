// The mail that would be sent for a plan: really sealed, with the sealer of the gateway, and sent to nobody. For
// `letterlock policy explain`.

package import Mail

/// What would leave, in the order of sending.
package struct OutgoingPreview: Sendable {
    /// One transaction.
    package struct Transmission: Sendable {
        /// `passed`, `sealed`, `password mail`, `notification`, …
        package let role: String
        /// "" is the null sender.
        package let sender: String
        package let recipients: [String]
        package let content: MessageBytes

        package init(role: String, sender: String, recipients: [String], content: MessageBytes) {
            self.role = role
            self.sender = sender
            self.recipients = recipients
            self.content = content
        }
    }

    package let transmissions: [Transmission]
    /// Why nothing, or not everything, would leave.
    package let problems: [String]

    package init(transmissions: [Transmission], problems: [String]) {
        self.transmissions = transmissions
        self.problems = problems
    }
}

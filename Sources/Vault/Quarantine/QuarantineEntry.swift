// What the quarantine tells of a held message: values only, no content.

/// One message in the quarantine, or what is remembered of it.
package struct QuarantineEntry: Sendable, Equatable {
    /// What has become of it for one recipient.
    package enum State: String, Sendable, Codable {
        case held, released, dropped, expired
    }

    /// One recipient for whom it was held back.
    package struct Recipient: Sendable, Equatable {
        /// As written.
        package let address: String
        /// Ids of the rules that applied.
        package let rules: [String]
        /// As the rule says.
        package let reason: String
        package let state: State

        package init(address: String, rules: [String], reason: String, state: State = .held) {
            self.address = address
            self.rules = rules
            self.reason = reason
            self.state = state
        }
    }

    /// What was done with it.
    package struct Record: Sendable, Equatable, Encodable {
        package let atSeconds: Int64
        /// A Unix user's name, or `gateway`.
        package let who: String
        /// `held`, `released`, `release failed`, `dropped`, `expired`, `opened`.
        package let action: String
        package let recipients: [String]
        /// What the next hop said, or the officer's reason; may be empty.
        package let said: String

        package init(atSeconds: Int64, who: String, action: String, recipients: [String], said: String) {
            self.atSeconds = atSeconds
            self.who = who
            self.action = action
            self.recipients = recipients
            self.said = said
        }
    }

    package let id: String
    /// Folded; "" is the null sender.
    package let sender: String
    package let recipients: [Recipient]
    /// Envelope and origin, as the gateway that held it wrote them down.
    package let circumstances: String
    /// Fingerprint of the certificate it is sealed to.
    package let sealedTo: String
    /// Of the message as it came.
    package let bytes: Int
    package let receivedAtSeconds: Int64
    package let heldAtSeconds: Int64
    package let expiresAtSeconds: Int64

    package init(
        id: String, sender: String, recipients: [Recipient], circumstances: String, sealedTo: String, bytes: Int,
        receivedAtSeconds: Int64, heldAtSeconds: Int64, expiresAtSeconds: Int64
    ) {
        self.id = id
        self.sender = sender
        self.recipients = recipients
        self.circumstances = circumstances
        self.sealedTo = sealedTo
        self.bytes = bytes
        self.receivedAtSeconds = receivedAtSeconds
        self.heldAtSeconds = heldAtSeconds
        self.expiresAtSeconds = expiresAtSeconds
    }

    /// Recipients for whom it still lies there.
    package var held: [Recipient] { recipients.filter { $0.state == .held } }
}

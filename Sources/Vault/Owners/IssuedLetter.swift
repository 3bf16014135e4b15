// Who was sent which letter. Values only; the portal never sees them.

/// One letter as the gateway remembers it: addresses and times, no content.
package struct IssuedLetter: Sendable, Equatable {
    /// The path of the link.
    package let id: String
    /// As written; the sender of the message.
    package let sender: String
    /// As written.
    package let recipient: String
    /// Seconds since 1970.
    package let createdAtSeconds: Int64
    /// Seconds since 1970.
    package let expiresAtSeconds: Int64

    /// How its sender controls it; nil for letters from before there was a control.
    package let control: Control?

    package init(
        id: String, sender: String, recipient: String, createdAtSeconds: Int64, expiresAtSeconds: Int64,
        control: Control? = nil
    ) {
        self.id = id
        self.sender = sender
        self.recipient = recipient
        self.createdAtSeconds = createdAtSeconds
        self.expiresAtSeconds = expiresAtSeconds
        self.control = control
    }
}

extension IssuedLetter {
    /// How its sender controls it.
    package struct Control: Sendable, Equatable {
        /// 16 bytes, the same for all letters of a message.
        package let controlID: [UInt8]
        package let messageID: String?
        package let isFixed: Bool

        package init(controlID: [UInt8], messageID: String?, isFixed: Bool) {
            self.controlID = controlID
            self.messageID = messageID
            self.isFixed = isFixed
        }
    }
}

// What the gateway knows of a letter's sender. Values only.

/// What the gateway knows of a letter's sender.
package struct LetterOwner: Sendable, Equatable {
    package let letterID: String
    /// 16 bytes; with the gateway's key it makes the token.
    package let controlID: [UInt8]
    /// As written.
    package let sender: String
    /// As written.
    package let recipient: String
    /// Message-ID of the message, as written; nil where it had none.
    package let messageID: String?
    /// Seconds since 1970.
    package let createdAtSeconds: Int64
    /// Seconds since 1970.
    package let expiresAtSeconds: Int64
    /// True where a rule has set how long it lives: then it cannot be extended.
    package let isFixed: Bool
    /// ``ControlState/revoked`` or ``ControlState/expired``, or nil.
    package let ended: ControlState?
    /// When it was first opened, as far as the gateway has seen.
    package let openedAtSeconds: Int64?

    package init(
        letterID: String, controlID: [UInt8], sender: String, recipient: String, messageID: String?,
        createdAtSeconds: Int64, expiresAtSeconds: Int64, isFixed: Bool, ended: ControlState?, openedAtSeconds: Int64?
    ) {
        self.letterID = letterID
        self.controlID = controlID
        self.sender = sender
        self.recipient = recipient
        self.messageID = messageID
        self.createdAtSeconds = createdAtSeconds
        self.expiresAtSeconds = expiresAtSeconds
        self.isFixed = isFixed
        self.ended = ended
        self.openedAtSeconds = openedAtSeconds
    }
}

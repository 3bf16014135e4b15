// What the gateway knows of a letter's sender. Values only; the portal never sees them.

/// One letter as the gateway's own database keeps it: who wrote to whom, how it is controlled, and what its sender has
/// been told. Addresses and times, no content.
package struct LetterOwner: Sendable, Equatable {
    /// The path of the link.
    package let letterID: String
    /// As written; the sender of the message.
    package let sender: String
    /// As written.
    package let recipient: String
    /// Seconds since 1970.
    package let createdAtSeconds: Int64
    /// Seconds since 1970.
    package let expiresAtSeconds: Int64
    /// How its sender controls it.
    package let control: Control
    /// What has become of it, as far as the gateway has seen; a new letter: nothing.
    package var seen = Seen(ended: nil, openedAtSeconds: nil)

    package init(
        letterID: String, sender: String, recipient: String, createdAtSeconds: Int64, expiresAtSeconds: Int64,
        control: Control
    ) {
        self.letterID = letterID
        self.sender = sender
        self.recipient = recipient
        self.createdAtSeconds = createdAtSeconds
        self.expiresAtSeconds = expiresAtSeconds
        self.control = control
    }
}

extension LetterOwner {
    /// How its sender controls it.
    package struct Control: Sendable, Equatable {
        /// 16 bytes, the same for all letters of a message; with the gateway's key it makes the token.
        package let controlID: [UInt8]
        /// Message-ID of the message, as written; nil where it had none.
        package let messageID: String?
        /// True where a rule has set how long it lives: then it cannot be extended.
        package let isFixed: Bool

        package init(controlID: [UInt8], messageID: String?, isFixed: Bool) {
            self.controlID = controlID
            self.messageID = messageID
            self.isFixed = isFixed
        }
    }

    /// What has become of it, as far as the gateway has seen.
    package struct Seen: Sendable, Equatable {
        /// ``LetterState/revoked`` or ``LetterState/expired``, or nil.
        package let ended: LetterState?
        /// When it was first opened, in seconds since 1970.
        package let openedAtSeconds: Int64?

        package init(ended: LetterState?, openedAtSeconds: Int64?) {
            self.ended = ended
            self.openedAtSeconds = openedAtSeconds
        }
    }

    /// 16 bytes; with the gateway's key it makes the token.
    package var controlID: [UInt8] { control.controlID }
    /// Message-ID of the message, as written; nil where it had none.
    package var messageID: String? { control.messageID }
    /// True where a rule has set how long it lives: then it cannot be extended.
    package var isFixed: Bool { control.isFixed }
    /// ``LetterState/revoked`` or ``LetterState/expired``, or nil.
    package var ended: LetterState? { seen.ended }
    /// When it was first opened, in seconds since 1970, as far as the gateway has seen.
    package var openedAtSeconds: Int64? { seen.openedAtSeconds }
}

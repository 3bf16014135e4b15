// What the gateway keeps of a letter so that answers can come back and later messages can follow. Values only.

/// One letter's conversation: addresses, public keys and Message-IDs, no content.
package struct Conversation: Sendable, Equatable {
    /// The path of the link.
    package let letterID: String
    /// Public half of the letter's conversation key, 65 bytes.
    package let conversationKey: [UInt8]
    /// The gateway's public key that stands in the letter, 65 bytes.
    package let gatewayKey: [UInt8]
    /// As written; the sender of the message.
    package let sender: String
    /// As written; who reads the letter.
    package let recipient: String
    /// Message-ID of the message, with its angle brackets, or nil where it has none that can be repeated.
    package let messageID: String?
    /// Whom answers may go to, as in the letter; the first one wrote it.
    package let participants: [String]
    /// The link's secret, once an answer has brought it; nil before.
    package let linkSecret: String?
    /// Answers that have been sent.
    package let answersSent: Int
    /// Answers that may be sent.
    package let answersAllowed: Int
    /// Seconds since 1970: the letter's expiry.
    package let expiresAtSeconds: Int64

    package init(
        letterID: String, conversationKey: [UInt8], gatewayKey: [UInt8], sender: String, recipient: String,
        messageID: String?, participants: [String], linkSecret: String? = nil, answersSent: Int = 0,
        answersAllowed: Int = 0, expiresAtSeconds: Int64
    ) {
        self.letterID = letterID
        self.conversationKey = conversationKey
        self.gatewayKey = gatewayKey
        self.sender = sender
        self.recipient = recipient
        self.messageID = messageID
        self.participants = participants
        self.linkSecret = linkSecret
        self.answersSent = answersSent
        self.answersAllowed = answersAllowed
        self.expiresAtSeconds = expiresAtSeconds
    }
}

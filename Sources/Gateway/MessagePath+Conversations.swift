// Which letter a message belongs to: where its recipient has one of the same conversation that can still be opened, what goes
// behind a link for him comes under that link and opens with the password he knows (docs/links-protocol.md, section 9).

import Links
import MIME
import Mail
import Policy
import Sealing
import Vault

extension MessagePath {
    /// Letters of its conversation that recipients of a message have, by folded address.
    ///
    /// A letter counts where the message names one of the conversation's messages (In-Reply-To, References), it can still
    /// be opened, and the message is of the sender who wrote it, or an answer to a letter of his.
    /// - Throws: a ``Refusal`` of cause `storage`.
    func openLetters(of parsed: ParsedMessage) async throws(Refusal) -> [String: Conversation] {
        let received = parsed.received
        // From nobody comes no conversation; and without links there is none.
        guard links != nil, let sender = received.envelope.sender else { return [:] }
        let names = Self.namedMessages(parsed)
        guard !names.isEmpty else { return [:] }
        // An answer belongs to conversations of the one who wrote the letter that is answered, not of whoever used his
        // Message-ID. The field is the gateway's own: it has just made this message.
        var writer: String? = sender.folded
        if received.origin.isAnswer {
            let letter = parsed.root.header.first("X-Letterlock-Answer")?.unfolded ?? ""
            writer = try await ledger.conversation(letter).flatMap { Mailbox($0.sender)?.folded }
        }
        guard let writer else { return [:] }
        var open: [String: Conversation] = [:]
        for recipient in received.envelope.recipients where open[recipient.folded] == nil {
            for conversation in try await ledger.conversations(recipient: recipient.folded, messageIDs: names) {
                guard Mailbox(conversation.sender)?.folded == writer,
                    try await letters.parameters(conversation.letterID, nowSeconds: received.receivedAtSeconds) != nil
                else { continue }
                open[recipient.folded] = conversation
                break
            }
        }
        return open
    }

    /// Where each recipient's later message goes, with a number of its own.
    /// - Parameter settled: folded addresses that need nothing any more.
    func conversations(
        for decided: DecidedMessage, without settled: Set<String>
    ) async throws(Refusal) -> [String: OpenConversation] {
        // Whoever gets it in another's place has not the other's link.
        let linked = Set(
            decided.decisions.filter {
                $0.outcome == .seal(.link) && $0.effects.redirect == nil && $0.password == nil
            }
            .map(\.recipient.folded)
        ).subtracting(settled)
        guard !linked.isEmpty else { return [:] }
        var conversations: [String: OpenConversation] = [:]
        for (recipient, conversation) in try await openLetters(of: decided.parsed) where linked.contains(recipient) {
            conversations[recipient] = OpenConversation(
                letterID: conversation.letterID, key: conversation.conversationKey,
                number: try await ledger.nextFollowing(of: conversation.letterID),
                linkSecret: conversation.linkSecret.map(Secret.init))
        }
        return conversations
    }

    /// The gateway's own notes of later messages: they belong to their conversation, which lives as long as they do.
    func note(_ following: [OutboundMessage.Following]) async throws(Refusal) {
        for message in following {
            try await ledger.follow(
                message.record.letterID, messageID: message.messageID, untilSeconds: message.record.expiresAtSeconds)
        }
    }

    /// Message-IDs that a message refers to, the nearest first; at most 50.
    private static func namedMessages(_ parsed: ParsedMessage) -> [String] {
        var names: [String] = []
        for field in ["In-Reply-To", "References"] {
            let text = parsed.root.header.all(field).map(\.unfolded).joined(separator: " ")
            for word in text.split(whereSeparator: { $0 == " " || $0 == "\t" }).reversed() {
                guard word.hasPrefix("<"), word.hasSuffix(">"), word.utf8.count <= 500, names.count < 50,
                    !names.contains(String(word))
                else { continue }
                names.append(String(word))
            }
        }
        return names
    }
}

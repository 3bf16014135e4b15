// Letters are on disk before their links leave. Writes both databases.

import Delivery
import Links
import Mail
import POSIX
import Sealing
import SettingValues
import Vault

extension Run {
    /// Keeps the letters that are to leave, still pending. Where they cannot be kept, recipients with a fate of their
    /// own are put off.
    /// - Throws: a ``Refusal`` of cause `storage` where the message hangs together still.
    mutating func keep() async throws(Refusal) {
        do throws(Refusal) { try await keepLetters() } catch {
            guard !coherence.isWhole else { throw error }
            for recipient in outbound.letters.map(\.recipient) + outbound.laterMessages.map(\.recipient) {
                fates[recipient] = Fate(error)
            }
            outbound = outbound.only {
                switch $0.role {
                case .passed, .sealed, .archive: true
                case .passwordMail, .notification, .report: false
                }
            }
        }
    }

    private func keepLetters() async throws(Refusal) {
        guard !outbound.letters.isEmpty || !outbound.laterMessages.isEmpty else { return }
        let ledger = path.ledger
        try await path.letters.keep(
            outbound.contents, outbound.letters.map(\.record), following: outbound.laterMessages.map(\.record),
            shares: try shares())
        try await ledger.issued(
            outbound.letters.map(LetterOwner.init), conversations: outbound.letters.map(Conversation.init))
        for message in outbound.laterMessages {
            // The gateway's own note of later messages: they belong to their conversation, which lives as long as they
            // do.
            try await ledger.follow(
                message.record.letterID, messageID: message.messageID, gatewayKey: message.gatewayKey,
                untilSeconds: message.record.expiresAtSeconds)
        }
        Failpoint.reach("vault.kept")
    }

    /// Who is to have how much of the room for letters.
    private func shares() throws(Refusal) -> StorageShares {
        var owners: [StorageShares.Share] = []
        for letter in outbound.letters {
            owners.append(
                .init(contentID: letter.record.contentID, owner: try path.ledger.storageOwner(letter.recipient)))
        }
        for message in outbound.laterMessages {
            owners.append(
                .init(contentID: message.record.contentID, owner: try path.ledger.storageOwner(message.recipient)))
        }
        return StorageShares(quota: path.terms.storage, owners: owners)
    }
}

extension LetterOwner {
    /// The gateway's own note of a letter: who wrote to whom, until when, and how its sender controls it.
    init(_ letter: OutboundMessage.Letter) {
        let ownership = letter.ownership
        self.init(
            letterID: letter.record.id, sender: letter.sender.description, recipient: letter.recipient.description,
            createdAtSeconds: letter.record.createdAtSeconds, expiresAtSeconds: letter.record.expiresAtSeconds,
            control: .init(
                controlID: ownership.controlID, messageID: ownership.messageID, isFixed: ownership.isFixed))
    }
}

extension Conversation {
    /// What the gateway keeps of a letter so that something can come back.
    init(_ letter: OutboundMessage.Letter) {
        let known = letter.conversation
        self.init(
            letterID: letter.record.id, conversationKey: letter.record.conversationPublicKey,
            gatewayKey: known.gatewayKey, sender: letter.sender.description, recipient: known.reader.description,
            messageID: known.messageID, participants: known.participants.map(\.description),
            answersAllowed: letter.record.answers?.count ?? 0, expiresAtSeconds: letter.record.expiresAtSeconds)
    }
}

// Which letter a message belongs to: where its recipient has one of the same conversation that can still be opened,
// what goes behind a link for that recipient comes under that link and opens with the password already known
// (docs/inside/links-protocol.md, section 9).

import Links
import MIME
import Mail
import Policy
import Sealing
import Vault

extension MessagePath {
    /// Letters of its conversation that recipients of a message have, by folded address.
    ///
    /// A letter counts where the message names one of the conversation's messages (In-Reply-To, References), it can
    /// still be opened, the gateway's key in it is still there, and the message is of the sender who wrote it, or an
    /// answer to one of this sender's letters.
    /// - Parameter atMostSeconds: longest wait for one of the letters; nil: as long as for any work on them.
    /// - Throws: a ``Refusal`` of cause `storage`.
    func openLetters(
        of parsed: ParsedMessage, _ errand: Errand, atMostSeconds: Double? = nil
    ) async throws(Refusal) -> [String: Conversation] {
        try await open(try await candidates(of: parsed, errand), parsed, atMostSeconds)
    }

    /// Conversations of a message's recipients that it names, by the gateway's own database: the nearest first.
    private func candidates(
        of parsed: ParsedMessage, _ errand: Errand
    ) async throws(Refusal) -> [(recipient: String, Conversation)] {
        let received = parsed.received
        // From nobody comes no conversation; and without links there is none.
        guard links.offer != nil, let sender = received.envelope.sender else { return [] }
        let names = NamedMessages(parsed.root.header).referred
        guard !names.isEmpty else { return [] }
        // An answer belongs to conversations of the one who wrote the letter that is answered, not of another sender
        // who used the same Message-ID. Which letter that is, the gateway knows itself: nothing in a message is asked.
        var writer: String? = sender.folded
        if let answered = errand.answered {
            writer = try await ledger.conversation(answered.letter).flatMap { Mailbox($0.sender)?.folded }
        }
        guard let writer else { return [] }
        var found: [(recipient: String, Conversation)] = []
        for recipient in Set(received.envelope.recipients.map(\.folded)) {
            for conversation in try await ledger.conversations(recipient: recipient, messageIDs: names)
            where Mailbox(conversation.sender)?.folded == writer { found.append((recipient, conversation)) }
        }
        return found
    }

    /// Those whose letters can still be opened: one for each recipient.
    private func open(
        _ candidates: [(recipient: String, Conversation)], _ parsed: ParsedMessage, _ atMostSeconds: Double?
    ) async throws(Refusal) -> [String: Conversation] {
        var open: [String: Conversation] = [:]
        for (recipient, conversation) in candidates where open[recipient] == nil {
            guard try await ledger.gatewayKey(of: conversation) != nil else { continue }
            let isReadable = try await letters.isReadable(
                conversation.letterID, nowSeconds: parsed.received.receivedAtSeconds, atMostSeconds: atMostSeconds)
            if isReadable { open[recipient] = conversation }
        }
        return open
    }

    /// What judging asks of the letters' database. Mail that needs no link must not wait for it, nor be put off because
    /// of it: where it does not answer at once, links are unknown.
    /// - Returns: folded addresses of readers, as ``openLetters(of:_:atMostSeconds:)``; and why links cannot be used
    ///   now.
    /// - Throws: a ``Refusal`` of cause `storage` where the gateway's own database fails; for an answer also where this
    ///   one does: it would go in clear to a reader who has a link.
    func readers(
        of parsed: ParsedMessage, _ errand: Errand
    ) async throws(Refusal) -> (readers: Set<String>, doubt: String?) {
        guard links.offer != nil else { return ([], nil) }
        let isAnswer = errand.isAnswer
        if let problem = await letters.problemNow() {
            if isAnswer { throw problem }
            return ([], problem.detail)
        }
        let candidates = try await candidates(of: parsed, errand)
        do throws(Refusal) {
            return (Set(try await open(candidates, parsed, isAnswer ? nil : 0.5).keys), nil)
        } catch {
            if isAnswer { throw error }
            return ([], error.detail)
        }
    }

    /// Where each recipient's later message goes, with a number of its own.
    /// - Parameter settled: folded addresses that need nothing any more.
    func conversations(
        for plan: DecidedMessage, _ errand: Errand, without settled: Set<String>
    ) async throws(Refusal) -> [String: OpenConversation] {
        // A recipient that gets it in another's place has not the other's link.
        let linked = Set(
            plan.decisions.filter {
                $0.outcome == .seal(.link) && $0.effects.redirect == nil && $0.password == nil
            }
            .map(\.recipient.folded)
        ).subtracting(settled)
        guard !linked.isEmpty else { return [:] }
        var conversations: [String: OpenConversation] = [:]
        for (recipient, conversation) in try await openLetters(of: plan.parsed, errand)
        where linked.contains(recipient) {
            // Gone between the two looks: the next try makes a new letter.
            guard let gateway = try await ledger.gatewayKey(of: conversation) else { continue }
            conversations[recipient] = OpenConversation(
                letterID: conversation.letterID, key: conversation.conversationKey, gateway: gateway,
                number: try await ledger.nextFollowing(of: conversation.letterID),
                linkSecret: conversation.linkSecret.map(Secret.init))
        }
        return conversations
    }
}

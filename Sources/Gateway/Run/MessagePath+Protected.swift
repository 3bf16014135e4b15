// Conversations that were protected: what is asked of them before a message is judged, and what is remembered of a message
// before it leaves, so that an answer to it is protected, too. Reads and notes the gateway's database.

import Delivery
import MIME
import Mail
import Policy
import Sealing
import Vault

extension MessagePath {
    /// Whether a message names one that was protected; nobody is asked where no rule asks.
    func conversation(of parsed: ParsedMessage) async -> KnownConversation {
        guard rules.asksConversation else { return .notKnownHere }
        return await KnownConversation.of(
            parsed.root.header, ledger, nowSeconds: parsed.received.receivedAtSeconds)
    }

    /// Remembers a message to which `protect: required` applies for somebody who gets it, and the mails that tell readers of
    /// it, which they may answer instead. Every answer from behind a link is remembered.
    ///
    /// A message that comes to nothing after all is remembered in vain, which makes nothing weaker.
    /// - Throws: a ``Refusal`` of cause `storage` where a rule asks for it: what came back would be answered in clear.
    func remember(_ decided: DecidedMessage, _ outbound: OutboundMessage) async throws(Refusal) {
        let received = decided.parsed.received
        guard received.origin.isAnswer || decided.decisions.contains(where: \.isProtected) else { return }
        var names = NamedMessages(decided.parsed.root.header).own
        for transmission in outbound.transmissions {
            guard case .notification = transmission.role,
                let root = try? readStructure(transmission.content, limits: limits)
            else { continue }
            names += NamedMessages(root.header).own
        }
        do throws(Refusal) {
            try await ledger.rememberProtected(names, nowSeconds: received.receivedAtSeconds)
        } catch {
            // Where no rule asks, a database that fails is no reason to hold anything up.
            guard !rules.asksConversation else { throw error }
        }
    }
}

extension KnownConversation {
    /// What a gateway's database knows of the messages that a header names.
    static func of(_ header: HeaderSection, _ ledger: Ledger, nowSeconds: Int64) async -> KnownConversation {
        let names = NamedMessages(header).referred
        guard !names.isEmpty else { return .unprotected }
        do throws(Refusal) {
            return try await ledger.knowsProtected(names, nowSeconds: nowSeconds) ? .protected : .unprotected
        } catch {
            return .unknown(reason: "the messages that it names cannot be looked up now")
        }
    }
}

// What is looked up of a message before it is judged: keys, contacts, its conversation, what its attachments hold.

import Delivery
package import MIME
package import Mail
import OpenPGP
package import Policy
import SettingValues
package import Vault

/// What the look-ups gave.
struct LookedUp: Sendable {
    let known: KnownKeys
    let contacts: KnownContacts
    let extracted: ExtractedParts
    /// Folded addresses of recipients with an open letter of the conversation.
    let readers: Set<String>
    /// Why links cannot be used now; nil: they can.
    let linkDoubt: String?
    let conversation: KnownConversation
}

extension MessagePath {
    /// Looks up what judging may ask.
    /// - Throws: a ``Refusal`` of cause `storage`: without the answer nothing can be planned.
    func lookUp(_ parsed: ParsedMessage, _ errand: Errand) async throws(Refusal) -> LookedUp {
        let envelope = parsed.received.envelope
        // The one look-up of keys is about recipients, sender, and to whom rules redirect or archive.
        let known = await keyring.lookup(
            envelope.recipients + (envelope.sender.map { [$0] } ?? []) + judge.rules.destinations)
        let contacts = try await contacts(of: envelope)
        let extracted = await judge.attachments.extract(parsed, for: judge.rules)
        let (readers, linkDoubt) = try await readers(of: parsed, errand)
        return LookedUp(
            known: known, contacts: contacts, extracted: extracted, readers: readers, linkDoubt: linkDoubt,
            conversation: await conversation(of: parsed))
    }

    /// Who has a standing password or a telephone number, where any setting or rule could use it.
    private func contacts(of envelope: Envelope) async throws(Refusal) -> KnownContacts {
        guard !judge.rules.passwordModes.isDisjoint(with: [.standing, .sms]) else { return KnownContacts() }
        return KnownContacts(try await ledger.contacts(envelope.recipients + judge.rules.redirects))
    }

    /// Whether a message names one that was protected; nobody is asked where no rule asks.
    private func conversation(of parsed: ParsedMessage) async -> KnownConversation {
        guard judge.rules.asksConversation else { return .notKnownHere }
        return await KnownConversation.of(parsed.root.header, ledger, nowSeconds: parsed.received.receivedAtSeconds)
    }
}

extension KnownContacts {
    /// What the policy is told of correspondents: facts, no passwords. A number in the database that is none counts as
    /// none.
    package init(_ lines: [String: ContactLine]) {
        self.init(
            standing: Set(lines.filter(\.value.hasPassword).keys),
            phones: lines.compactMapValues { $0.phone.flatMap { PhoneNumber($0) } })
    }
}

extension KnownConversation {
    /// What a gateway's database knows of the messages that a header names.
    package static func of(
        _ header: HeaderSection, _ ledger: any Conversations, nowSeconds: Int64
    ) async -> KnownConversation {
        let names = NamedMessages(header).referred
        guard !names.isEmpty else { return .unprotected }
        do throws(Refusal) {
            return try await ledger.knowsProtected(names, nowSeconds: nowSeconds) ? .protected : .unprotected
        } catch {
            return .unknown(reason: "the messages that it names cannot be looked up now")
        }
    }
}

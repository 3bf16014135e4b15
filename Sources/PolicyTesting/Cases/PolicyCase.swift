// One case: a message, who has keys, and what must come of it.

import MIME
package import Mail
package import Policy
package import SettingValues

/// A policy case as its file writes it.
package struct PolicyCase: Sendable {
    /// What must hold for one recipient; what is nil is not asserted.
    package struct Expectation: Sendable {
        package var recipient: Mailbox
        package var verdict: Verdict?
        package var method: String?
        /// How the password of its link goes: `standing`, …
        package var password: String?
        /// Ids of the rules that apply, in any order.
        package var rules: [String]?
        /// Ids of rules of which none applies.
        package var notRules: [String] = []
        /// Ids of the rules that match and only watch, in any order.
        package var watched: [String]?
        /// The effects in words, as explain shows them, in any order.
        package var effects: [String]?
        /// The subject that the recipient sees outside.
        package var subject: String?
        /// A part of the text that the sender gets where it is refused, in any case.
        package var refusal: String?
        /// First digits of the reply code: `550`, `4`.
        package var reply: String?
        /// Fingerprints of the certificates it is sealed to, in any order.
        package var fingerprints: [String]?
    }

    /// What is broken in a case: then whatever the policy protects must be refused or put off.
    package enum Fault: String, Sendable, CaseIterable {
        /// gpg ends with an error whenever it should seal.
        case gpgFails = "gpg: fails"
        /// The letters database cannot be written.
        case vaultDown = "vault: down"
        /// No key can be looked up.
        case keysUnreadable = "keys: unreadable"
        /// Reading attachments ends in a crash.
        case extractorCrashes = "extractor: crashes"
    }

    package var name: String
    package var file: String
    package var line: Int
    package var sender: Mailbox?
    package var recipients: [Mailbox]
    /// Who has a usable, an expired, a revoked certificate.
    package var keys: [Mailbox]
    package var expired: [Mailbox]
    package var revoked: [Mailbox]
    /// Who has a standing password, and whose telephone number is known.
    package var standing: [Mailbox] = []
    package var phones: [Mailbox] = []
    /// Whether the messages that it names were protected.
    package var conversation = KnownConversation.unprotected
    package var message: MessageBytes
    package var expectations: [Expectation]
    /// The domains that count as inside, the mailboxes nobody reads, and whether links are set up.
    package var surroundings: CaseSurroundings
    /// When it is judged, in seconds since 1970.
    package var nowSeconds: Int64 = PolicyCase.defaultSeconds
    /// Who logged in, from where, by which listener; nil and "" as for mail without.
    package var user: String?
    package var client: String = ""
    package var listener: String = ""
    package var faults: Set<Fault> = []

    /// 2026-01-01T12:00:00Z, a Thursday: cases must not depend on the day they are run.
    package static let defaultSeconds: Int64 = 1_767_268_800

    /// As a door would hand it in.
    var received: ReceivedMessage {
        var origin = ReceivedMessage.Origin(id: "case", clientAddress: client, user: user)
        origin.listener = listener
        return ReceivedMessage(
            envelope: Envelope(sender: sender, recipients: recipients), bytes: message, origin: origin,
            receivedAtSeconds: nowSeconds)
    }

    /// What is known of correspondents. The number is one that nobody has.
    var contacts: KnownContacts {
        let number = PhoneNumber("+33199000099")
        return KnownContacts(
            standing: Set(standing.map(\.folded)),
            phones: Dictionary(phones.compactMap { mailbox in number.map { (mailbox.folded, $0) } }) { first, _ in first
            })
    }

    /// The keys as the keyring would give them.
    var known: KnownKeys {
        var statuses: [String: KnownKeys.Status] = [:]
        if faults.contains(.keysUnreadable) {
            for mailbox in recipients + keys { statuses[mailbox.folded] = .unknown(reason: "the case says so") }
            return KnownKeys(statuses)
        }
        for mailbox in expired { statuses[mailbox.folded] = .unusable(reasons: ["expired"]) }
        for mailbox in revoked { statuses[mailbox.folded] = .unusable(reasons: ["revoked"]) }
        for (number, mailbox) in keys.enumerated() {
            let digits = String(number + 1, radix: 16, uppercase: true)
            let fingerprint = String(repeating: "0", count: 40 - digits.count) + digits
            let certificate = Certificate(
                fingerprint: fingerprint, encryptionKeyIDs: [KeyID(UInt64(number + 1))], source: "\(mailbox.folded).asc"
            )
            statuses[mailbox.folded] = .usable([certificate])
        }
        return KnownKeys(statuses)
    }
}

/// What the cases of one file assume around the rules.
package struct CaseSurroundings: Sendable, Equatable {
    package var inside: [String]
    package var unattended: [String]
    package var links: Bool
    /// True where rules may hold messages back. Whether it is set up is for `check` to say; a case asks what the rules
    /// say.
    package var quarantine = true
    /// How passwords of links go where no rule says so.
    package var passwords: [PasswordMode] = [.toSender]
    /// True where text messages can be sent; a case asks what the rules say.
    package var texts = true

    package init(inside: [String] = [], unattended: [String] = [], links: Bool = true) {
        self.inside = inside
        self.unattended = unattended
        self.links = links
    }

    /// As the policy engine takes it.
    package var surroundings: Surroundings {
        Surroundings(
            inside: DomainList(inside), unattended: DomainList(unattended), linksAvailable: links,
            quarantineAvailable: quarantine, passwords: passwords, textsAvailable: texts)
    }
}

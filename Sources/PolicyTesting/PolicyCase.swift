// One case: a message, who has keys, and what must come of it.

import MIME
package import Mail
package import Policy

/// A policy case as its file writes it.
package struct PolicyCase: Sendable {
    /// What must hold for one recipient; what is nil is not asserted.
    package struct Expectation: Sendable {
        package var recipient: Mailbox
        package var verdict: String?
        package var method: String?
        /// Ids of the rules that apply, in any order.
        package var rules: [String]?
        /// The subject that the recipient sees outside.
        package var subject: String?
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
    package var message: MessageBytes
    package var expectations: [Expectation]
    /// The domains that count as inside, the mailboxes nobody reads, and whether links are set up.
    package var surroundings: CaseSurroundings

    /// The keys as the keyring would give them.
    var known: KnownKeys {
        var statuses: [String: KnownKeys.Status] = [:]
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
    /// True where rules may hold messages back. Whether it is set up is for `check` to say; a case asks what the rules say.
    package var quarantine = true

    package init(inside: [String] = [], unattended: [String] = [], links: Bool = true) {
        self.inside = inside
        self.unattended = unattended
        self.links = links
    }

    /// As the policy engine takes it.
    package var surroundings: Surroundings {
        Surroundings(
            inside: DomainList(inside), unattended: DomainList(unattended), linksAvailable: links,
            quarantineAvailable: quarantine)
    }
}

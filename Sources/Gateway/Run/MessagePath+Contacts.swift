// Correspondents on the path of a message: what is known of them before it is judged, and their standing passwords when it is
// sealed. Reads and notes the gateway's database.

import Foundation
import Links
import Mail
import Policy
import Vault

extension MessagePath {
    /// Who has a standing password or a telephone number, where any setting or rule could use it.
    /// - Throws: a ``Refusal`` of cause `storage`: without the answer nothing can be planned.
    func contacts(of envelope: Envelope) async throws(Refusal) -> KnownContacts {
        guard !rules.passwordModes.isDisjoint(with: [.standing, .sms]) else { return KnownContacts() }
        return KnownContacts(try await ledger.contacts(envelope.recipients + rules.redirects))
    }

    /// The standing passwords that a plan asks for, by folded address of the reader.
    /// - Throws: a ``Refusal`` of cause `storage`.
    func standing(for decided: DecidedMessage) async throws(Refusal) -> [String: StandingPassword] {
        var passwords: [String: StandingPassword] = [:]
        var readers: [Mailbox] = []
        for decision in decided.decisions where decision.password == .standing {
            let reader = decision.effects.redirect ?? decision.recipient
            guard passwords[reader.folded] == nil else { continue }
            // One that has been forgotten since is missed by the sealer, which puts the message off.
            passwords[reader.folded] = try await ledger.standingPassword(of: reader)
            readers.append(reader)
        }
        // That it was used is no reason to hold anything up.
        try? await ledger.usedStandingPasswords(readers, nowSeconds: Int64(Date().timeIntervalSince1970))
        return passwords
    }
}

extension KnownContacts {
    /// What the policy is told of correspondents: facts, no passwords. A number in the database that is none counts as none.
    init(_ lines: [String: ContactLine]) {
        self.init(
            standing: Set(lines.filter(\.value.hasPassword).keys),
            phones: lines.compactMapValues { $0.phone.flatMap { PhoneNumber($0) } })
    }
}

// The quarantine of one configuration: whose key held messages are sealed to, and who is told.

import Mail
import OpenPGP
import SettingValues
import Vault

/// Whether messages can be held back.
enum Quarantine: Sendable {
    /// Not set up: no rule that holds messages loads.
    case none
    case officer(QuarantineOfficer)

    /// The mails that a message makes which nobody released in time.
    var expiryNotices: [QuarantineNotice] {
        if case .officer(let officer) = self, officer.settings.tellsOfficer { [.expiredOfficer] } else { [] }
    }
}

/// Who decides on held messages.
struct QuarantineOfficer: Sendable {
    let settings: QuarantineSettings
    /// Told of held messages; answers questions.
    let officer: Mailbox
    let key: FileKey
    let inside: DomainList

    /// The mails that a held message makes. A stranger is not told: who sent it may not be who it says.
    func notices(to sender: Mailbox?) -> [QuarantineNotice] {
        var kinds: [QuarantineNotice] = []
        if settings.tellsSender, let sender, inside.contains(sender) { kinds.append(.heldSender) }
        if settings.tellsOfficer { kinds.append(.heldOfficer) }
        return kinds
    }
}

// The quarantine of one configuration: whose key held messages are sealed to, and who is told.

package import Mail
import OpenPGP
import Vault

/// What the settings say of the quarantine.
package struct QuarantineSettings: Sendable {
    /// File of the certificate that held messages are sealed to.
    package var keyFile: String
    /// Who is told, and answers questions.
    package var officer: Mailbox
    /// How long a message waits, in seconds.
    package var keepSeconds: Int64
    package var tellsSender: Bool
    package var tellsOfficer: Bool

    package init(
        keyFile: String, officer: Mailbox, keepSeconds: Int64, tellsSender: Bool = true, tellsOfficer: Bool = true
    ) {
        self.keyFile = keyFile
        self.officer = officer
        self.keepSeconds = keepSeconds
        self.tellsSender = tellsSender
        self.tellsOfficer = tellsOfficer
    }
}

/// Whether messages can be held back.
enum Quarantine: Sendable {
    /// Not set up: no rule that holds messages loads.
    case none
    case officer(QuarantineOfficer)

    /// The mails that a message makes which nobody released in time.
    var expiryNotices: [QuarantineNotice.Kind] {
        if case .officer(let officer) = self, officer.settings.tellsOfficer { [.expiredOfficer] } else { [] }
    }
}

/// Who decides on held messages.
struct QuarantineOfficer: Sendable {
    let settings: QuarantineSettings
    let key: FileKey
    let inside: DomainList

    /// The mails that a held message makes. A stranger is not told: who sent it may not be who it says.
    func notices(to sender: Mailbox?) -> [QuarantineNotice.Kind] {
        var kinds: [QuarantineNotice.Kind] = []
        if settings.tellsSender, let sender, inside.contains(sender) { kinds.append(.heldSender) }
        if settings.tellsOfficer { kinds.append(.heldOfficer) }
        return kinds
    }
}

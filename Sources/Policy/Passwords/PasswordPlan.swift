// How the password of a link reaches its reader: the ways, what is known of correspondents, and what was planned.

import Detection
package import Mail
package import SettingValues

/// What is known of correspondents, from the one look-up of a message. A value; no password is in it.
package struct KnownContacts: Sendable, Equatable {
    /// Folded addresses whose letters can open with a standing password.
    package var standing: Set<String>
    /// Telephone numbers by folded address.
    package var phones: [String: PhoneNumber]

    package init(standing: Set<String> = [], phones: [String: PhoneNumber] = [:]) {
        self.standing = standing
        self.phones = phones
    }
}

/// The way that was planned for one recipient, with what it needs.
package enum PasswordPlan: Sendable, Equatable {
    case toSender
    /// As the sender wrote it.
    case fromSender(Secret)
    case standing
    /// To this number.
    case sms(PhoneNumber)

    /// The way.
    package var mode: PasswordMode {
        switch self {
        case .toSender: .toSender
        case .fromSender: .fromSender
        case .standing: .standing
        case .sms: .sms
        }
    }
}

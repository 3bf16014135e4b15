// The built-in rule `sender-mark`: a sender who writes a password or a telephone number into a message wants it locked,
// whatever the rules say. It belongs to no file: scopes, exceptions, mutants and coverage do not know it. Pure.

import Detection
import Mail
import SettingValues

/// The rule, and what it makes of marks that nothing allows.
package enum SenderMark {
    /// Its id; no rule of a file may have it.
    package static let id = "sender-mark"

    static let info = RuleInfo(
        id: id, about: "Built in: the sender wrote a password or a telephone number into the message.", file: "",
        line: 0)
    static let consequence = Consequence(level: .required)

    /// True where it applies to a recipient.
    /// - Parameter address: who gets it: the recipient, or another in the recipient's place.
    static func applies(
        _ isGiven: Bool, to recipient: Mailbox, _ address: Mailbox, inside: DomainList
    ) -> Bool {
        isGiven && (!inside.contains(recipient) || !inside.contains(address))
    }

    /// The link as a method where no setting or rule allows any of the ways that the sender asks for: it is not opened
    /// by another password than the sender's. nil where one is allowed, or the sender asks for none.
    static func forbidden(_ wished: [PasswordMode], _ allowed: [PasswordMode]) -> Usability? {
        guard !wished.isEmpty, Set(wished).isDisjoint(with: allowed) else { return nil }
        let what =
            wished == [.sms]
            ? "passwords by text message to a number in the message" : "passwords that the sender puts into the message"
        return .broken(
            "no setting or rule allows \(wished.map(\.rawValue).joined(separator: ", "))",
            publicly:
                """
                no setting or rule here allows \(what): take [pw: ...], [sms: ...] \
                and the header fields out, or ask your administrator
                """
        )
    }
}

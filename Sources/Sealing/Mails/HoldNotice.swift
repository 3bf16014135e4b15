// The mails about a message that is held back: to the inside sender (why, and what comes next) and to the officer (what
// to do). They hold addresses, reasons and rule ids; nothing of the subject, nothing of the content.

import Foundation
package import Mail
import SettingValues
import Wording

/// What a notice tells of one held message.
package struct HoldNotice: Sendable {
    package enum Kind: String, Sendable {
        /// To the sender: it is held back.
        case sender
        /// To the officer: it is held back.
        case officer
        /// To the officer: it has been destroyed, as nobody released it.
        case expired
    }

    /// One recipient who does not get it for now.
    package struct Recipient: Sendable {
        package let address: String
        package let reason: String
        package let rules: [String]

        package init(address: String, reason: String, rules: [String]) {
            self.address = address
            self.reason = reason
            self.rules = rules
        }
    }

    package let kind: Kind
    package let id: String
    /// As written; "" is the null sender.
    package let sender: String
    package let recipients: [Recipient]
    package let bytes: Int
    package let receivedAtSeconds: Int64
    package let expiresAtSeconds: Int64

    package init(
        kind: Kind, id: String, sender: String, recipients: [Recipient], bytes: Int, receivedAtSeconds: Int64,
        expiresAtSeconds: Int64
    ) {
        self.kind = kind
        self.id = id
        self.sender = sender
        self.recipients = recipients
        self.bytes = bytes
        self.receivedAtSeconds = receivedAtSeconds
        self.expiresAtSeconds = expiresAtSeconds
    }

    /// The mail.
    /// - Parameters:
    ///   - officer: who answers questions.
    ///   - zone: of the times in it.
    func mail(officer: Mailbox, in language: Language, zone: TimeZone) -> OwnMail {
        let say = { (key: String, values: [String: String]) in language.text(.mail, key, values) }
        let who =
            recipients.count == 1 ? recipients[0].address : say("recipients-many", ["count": "\(recipients.count)"])
        let expiry = ["date": language.moment(expiresAtSeconds, in: zone)]
        let subject: String
        let lines: [String]
        switch kind {
        case .sender:
            subject = say("hold-subject-sender", ["who": who])
            lines = [
                say("hold-opening-sender", ["date": language.moment(receivedAtSeconds, in: zone)]), "",
                list(language, rules: false), say("hold-reference", ["id": id]), "", say("hold-next-sender", expiry),
                "",
                say("hold-questions", ["address": officer.description]),
            ]
        case .officer:
            subject = say("hold-subject-officer", ["id": id, "who": who])
            lines = [
                say("hold-opening-officer", [:]), "", facts(language, zone), list(language, rules: true),
                say("hold-next-officer", [:]), "",
                "    letterlock quarantine show \(id)", "    letterlock quarantine release \(id)",
                "    letterlock quarantine drop \(id)", "", say("hold-expiry", expiry),
            ]
        case .expired:
            subject = say("hold-subject-expired", ["id": id, "who": who])
            lines = [say("hold-opening-expired", [:]), "", facts(language, zone), list(language, rules: true)]
        }
        return OwnMail(
            subject: subject, language: language, body: .text(lines.joined(separator: "\n")),
            replyTo: kind == .sender ? officer : nil)
    }

    private func facts(_ language: Language, _ zone: TimeZone) -> String {
        """
        \(language.text(.mail, "hold-reference", ["id": id]))
        \(language.text(.mail, "hold-from", ["sender": sender.isEmpty ? "<>" : sender]))
        \(language.text(.mail, "hold-received", ["date": language.moment(receivedAtSeconds, in: zone)]))
        \(language.text(.mail, "hold-size", ["bytes": "\(bytes)"]))

        """
    }

    private func list(_ language: Language, rules: Bool) -> String {
        recipients.map { recipient in
            let reason = language.text(.mail, "hold-reason", ["reason": recipient.reason])
            let entry = "    \(recipient.address)\n    \(reason)\n"
            guard rules else { return entry }
            let names = recipient.rules.joined(separator: ", ")
            return entry + "    \(language.text(.mail, "hold-rules", ["rules": names]))\n"
        }.joined(separator: "\n")
    }
}

extension Sealer {
    /// A mail that tells of a held message, sealed where its recipient has a usable key.
    /// - Parameters:
    ///   - recipient: the inside sender, or the officer.
    ///   - officer: who answers questions.
    ///   - known: what the key folder says of the recipient.
    /// - Throws: a ``Refusal`` of cause `engine` or `sealCheck` where it cannot be sealed, `undecided` where it is not
    ///   known whether it must be.
    package func notice(
        _ notice: HoldNotice, to recipient: Mailbox, officer: Mailbox, known: KnownKeys, nowSeconds: Int64
    ) async throws(Refusal) -> OutboundMessage {
        let head = try OwnMailHead.ofQuarantine(
            to: recipient, hostname: settings.hostname, dateSeconds: nowSeconds,
            named: "quarantine.\(notice.id).\(notice.kind.rawValue)")
        let mail = notice.mail(
            officer: officer, in: settings.links?.languages.language(for: recipient) ?? .en, zone: settings.timeZone)
        return try await ownMail(mail.message(head), to: recipient, known[recipient], nowSeconds)
    }
}

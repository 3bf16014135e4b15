// The mails that tell a sender what became of the letters: opened, resting after wrong passwords, about to expire,
// expired. They hold the recipient's address and times; nothing of the subject, nothing of the content, no password.

import Foundation
import MIME
package import Mail
import OpenPGP
import SettingValues
import Wording

/// What a mail tells a sender of one letter.
package struct LetterNoticeMail: Sendable {
    package enum Kind: String, Sendable {
        case opened, resting, expiring, expired
    }

    package let kind: Kind
    /// Who the letter is for.
    package let recipient: String
    /// Seconds since 1970, all three: when the message was taken, when it happened, when the letter expires.
    package let sentAtSeconds: Int64
    package let atSeconds: Int64
    package let expiresAtSeconds: Int64
    /// nil: the mail says nothing of it.
    package let control: ControlLink?
    /// Message-ID of the message.
    package let messageID: String?
    /// Names the notice in its own Message-ID: the same on every try.
    package let name: String

    package init(
        kind: Kind, recipient: String, sentAtSeconds: Int64, atSeconds: Int64, expiresAtSeconds: Int64,
        control: ControlLink?, messageID: String?, name: String
    ) {
        self.kind = kind
        self.recipient = recipient
        self.sentAtSeconds = sentAtSeconds
        self.atSeconds = atSeconds
        self.expiresAtSeconds = expiresAtSeconds
        self.control = control
        self.messageID = messageID
        self.name = name
    }

    /// The mail.
    /// - Parameter zone: of the times in it.
    func mail(in language: Language, zone: TimeZone) -> OwnMail {
        let words = language
        let values = [
            "recipient": recipient, "sent": words.moment(sentAtSeconds, in: zone),
            "at": words.moment(atSeconds, in: zone),
            "until": words.moment(expiresAtSeconds, in: zone),
        ]
        let keys = kind.keys
        let paragraphs = [
            words.text(.control, keys.text, values), words.text(.control, keys.meaning, values),
            control?.lines(in: language),
        ].compactMap { $0 }
        return OwnMail(
            subject: words.text(.control, keys.subject, values), language: language,
            body: .text(paragraphs.joined(separator: "\n\n")), about: messageID)
    }
}

extension LetterNoticeMail.Kind {
    /// Of the message file.
    fileprivate var keys: (subject: String, text: String, meaning: String) {
        switch self {
        case .opened: ("notice-opened-subject", "notice-opened-text", "notice-opened-meaning")
        case .resting: ("notice-resting-subject", "notice-resting-text", "notice-resting-meaning")
        case .expiring: ("notice-expiring-subject", "notice-expiring-text", "notice-expiring-meaning")
        case .expired: ("notice-expired-subject", "notice-expired-text", "notice-expired-meaning")
        }
    }
}

extension Sealer {
    /// A mail that tells of a letter, sealed where its sender has a usable key.
    /// - Parameters:
    ///   - sender: who wrote the letter.
    ///   - known: what the key folder says of the sender.
    /// - Throws: a ``Refusal`` of cause `engine` or `sealCheck` where it cannot be sealed, `undecided` where it is not
    ///   known whether it must be, `internalError` where links are not set up.
    package func notice(
        _ notice: LetterNoticeMail, to sender: Mailbox, known: KnownKeys, nowSeconds: Int64
    ) async throws(Refusal) -> OutboundMessage {
        guard let links = settings.links else {
            throw Refusal(.internalError, "internal error", detail: "a notice without an address to come from")
        }
        let head = OwnMailHead.ofOrganisation(
            links, to: sender, hostname: settings.hostname, dateSeconds: nowSeconds, named: "letter.\(notice.name)")
        let mail = notice.mail(in: links.languages.language(for: sender), zone: settings.timeZone)
        return try await ownMail(mail.message(head), to: sender, known[sender], nowSeconds)
    }
}

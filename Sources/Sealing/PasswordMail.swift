// The mail to the inside sender about his message behind links: a password for each reader to whom he is to give one, and how
// the others open theirs. It holds neither the subject nor anything of the content, and no link. Texts: area `password`.

import MIME
import Mail
import Policy
import Wording

/// To the inside sender: how each recipient without a key opens his letter.
struct PasswordMail: Sendable {
    struct Entry {
        let letterID: String
        let recipient: Mailbox
        let plan: PasswordPlan
        /// Shown where the sender is to give it.
        let password: Secret
        let replacesFormer: Bool
        let expiresAtSeconds: Int64

        var isForSender: Bool { plan == .toSender }
    }
    var entries: [Entry]
    let sender: Mailbox
    let messageID: String?
    let sentAtSeconds: Int64
    let language: Language
    /// nil: the mail says nothing of it.
    var control: ControlLink?

    /// True where a password is in it: then it has to go.
    var holdsPasswords: Bool { entries.contains(where: \.isForSender) }

    private func say(_ key: String, _ values: [String: String] = [:]) -> String {
        language.text(.password, key, values)
    }

    /// The whole mail: plain text, quoted-printable.
    func message(_ head: NoticeHead) -> MessageBytes {
        var more: [(String, String)] = [("Content-Language", language.rawValue)]
        more += NoticeHead.answering(messageID)
        return MessageBytes(
            """
            \(head.fields(subject: subject, more: more))Content-Type: text/plain; charset=utf-8\r
            Content-Transfer-Encoding: quoted-printable\r
            \r
            \(QuotedPrintable.encode(text))\r

            """)
    }

    private var subject: String {
        let kind = holdsPasswords ? "subject" : "sent"
        guard let only = entries.first, entries.count == 1 else {
            return say("mail-\(kind)-many", ["count": "\(entries.count)"])
        }
        return say("mail-\(kind)-one", ["recipient": only.recipient.description])
    }

    private var text: String {
        let date = language.moment(sentAtSeconds)
        // One line for all links, or one below each where rules give them lives of their own.
        let expiries = Set(entries.map(\.expiresAtSeconds))
        var paragraphs: [String] = []
        let mine = entries.filter(\.isForSender)
        let others = entries.filter { !$0.isForSender }
        if !mine.isEmpty {
            paragraphs.append(say("mail-opening", ["date": date]))
            paragraphs += mine.map { entry in
                // Revealed into the mail whose purpose it is, to the sender only.
                block(entry, entry.password.revealed, showsExpiry: expiries.count > 1)
            }
            paragraphs.append(say("mail-instruction"))
        }
        if !others.isEmpty {
            paragraphs.append(mine.isEmpty ? say("mail-opening-others", ["date": date]) : say("mail-others"))
            paragraphs += others.map { block($0, way($0.plan), showsExpiry: expiries.count > 1) }
        }
        if let only = expiries.first, expiries.count == 1 {
            paragraphs.append(say("mail-expiry", ["date": language.date(only)]))
        }
        if let control { paragraphs.append(control.lines(in: language)) }
        return paragraphs.joined(separator: "\n\n")
    }

    private func block(_ entry: Entry, _ line: String, showsExpiry: Bool) -> String {
        var lines = [entry.recipient.description, line]
        if showsExpiry { lines.append(say("mail-expiry", ["date": language.date(entry.expiresAtSeconds)])) }
        if entry.isForSender, entry.replacesFormer { lines.append(say("mail-replaces")) }
        return lines.map { "    \($0)" }.joined(separator: "\n")
    }

    private func way(_ plan: PasswordPlan) -> String {
        switch plan {
        case .toSender: ""  // unreachable: its password stands there
        case .fromSender: say("mail-way-from-sender")
        case .standing: say("mail-way-standing")
        case .sms(let number): say("mail-way-sms", ["ending": number.ending])
        }
    }
}

/// The text message with a password, and what the notification says of passwords.
enum ReaderWords {
    /// What one text message holds of the alphabet that every telephone has (3GPP TS 23.038).
    static let messageCharacters = 160

    /// The text of the message.
    static func text(password: Secret, sender: Mailbox, replacesFormer: Bool, _ language: Language) -> Secret {
        let key = replacesFormer ? "sms-text-replaces" : "sms-text"
        // Revealed into the message whose purpose it is.
        let values = ["password": password.revealed, "sender": sender.description]
        let long = plain(language.text(.password, key, values))
        let fits = long.count <= messageCharacters && sender.description.utf8.allSatisfy { $0 < 128 }
        return Secret(fits ? long : plain(language.text(.password, "\(key)-short", values)))
    }

    /// That alphabet has no no-break space and no curved apostrophe: one such character would halve the length of a message.
    private static func plain(_ text: String) -> String {
        text.replacing("\u{a0}", with: " ").replacing("\u{202f}", with: " ").replacing("\u{2019}", with: "'")
    }

    /// How the reader comes to the password; nil where the sender gives it, as the notification says anyway.
    static func way(_ plan: PasswordPlan, _ language: Language) -> String? {
        switch plan {
        case .toSender: nil
        case .fromSender: language.text(.password, "reader-from-sender")
        case .standing: language.text(.password, "reader-standing")
        case .sms(let number): language.text(.password, "reader-sms", ["ending": number.ending])
        }
    }
}

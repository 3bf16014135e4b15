// The mail to the inside sender about a message behind links: a password for each reader to whom the sender is to give
// one, and how the others open theirs. It holds nothing of the content and no link, and the subject only where the
// settings say so and no rule hides it. Texts: area `password`.

import Foundation
import MIME
import Mail
import Policy
import Wording

/// To the inside sender: how each recipient without a key opens the letter.
struct PasswordMail: Sendable {
    struct Entry {
        /// How its reader opens it.
        enum Way {
            /// With a password that reaches the reader like this; shown where the sender is to give it.
            case password(PasswordPlan, Secret, replacesFormer: Bool)
            /// It is a later message: with the password of the reader's letter.
            case known
        }
        /// Of the letter, or of the later message.
        let id: String
        let recipient: Mailbox
        let way: Way
        let expiresAtSeconds: Int64

        var isForSender: Bool { if case .password(.toSender, _, _) = way { true } else { false } }
        var isLetter: Bool { if case .password = way { true } else { false } }
    }

    /// By what the sender recognises the message.
    struct About {
        let sentAtSeconds: Int64
        let attachments: Int
        /// nil: not told.
        let subject: String?
    }

    var entries: [Entry]
    let sender: Mailbox
    let messageID: String?
    let about: About
    let language: Language
    /// Of the times in it.
    let zone: TimeZone
    /// nil: the mail says nothing of it.
    var control: ControlLink?

    /// True where a password is in it: then it has to go.
    var holdsPasswords: Bool { entries.contains(where: \.isForSender) }
    /// Letters that wait for it, because their passwords are in it.
    var letterIDs: [String] { entries.filter(\.isForSender).map(\.id) }

    private func say(_ key: String, _ values: [String: String] = [:]) -> String {
        language.text(.password, key, values)
    }

    /// The mail.
    var mail: OwnMail { OwnMail(subject: subject, language: language, body: .text(text), about: messageID) }

    private var subject: String {
        let kind = holdsPasswords ? "subject" : "sent"
        guard let only = entries.first, entries.count == 1 else {
            return say("mail-\(kind)-many", ["count": "\(entries.count)"])
        }
        return say("mail-\(kind)-one", ["recipient": only.recipient.description])
    }

    private var text: String {
        // One line for all links, or one below each where rules give them lives of their own.
        let expiries = Set(entries.map(\.expiresAtSeconds))
        var paragraphs = [
            say("mail-opening", ["date": language.moment(about.sentAtSeconds, in: zone)]), facts,
        ]
        let mine = entries.filter(\.isForSender)
        let others = entries.filter { !$0.isForSender }
        if !mine.isEmpty {
            paragraphs.append(say(mine.count == 1 ? "mail-passwords-one" : "mail-passwords-many"))
            paragraphs += mine.map { block($0, showsExpiry: expiries.count > 1) }
            paragraphs.append(say("mail-instruction"))
        }
        if !others.isEmpty {
            paragraphs.append(say(others.count == 1 ? "mail-others-one" : "mail-others-many"))
            paragraphs += others.map { block($0, showsExpiry: expiries.count > 1) }
        }
        if let only = expiries.first, expiries.count == 1 {
            paragraphs.append(say("mail-expiry", ["date": language.moment(only, in: zone)]))
        }
        // What came under an older link is controlled where that link's letter is.
        if let control, entries.contains(where: \.isLetter) { paragraphs.append(control.lines(in: language)) }
        return paragraphs.joined(separator: "\n\n")
    }

    private var facts: String {
        var lines = [
            about.attachments == 0
                ? say("mail-attachments-none") : say("mail-attachments", ["count": "\(about.attachments)"])
        ]
        if let subject = about.subject { lines.insert(say("mail-about", ["subject": subject]), at: 0) }
        return Self.indented(lines)
    }

    private func block(_ entry: Entry, showsExpiry: Bool) -> String {
        var lines = [entry.recipient.description, line(entry.way)]
        if showsExpiry { lines.append(say("mail-expiry", ["date": language.moment(entry.expiresAtSeconds, in: zone)])) }
        if case .password(.toSender, _, true) = entry.way { lines.append(say("mail-replaces")) }
        return Self.indented(lines)
    }

    private static func indented(_ lines: [String]) -> String { lines.map { "    \($0)" }.joined(separator: "\n") }

    private func line(_ way: Entry.Way) -> String {
        switch way {
        // Revealed into the mail whose purpose it is, to the sender only.
        case .password(.toSender, let password, _): password.revealed
        case .password(.fromSender, _, _): say("mail-way-from-sender")
        case .password(.standing, _, _): say("mail-way-standing")
        // In full: the sender is to see whether it is the reader's.
        case .password(.sms(let number), _, _): say("mail-way-sms", ["number": number.e164])
        case .known: say("mail-way-known")
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

    /// That alphabet has no no-break space and no curved apostrophe: one such character would halve the length of a
    /// message.
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

// Head of the mails that Letterlock writes itself, and the password mail (to the inside sender: the passwords); the
// notification (to the recipient: the link) is in NotificationMail.swift. Neither holds the subject or anything of the content. Texts: message file `mail`.

import MIME
import Mail
import Wording

/// Header of a notice (RFC 5322; Auto-Submitted by RFC 3834).
struct NoticeHead: Sendable {
    let from: Mailbox
    let to: Mailbox
    let dateSeconds: Int64
    let messageID: String
    let boundary: String
    var fromName = "Letterlock"
    /// RFC 3834 section 5: our own mail, or an answer to one.
    var autoSubmitted = "auto-generated"

    /// Name and address, on two lines where one would be long.
    private var sender: String {
        let name = HeaderText.phrase(fromName)
        let last = name.utf8.reversed().prefix { $0 != 10 }.count
        return "\(name)\(last + "\(from)".utf8.count > 66 ? "\r\n" : "") <\(from)>"
    }

    /// The fields up to MIME-Version.
    func fields(subject: String, more: [(String, String)]) -> String {
        var lines = [
            ("Date", MailDate.text(dateSeconds)), ("From", sender),
            ("To", "<\(to)>"),
            ("Subject", HeaderText.encode(subject, fieldName: "Subject")), ("Message-ID", messageID),
            ("Auto-Submitted", autoSubmitted),
        ]
        lines += more + [("MIME-Version", "1.0")]
        return lines.map { "\($0.0): \($0.1)\r\n" }.joined()
    }

    /// The fields that tie a notice to the message it is about; none where its Message-ID is not fit to be repeated.
    static func answering(_ messageID: String?) -> [(String, String)] {
        guard let messageID, messageID.utf8.count < 500, messageID.utf8.allSatisfy({ $0 > 32 && $0 < 127 }) else {
            return []
        }
        return [("In-Reply-To", messageID), ("References", messageID)]
    }
}

/// To the inside sender: one password for each recipient without a key.
struct PasswordMail: Sendable {
    struct Entry {
        let letterID: String
        let recipient: Mailbox
        let password: Secret
        let replacesFormer: Bool
        let expiresAtSeconds: Int64
    }
    var entries: [Entry]
    let sender: Mailbox
    let messageID: String?
    let sentAtSeconds: Int64
    let language: Language

    /// The whole mail: plain text, quoted-printable.
    func message(_ head: NoticeHead) -> MessageBytes {
        let texts = language.password
        // One line for all links, or one below each where rules give them lives of their own.
        let expiries = Set(entries.map(\.expiresAtSeconds))
        let lines = entries.map { entry in
            // Revealed into the mail whose purpose it is, to the sender only.
            var line = "    \(entry.recipient)\n    \(entry.password.revealed)\n"
            if expiries.count > 1 { line += "    \(texts.expiry(language.date(entry.expiresAtSeconds)))\n" }
            return entry.replacesFormer ? line + "    \(texts.replaces)\n" : line
        }
        let one = expiries.count == 1 ? expiries.first : nil
        let expiry = one.map { "\n\n\(texts.expiry(language.date($0)))" } ?? ""
        let text = """
            \(texts.opening(language.moment(sentAtSeconds)))

            \(lines.joined(separator: "\n"))
            \(texts.instruction)\(expiry)
            """
        var more: [(String, String)] = [("Content-Language", language.rawValue)]
        more += NoticeHead.answering(messageID)
        let names = entries.count == 1 ? entries.first?.recipient.description ?? "" : "\(entries.count)"
        let subject = entries.count == 1 ? texts.subjectOne(names) : texts.subjectMany(names)
        return MessageBytes(
            """
            \(head.fields(subject: subject, more: more))Content-Type: text/plain; charset=utf-8\r
            Content-Transfer-Encoding: quoted-printable\r
            \r
            \(QuotedPrintable.encode(text))\r

            """)
    }
}

// The notification, which Letterlock writes itself to the recipient of a link: who has sent something, and where to read it.
// It holds neither the subject nor anything of the content, nor the password (that mail is in PasswordMail.swift).
// Texts: NoticeTexts.swift.

import MIME
import Mail

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

    /// The fields up to MIME-Version.
    func fields(subject: String, more: [(String, String)]) -> String {
        var lines = [
            ("Date", MailDate.text(dateSeconds)), ("From", "\(fromName) <\(from)>"), ("To", "<\(to)>"),
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

/// To the recipient: who has sent something, and where to read it.
struct NotificationMail {
    let recipient: Mailbox
    let sender: Mailbox
    let senderName: String?
    let link: String
    let code: String
    let expiresAtSeconds: Int64
    let language: Language
    /// How the reader comes to the password, where the sender is not the one to give it.
    var way: String?

    private var texts: NotificationTexts { language.notification }
    private var who: String { senderName.map { "\($0) (\(sender))" } ?? "\(sender)" }

    /// The whole mail: text and HTML, quoted-printable.
    func message(_ head: NoticeHead) -> MessageBytes {
        let subject = texts.subject(senderName ?? sender.description)
        let fields = head.fields(
            subject: subject, more: [("Reply-To", "<\(sender)>"), ("Content-Language", language.rawValue)])
        return MessageBytes(
            """
            \(fields)Content-Type: multipart/alternative; boundary="\(head.boundary)"\r
            \r
            --\(head.boundary)\r
            Content-Type: text/plain; charset=utf-8\r
            Content-Transfer-Encoding: quoted-printable\r
            \r
            \(QuotedPrintable.encode(plain))\r
            --\(head.boundary)\r
            Content-Type: text/html; charset=utf-8\r
            Content-Transfer-Encoding: quoted-printable\r
            \r
            \(QuotedPrintable.encode(html))\r
            --\(head.boundary)--\r

            """)
    }

    private var plain: String {
        let steps = texts.steps.enumerated().map { "\($0.offset + 1). \($0.element)" }.joined(separator: "\n")
        return """
            \(texts.greeting)

            \(texts.opening(who))

            \(steps)

            \(link)

            \(way ?? texts.password)

            \(texts.code)
            \(code)

            \(texts.expiry(language.date(expiresAtSeconds)))

            \(texts.doubt(sender.description))
            """
    }

    private var html: String {
        let steps = texts.steps.map { "<li style=\"margin:0 0 6px\">\(HTML.escape($0))</li>" }.joined()
        let paragraph = "margin:0 0 16px"
        return """
            <!DOCTYPE html>
            <html lang="\(language.rawValue)"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
            <meta name="color-scheme" content="light dark"><title>\(HTML.escape(texts.subject(who)))</title></head>
            <body style="margin:0;padding:0">
            <table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"><tr><td align="center" style="padding:16px">
            <table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="max-width:560px;text-align:left"><tr>
            <td style="font-family:Arial,Helvetica,sans-serif;font-size:17px;line-height:1.5;padding:8px">
            <p style="\(paragraph)">\(HTML.escape(texts.greeting))</p>
            <p style="\(paragraph)">\(HTML.escape(texts.opening(who)))</p>
            <ol style="margin:0 0 16px;padding-left:24px">\(steps)</ol>
            <p style="\(paragraph)"><a href="\(HTML.escape(link))" style="word-break:break-all">\(HTML.escape(link))</a></p>
            <p style="\(paragraph)">\(HTML.escape(way ?? texts.password))</p>
            <p style="\(paragraph)">\(HTML.escape(texts.code))<br><span style="font-family:monospace;font-size:16px">\(HTML.escape(code))</span></p>
            <p style="\(paragraph)">\(HTML.escape(texts.expiry(language.date(expiresAtSeconds))))</p>
            <p style="\(paragraph)">\(HTML.escape(texts.doubt(sender.description)))</p>
            </td></tr></table></td></tr></table>
            </body></html>
            """
    }
}

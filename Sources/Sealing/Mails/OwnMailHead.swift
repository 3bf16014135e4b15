// Head of the mails that Letterlock writes itself.

import MIME
import Mail
import Wording

/// Header of a notice (RFC 5322; Auto-Submitted by RFC 3834).
struct OwnMailHead: Sendable {
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

    /// A whole mail of plain text, quoted-printable.
    /// - Parameters:
    ///   - more: fields of its own, besides the language.
    ///   - text: its lines end with LF.
    func plainMail(
        subject: String, more: [(String, String)] = [], language: Language, text: String
    ) -> MessageBytes {
        let fields = fields(subject: subject, more: more + [("Content-Language", language.rawValue)])
        return MessageBytes("\(fields)\(Self.part("plain", text))\r\n")
    }

    /// A whole mail of text and, for who prefers it, HTML of the same words (RFC 2046 section 5.1.4).
    func mail(
        subject: String, more: [(String, String)] = [], language: Language, text: String, html: String
    ) -> MessageBytes {
        let fields = fields(subject: subject, more: more + [("Content-Language", language.rawValue)])
        return MessageBytes(
            """
            \(fields)Content-Type: multipart/alternative; boundary="\(boundary)"\r
            \r
            --\(boundary)\r
            \(Self.part("plain", text))\r
            --\(boundary)\r
            \(Self.part("html", html))\r
            --\(boundary)--\r

            """)
    }

    private static func part(_ subtype: String, _ text: String) -> String {
        """
        Content-Type: text/\(subtype); charset=utf-8\r
        Content-Transfer-Encoding: quoted-printable\r
        \r
        \(QuotedPrintable.encode(text))
        """
    }

    /// The fields that tie a notice to the message it is about; none where its Message-ID is not fit to be repeated.
    static func answering(_ messageID: String?) -> [(String, String)] {
        guard let messageID, messageID.utf8.count < 500, messageID.utf8.allSatisfy({ $0 > 32 && $0 < 127 }) else {
            return []
        }
        return [("In-Reply-To", messageID), ("References", messageID)]
    }
}

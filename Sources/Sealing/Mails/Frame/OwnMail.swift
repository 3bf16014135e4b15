// Every mail that Letterlock writes itself: header, encoding, language and loop protection are here, once. What a kind
// of mail adds is its words and its facts. Pure.

import MIME
import Mail
import Wording

/// One mail of our own before it has a date and a recipient (RFC 5322; Auto-Submitted by RFC 3834).
struct OwnMail {
    /// What is in it. Lines of texts end with LF.
    enum Body {
        /// Plain text.
        case text(String)
        /// Plain text and, for programs that prefer it, HTML of the same words (RFC 2046 section 5.1.4).
        case textAndHTML(String, String)
        /// A multipart/report (RFC 6522): plain text, then whole parts, header and body, without the line end behind
        /// them.
        case report(String, parts: [String])
    }

    let subject: String
    let language: Language
    let body: Body
    /// Where a person's answer goes, if not to the mail's sender.
    var replyTo: Mailbox?
    /// Message-ID of the message that it is about, as it stands there.
    var about: String?

    /// The whole mail.
    func message(_ head: OwnMailHead) -> MessageBytes {
        var fields = [
            ("Date", MailDate.text(head.dateSeconds)), ("From", head.sender), ("To", "<\(head.to)>"),
            ("Subject", HeaderText.encode(subject, fieldName: "Subject")), ("Message-ID", head.messageID),
            ("Auto-Submitted", head.autoSubmitted),
        ]
        if let replyTo { fields.append(("Reply-To", "<\(replyTo)>")) }
        let spoken = [("Content-Language", language.rawValue)]
        let answering = Self.answering(about)
        if case .report = body { fields += spoken + answering } else { fields += answering + spoken }
        fields.append(("MIME-Version", "1.0"))
        return MessageBytes("\(fields.map { "\($0.0): \($0.1)\r\n" }.joined())\(content(head.boundary))")
    }

    /// From Content-Type to the end.
    private func content(_ boundary: String) -> String {
        switch body {
        case .text(let text): "\(Self.part("plain", text))\r\n"
        case .textAndHTML(let text, let html):
            Self.multipart("alternative; boundary=", boundary, [Self.part("plain", text), Self.part("html", html)])
        case .report(let text, let parts):
            Self.multipart(
                "report; report-type=delivery-status;\r\n\tboundary=", boundary, [Self.part("plain", text)] + parts)
        }
    }

    private static func multipart(_ type: String, _ boundary: String, _ parts: [String]) -> String {
        "Content-Type: multipart/\(type)\"\(boundary)\"\r\n\r\n"
            + parts.map { "--\(boundary)\r\n\($0)\r\n" }.joined() + "--\(boundary)--\r\n"
    }

    private static func part(_ subtype: String, _ text: String) -> String {
        """
        Content-Type: text/\(subtype); charset=utf-8\r
        Content-Transfer-Encoding: quoted-printable\r
        \r
        \(QuotedPrintable.encode(text))
        """
    }

    /// The fields that tie a mail to the message it is about; none where its Message-ID is not fit to be repeated.
    static func answering(_ messageID: String?) -> [(String, String)] {
        guard let messageID, messageID.utf8.count < 500, messageID.utf8.allSatisfy({ $0 > 32 && $0 < 127 }) else {
            return []
        }
        return [("In-Reply-To", messageID), ("References", messageID)]
    }
}

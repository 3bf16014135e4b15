// The delivery receipt that a rule asks for: to the sender, once the next hop has taken the message for some
// recipients. A text for people and a delivery status for programs (action "relayed"); nothing of the message but its
// Message-ID.
// Source: RFC 6522 (multipart/report), RFC 3464 section 2.3.3, RFC 6533.

import Foundation
import MIME
import Mail
import Policy
import Wording

/// Writes one receipt.
struct ReceiptMail {
    /// Whose delivery it tells, never empty.
    let recipients: [Mailbox]
    let decided: DecidedMessage
    let hostname: String
    let language: Language
    /// Of the times in it.
    let zone: TimeZone

    /// The mail.
    var mail: OwnMail {
        let received = decided.parsed.received
        let names = recipients.count == 1 ? recipients.first?.description ?? "" : "\(recipients.count)"
        let subject =
            recipients.count == 1
            ? language.text(.mail, "receipt-subject-one", ["recipient": names])
            : language.text(.mail, "receipt-subject-many", ["count": names])
        let text = """
            \(language.text(.mail, "receipt-opening", ["date": language.moment(received.receivedAtSeconds, in: zone)]))

            \(recipients.map { "    \($0)\n" }.joined())
            \(language.text(.mail, "receipt-meaning"))
            """
        let isUTF8 = recipients.contains(where: \.needsSMTPUTF8)
        let part = """
            Content-Type: message/\(isUTF8 ? "global-" : "")delivery-status\r
            \(isUTF8 ? "Content-Transfer-Encoding: quoted-printable\r\n" : "")\r
            \(isUTF8 ? QuotedPrintable.encode(status) : status.replacing("\n", with: "\r\n"))
            """
        return OwnMail(
            subject: subject, language: language, body: .report(text, parts: [part]),
            about: decided.parsed.root.header.first("Message-ID")?.unfolded)
    }

    private var status: String {
        var groups = ["Reporting-MTA: dns; \(hostname)\n"]
        groups[0] += "Arrival-Date: \(MailDate.text(decided.parsed.received.receivedAtSeconds))\n"
        for recipient in recipients {
            let type = recipient.needsSMTPUTF8 ? "utf-8" : "rfc822"
            groups.append("Final-Recipient: \(type); \(recipient)\nAction: relayed\nStatus: 2.0.0\n")
        }
        return groups.joined(separator: "\n")
    }
}

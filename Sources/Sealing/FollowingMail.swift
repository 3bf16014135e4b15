// The mail that tells a reader of a later message in a conversation he has: same link, same password. Neither subject nor
// anything of the content. Texts: area `conversation` of Wording.

package import Mail
import Wording

/// A letter that its reader has, for a later message to come under.
package struct OpenConversation: Sendable {
    /// The path of the link.
    package let letterID: String
    /// P-256 public key of the letter, uncompressed point.
    package let key: [UInt8]
    /// Number of the later message.
    package let number: Int
    /// The link's fragment, where the reader's page has told it with an answer; nil: the page will ask for the code.
    package let linkSecret: Secret?

    package init(letterID: String, key: [UInt8], number: Int, linkSecret: Secret?) {
        self.letterID = letterID
        self.key = key
        self.number = number
        self.linkSecret = linkSecret
    }
}

/// The mail.
struct FollowingMail {
    let sender: Mailbox
    let senderName: String?
    let link: String
    /// nil: it stands in the first mail only.
    let code: String?
    let expiresAtSeconds: Int64
    let language: Language

    private var who: String { senderName.map { "\($0) (\(sender))" } ?? "\(sender)" }

    /// The whole mail: plain text, quoted-printable.
    func message(_ head: NoticeHead) -> MessageBytes {
        func text(_ key: String, _ values: [String: String] = [:]) -> String {
            language.text(.conversation, key, values)
        }
        let paragraphs = [
            text("mail-greeting"), text("mail-opening", ["who": who]), link,
            code.map { text("mail-code") + "\n" + $0 } ?? text("mail-code-before"),
            text("mail-expiry", ["date": language.date(expiresAtSeconds)]),
            text("mail-doubt", ["address": sender.description]),
        ]
        let fields = head.fields(
            subject: text("mail-subject", ["who": senderName ?? sender.description]),
            more: [("Reply-To", "<\(sender)>"), ("Content-Language", language.rawValue)])
        return MessageBytes(
            """
            \(fields)Content-Type: text/plain; charset=utf-8\r
            Content-Transfer-Encoding: quoted-printable\r
            \r
            \(QuotedPrintable.encode(paragraphs.joined(separator: "\n\n")))\r

            """)
    }
}

// Head of the mails that Letterlock writes itself.

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

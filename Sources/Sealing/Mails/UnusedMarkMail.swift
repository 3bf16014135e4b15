// The mail to a sender whose message held a password or a telephone number that a recipient did not need: the recipient
// has a key, or opens the message with an earlier password. It holds neither of them, nor anything of the message but
// its Message-ID.

import Foundation
import MIME
import Mail
import Policy
import Wording

/// Writes one such mail.
struct UnusedMarkMail {
    /// Never empty.
    let recipients: [Mailbox]
    let decided: DecidedMessage
    let language: Language
    /// Of the time in it.
    let zone: TimeZone

    /// The mail.
    var mail: OwnMail {
        let parsed = decided.parsed
        let text = """
            \(say("unused-opening", ["date": language.moment(parsed.received.receivedAtSeconds, in: zone)]))

            \(recipients.map { "    \($0)\n" }.joined())
            \(say("unused-meaning"))
            """
        return OwnMail(
            subject: say("unused-subject"), language: language, body: .text(text),
            about: parsed.root.header.first("Message-ID")?.unfolded)
    }

    private func say(_ key: String, _ values: [String: String] = [:]) -> String {
        language.text(.password, key, values)
    }
}

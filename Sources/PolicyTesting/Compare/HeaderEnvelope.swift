// The envelope of a message that lies in a file: it is not in it, so it is guessed from the header. X-Envelope-From,
// else Return-Path, else From; X-Envelope-To where there is any, else To, Cc and Bcc. Pure.

import MIME
import Mail

/// Guesses envelopes.
enum HeaderEnvelope {
    /// - Returns: nil where the header names no recipient.
    static func of(_ header: HeaderSection) -> Envelope? {
        var recipients = header.all("X-Envelope-To").flatMap(\.mailboxes)
        if recipients.isEmpty { recipients = ["To", "Cc", "Bcc"].flatMap { header.all($0) }.flatMap(\.mailboxes) }
        var seen: Set<String> = []
        recipients = recipients.filter { seen.insert($0.folded).inserted }
        guard !recipients.isEmpty else { return nil }
        for name in ["X-Envelope-From", "Return-Path"] {
            guard let field = header.first(name) else { continue }
            if let mailbox = field.mailboxes.first { return Envelope(sender: mailbox, recipients: recipients) }
            if field.unfolded.contains("<>") { return Envelope(sender: nil, recipients: recipients) }
        }
        return Envelope(sender: header.first("From")?.mailboxes.first, recipients: recipients)
    }
}

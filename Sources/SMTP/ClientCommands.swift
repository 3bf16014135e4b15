// Commands as a client writes them (RFC 5321 section 4.1.1). Appends to a buffer; cannot fail: a Mailbox holds no
// control character, so no command can be broken in two.

import Mail
import NIOCore

/// Spelling of the client's commands.
enum ClientCommands {
    /// `EHLO gate.example.org` or, for hops that do not know it, `HELO gate.example.org`. Octets that no host name has
    /// are left out.
    static func hello(_ hostname: String, extended: Bool, into target: inout ByteBuffer) {
        target.writeStaticString(extended ? "EHLO " : "HELO ")
        target.writeBytes(hostname.utf8.filter { $0 > 32 && $0 != 127 })
        target.writeStaticString("\r\n")
    }

    /// `MAIL FROM:<a@example.org> SIZE=1000 BODY=8BITMIME SMTPUTF8`, with the parameters that the hop knows.
    static func mail(_ transaction: ClientTransaction, _ hop: ClientCapabilities, into target: inout ByteBuffer) {
        target.writeStaticString("MAIL FROM:<")
        if let sender = transaction.sender { write(sender, into: &target) }
        target.writeStaticString(">")
        if hop.size {
            target.writeStaticString(" SIZE=")
            target.writeString(String(transaction.contentBytes))
        }
        if transaction.needs8BitMIME { target.writeStaticString(" BODY=8BITMIME") }
        if transaction.needsSMTPUTF8 { target.writeStaticString(" SMTPUTF8") }
        target.writeStaticString("\r\n")
    }

    /// `RCPT TO:<b@example.org>`
    static func recipient(_ recipient: Mailbox, into target: inout ByteBuffer) {
        target.writeStaticString("RCPT TO:<")
        write(recipient, into: &target)
        target.writeStaticString(">\r\n")
    }

    private static func write(_ mailbox: Mailbox, into target: inout ByteBuffer) {
        target.writeString(mailbox.localPart)
        target.writeStaticString("@")
        target.writeString(mailbox.domain)
    }
}

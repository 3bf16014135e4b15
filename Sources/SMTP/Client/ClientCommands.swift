// Commands as a client writes them (RFC 5321 section 4.1.1). Appends to a buffer; cannot fail: a Mailbox holds no
// control character, so no command can be broken in two.

import Foundation
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

    /// `AUTH PLAIN AGFsaWNlAHg=`; `=` is an initial response of no octets (RFC 4954 section 4).
    static func login(_ mechanism: String, initial: [UInt8]?, into target: inout ByteBuffer) {
        target.writeStaticString("AUTH ")
        target.writeBytes(mechanism.utf8.filter { $0 > 32 && $0 < 127 })
        if let initial {
            target.writeStaticString(" ")
            target.writeString(initial.isEmpty ? "=" : base64(initial))
        }
        target.writeStaticString("\r\n")
    }

    /// A response to a challenge, or `*` to give up.
    static func response(_ response: [UInt8]?, into target: inout ByteBuffer) {
        target.writeString(response.map(base64) ?? "*")
        target.writeStaticString("\r\n")
    }

    private static func base64(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }

    /// `MAIL FROM:<a@example.org> SIZE=1000 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=x REQUIRETLS`, with the parameters
    /// that the hop knows.
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
        if transaction.requiresTLS { target.writeStaticString(" REQUIRETLS") }
        if hop.dsn {
            if let ret = transaction.ret { target.writeString(" RET=\(ret.rawValue)") }
            if let id = transaction.envelopeID, isValue(id, utf8: false) { target.writeString(" ENVID=\(id)") }
        }
        target.writeStaticString("\r\n")
    }

    /// `RCPT TO:<b@example.org> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;bob@example.org`
    static func recipient(
        _ recipient: Mailbox, of transaction: ClientTransaction, _ hop: ClientCapabilities,
        into target: inout ByteBuffer
    ) {
        target.writeStaticString("RCPT TO:<")
        write(recipient, into: &target)
        target.writeStaticString(">")
        if hop.dsn, let options = transaction.recipientOptions[recipient] {
            if let notify = options.notify { target.writeString(" NOTIFY=\(text(notify))") }
            if let original = options.originalRecipient, isValue(original, utf8: transaction.needsSMTPUTF8) {
                target.writeString(" ORCPT=\(original)")
            }
        }
        target.writeStaticString("\r\n")
    }

    /// `NEVER`, or words with commas (RFC 3461 section 4.1).
    private static func text(_ notify: Envelope.Notify) -> String {
        let words: [(Envelope.Notify, String)] = [(.success, "SUCCESS"), (.failure, "FAILURE"), (.delay, "DELAY")]
        let named = words.filter { notify.contains($0.0) }.map(\.1)
        return named.isEmpty ? "NEVER" : named.joined(separator: ",")
    }

    /// True for an esmtp-value (RFC 5321 section 4.1.2; octets above 127 by RFC 6533). What is none is left out: it
    /// came from a client, and must not become a command or a parameter of its own.
    private static func isValue(_ text: String, utf8: Bool) -> Bool {
        (1...500).contains(text.utf8.count)
            && text.utf8.allSatisfy { (33...126).contains($0) && $0 != UInt8(ascii: "=") || (utf8 && $0 > 127) }
    }

    private static func write(_ mailbox: Mailbox, into target: inout ByteBuffer) {
        target.writeString(mailbox.localPart)
        target.writeStaticString("@")
        target.writeString(mailbox.domain)
    }
}

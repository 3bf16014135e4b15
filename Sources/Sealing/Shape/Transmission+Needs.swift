// What a transmission needs of the next hop, read off its bytes, its addresses and the envelope it comes from. Pure.

import MIME
import Mail
import SettingValues

extension OutboundMessage.Transmission {
    /// A transmission whose needs are read off its bytes and addresses.
    init(
        role: Role, sender: Mailbox?, recipients: [Mailbox], pieces: [MessageBytes], smtputf8: Bool = false,
        options: Options, redirects: [Mailbox: Mailbox] = [:], isBodyAltered: Bool = false
    ) {
        let content = MessageBytes(joining: pieces)
        let eightBit = content.hasHighOctet
        let utf8Address = recipients.contains { (redirects[$0] ?? $0).needsSMTPUTF8 } || sender?.needsSMTPUTF8 == true
        self.init(
            role: role, sender: sender, recipients: recipients, content: content, needs8BitMIME: eightBit,
            needsSMTPUTF8: utf8Address || (smtputf8 && eightBit && Self.hasHighHeader(content)), options: options,
            redirects: redirects, isBodyAltered: isBodyAltered)
    }

    /// True where a header of the message, of a part or of an attached message has an octet above 127. A client that
    /// asked for SMTPUTF8 may have such fields (RFC 6532); a body of 8-bit text alone needs no more than 8BITMIME (RFC
    /// 6531 section 3.4).
    private static func hasHighHeader(_ content: MessageBytes) -> Bool {
        guard let root = try? readStructure(content, limits: Limits()) else { return true }
        return root.all.contains { content.slice($0.header.range).hasHighOctet }
    }
}

extension OutboundMessage.Transmission.Options {
    /// What the envelope asks for these recipients. A notification of the next hop's must not return what was sealed,
    /// nor what Letterlock wrote itself: `RET=HDRS` then, whatever was asked (RFC 3461 section 4.3).
    init(_ envelope: Envelope, _ recipients: [Mailbox], isSealed: Bool) {
        ret = isSealed ? .headers : envelope.ret
        envelopeID = envelope.envelopeID
        requiresTLS = envelope.requiresTLS
        recipientOptions =
            envelope.recipientOptions.isEmpty ? [:] : envelope.recipientOptions.filter { recipients.contains($0.key) }
    }

    /// For a mail of our own with the null sender, to one recipient: nobody is there to be notified (RFC 3464 section
    /// 2).
    static func notice(to recipient: Mailbox, requiresTLS: Bool) -> Self {
        Self(
            ret: .headers, envelopeID: nil, requiresTLS: requiresTLS,
            recipientOptions: [recipient: Envelope.RecipientOptions(notify: .never)])
    }
}

// Which header fields go where when a message is passed, sealed or put behind a link. Works on the fields' exact bytes:
// a field is moved or left out as a whole, never re-serialised.

import MIME
import Mail

/// Sorting of header fields by name (RFC 5322 section 3.6, RFC 2045, RFC 9788 section 1.1).
enum FieldRole {
    /// MIME-Version and every Content-* field: they describe the body and go with it.
    case structural
    /// Never leaves: it names blind recipients.
    case blind
    /// Added on the way (RFC 5322 section 3.6.7 and mail systems' own): stays outside, is not part of a letter.
    case trace
    /// A signature over the message as it was: void once the message is altered (RFC 6376).
    case wayside
    /// Everything else: copied into the protected header.
    case message

    static func of(_ field: HeaderField) -> FieldRole {
        let name = field.name.lowercased()
        if name == "mime-version" || name.hasPrefix("content-") { return .structural }
        switch name {
        case "bcc", "resent-bcc": return .blind
        case "dkim-signature", "domainkey-signature": return .wayside
        case "received", "return-path", "delivered-to", "x-original-to", "envelope-to", "authentication-results",
            "received-spf", "arc-seal", "arc-message-signature", "arc-authentication-results":
            return .trace
        default: return .message
        }
    }

    /// Fields that mail programs fill with the subject or with key words of the body: hidden together with the subject.
    static func repeatsSubject(_ field: HeaderField) -> Bool {
        ["thread-topic", "comments", "keywords"].contains(field.name.lowercased())
    }
}

/// Pieces of a message's header, as ropes over the original bytes.
struct HeaderEdit {
    let parsed: ParsedMessage
    /// Decoded Subject to write instead of the original one, or nil.
    let rewrittenSubject: String?

    private var bytes: MessageBytes { parsed.received.bytes }
    private var fields: [HeaderField] { parsed.root.header.fields }
    var body: MessageBytes { bytes.slice(parsed.root.bodyRange) }

    /// The field as written, or the rewritten Subject; always ended by CRLF.
    func raw(_ field: HeaderField) -> MessageBytes {
        if let rewrittenSubject, field.isNamed("Subject") {
            return MessageBytes("Subject: \(HeaderText.encode(rewrittenSubject, fieldName: "Subject"))\r\n")
        }
        return ended(bytes.slice(field.range))
    }

    /// A field of addresses without what stands beside them: the bare addresses, one a line. Where none can be read, a
    /// group without members stands in their place (RFC 6854 allows it for authors too).
    func withoutNames(_ field: HeaderField) -> MessageBytes {
        guard !field.namesBeside.isEmpty || !field.isReadable else { return raw(field) }
        let addresses = field.mailboxes.map(\.description)
        let value = addresses.isEmpty ? "undisclosed:;" : addresses.joined(separator: ",\r\n ")
        return MessageBytes("\(field.name): \(value)\r\n")
    }

    /// A last header line without its CRLF (a message that ends in its header) gets one.
    private func ended(_ piece: MessageBytes) -> MessageBytes {
        let tail = piece.slice(max(0, piece.count - 2)..<piece.count)
        return tail == MessageBytes("\r\n") ? piece : MessageBytes(joining: [piece, MessageBytes("\r\n")])
    }

    /// The message to pass on in clear: byte for byte, less Bcc fields; a rewritten subject voids DKIM signatures.
    func passed() -> MessageBytes {
        let altered = rewrittenSubject != nil && parsed.root.header.first("Subject") != nil
        // Our Received field goes on top: an mbox line left between would end the header for the next hop.
        let start = fromLineBytes
        let hasBlind = fields.contains { FieldRole.of($0) == .blind }
        guard altered || hasBlind else { return bytes.slice(start..<bytes.count) }
        // What stands between fields (lines that are no fields) is kept too: cut out only what has to go.
        var pieces: [MessageBytes] = []
        var kept = start
        for field in fields {
            let role = FieldRole.of(field)
            let replaced = altered && field.isNamed("Subject")
            guard role == .blind || replaced || (altered && role == .wayside) else { continue }
            pieces.append(bytes.slice(kept..<field.range.lowerBound))
            if replaced { pieces.append(raw(field)) }
            kept = field.range.upperBound
        }
        pieces.append(bytes.slice(kept..<bytes.count))
        return MessageBytes(joining: pieces)
    }

    /// Length of a leading `From ` line as mailbox files have it, which is no header field, or 0.
    private var fromLineBytes: Int {
        let first = fields.first?.range.lowerBound ?? parsed.root.bodyRange.lowerBound
        let head = (try? bytes.slice(0..<min(first, 1000)).copy()) ?? []
        guard head.starts(with: "From ".utf8), let end = head.firstIndex(of: 10) else { return 0 }
        return end + 1
    }

    /// The message for a letter behind a link: as it came, without blind, trace and signature fields.
    func letter() -> MessageBytes {
        let kept = fields.filter {
            switch FieldRole.of($0) {
            case .structural, .message: true
            case .blind, .trace, .wayside: false
            }
        }
        return MessageBytes(joining: kept.map(raw) + [MessageBytes("\r\n"), body])
    }
}

// What reading gives: the structure of a message with exact byte ranges, decoded names and texts, and the problems met.
// All ranges are byte offsets into `received.bytes`. Only the reader in this module can make a ParsedMessage.

package import Mail
package import Packets

/// A message that has been read as far as it goes. Malformed mail is normal mail: what could not be read is in
/// ``problems``, never an error.
package struct ParsedMessage: Sendable {
    /// The message as it came.
    package let received: ReceivedMessage
    /// The message itself as an entity: its header is the message header, its children the parts.
    package let root: Part
    /// Everything that could not be read or is ambiguous.
    package let problems: [ReadProblem]
    /// How the message is encrypted, by structure and by parsing OpenPGP packets, never by a substring.
    package let encryption: Encryption
    /// How the message as a whole is signed.
    package let signature: Signature

    init(
        received: ReceivedMessage, root: Part, problems: [ReadProblem], encryption: Encryption, signature: Signature
    ) {
        self.received = received
        self.root = root
        self.problems = problems
        self.encryption = encryption
        self.signature = signature
    }

    /// The same without the texts of its parts, which may be large and are of no use once it has been judged.
    package func withoutTexts() -> ParsedMessage {
        ParsedMessage(
            received: received, root: root.withoutTexts(), problems: problems, encryption: encryption,
            signature: signature)
    }

    /// The decoded Subject: RFC 2047 words decoded, folding taken out; nil where there is none.
    package var subject: String? { root.header.first("Subject")?.text }
}

/// A header section: fields in order.
package struct HeaderSection: Sendable {
    /// All fields, top to bottom.
    package let fields: [HeaderField]
    /// The whole section without the empty line that ends it.
    package let range: Range<Int>

    package init(fields: [HeaderField], range: Range<Int>) {
        self.fields = fields
        self.range = range
    }

    /// All fields of a name (case-insensitive), top to bottom.
    package func all(_ name: String) -> [HeaderField] { fields.filter { $0.isNamed(name) } }
    /// The first field of a name (case-insensitive).
    package func first(_ name: String) -> HeaderField? { fields.first { $0.isNamed(name) } }
}

/// One header field (RFC 5322 section 2.2).
package struct HeaderField: Sendable {
    /// The name as written, without colon.
    package let name: String
    /// From the name's first byte to the end of its last line, CRLF included.
    package let range: Range<Int>
    /// The value's bytes, from after the colon to before the last CRLF: folding and encoded words still in.
    package let valueRange: Range<Int>
    /// The value unfolded and with RFC 2047 words decoded, trimmed; invalid bytes as U+FFFD.
    package let text: String
    /// The value unfolded, not decoded, trimmed (raw octets read as UTF-8, invalid ones as U+FFFD).
    package let unfolded: String

    package init(name: String, range: Range<Int>, valueRange: Range<Int>, text: String, unfolded: String) {
        self.name = name
        self.range = range
        self.valueRange = valueRange
        self.text = text
        self.unfolded = unfolded
    }

    /// Case-insensitive comparison of the name.
    package func isNamed(_ other: String) -> Bool {
        name.utf8.count == other.utf8.count
            && zip(name.utf8, other.utf8).allSatisfy {
                $0 == $1 || ($0 | 0x20 == $1 | 0x20 && (97...122).contains($0 | 0x20))
            }
    }
}

/// One MIME entity (RFC 2045 section 2.4).
package struct Part: Sendable {
    /// Place in the tree: "" for the message, "1", "1.2", … ; a message/rfc822 part's inner message is its one child.
    package let path: String
    /// The whole entity, header and body; for a part inside a multipart without the CRLF that belongs to the delimiter.
    package let range: Range<Int>
    /// Its header.
    package let header: HeaderSection
    /// Its body.
    package let bodyRange: Range<Int>
    /// Content-Type; RFC 2045 section 5.2's default where it is missing or unreadable (`contentTypeIsReadable` tells).
    package let type: MediaType
    /// True where there is a Content-Type that could be read; false where it is missing or unreadable.
    package let contentTypeIsReadable: Bool
    /// Content-Disposition's value in lower case (`attachment`, `inline`), or nil.
    package let disposition: String?
    /// The attachment's name: Content-Disposition filename, else Content-Type name; RFC 2231 and RFC 2047 decoded.
    package let fileName: String?
    /// Content-Transfer-Encoding.
    package let transferEncoding: TransferEncoding
    /// What can be read of it as text.
    package let text: PartText
    /// Size of the body once its transfer encoding is undone, in bytes.
    package let decodedBytes: Int
    /// Parts of a multipart, or the one message inside message/rfc822.
    package let children: [Part]

    package init(
        path: String, range: Range<Int>, header: HeaderSection, bodyRange: Range<Int>, type: MediaType,
        contentTypeIsReadable: Bool, disposition: String?, fileName: String?, transferEncoding: TransferEncoding,
        text: PartText, decodedBytes: Int, children: [Part]
    ) {
        self.path = path
        self.range = range
        self.header = header
        self.bodyRange = bodyRange
        self.type = type
        self.contentTypeIsReadable = contentTypeIsReadable
        self.disposition = disposition
        self.fileName = fileName
        self.transferEncoding = transferEncoding
        self.text = text
        self.decodedBytes = decodedBytes
        self.children = children
    }

    /// True where a mail program would show it as an attachment: it has a file name, or its disposition says so, or it is a
    /// leaf that is no text and no part of an OpenPGP or S/MIME wrapper.
    package var isAttachment: Bool {
        guard children.isEmpty || type.isMessage else { return false }
        if disposition == "attachment" || fileName != nil { return true }
        return !type.isText && !type.isMultipart
    }

    /// The same part, all texts of it and below left out. The reader bounds its depth.
    fileprivate func withoutTexts() -> Part {
        Part(
            path: path, range: range, header: header, bodyRange: bodyRange, type: type,
            contentTypeIsReadable: contentTypeIsReadable, disposition: disposition, fileName: fileName,
            transferEncoding: transferEncoding, text: .none, decodedBytes: decodedBytes,
            children: children.map { $0.withoutTexts() })
    }

    /// This part and all below it, depth first.
    package var all: [Part] {
        var parts: [Part] = []
        collect(into: &parts)
        return parts
    }

    private func collect(into parts: inout [Part]) {
        parts.append(self)
        for child in children { child.collect(into: &parts) }
    }
}

/// A media type with its parameters (RFC 2045 section 5.1, RFC 2231).
package struct MediaType: Sendable, Equatable {
    /// Type in lower case: `text`.
    package let type: String
    /// Subtype in lower case: `plain`.
    package let subtype: String
    /// Parameters by lower-case name, values decoded (RFC 2231 continuations joined).
    package let parameters: [String: String]

    package init(_ type: String, _ subtype: String, parameters: [String: String] = [:]) {
        self.type = type
        self.subtype = subtype
        self.parameters = parameters
    }

    /// `type/subtype`.
    package var essence: String { "\(type)/\(subtype)" }
    package var isText: Bool { type == "text" }
    package var isMultipart: Bool { type == "multipart" }
    package var isMessage: Bool { essence == "message/rfc822" || essence == "message/global" }
}

/// Content-Transfer-Encoding (RFC 2045 section 6).
package enum TransferEncoding: Sendable, Equatable {
    case sevenBit, eightBit, binary, quotedPrintable, base64
    /// A token this reader does not know; the content counts as unreadable.
    case unknown(String)
}

/// The text of a part.
package enum PartText: Sendable {
    /// No text (an image, a multipart with nothing outside of its parts).
    case none
    /// The text in valid UTF-8, NUL left out. `visible` is what a reader sees where that differs: HTML (tags out, entities
    /// decoded), calendars and cards (unfolded), flowed text with DelSp; elsewhere nil. Of a multipart it is what stands
    /// outside of its parts.
    case text(String, visible: String?)
    /// A text part that cannot be read (unknown charset or encoding): why. A content condition on it is unknown.
    case unreadable(String)
}

/// Something that could not be read or is ambiguous.
package struct ReadProblem: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        case noHeaderEnd, badFieldLine, badContentType, badTransferEncoding, unknownCharset, badCharsetData
        case badBase64, missingBoundary, unclosedMultipart, tooDeep, tooManyParts, headerTooLong, badEncodedWord
        case duplicateField, nulOctet
    }
    package let kind: Kind
    /// Path of the part it was met in.
    package let path: String

    package init(_ kind: Kind, path: String) {
        self.kind = kind
        self.path = path
    }
    /// True where content may have escaped the reader, so that content and attachment conditions are unknown.
    package var hidesContent: Bool {
        switch kind {
        case .badContentType, .badTransferEncoding, .unknownCharset, .missingBoundary, .tooDeep, .tooManyParts,
            .headerTooLong, .badBase64, .badFieldLine:
            true
        case .noHeaderEnd, .unclosedMultipart, .badEncodedWord, .duplicateField, .nulOctet,
            .badCharsetData:
            false
        }
    }
}

/// How a message is encrypted already.
package enum Encryption: Sendable, Equatable {
    case none
    /// Exactly RFC 3156's two parts, every packet parsed to its end; see ``Packets/EncryptedMessage``.
    case pgpMIME(EncryptedMessage)
    /// It looks like OpenPGP somewhere, but is not exactly RFC 3156's two parts with well-formed packets.
    case partialPGP
    /// application/pkcs7-mime (enveloped-data by smime-type, or any): not opened, satisfies nothing.
    case smime
}

/// How the message as a whole claims to be signed (not verified).
package enum Signature: Sendable, Equatable {
    case none
    /// multipart/signed by RFC 3156.
    case pgpMIME
    /// multipart/signed or application/pkcs7-mime signed-data (RFC 8551).
    case smime
}

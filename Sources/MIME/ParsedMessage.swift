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
    /// ``text`` as other programs read it where they differ: by other charsets, in the order on the screen. Three at
    /// most.
    package let otherTexts: [String]
    /// False where encoded words in it cannot be read by any of them.
    package let isReadable: Bool

    package init(
        name: String, range: Range<Int>, valueRange: Range<Int>, text: String, unfolded: String,
        otherTexts: [String] = [], isReadable: Bool = true
    ) {
        self.otherTexts = otherTexts
        self.isReadable = isReadable
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

extension ParsedMessage {
    /// All parts that were read, with the bytes that their ranges are offsets into (``Part/readable(in:)``).
    package var readableParts: [(part: Part, bytes: MessageBytes)] { root.readable(in: received.bytes) }
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
    /// The attachment's name as most programs show it: Content-Disposition filename, else Content-Type name; RFC 2231
    /// and RFC 2047 decoded.
    package let fileName: String?
    /// Content-Transfer-Encoding.
    package let transferEncoding: TransferEncoding
    /// What can be read of it as text.
    package let text: PartText
    /// What other programs may show of it, or show elsewhere.
    package let otherForms: OtherForms
    /// Size of the body once its transfer encoding is undone, in bytes.
    package let decodedBytes: Int
    /// Parts of a multipart, or the one message inside message/rfc822.
    package let children: [Part]
    private let oddities: Oddities?

    /// What few parts have: kept apart, because parts are copied often.
    private final class Oddities: Sendable {
        let fileNames: [String]
        let doubts: Doubts
        let alsoReads: [String]
        let opened: OpenedBody?

        init(_ fileNames: [String], _ doubts: Doubts, _ alsoReads: [String], _ opened: OpenedBody?) {
            self.fileNames = fileNames
            self.doubts = doubts
            self.alsoReads = alsoReads
            self.opened = opened
        }
    }

    /// Every name it may be saved under, ``fileName`` first: both fields', and other readings of what is written oddly.
    package var fileNames: [String] { oddities?.fileNames ?? fileName.map { [$0] } ?? [] }
    /// What mail programs would not agree on.
    package var doubts: Doubts { oddities?.doubts ?? [] }
    /// What some mail programs show of it although it is no content by the standards: the lines behind one that is no
    /// header line, the body as it stands where a label is written so that not every program understands it.
    package var alsoReads: [String] { oddities?.alsoReads ?? [] }
    /// The message inside message/rfc822 that came in base64 or quoted-printable; its ranges are not those of the
    /// message.
    package var opened: OpenedBody? { oddities?.opened }

    /// Facts about a part that a mail program may see in another way.
    package struct Doubts: OptionSet, Sendable {
        package let rawValue: Int
        package init(rawValue: Int) { self.rawValue = rawValue }
        /// Some program may find a name that is not among ``Part/fileNames``.
        package static let name = Doubts(rawValue: 1)
        /// Some program may take it for another media type.
        package static let type = Doubts(rawValue: 2)
    }

    /// A message that could be read only after its transfer encoding was undone.
    package struct OpenedBody: Sendable {
        /// The decoded bytes: ranges below are offsets into them.
        package let bytes: MessageBytes
        /// The message itself: one part.
        package let parts: [Part]
    }

    package init(
        path: String, range: Range<Int>, header: HeaderSection, bodyRange: Range<Int>, type: MediaType,
        contentTypeIsReadable: Bool, disposition: String?, fileName: String?, transferEncoding: TransferEncoding,
        text: PartText, otherForms: OtherForms = OtherForms(), decodedBytes: Int, children: [Part],
        fileNames: [String] = [], doubts: Doubts = [], alsoReads: [String] = [], opened: OpenedBody? = nil
    ) {
        let isOrdinary = fileNames.count <= 1 && doubts.isEmpty && alsoReads.isEmpty && opened == nil
        oddities = isOrdinary ? nil : Oddities(fileNames, doubts, alsoReads, opened)
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
        self.otherForms = otherForms
        self.decodedBytes = decodedBytes
        self.children = children
    }

    /// True where a mail program would show it as an attachment: it has a file name, or its disposition says so, or it
    /// is a leaf that is no text and no part of an OpenPGP or S/MIME wrapper.
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
            children: children.map { $0.withoutTexts() }, fileNames: fileNames, doubts: doubts)
    }

    /// True for an attached message whose own parts are known.
    package var isReadMessage: Bool { type.isMessage && (!children.isEmpty || opened != nil) }

    /// This part and all below it that was read, depth first, with the bytes that its ranges are offsets into: also
    /// what is inside of messages that had to be decoded first.
    /// - Parameter bytes: of the message that this part is of.
    package func readable(in bytes: MessageBytes) -> [(part: Part, bytes: MessageBytes)] {
        var found: [(part: Part, bytes: MessageBytes)] = []
        collect(in: bytes, into: &found)
        return found
    }

    private func collect(in bytes: MessageBytes, into found: inout [(part: Part, bytes: MessageBytes)]) {
        found.append((self, bytes))
        for child in children { child.collect(in: bytes, into: &found) }
        guard let opened else { return }
        for part in opened.parts { part.collect(in: opened.bytes, into: &found) }
    }

    /// This part and all below it whose ranges are those of the message, depth first.
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
    /// A token that no RFC knows; the content counts as unreadable but for uuencode (``isUUEncode``).
    case unknown(String)
}

/// The text of a part.
package enum PartText: Sendable {
    /// No text (an image, a multipart with nothing outside of its parts).
    case none
    /// The text in valid UTF-8, NUL left out. `visible` is what a reader sees where that differs: HTML (tags out,
    /// entities decoded), calendars and cards (unfolded), flowed text with DelSp; elsewhere nil. Of a multipart it is
    /// what stands outside of its parts.
    case text(String, visible: String?)
    /// A text part that cannot be read (unknown charset or encoding): why. A content condition on it is unknown.
    case unreadable(String)
}

/// Forms of a part's text beside those of its ``PartText``: mail programs differ in what they show.
package struct OtherForms: Sendable {
    /// What a reader sees of HTML without what is not shown (hidden by style, of no size), and of any text whose order
    /// is turned round, in the order on the screen; nil where that is what ``PartText`` says.
    package var shown: String?
    /// The text by other readings of its octets: another charset, base64 to where it is odd, uuencoded files undone.
    package var readings: [String] = []

    package init(shown: String? = nil, readings: [String] = []) {
        self.shown = shown
        self.readings = readings
    }
}

extension Part {
    /// Forms that are searched of one part at most.
    package static let formLimit = 4

    /// The text in its forms, what readers see first: never more than ``formLimit``, none where there is no text. They
    /// say the same thing, so they are not to be added up.
    package var forms: [String] {
        guard case .text(let written, let visible) = text else { return [] }
        var forms = [otherForms.shown ?? visible ?? written] + otherForms.readings.prefix(Self.formLimit - 1)
        for form in [visible, written].compactMap({ $0 }) where forms.count < Self.formLimit && !forms.contains(form) {
            forms.append(form)
        }
        return forms
    }
}

/// Something that could not be read or is ambiguous.
package struct ReadProblem: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        case noHeaderEnd, badFieldLine, badContentType, badTransferEncoding, unknownCharset, badCharsetData
        case badBase64, missingBoundary, unclosedMultipart, tooDeep, tooManyParts, headerTooLong, badEncodedWord
        case duplicateField, nulOctet
        /// A line in a header that is no field, a fold of blanks only, blanks before a colon: everyday mail.
        case oddFieldLine
        /// A Content-Type that says no media type; the part counts as text, or as a file where it is encoded or
        /// attached.
        case unreadableType
        /// A file name that not all programs read alike, and some perhaps as none of ``Part/fileNames``.
        case badFileName
    }
    package let kind: Kind
    /// Path of the part it was met in.
    package let path: String

    package init(_ kind: Kind, path: String) {
        self.kind = kind
        self.path = path
    }
    /// True where content may have escaped the reader, so that conditions on it are unknown.
    package var hidesContent: Bool {
        switch kind {
        case .badContentType, .badTransferEncoding, .unknownCharset, .missingBoundary, .tooDeep, .tooManyParts,
            .headerTooLong, .badBase64, .badFieldLine, .badCharsetData:
            true
        // A field that cannot be read says so itself (``HeaderField/isReadable``).
        case .noHeaderEnd, .unclosedMultipart, .badEncodedWord, .duplicateField, .nulOctet, .oddFieldLine,
            .unreadableType, .badFileName:
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

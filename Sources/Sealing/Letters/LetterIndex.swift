// The index that is sealed in front of a letter's message: decoded names and byte ranges, so that the page can show the
// letter without a MIME parser of its own (docs/inside/links-protocol.md).

import FoundationEssentials
import MIME
import Mail

struct LetterIndex: Encodable {
    struct Part: Encodable {
        let path: String
        let type: String
        let name: String?
        /// As declared; of what is shown, the label by which browsers know it, where they do.
        var charset: String?
        let encoding: String
        let disposition: String?
        let cid: String?
        let start: Int
        let end: Int
        let attachment: Bool
        /// What is shown of a part in a charset that browsers lack.
        var words: String?
        /// Where the parameters of RFC 3676 say so.
        var flowed: Bool?
        var delsp: Bool?
    }

    /// One whom an answer may go to.
    struct Participant: Encodable {
        let address: String
        let name: String?
        let sender: Bool?
        /// By it a client knows the entry that is its own reader.
        let letter: String?
    }

    let version = 1
    let subject: String
    let from: String
    let to: String
    let cc: String
    let date: String
    let sent: Int64
    /// The gateway's public key in base64url.
    var gateway = ""
    /// Whom an answer may go to; nil where nobody can answer.
    var participants: [Participant]?
    /// Places in ``parts`` of what is shown first, or nil.
    let text: Int?
    let html: Int?
    /// Places of all that is shown, in order, where it is more than one.
    let texts: [Int]?
    let htmls: [Int]?
    let parts: [Part]

    /// - Parameters:
    ///   - root: the letter's message.
    ///   - bytes: what the ranges of `root` are offsets into.
    ///   - sentAtSeconds: when it came in.
    /// - Throws: `internalError` where the bytes cannot be read.
    init(_ root: MIME.Part, in bytes: MessageBytes, sentAtSeconds: Int64) throws(Refusal) {
        let header = root.header
        func text(_ name: String) -> String { header.all(name).map(\.text).joined(separator: ", ") }
        subject = header.first("Subject")?.text ?? ""
        from = text("From")
        to = text("To")
        cc = text("Cc")
        date = header.first("Date")?.unfolded ?? ""
        sent = sentAtSeconds
        let leaves = Self.leaves(root)
        let bodies = LetterBodies(root)
        let shown = Set((bodies.texts + bodies.htmls).map(\.path))
        var parts: [Part] = []
        for leaf in leaves {
            var part = Part(
                path: leaf.path, type: leaf.type.essence, name: leaf.fileName, charset: leaf.type.parameters["charset"],
                encoding: Self.word(leaf.transferEncoding), disposition: leaf.disposition,
                cid: leaf.header.first("Content-ID").map { $0.unfolded.filter { $0 != "<" && $0 != ">" } },
                start: leaf.bodyRange.lowerBound, end: leaf.bodyRange.upperBound, attachment: !LetterBodies.isBody(leaf)
            )
            if shown.contains(leaf.path) { try part.describe(leaf, in: bytes) }
            parts.append(part)
        }
        self.parts = parts
        func places(_ shown: [MIME.Part]) -> [Int] {
            shown.compactMap { one in leaves.firstIndex { $0.path == one.path } }
        }
        let (texts, htmls) = (places(bodies.texts), places(bodies.htmls))
        self.texts = texts.count > 1 ? texts : nil
        self.htmls = htmls.count > 1 ? htmls : nil
        html = htmls.first { LetterBodies.isHTML(leaves[$0]) }
        self.text =
            texts.first { !LetterBodies.isHTML(leaves[$0]) }
            ?? (texts.isEmpty ? leaves.firstIndex(where: LetterBodies.isBody) : nil)
    }

    func json() throws(Refusal) -> [UInt8] {
        do {
            return try Array(JSONEncoder().encode(self))
        } catch {
            throw Refusal(
                .internalError, "temporary fault while protecting the message",
                detail: "writing a letter's index: \(error)")
        }
    }

    /// The parts a reader is shown or offered; an attached message is one part, not opened.
    private static func leaves(_ part: MIME.Part) -> [MIME.Part] {
        if part.type.isMessage || part.children.isEmpty { return [part] }
        return part.children.flatMap(leaves)
    }

    /// How many files a sender would say that the message has: not the pictures that its HTML shows, nor signatures.
    fileprivate static func attachmentCount(_ root: MIME.Part) -> Int {
        leaves(root).count { leaf in
            guard leaf.isAttachment,
                !["pgp-signature", "pkcs7-signature", "x-pkcs7-signature"].contains(leaf.type.subtype)
            else { return false }
            return leaf.disposition == "attachment" || leaf.header.first("Content-ID") == nil
        }
    }

    private static func word(_ encoding: TransferEncoding) -> String {
        switch encoding {
        case .sevenBit: "7bit"
        case .eightBit: "8bit"
        case .binary, .unknown: "binary"
        case .quotedPrintable: "quoted-printable"
        case .base64: "base64"
        }
    }
}

extension LetterIndex.Part {
    /// What a browser needs to show a text as it was meant.
    fileprivate mutating func describe(_ leaf: MIME.Part, in bytes: MessageBytes) throws(Refusal) {
        let parameters = leaf.type.parameters
        if leaf.type.essence == "text/plain", parameters["format"]?.lowercased() == "flowed" {
            flowed = true
            if parameters["delsp"]?.lowercased() == "yes" { delsp = true }
        }
        do {
            if charset == nil, LetterBodies.isHTML(leaf) {
                let range = leaf.bodyRange.prefix(Self.headBytes)
                charset = Charset.declaredInHTML(
                    try TransferDecoder.decode(bytes.slice(range), leaf.transferEncoding).octets)
            }
            guard let declared = charset else { return }
            if let label = Charset.webLabel(declared) {
                charset = label
            } else if let decoded = Charset.decode(
                try TransferDecoder.decode(bytes.slice(leaf.bodyRange), leaf.transferEncoding).octets,
                declared: declared)
            {
                words = decoded.text
            }
        } catch {
            throw Refusal(
                .internalError, "temporary fault while protecting the message",
                detail: "reading a text for a letter's index: \(error)")
        }
    }

    /// Where an HTML document names its charset: more than the 2048 octets that are looked at, as they are encoded.
    private static let headBytes = 8192
}

extension MIME.Part {
    /// How many attachments its sender would count.
    var attachmentCount: Int { LetterIndex.attachmentCount(self) }
}

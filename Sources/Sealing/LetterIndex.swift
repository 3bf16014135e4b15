// The index that is sealed in front of a letter's message: decoded names and byte ranges, so that the page can show the
// letter without a MIME parser of its own (docs/links-protocol.md).

import FoundationEssentials
import MIME
import Mail

struct LetterIndex: Encodable {
    struct Part: Encodable {
        let path: String
        let type: String
        let name: String?
        let charset: String?
        let encoding: String
        let disposition: String?
        let cid: String?
        let start: Int
        let end: Int
        let attachment: Bool
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
    /// The gateway's public key in base64url, and whom an answer may go to; nil where answers are not taken.
    var gateway: String?
    var participants: [Participant]?
    /// Places in ``parts`` of what is shown, or nil.
    let text: Int?
    let html: Int?
    let parts: [Part]

    /// - Parameters:
    ///   - root: the letter's message.
    ///   - sentAtSeconds: when it came in.
    init(_ root: MIME.Part, sentAtSeconds: Int64) {
        let header = root.header
        func text(_ name: String) -> String { header.all(name).map(\.text).joined(separator: ", ") }
        subject = header.first("Subject")?.text ?? ""
        from = text("From")
        to = text("To")
        cc = text("Cc")
        date = header.first("Date")?.unfolded ?? ""
        sent = sentAtSeconds
        let leaves = Self.leaves(root)
        parts = leaves.map { leaf in
            Part(
                path: leaf.path, type: leaf.type.essence, name: leaf.fileName, charset: leaf.type.parameters["charset"],
                encoding: Self.word(leaf.transferEncoding), disposition: leaf.disposition,
                cid: leaf.header.first("Content-ID").map { $0.unfolded.filter { $0 != "<" && $0 != ">" } },
                start: leaf.bodyRange.lowerBound, end: leaf.bodyRange.upperBound, attachment: !Self.isBody(leaf))
        }
        func first(_ subtype: String) -> Int? {
            leaves.firstIndex { Self.isBody($0) && $0.type.subtype == subtype }
        }
        html = first("html")
        self.text =
            leaves.firstIndex { Self.isBody($0) && $0.type.subtype == "plain" }
            ?? leaves.firstIndex { Self.isBody($0) && $0.type.subtype != "html" }
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

    private static func isBody(_ part: MIME.Part) -> Bool { part.type.isText && !part.isAttachment }

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

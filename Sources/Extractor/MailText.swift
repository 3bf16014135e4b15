// Texts and e-mails by the reader that reads mail itself (MIME), so that charsets and HTML mean the same everywhere. A text
// is read as the body of a message that says what it is.

import MIME
import Mail

/// Reads texts and e-mails.
struct MailText {
    private let examiner: Examiner
    private let collector: Collector

    init(_ examiner: Examiner, _ collector: Collector) {
        self.examiner = examiner
        self.collector = collector
    }

    /// A text in the charset of its byte order mark, as UTF-8, as claimed, or else windows-1252.
    func readText(_ file: Examiner.File, type: String) {
        var type = type
        if Self.types.contains(file.claimed) { type = file.claimed }
        let charset = charset(of: file).map { "; charset=\"\($0)\"" } ?? ""
        let header = "Content-Type: \(type)\(charset)\r\nContent-Transfer-Encoding: binary\r\n\r\n"
        let bytes = MessageBytes(joining: [MessageBytes(header), MessageBytes(bytes: file.bytes)])
        guard let parsed = parse(bytes) else { return collector.problem("\(examiner.shown(file)) cannot be read") }
        keep(parsed.root.text, file)
    }

    private static let types: Set<String> = ["text/html", "text/calendar", "text/vcard", "text/x-vcard"]

    private func charset(of file: Examiner.File) -> String? {
        let start = file.bytes.prefix(3)
        if start.elementsEqual([0xEF, 0xBB, 0xBF]) { return "utf-8" }
        if start.starts(with: [0xFF, 0xFE]) || start.starts(with: [0xFE, 0xFF]) { return "utf-16" }
        // Written by Windows without a mark: every second octet of ASCII text is zero.
        let sample = file.bytes.prefix(512)
        if sample.count >= 4, sample.count(where: { $0 == 0 }) * 5 > sample.count * 2 {
            return sample.first == 0 ? "utf-16be" : "utf-16le"
        }
        guard let claimed = file.charset, claimed.utf8.allSatisfy({ $0 > 32 && $0 < 127 && $0 != 34 && $0 != 92 })
        else {
            return nil
        }
        return Charset.decode([], declared: claimed) == nil ? nil : claimed
    }

    private func keep(_ text: PartText, _ file: Examiner.File) {
        switch text {
        case .none: break
        case .text(let text, let visible):
            if let visible { collector.text(visible, name: file.path) }
            collector.text(text, name: file.path)
        case .unreadable(let reason): collector.problem("\(examiner.shown(file)): \(reason)")
        }
    }

    /// An e-mail that lies in an archive: its subject, its texts, its attachments.
    func readMail(_ file: Examiner.File) {
        guard let parsed = parse(MessageBytes(bytes: file.bytes)) else {
            return collector.problem("\(examiner.shown(file)) cannot be read")
        }
        if parsed.problems.contains(where: \.hidesContent) { collector.problem("an e-mail inside is damaged") }
        if parsed.encryption != .none { collector.encrypted("an e-mail inside") }
        for part in parsed.root.all {
            for subject in part.header.all("Subject") { collector.text(subject.text, name: file.path) }
            guard part.isAttachment, part.children.isEmpty else {
                keep(part.text, file)
                continue
            }
            readAttachment(part, of: parsed, file)
        }
    }

    private func readAttachment(_ part: Part, of parsed: ParsedMessage, _ file: Examiner.File) {
        let name = part.fileName ?? "part \(part.path)"
        guard let member = collector.member(file.path(of: name), isEncrypted: false),
            collector.unpack(part.decodedBytes)
        else { return }
        let body = parsed.received.bytes.slice(part.bodyRange)
        guard let decoded = try? TransferDecoder.decode(body, part.transferEncoding) else { return }
        examiner.lookInside(
            Examiner.File(
                bytes: decoded.octets, name: name, path: file.path(of: name), claimed: part.type.essence,
                charset: part.type.parameters["charset"], depth: file.depth + 1),
            listedAs: member, collector)
    }

    private func parse(_ bytes: MessageBytes) -> ParsedMessage? {
        let message = ReceivedMessage(
            envelope: Envelope(sender: nil, recipients: []), bytes: bytes,
            origin: .init(id: "extract", door: .commandLine), receivedAtSeconds: 0)
        return try? MIME.read(message, limits: Limits())
    }
}

// E-mails that lie in archives or are attached as files, and mailbox files, by the reader that reads mail itself
// (MIME), so that everything means the same here as there.

import MIME
import Mail

/// Reads e-mails.
struct MailFile {
    private let examiner: Examiner
    private let collector: Collector

    init(_ examiner: Examiner, _ collector: Collector) {
        self.examiner = examiner
        self.collector = collector
    }

    /// One e-mail, or each of a mailbox file.
    func read(_ file: Examiner.File) {
        if let message = Self.appleMessage(file.bytes) {
            var one = file
            one.bytes = Array(message)
            return readMail(one)
        }
        guard file.bytes.starts(with: "From ".utf8) else { return readMail(file) }
        for (number, message) in MailboxFile.messages(in: file.bytes).enumerated() {
            guard number == 0 || collector.countFile() else { return }
            var one = file
            one.bytes = Array(file.bytes[message])
            readMail(one)
        }
    }

    /// True where the first line is that of MIME's version (RFC 2045 section 4), as programs begin web archives.
    static func beginsWithVersion(_ bytes: [UInt8]) -> Bool {
        String(decoding: bytes.prefix(13), as: UTF8.self).lowercased() == "mime-version:"
    }

    /// The message in a file of Apple's program: a line with its length, the message, and settings in XML.
    static func appleMessage(_ bytes: [UInt8]) -> ArraySlice<UInt8>? {
        let digits = bytes.prefix(12).prefix { (48...57).contains($0) }
        guard !digits.isEmpty, let count = Int(String(decoding: digits, as: UTF8.self)),
            let end = bytes.prefix(32).firstIndex(of: 10), bytes[digits.count..<end].allSatisfy({ $0 <= 32 }),
            count >= 16, count <= bytes.count - end - 1
        else { return nil }
        let rest = bytes[(end + 1 + count)...].drop { $0 <= 32 }
        guard rest.isEmpty || rest.starts(with: "<?xml".utf8) || rest.starts(with: "<plist".utf8),
            MailboxFile.isHeader(bytes[(end + 1)...])
        else { return nil }
        return bytes[(end + 1)..<(end + 1 + count)]
    }

    /// Its subject, its texts, its attachments.
    private func readMail(_ file: Examiner.File) {
        guard let parsed = Self.parse(MessageBytes(bytes: file.bytes)) else {
            return collector.problem("\(examiner.shown(file)) cannot be read")
        }
        if parsed.problems.contains(where: \.hidesContent) { collector.problem("an e-mail inside is damaged") }
        if parsed.encryption != .none { collector.encrypted("an e-mail inside") }
        for (part, bytes) in parsed.readableParts {
            for subject in part.header.all("Subject") { collector.text(subject.text, name: file.path) }
            for text in part.alsoReads { collector.text(text, name: file.path) }
            guard part.isAttachment, part.children.isEmpty, part.opened == nil else {
                if case .unreadable(let reason) = part.text {
                    collector.problem("\(examiner.shown(file)): \(reason)")
                }
                collector.text(part.forms, name: file.path)
                continue
            }
            readAttachment(part, of: bytes, file)
        }
    }

    private func readAttachment(_ part: Part, of bytes: MessageBytes, _ file: Examiner.File) {
        let name = part.fileName ?? "part \(part.path)"
        guard let member = collector.member(file.path(of: name), isEncrypted: false),
            collector.unpack(part.decodedBytes)
        else { return }
        let body = bytes.slice(part.bodyRange)
        guard let decoded = try? TransferDecoder.decode(body, part.transferEncoding) else {
            return collector.problem("an attachment inside cannot be read")
        }
        examiner.lookInside(
            Examiner.File(
                bytes: decoded.octets, name: name, path: file.path(of: name), claimed: part.type.essence,
                charset: part.type.parameters["charset"], depth: file.depth + 1),
            listedAs: member, collector)
    }

    /// The structure of octets as an e-mail, or nil where even that cannot be read.
    static func parse(_ bytes: MessageBytes) -> ParsedMessage? {
        let message = ReceivedMessage(
            envelope: Envelope(sender: nil, recipients: []), bytes: bytes,
            origin: .init(id: "extract", door: .commandLine), receivedAtSeconds: 0)
        return try? MIME.read(message, limits: Limits())
    }
}

/// Mailbox files (RFC 4155): messages behind lines that begin with `From `.
package enum MailboxFile {
    /// True where the first line is that of a mailbox file, and behind it comes a header.
    static func begins(_ octets: [UInt8]) -> Bool {
        guard octets.starts(with: "From ".utf8), let end = octets.prefix(1024).firstIndex(of: 10) else { return false }
        return isHeader(octets[(end + 1)...])
    }

    /// Where the messages are, without those lines.
    package static func messages(in octets: [UInt8]) -> [Range<Int>] {
        let mark = Array("From ".utf8)
        var found: [Range<Int>] = []
        var start: Int?
        var place = 0
        var isAfterEmptyLine = true
        while place < octets.count {
            let end = octets[place...].firstIndex(of: 10).map { $0 + 1 } ?? octets.count
            let line = octets[place..<end]
            if line.starts(with: mark), isAfterEmptyLine || isDated(line), isHeader(octets[end...]) {
                if let start { found.append(start..<place) }
                start = end
            }
            isAfterEmptyLine = line.allSatisfy { $0 == 10 || $0 == 13 }
            place = end
        }
        if let start { found.append(start..<octets.count) }
        return found.isEmpty ? [0..<octets.count] : found
    }

    /// True for a line with a time of day and a year, as these lines end (RFC 4155, appendix A): some programs leave
    /// the empty line before it out.
    static func isDated(_ start: ArraySlice<UInt8>) -> Bool {
        guard start.starts(with: "From ".utf8) else { return false }
        let line = start.prefix { $0 != 10 && $0 != 13 }
        let words = line.prefix(256).split(separator: 32)
        guard words.count >= 6 else { return false }
        let isTime: (ArraySlice<UInt8>) -> Bool = { word in
            word.count >= 5 && word.contains(UInt8(ascii: ":"))
                && word.allSatisfy { (48...57).contains($0) || $0 == UInt8(ascii: ":") }
        }
        return words.dropFirst(2).contains(where: isTime)
            && words.dropFirst(2).contains { $0.count == 4 && $0.allSatisfy { (48...57).contains($0) } }
    }

    /// A line of a text may begin so too; behind the line of a mailbox file comes a header.
    static func isHeader(_ rest: ArraySlice<UInt8>) -> Bool {
        let name = rest.prefix(80).prefix { $0 != UInt8(ascii: ":") }
        return name.count < 80 && !name.isEmpty && name.count < rest.count
            && name.allSatisfy { $0 > 32 && $0 < 127 || $0 == UInt8(ascii: " ") }
    }
}

// Makes the tree of parts from what the scanner found: decodes texts, sizes attachments. Works from the leaves up, so that
// nesting costs no stack.

import Glibc
import Mail
import Packets

/// Builds parts.
struct PartBuilder {
    private(set) var problems: [ReadProblem] = []
    private(set) var work: WorkCounter
    /// True where a text holds an armored OpenPGP message.
    private(set) var hasInlinePGP = false
    private let bytes: MessageBytes
    private let scanner: StructureScanner
    private let readsContents: Bool

    /// - Parameter readsContents: false leaves texts and sizes out.
    init(bytes: MessageBytes, scanner: StructureScanner, readsContents: Bool = true) {
        self.bytes = bytes
        self.readsContents = readsContents
        self.scanner = scanner
        self.work = scanner.work
        self.problems = scanner.problems.map { ReadProblem($0.kind, path: scanner.entities[$0.entity].path) }
    }

    mutating func build() throws -> Part {
        var parts: [Part?] = Array(repeating: nil, count: scanner.entities.count)
        for index in scanner.entities.indices.reversed() {
            let entity = scanner.entities[index]
            // Every child has a greater index, so it has been built.
            let children = entity.children.compactMap { parts[$0] }
            for child in entity.children { parts[child] = nil }
            parts[index] = try part(entity, children)
        }
        guard let root = parts.first ?? nil else {
            throw Refusal(.internalError, "temporary fault while reading the message", detail: "reading mime: no root")
        }
        return root
    }

    private mutating func part(_ entity: ScannedEntity, _ children: [Part]) throws -> Part {
        let body = entity.bodyStart..<entity.end
        let (text, decodedBytes) = readsContents ? try content(entity, body) : (.none, body.count)
        return Part(
            path: entity.path, range: entity.start..<entity.end, header: entity.header, bodyRange: body,
            type: entity.content.type, contentTypeIsReadable: entity.content.typeIsReadable,
            disposition: entity.content.disposition, fileName: entity.content.fileName,
            transferEncoding: entity.content.encoding, text: text, decodedBytes: decodedBytes, children: children)
    }

    private mutating func content(_ entity: ScannedEntity, _ body: Range<Int>) throws -> (PartText, Int) {
        let type = entity.content.type
        if entity.isTooDeep { return (.unreadable("nested too deep"), body.count) }
        if type.isMultipart { return (try outsideText(entity, body), body.count) }
        if type.isMessage {
            let isOpened = !entity.children.isEmpty
            return (isOpened ? .none : .unreadable("a message that cannot be opened"), body.count)
        }
        if Self.isText(type) { return try leafText(entity, body) }
        let size = try TransferDecoder.decodedBytes(bytes.slice(body), entity.content.encoding)
        if entity.content.encoding == .base64 { work.steps += body.count }
        if !size.isClean { problems.append(ReadProblem(.badBase64, path: entity.path)) }
        return (Self.isOpaque(entity.content) ? .unreadable("text inside a wrapper") : .none, size.count)
    }

    /// Types that mail programs show as text.
    static func isText(_ type: MediaType) -> Bool {
        type.isText || type.essence == "application/xhtml+xml" || (type.type == "message" && !type.isMessage)
    }

    /// Wrappers whose text some programs show although it cannot be read here: S/MIME that is signed and not encrypted
    /// (RFC 8551 section 3.5.2) and Outlook's TNEF.
    private static func isOpaque(_ content: ContentFields) -> Bool {
        let name = content.fileName?.lowercased() ?? ""
        switch content.type.essence {
        case "application/pkcs7-mime", "application/x-pkcs7-mime":
            let kind = content.type.parameters["smime-type"]?.lowercased()
            return kind == nil || kind == "signed-data" || kind == "compressed-data"
        case "application/ms-tnef", "application/vnd.ms-tnef": return true
        default: return name == "winmail.dat" || name.hasSuffix(".p7m")
        }
    }

    /// What stands before the first delimiter and behind the last one: some programs show it, and all of them when the
    /// boundary does not fit.
    private mutating func outsideText(_ entity: ScannedEntity, _ body: Range<Int>) throws -> PartText {
        var pieces: [MessageBytes] = []
        if let preambleEnd = entity.preambleEnd, preambleEnd <= body.upperBound {
            pieces.append(bytes.slice(body.lowerBound..<max(body.lowerBound, preambleEnd)))
        } else if entity.epilogueStart == nil {
            pieces.append(bytes.slice(body))
        }
        if let start = entity.epilogueStart, start < body.upperBound {
            pieces.append(bytes.slice(max(start, body.lowerBound)..<body.upperBound))
        }
        let octets = try MessageBytes(joining: pieces).copy()
        work.steps += octets.count
        guard octets.contains(where: { $0 > 32 }), let decoded = Charset.decode(octets, declared: nil) else {
            return .none
        }
        return .text(finished(decoded.text), visible: nil)
    }

    private mutating func leafText(_ entity: ScannedEntity, _ body: Range<Int>) throws -> (PartText, Int) {
        let content = entity.content
        if case .unknown = content.encoding { return (.unreadable("unknown transfer encoding"), body.count) }
        let (text, decodedBytes) = try decodedText(entity, body)
        guard let text else { return (.unreadable("unknown charset"), decodedBytes) }
        if !text.isClean { problems.append(ReadProblem(.badCharsetData, path: entity.path)) }
        let finished = finished(text.text)
        if !hasInlinePGP { hasInlinePGP = OpenPGPMarks.holdsMessage(finished) }
        if TextForms.holdsUUEncoded(finished) { problems.append(ReadProblem(.badTransferEncoding, path: entity.path)) }
        let visible = TextForms.visible(finished, content.type, work: &work)
        return (.text(finished, visible: visible), decodedBytes)
    }

    /// On its own, so that the octets are gone before the text's other forms are made: of a large text each is large.
    private mutating func decodedText(
        _ entity: ScannedEntity, _ body: Range<Int>
    ) throws -> (text: Charset.Decoded?, decodedBytes: Int) {
        let content = entity.content
        let decoded = try TransferDecoder.decode(bytes.slice(body), content.encoding)
        work.steps += body.count
        if !decoded.isClean { problems.append(ReadProblem(.badBase64, path: entity.path)) }
        let isMarkup = HTMLText.isMarkup(content.type)
        let declared = content.type.parameters["charset"] ?? (isMarkup ? HTMLText.declaredCharset(decoded.octets) : nil)
        let text = Charset.decode(decoded.octets, declared: declared)
        if text == nil { problems.append(ReadProblem(.unknownCharset, path: entity.path)) }
        return (text, decoded.octets.count)
    }

    /// NUL goes: programs that leave it out would show words that no rule has seen.
    private func finished(_ text: String) -> String {
        // memchr: this runs over every text that passes.
        let holdsNUL = text.utf8.withContiguousStorageIfAvailable { octets in
            octets.baseAddress.map { memchr($0, 0, octets.count) != nil } ?? false
        }
        guard holdsNUL ?? text.utf8.contains(0) else { return text }
        return String(decoding: text.utf8.lazy.filter { $0 != 0 }, as: UTF8.self)
    }
}

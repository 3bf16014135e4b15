// Makes the tree of parts from what the scanner found: decodes texts, sizes attachments. Works from the leaves up, so
// that nesting costs no stack.

import Glibc
import Mail
import Packets

/// Builds parts.
struct PartBuilder {
    var problems: [ReadProblem] = []
    var work: WorkCounter
    /// True where a text holds an armored OpenPGP message.
    var hasInlinePGP = false
    /// Further forms of the part that is being built.
    private var otherForms = OtherForms()
    let bytes: MessageBytes
    let scanner: StructureScanner
    private let readsContents: Bool
    /// Messages that had to be decoded around this one.
    var openings = 0
    /// Parts read so far inside of messages that had to be decoded.
    var openedParts = 0
    /// Octets that may still be read a second time, as they stand.
    var rawAllowance: Int

    /// - Parameter readsContents: false leaves texts and sizes out.
    init(bytes: MessageBytes, scanner: StructureScanner, readsContents: Bool = true) {
        self.bytes = bytes
        self.readsContents = readsContents
        self.scanner = scanner
        self.work = scanner.work
        rawAllowance = bytes.count * 2 + 65_536
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
        let opened = readsContents ? try openedBody(entity, body) : nil
        let alsoReads = readsContents ? try otherReadings(entity, body) : []
        otherForms = OtherForms()
        let (text, decodedBytes) =
            readsContents ? try content(entity, body, opened) : (.none, body.count)
        return Part(
            path: entity.path, range: entity.start..<entity.end, header: entity.header, bodyRange: body,
            type: entity.content.type, contentTypeIsReadable: entity.content.typeIsReadable,
            disposition: entity.content.disposition, fileName: entity.content.fileName,
            transferEncoding: entity.content.encoding, text: text, otherForms: otherForms,
            decodedBytes: decodedBytes, children: children, fileNames: entity.content.fileNames,
            doubts: entity.content.doubts, alsoReads: alsoReads, opened: opened)
    }

    private mutating func content(
        _ entity: ScannedEntity, _ body: Range<Int>, _ opened: Part.OpenedBody?
    ) throws -> (PartText, Int) {
        let type = entity.content.type
        if entity.isTooDeep { return (.unreadable("nested too deep"), body.count) }
        if type.isMultipart { return (try outsideText(entity, body), body.count) }
        if type.isMessage {
            let isOpened = opened != nil || !entity.children.isEmpty
            let size = opened?.bytes.count ?? body.count
            return (isOpened ? .none : .unreadable("a message that cannot be opened"), size)
        }
        if Self.isText(type) { return try leafText(entity, body) }
        let size = try TransferDecoder.decodedBytes(bytes.slice(body), entity.content.encoding)
        if entity.content.encoding == .base64 { work.steps += body.count }
        if !size.isClean {
            problems.append(
                ReadProblem(entity.content.encoding == .base64 ? .badBase64 : .badTransferEncoding, path: entity.path))
        }
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
        guard octets.contains(where: { $0 > 32 }) else { return .none }
        let readings = CharsetReadings(octets, declared: nil)
        if !readings.isRead { problems.append(ReadProblem(.badCharsetData, path: entity.path)) }
        otherForms.readings = readings.texts.dropFirst().map(finished)
        return .text(finished(readings.texts.first ?? ""), visible: nil)
    }

    private mutating func leafText(_ entity: ScannedEntity, _ body: Range<Int>) throws -> (PartText, Int) {
        let content = entity.content
        if case .unknown(let token) = content.encoding, !content.encoding.isUUEncode {
            guard try isPlainDespite(token, entity, body) else {
                return (.unreadable("unknown transfer encoding"), body.count)
            }
        }
        let (readings, decodedBytes) = try decodedTexts(entity, body)
        let written = finished(readings.first ?? "")
        if !hasInlinePGP { hasInlinePGP = OpenPGPMarks.holdsMessage(written) }
        let (visible, shown) = TextForms.forms(written, content.type, work: &work)
        otherForms.shown = shown
        for reading in readings.dropFirst() {
            let text = finished(reading)
            let other = TextForms.forms(text, content.type, work: &work)
            otherForms.readings.append(other.shown ?? other.visible ?? text)
        }
        if let values = XMLValues.of(written, content.type) { otherForms.readings.append(values) }
        if let undone = UUText.decoded(written) {
            work.steps += written.utf8.count
            otherForms.readings.append(undone.text)
            if !undone.isRead { problems.append(ReadProblem(.badTransferEncoding, path: entity.path)) }
        }
        return (.text(written, visible: visible), decodedBytes)
    }

    /// On its own, so that the octets are gone before the text's other forms are made: of a large text each is large.
    private mutating func decodedTexts(
        _ entity: ScannedEntity, _ body: Range<Int>
    ) throws -> (readings: [String], decodedBytes: Int) {
        let content = entity.content
        let decoded = try TransferDecoder.decode(bytes.slice(body), content.encoding)
        work.steps += body.count
        let isLossy = content.encoding == .base64 ? decoded.isLossy : !decoded.isClean
        if isLossy {
            problems.append(
                ReadProblem(content.encoding == .base64 ? .badBase64 : .badTransferEncoding, path: entity.path))
        }
        let declared = content.type.parameters["charset"]
        let within = HTMLText.isMarkup(content.type) ? HTMLCharset.declared(in: decoded.octets) : nil
        let isFile = content.disposition == "attachment" || content.fileName != nil
        let readings = CharsetReadings(decoded.octets, declared: declared, within: within, isFile: isFile)
        var texts = readings.texts
        var isRead = readings.isRead
        if decoded.stoppedAt != nil || decoded.hasBlanks {
            let end = decoded.stoppedAt ?? decoded.octets.count
            let others = try oddBase64(body, decoded, stoppedAt: end, declared: declared)
            texts = Array(texts.prefix(2)) + others.filter { !texts.contains($0) }
            isRead = isRead || others.contains(where: CharsetReadings.isReadable)
        }
        if content.charsetIsDoubtful, !Self.isPlainASCII(decoded.octets) {
            problems.append(ReadProblem(.badContentType, path: entity.path))
        }
        if !isRead || FileStart.of(decoded.octets) != nil {
            let isUnknown = declared.map { CharsetNames.encoding($0) == nil } ?? false
            problems.append(ReadProblem(isUnknown ? .unknownCharset : .badCharsetData, path: entity.path))
        }
        return (texts, decoded.octets.count)
    }

    /// NUL goes: programs that leave it out would show words that no rule has seen.
    func finished(_ text: String) -> String {
        // memchr: this runs over every text that passes.
        let holdsNUL = text.utf8.withContiguousStorageIfAvailable { octets in
            octets.baseAddress.map { memchr($0, 0, octets.count) != nil } ?? false
        }
        guard holdsNUL ?? text.utf8.contains(0) else { return text }
        return String(decoding: text.utf8.lazy.filter { $0 != 0 }, as: UTF8.self)
    }
}

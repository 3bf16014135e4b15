// Text files: plain text, HTML, calendars and cards. A file has no charset once it is saved, so it is read as each
// program might: by its mark, as UTF-16 where it looks so, as the mail claims, and as UTF-8 or windows-1252.

import ExtractionWire
import MIME
import Mail

/// Reads text files.
struct TextFile {
    private let examiner: Examiner
    private let collector: Collector

    init(_ examiner: Examiner, _ collector: Collector) {
        self.examiner = examiner
        self.collector = collector
    }

    /// Plain text, or calendars and cards with the files in them.
    /// - Parameter isRead: the reader of messages has read it as a text; only what that one may not have found is kept.
    func readPlain(_ file: Examiner.File, isRead: Bool) {
        let isLines =
            ContentLines.types.contains(file.claimed) || file.claimed == "application/ics"
            || ["ics", "ifb", "vcf", "vcs", "vcard"].contains(file.ending)
            || ContentLines.begins(file.bytes)
        if isRead, !isLines, Self.isReadTheSame(file), !EscapedText.isIn(file.bytes) { return }
        var readings = Self.readings(file)
        if isLines, file.bytes.withUnsafeBufferPointer({ String(validating: $0, as: UTF8.self) }) == nil {
            // Lines may be folded in the middle of a character.
            var whole = file
            whole.bytes = ContentLines.unfolded(file.bytes)
            readings = Self.readings(whole).prefix(1) + readings
        }
        guard isLines else {
            let texts = readings.map(\.text)
            return keep(texts + (texts.first.flatMap(EscapedText.resolved).map { [$0] } ?? []), file, isRead)
        }
        keep(readings.map { ContentLines.shown($0.text) } + readings.map(\.text), file, isRead)
        guard let text = readings.first(where: { ContentLines.mayHoldFiles($0.text) })?.text else { return }
        for (number, inner) in ContentLines.files(in: text, limit: collector.limits.files + 1).enumerated() {
            let name = inner.name.isEmpty ? "file \(number + 1)" : inner.name
            guard let member = collector.member(file.path(of: name), isEncrypted: false),
                collector.unpack(inner.octets.count)
            else { return }
            examiner.lookInside(
                Examiner.File(
                    bytes: inner.octets, name: name, path: file.path(of: name), claimed: inner.type,
                    depth: file.depth + 1),
                listedAs: member, collector)
        }
    }

    /// HTML as it is written and as a reader sees it.
    func readHTML(_ file: Examiner.File, isRead: Bool) {
        if isRead, file.claimed == "text/html", Self.isReadTheSame(file) { return }
        // First in the charset that it declares itself, then in those of ``readings(_:)``.
        var sources = [(octets: MessageBytes(bytes: file.bytes), charset: "")]
        sources += Self.readings(file).map { (MessageBytes($0.text), "; charset=utf-8") }
        var forms: [String] = []
        for source in sources {
            let header = "Content-Type: text/html\(source.charset)\r\nContent-Transfer-Encoding: binary\r\n\r\n"
            guard let parsed = MailFile.parse(MessageBytes(joining: [MessageBytes(header), source.octets])) else {
                return collector.problem("\(examiner.shown(file)) cannot be read")
            }
            for form in parsed.root.forms where !forms.contains(form) { forms.append(form) }
        }
        keep(forms, file, isRead)
    }

    private func keep(_ all: [String], _ file: Examiner.File, _ isRead: Bool) {
        if !all.isEmpty, !all.contains(where: Printable.isReadable) {
            collector.problem("\(examiner.shown(file)) is text in no charset that is known")
        }
        var forms = all
        if isRead, let known = Charset.decode(file.bytes, declared: file.charset)?.text {
            // The reader of messages has these.
            let shown = ContentLines.types.contains(file.claimed) ? ContentLines.shown(known) : known
            forms.removeAll { $0 == known || $0 == shown }
        }
        collector.text(forms, name: file.path, role: isRead ? .rereading : .content)
    }

    /// True where every reading is the one that mail has: nothing odd about it.
    private static func isReadTheSame(_ file: Examiner.File) -> Bool {
        let declared = file.charset?.lowercased() ?? "utf-8"
        if Printable.isPlainASCII(file.bytes) { return Self.keepsASCII(declared) }
        return ["utf-8", "utf8"].contains(declared)
            && file.bytes.withUnsafeBufferPointer { String(validating: $0, as: UTF8.self) } != nil
            && !file.bytes.contains(0)
    }

    /// True for charsets in which ASCII octets are ASCII.
    private static func keepsASCII(_ name: String) -> Bool {
        let sample = Array("ASCII 0123456789 +-/~{}".utf8)
        return Charset.decode(sample, declared: name)?.text.utf8.elementsEqual(sample) == true
    }

    /// A text in one charset.
    struct Reading {
        let text: String
        let isClean: Bool
    }

    /// The plausible readings of octets, each once, the most plausible first.
    static func readings(_ file: Examiner.File) -> [Reading] {
        let wide = Printable.wideCharset(file.bytes)
        var names: [String?] = wide.map { [$0] } ?? []
        if let claimed = file.charset { names.append(claimed) }
        names.append(nil)
        var readings: [Reading] = []
        for name in names {
            guard let decoded = Charset.decode(file.bytes, declared: name) else { continue }
            if !readings.contains(where: { $0.text == decoded.text }) {
                readings.append(Reading(text: decoded.text, isClean: decoded.isClean))
            }
        }
        return readings
    }
}

/// Characters that data formats and programs write as `\u0034` (RFC 8259 section 7).
enum EscapedText {
    private static let mark = Array("\\u00".utf8)

    static func isIn(_ octets: [UInt8]) -> Bool { Search.find(mark, in: octets[...]) != nil }

    /// The text with such escapes as characters, or nil where there are none.
    static func resolved(_ text: String) -> String? {
        let octets = Array(text.utf8)
        guard isIn(octets) else { return nil }
        var output: [UInt8] = []
        output.reserveCapacity(octets.count)
        var place = 0
        while place < octets.count {
            if octets[place] == mark[0], place + 5 < octets.count, octets[place + 1] == mark[1],
                let value = UInt32(String(decoding: octets[(place + 2)...(place + 5)], as: UTF8.self), radix: 16),
                value > 0, let scalar = Unicode.Scalar(value), let character = UTF8.encode(scalar)
            {
                output.append(contentsOf: character)
                place += 6
            } else {
                output.append(octets[place])
                place += 1
            }
        }
        return String(decoding: output, as: UTF8.self)
    }
}

// Calendars (RFC 5545) and cards (vCard 2.1, RFC 2426, RFC 6350): lines of `NAME;PARAMETER=…:VALUE`, folded, escaped,
// and in vCard 2.1 also in quoted-printable. Gives them as programs show them, and the files that are in them. Pure;
// linear.

/// Texts made of content lines.
package enum ContentLines {
    /// A file in a value.
    package struct File: Sendable, Equatable {
        /// Its name where the line gives one, else "".
        package let name: String
        /// The media type that the line claims, in lower case, else "".
        package let type: String
        package let octets: [UInt8]
    }

    /// Types that are made of content lines.
    package static let types: Set<String> = [
        "text/calendar", "text/vcard", "text/x-vcard", "text/directory", "text/x-vcalendar",
    ]

    /// True where a text begins as one of these.
    package static func begins(_ octets: some Collection<UInt8>) -> Bool {
        let start = octets.prefix(256).drop { $0 <= 32 || $0 >= 0x80 }.prefix(16)
        let word = String(decoding: start, as: UTF8.self).uppercased()
        return word.hasPrefix("BEGIN:VCARD") || word.hasPrefix("BEGIN:VCALENDAR")
    }

    /// False where there surely is no file in a text. One look over it.
    package static func mayHoldFiles(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { octets in
            let raw = UnsafeRawBufferPointer(octets)
            // As parameters and as the data of a `data:` URI.
            return ["BASE64", "base64", "Base64", "ENCODING=B", "ENCODING=b", "encoding=b", "encoding=B"].contains {
                raw.find(Array($0.utf8), from: 0) != nil
            }
        }
    }

    /// Lines as programs take them: LF, CR LF, CR alone (old Macintosh), and CR CR LF, which is what two programs make
    /// that both turn LF into CR LF.
    static func physicalLines(of octets: [UInt8]) -> [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        var start = 0
        var place = 0
        while let end = octets[place...].firstIndex(where: { $0 == 10 || $0 == 13 }) {
            lines.append(octets[start..<end])
            let next = octets[end...].firstIndex { $0 != 13 } ?? octets.count
            // Without an LF behind them each CR is a line end; empty lines say nothing.
            place = next < octets.count && octets[next] == 10 ? next + 1 : max(next, end + 1)
            start = place
        }
        return lines + [octets[start...]]
    }

    /// The octets with folded lines joined. Old programs fold at so many octets, in the middle of a character too,
    /// which must be mended before the charset is decoded (RFC 5545 section 3.1).
    package static func unfolded(_ octets: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(octets.count)
        for (number, line) in physicalLines(of: octets).enumerated() {
            let isFolded = number > 0 && (line.first == 32 || line.first == 9)
            if number > 0, !isFolded { output.append(10) }
            output.append(contentsOf: isFolded ? line.dropFirst() : line)
        }
        return output
    }

    /// The text as programs show it: unfolded, escapes and quoted-printable decoded, files left out.
    package static func shown(_ text: String) -> String {
        var reader = ContentLineReader()
        reader.read(text)
        return String(decoding: reader.output, as: UTF8.self)
    }

    /// The files in it, at most `limit`.
    package static func files(in text: String, limit: Int) -> [File] {
        var reader = ContentLineReader(fileLimit: limit)
        reader.read(text)
        return reader.files
    }
}

/// Reads content lines one by one.
private struct ContentLineReader {
    private(set) var output: [UInt8] = []
    private(set) var files: [ContentLines.File] = []
    /// 0: files are not wanted.
    private let fileLimit: Int
    /// vCard 2.1, where the white space of a folded line belongs to the value.
    private var isOldCard = false

    init(fileLimit: Int = 0) { self.fileLimit = fileLimit }

    mutating func read(_ text: String) {
        var line: [UInt8] = []
        var isFirst = true
        var head: Head?
        var isSoft = false
        for next in ContentLines.physicalLines(of: Array(text.utf8)) {
            let isFolded = next.first == 32 || next.first == 9
            if isSoft {
                line.removeLast()
                line.append(contentsOf: next)
            } else if isFolded, !line.isEmpty {
                line.append(contentsOf: isOldCard && head?.isBase64 != true ? next : next.dropFirst())
            } else {
                if !isFirst { take(line) }
                isFirst = false
                line = Array(next)
                head = nil
            }
            // What stands before the colon may be folded too; once it is known it stays.
            if head == nil, line.count <= Head.longest { head = Head(line) }
            isSoft = line.last == UInt8(ascii: "=") && head?.isQuotedPrintable == true
        }
        take(line)
        if output.last == 10 { output.removeLast() }
    }

    /// What stands before the colon.
    private struct Head {
        var name = ""
        var parameters: [(name: String, value: String)] = []
        var valueStart = 0

        /// In octets.
        static let longest = 2048

        init?(_ line: [UInt8]) {
            var isQuoted = false
            var end: Int?
            for (index, octet) in line.prefix(Self.longest).enumerated() {
                if octet == 34 { isQuoted.toggle() }
                if octet == UInt8(ascii: ":"), !isQuoted {
                    end = index
                    break
                }
            }
            guard let end else { return nil }
            valueStart = end + 1
            var isFirst = true
            for piece in Self.pieces(line[..<end]) {
                let text = String(decoding: piece, as: UTF8.self)
                if isFirst {
                    name = text.split(separator: ".").last.map { $0.uppercased() } ?? ""
                    isFirst = false
                    continue
                }
                let halves = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                let value = halves.count == 2 ? String(halves[1]) : text
                parameters.append((halves[0].uppercased(), value.trimmingQuotes))
            }
        }

        /// Parted by semicolons that stand in no quotes.
        private static func pieces(_ head: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
            var pieces: [ArraySlice<UInt8>] = []
            var isQuoted = false
            var start = head.startIndex
            for index in head.indices {
                if head[index] == 34 { isQuoted.toggle() }
                if head[index] == UInt8(ascii: ";"), !isQuoted {
                    pieces.append(head[start..<index])
                    start = index + 1
                }
            }
            return pieces + [head[start...]]
        }

        func value(_ names: String...) -> String? { parameters.first { names.contains($0.name) }?.value }

        /// vCard 2.1 lets the name of the parameter be left out.
        private func isEncoded(_ wanted: [String]) -> Bool {
            parameters.contains { parameter in
                let value = parameter.value.uppercased()
                return wanted.contains(value) && (parameter.name == "ENCODING" || parameter.name == value)
            }
        }

        var isQuotedPrintable: Bool { isEncoded(["QUOTED-PRINTABLE"]) }
        var isBase64: Bool { isEncoded(["BASE64", "B"]) }
    }

    private mutating func take(_ line: [UInt8]) {
        guard let head = Head(line) else {
            output.append(contentsOf: line)
            return output.append(10)
        }
        let value = line[head.valueStart...]
        if head.name == "VERSION" { isOldCard = value.starts(with: "2.1".utf8) }
        output.append(contentsOf: line[..<head.valueStart])
        if head.isBase64 {
            keep(value, type: head.value("FMTTYPE", "TYPE", "MEDIATYPE"), head)
        } else if let (type, data) = Self.dataURI(value) {
            keep(data, type: type, head)
        } else if head.isQuotedPrintable {
            let octets = QuotedPrintableText.decoded(value)
            let decoded = Charset.decode(octets, declared: head.value("CHARSET"))
            let text = decoded ?? Charset.decode(octets, declared: nil)
            output.append(contentsOf: Self.unescaped(Array((text?.text ?? "").utf8)[...]))
        } else if let charset = head.value("CHARSET"), value.allSatisfy({ $0 < 0x80 }),
            let decoded = Charset.decode(Array(value), declared: charset)
        {
            // vCard 2.1 section 2.1.6; charsets such as UTF-7 and ISO-2022-JP are written in ASCII.
            output.append(contentsOf: Self.unescaped(Array(decoded.text.utf8)[...]))
        } else {
            output.append(contentsOf: Self.unescaped(value))
            showMarkup(value, head)
        }
        output.append(10)
    }

    /// `X-ALT-DESC;FMTTYPE=text/html:` and the like: what the markup shows, on lines of its own behind the source.
    private mutating func showMarkup(_ value: ArraySlice<UInt8>, _ head: Head) {
        let type = head.value("FMTTYPE", "MEDIATYPE", "TYPE")?.lowercased() ?? ""
        guard type.hasPrefix("text/html") || type.hasPrefix("application/xhtml") || Self.beginsMarkup(value) else {
            return
        }
        var work = WorkCounter()
        let source = String(decoding: Self.unescaped(value), as: UTF8.self)
        let (visible, shown) = HTMLText.forms(source, work: &work)
        for text in [visible, shown].compactMap({ $0 }) {
            output.append(10)
            output.append(contentsOf: text.utf8)
        }
    }

    private static func beginsMarkup(_ value: ArraySlice<UInt8>) -> Bool {
        let start = String(decoding: value.prefix(16), as: UTF8.self).lowercased()
        return ["<html", "<!doctype html", "<p>", "<div", "<body"].contains { start.hasPrefix($0) }
    }

    private mutating func keep(_ data: ArraySlice<UInt8>, type: String?, _ head: Head) {
        guard files.count < fileLimit else { return }
        let decoded = TransferDecoder.base64(data.filter { $0 > 32 })
        files.append(
            ContentLines.File(
                name: head.value("FILENAME", "X-FILENAME", "X-APPLE-FILENAME") ?? "",
                type: type?.lowercased() ?? "", octets: decoded.octets))
    }

    /// `data:TYPE;base64,…` (RFC 2397).
    private static func dataURI(_ value: ArraySlice<UInt8>) -> (type: String, data: ArraySlice<UInt8>)? {
        guard value.count > 5, String(decoding: value.prefix(5), as: UTF8.self).lowercased() == "data:",
            let comma = value.prefix(512).firstIndex(of: UInt8(ascii: ","))
        else { return nil }
        let head = String(decoding: value[(value.startIndex + 5)..<comma], as: UTF8.self).lowercased()
        guard head.hasSuffix("base64") else { return nil }
        return (String(head.prefix { $0 != ";" && $0 != "\\" }), value[(comma + 1)...])
    }

    /// RFC 5545 section 3.3.11, RFC 6350 section 3.4.
    private static func unescaped(_ value: ArraySlice<UInt8>) -> [UInt8] {
        guard value.contains(UInt8(ascii: "\\")) else { return Array(value) }
        var output: [UInt8] = []
        var rest = value
        while let octet = rest.popFirst() {
            guard octet == UInt8(ascii: "\\"), let next = rest.first else {
                output.append(octet)
                continue
            }
            switch next {
            case UInt8(ascii: "n"), UInt8(ascii: "N"): output.append(10)
            case UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: ":"), UInt8(ascii: "\\"): output.append(next)
            default:
                output.append(octet)
                continue
            }
            rest = rest.dropFirst()
        }
        return output
    }
}

/// Quoted-printable without lines.
private enum QuotedPrintableText {
    static func decoded(_ text: ArraySlice<UInt8>) -> [UInt8] {
        var output: [UInt8] = []
        var place = text.startIndex
        while place < text.endIndex {
            if text[place] == UInt8(ascii: "="), place + 2 < text.endIndex,
                let value = UInt8(String(decoding: text[(place + 1)...(place + 2)], as: UTF8.self), radix: 16)
            {
                output.append(value)
                place += 3
            } else {
                output.append(text[place])
                place += 1
            }
        }
        return output
    }
}

extension String {
    fileprivate var trimmingQuotes: String {
        hasPrefix("\"") && hasSuffix("\"") && count > 1 ? String(dropFirst().dropLast()) : self
    }
}

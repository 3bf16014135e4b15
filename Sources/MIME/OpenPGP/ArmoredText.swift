// The armored OpenPGP messages in a text and what stands around them, for `decrypt` (RFC 4880 section 6.2): several in
// one text, behind marks of quotation, inside of HTML. Generous: what it finds may be tried, it satisfies nothing.
// Pure; linear.

/// A text cut into what can be read and what is sealed.
package struct ArmoredText: Sendable {
    /// A stretch of the text.
    package enum Piece: Sendable, Equatable {
        /// Octets as they stand.
        case text([UInt8])
        /// A sealed stretch.
        case block(Block)
    }

    /// One armored message.
    package struct Block: Sendable, Equatable {
        /// The octets that the plaintext takes the place of, last line end included.
        package let raw: [UInt8]
        /// The same as gpg reads it: marks of quotation, tags and blank lines taken out.
        package let armor: [UInt8]
        /// The armor's `Charset` header, or nil.
        package let charset: String?
        /// Marks of quotation before every line (`> `); the first line's stands in the text before.
        package let quote: [UInt8]
        /// True where tags end the lines, not line ends.
        package let breaksByTags: Bool
        /// True where the end is missing: nothing can open it.
        package let isCut: Bool
    }

    package private(set) var pieces: [Piece] = []

    /// Sealed stretches.
    package var blockCount: Int {
        pieces.reduce(0) { if case .block = $1 { $0 + 1 } else { $0 } }
    }

    /// - Parameter isMarkup: true for HTML, where a block may begin and end inside a line.
    package init(_ octets: [UInt8], isMarkup: Bool) {
        guard Self.holds(OpenPGPMarks.begin, octets) else {
            if !octets.isEmpty { pieces = [.text(octets)] }
            return
        }
        if isMarkup { takeMarkup(octets) } else { takeLines(octets) }
    }

    private static func holds(_ mark: String, _ octets: [UInt8]) -> Bool {
        octets.withUnsafeBytes { $0.find(Array(mark.utf8), from: 0) != nil }
    }

    private mutating func append(_ text: ArraySlice<UInt8>) {
        if !text.isEmpty { pieces.append(.text(Array(text))) }
    }

    // MARK: Plain text

    /// Marks of quotation, and white space.
    private static func isQuote(_ octet: UInt8) -> Bool {
        octet == UInt8(ascii: ">") || octet == UInt8(ascii: "|") || octet == 32 || octet == 9
    }

    private mutating func takeLines(_ octets: [UInt8]) {
        var kept = 0
        var begun: Int?
        var quote: ArraySlice<UInt8> = []
        var lines: [ArraySlice<UInt8>] = []
        var place = 0
        while place < octets.count {
            let end = octets[place...].firstIndex(of: 10).map { $0 + 1 } ?? octets.count
            let line = Self.trimmed(octets[place..<end])
            if line.elementsEqual(OpenPGPMarks.begin.utf8) {
                if let begun { takeCut(octets, from: begun, to: place, lines, &kept) }
                begun = line.startIndex
                quote = octets[place..<line.startIndex]
                lines = [line]
            } else if let start = begun {
                lines.append(line)
                if line.elementsEqual(OpenPGPMarks.end.utf8) {
                    append(octets[kept..<start])
                    let raw = octets[start..<end]
                    pieces.append(
                        .block(Self.block(raw, lines, quote: Array(quote.prefix(64)), breaksByTags: false)))
                    kept = end
                    begun = nil
                }
            }
            place = end
        }
        if let begun { takeCut(octets, from: begun, to: octets.count, lines, &kept) }
        append(octets[kept...])
    }

    /// A line without marks of quotation and white space around it.
    private static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var line = line.drop(while: isQuote)
        while let last = line.last, last <= 32 { line.removeLast() }
        return line
    }

    /// A beginning without its end. Talk about OpenPGP has such lines too: only what goes on as data is sealed.
    private mutating func takeCut(
        _ octets: [UInt8], from start: Int, to end: Int, _ lines: [ArraySlice<UInt8>], _ kept: inout Int
    ) {
        let data = lines.dropFirst().prefix(12).filter { $0.count >= 60 && $0.allSatisfy(Self.isBase64) }
        guard !data.isEmpty else { return }
        append(octets[kept..<start])
        pieces.append(
            .block(
                Block(
                    raw: Array(octets[start..<end]), armor: [], charset: nil, quote: [], breaksByTags: false,
                    isCut: true)))
        kept = end
    }

    private static func isBase64(_ octet: UInt8) -> Bool {
        switch octet {
        case 48...57, 65...90, 97...122, UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="): true
        default: false
        }
    }

    // MARK: Armor

    private static func block(
        _ raw: ArraySlice<UInt8>, _ lines: [ArraySlice<UInt8>], quote: [UInt8], breaksByTags: Bool
    ) -> Block {
        var armor = Array("\(OpenPGPMarks.begin)\n\n".utf8)
        var charset: String?
        var isHeader = true
        for line in lines.dropFirst().dropLast() {
            // Data has no colon. Header lines that are not the charset are of no use to anybody.
            if isHeader, line.contains(UInt8(ascii: ":")) {
                let header = String(decoding: line, as: UTF8.self)
                if header.lowercased().hasPrefix("charset:") {
                    charset = header.dropFirst(8).trimmingBlanks
                }
                continue
            }
            for word in line.split(whereSeparator: { $0 <= 32 }) {
                isHeader = false
                armor += word
                armor.append(10)
            }
        }
        armor += "\(OpenPGPMarks.end)\n".utf8
        return Block(
            raw: Array(raw), armor: armor, charset: charset, quote: quote, breaksByTags: breaksByTags, isCut: false)
    }

    // MARK: HTML

    private mutating func takeMarkup(_ octets: [UInt8]) {
        let (begin, end) = (Array(OpenPGPMarks.begin.utf8), Array(OpenPGPMarks.end.utf8))
        var found: [Range<Int>] = []
        octets.withUnsafeBytes { raw in
            var start: Int?
            var place = 0
            var nextBegin = raw.find(begin, from: 0)
            var nextEnd = raw.find(end, from: 0)
            while nextBegin != nil || (start != nil && nextEnd != nil) {
                if let first = nextBegin, first < nextEnd ?? Int.max {
                    // A beginning behind a beginning: the earlier one has no end.
                    start = first
                    place = first + begin.count
                    nextBegin = raw.find(begin, from: place)
                } else if let last = nextEnd {
                    if let begun = start { found.append(begun..<(last + end.count)) }
                    start = nil
                    place = last + end.count
                    nextEnd = raw.find(end, from: place)
                } else {
                    break
                }
            }
        }
        var kept = 0
        for range in found {
            append(octets[kept..<range.lowerBound])
            let (lines, hasTags) = MarkupLines.read(octets[range])
            pieces.append(.block(Self.block(octets[range], lines, quote: [], breaksByTags: hasTags)))
            kept = range.upperBound
        }
        append(octets[kept...])
    }
}

/// Lines of armor inside of HTML: tags end lines, references stand for characters.
private enum MarkupLines {
    static func read(_ html: ArraySlice<UInt8>) -> (lines: [ArraySlice<UInt8>], hasTags: Bool) {
        var text: [UInt8] = []
        var hasTags = false
        var place = html.startIndex
        // The end of the next tag, looked for once: armor has no such mark.
        var tagEnd: Int?
        while place < html.endIndex {
            let octet = html[place]
            if octet == UInt8(ascii: "<") {
                if tagEnd ?? -1 < place { tagEnd = html[place...].firstIndex(of: UInt8(ascii: ">")) ?? html.endIndex }
                hasTags = true
                text.append(10)
                place = min(html.endIndex, (tagEnd ?? html.endIndex) + 1)
            } else if octet == UInt8(ascii: "&"),
                let end = html[place...].prefix(12).firstIndex(of: UInt8(ascii: ";"))
            {
                text.append(character(html[(place + 1)..<end]))
                place = end + 1
            } else {
                text.append(octet)
                place += 1
            }
        }
        return (text.split(separator: 10), hasTags)
    }

    /// What a reference stands for as far as armor has it; a space for all else.
    private static func character(_ name: ArraySlice<UInt8>) -> UInt8 {
        switch String(decoding: name, as: UTF8.self).lowercased() {
        case "#43", "#x2b", "plus": UInt8(ascii: "+")
        case "#47", "#x2f", "sol": UInt8(ascii: "/")
        case "#61", "#x3d", "equals": UInt8(ascii: "=")
        case "#45", "#x2d": UInt8(ascii: "-")
        case "#10", "#xa", "newline": 10
        default: 32
        }
    }
}

extension Substring {
    fileprivate var trimmingBlanks: String {
        var text = self
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text)
    }
}

// The text of an XML document, for documents of office programs: character data and a few attributes, with a line end
// where a paragraph, row or cell ends. Not a validating parser: it reads on past what is wrong, and says so. No entity is
// ever defined or fetched, so nothing can grow. Pure; linear.

import MIME

/// Reads the text out of XML.
package struct XMLText {
    /// How elements part the text.
    package enum Style: Sendable {
        /// A word may go on over the ends of elements, but for paragraphs, cells and the like.
        case office
        /// Every element is a text of its own.
        case data
    }

    /// What was read.
    package struct Result: Sendable {
        package var text: String
        /// nil where all was read.
        package var problem: String?
    }

    private let octets: [UInt8]
    private let style: Style
    private let limit: Int
    private var place = 0
    private var output: [UInt8] = []
    private var problem: String?
    /// In a cell of a sheet whose value is a number in another list.
    private var isIndexCell = false
    private var isIndex = false

    private init(_ octets: [UInt8], _ style: Style, _ limit: Int) {
        self.octets = octets
        self.style = style
        self.limit = limit
    }

    /// - Parameter limitBytes: longest text; what is beyond is left out and a problem.
    package static func read(_ octets: [UInt8], style: Style, limitBytes: Int = .max) -> Result {
        guard let utf8 = decoded(octets) else { return Result(text: "", problem: "XML in an unknown charset") }
        var reader = XMLText(utf8, style, limitBytes)
        reader.run()
        reader.cut()
        return Result(text: String(decoding: reader.output, as: UTF8.self), problem: reader.problem)
    }

    // MARK: Charset (XML 1.0, appendix F)

    private static func decoded(_ octets: [UInt8]) -> [UInt8]? {
        if octets.starts(with: [0xFF, 0xFE]) || octets.starts(with: [0xFE, 0xFF]) {
            return Charset.decode(octets, declared: "utf-16").map { Array($0.text.utf8) }
        }
        if octets.starts(with: [0x3C, 0, 0x3F, 0]) {
            return Charset.decode(octets, declared: "utf-16le").map { Array($0.text.utf8) }
        }
        if octets.starts(with: [0, 0x3C, 0, 0x3F]) {
            return Charset.decode(octets, declared: "utf-16be").map { Array($0.text.utf8) }
        }
        guard octets.starts(with: Array("<?xml".utf8)), let end = octets.prefix(256).firstIndex(of: UInt8(ascii: ">")),
            let name = declaredCharset(octets[..<end])
        else { return octets }
        if ["utf-8", "utf8", "us-ascii"].contains(name) { return octets }
        return Charset.decode(octets, declared: name).map { Array($0.text.utf8) }
    }

    private static func declaredCharset(_ declaration: ArraySlice<UInt8>) -> String? {
        let key = Array("encoding".utf8)
        guard let found = Search.find(key, in: declaration) else { return nil }
        let rest = declaration[(found + key.count)...].drop { $0 <= 32 || $0 == UInt8(ascii: "=") }
        guard let quote = rest.first, quote == 34 || quote == 39 else { return nil }
        let value = rest.dropFirst().prefix { $0 != quote }
        return String(decoding: value, as: UTF8.self).lowercased()
    }

    // MARK: Markup

    private mutating func run() {
        while place < octets.count {
            guard output.count <= limit else { return }
            switch octets[place] {
            case UInt8(ascii: "<"): takeMarkup()
            case UInt8(ascii: "&"):
                if isIndex { place += 1 } else { takeReference(until: octets.count) }
            default:
                if !isIndex { output.append(octets[place]) }
                place += 1
            }
        }
    }

    private mutating func cut() {
        guard output.count > limit else { return }
        output.removeLast(output.count - limit)
        note("more text than is kept")
    }

    private mutating func note(_ text: String) {
        if problem == nil { problem = text }
    }

    private mutating func takeMarkup() {
        if starts("<!--") {
            skip(past: "-->", from: place + 4)
        } else if starts("<![CDATA[") {
            let start = place + 9
            skip(past: "]]>", from: start)
            let end = problem == nil ? place - 3 : place
            if start < end { output.append(contentsOf: octets[start..<end]) }
        } else if starts("<!DOCTYPE") {
            takeDoctype()
        } else if starts("<?") {
            skip(past: "?>", from: place + 2)
        } else {
            takeTag()
        }
    }

    /// Entities of its own could hold text that we do not see.
    private mutating func takeDoctype() {
        let start = place
        var depth = 0
        while place < octets.count {
            let octet = octets[place]
            place += 1
            if octet == UInt8(ascii: "[") { depth += 1 }
            if octet == UInt8(ascii: "]") { depth -= 1 }
            if octet == UInt8(ascii: ">"), depth <= 0 { break }
        }
        if Search.find(Array("<!ENTITY".utf8), in: octets[start..<place]) != nil {
            note("XML defines its own entities")
        }
    }

    private mutating func skip(past mark: String, from start: Int) {
        guard start <= octets.count, let found = Search.find(Array(mark.utf8), in: octets[start...]) else {
            note("XML is cut off")
            place = octets.count
            return
        }
        place = found + mark.utf8.count
    }

    private func starts(_ text: String) -> Bool { octets[place...].starts(with: text.utf8) }

    private mutating func takeTag() {
        let start = place + 1
        var end = start
        var quote: UInt8 = 0
        while end < octets.count {
            let octet = octets[end]
            if quote != 0 {
                if octet == quote { quote = 0 }
            } else if octet == 34 || octet == 39 {
                quote = octet
            } else if octet == UInt8(ascii: ">") {
                break
            }
            end += 1
        }
        guard end < octets.count else {
            note("XML is cut off")
            // What is not a tag is shown, so that nothing can hide behind an open quote.
            output.append(octets[place])
            place += 1
            return takeRestAsText()
        }
        place = end + 1
        let isClosing = start < end && octets[start] == UInt8(ascii: "/")
        let isEmpty = end > start && octets[end - 1] == UInt8(ascii: "/")
        var nameEnd = isClosing ? start + 1 : start
        let nameStart = nameEnd
        while nameEnd < end, octets[nameEnd] > 32, octets[nameEnd] != UInt8(ascii: "/") { nameEnd += 1 }
        let name = localName(octets[nameStart..<nameEnd])
        if !isClosing { takeAttributes(nameEnd..<end, of: name) }
        part(name, isEnd: isClosing || isEmpty)
    }

    private mutating func takeRestAsText() {
        output.append(contentsOf: octets[place...])
        place = octets.count
    }

    private func localName(_ name: ArraySlice<UInt8>) -> String {
        let local = name.lastIndex(of: UInt8(ascii: ":")).map { name[($0 + 1)...] } ?? name
        return String(decoding: local.prefix(64), as: UTF8.self)
    }

    private mutating func part(_ name: String, isEnd: Bool) {
        if name == "c" { isIndexCell = isEnd ? false : isIndexCell }
        if name == "v" { isIndex = !isEnd && isIndexCell }
        switch style {
        case .data: breakLine()
        case .office:
            if isEnd, Self.blocks.contains(name) { breakLine() }
            if isEnd, name == "tab" || name == "s" && output.last != 32 { output.append(name == "tab" ? 9 : 32) }
        }
    }

    private mutating func breakLine() {
        if let last = output.last, last != 10 { output.append(10) }
    }

    private static let blocks: Set<String> = [
        "p", "h", "tr", "tc", "row", "c", "si", "br", "cr", "line-break", "table-row", "table-cell", "list-item",
        "title",
        "creator", "subject", "description", "keywords", "lastModifiedBy", "category", "comment", "text", "fld", "pt",
        "v",
        "f", "is", "author", "annotation", "note", "footnote", "endnote", "txbxContent", "instrText", "docPart",
        "initials",
        "initial-creator", "keyword", "user-defined", "Company", "Manager", "lpwstr", "lpstr", "header", "footer",
    ]

    // MARK: Attributes and references

    private static let shown: Set<String> = ["descr", "alt", "title", "string-value", "tooltip", "formula"]

    private mutating func takeAttributes(_ range: Range<Int>, of element: String) {
        var at = range.lowerBound
        while at < range.upperBound {
            while at < range.upperBound, octets[at] <= 32 || octets[at] == UInt8(ascii: "/") { at += 1 }
            let nameStart = at
            while at < range.upperBound, octets[at] > 32, octets[at] != UInt8(ascii: "=") { at += 1 }
            let name = localName(octets[nameStart..<at])
            while at < range.upperBound, octets[at] <= 32 || octets[at] == UInt8(ascii: "=") { at += 1 }
            guard at < range.upperBound, octets[at] == 34 || octets[at] == 39 else {
                if at == nameStart { at += 1 }
                continue
            }
            let quote = octets[at]
            let valueStart = at + 1
            at = valueStart
            while at < range.upperBound, octets[at] != quote { at += 1 }
            take(name, valueStart..<at, of: element)
            at = min(at + 1, range.upperBound)
        }
    }

    private mutating func take(_ name: String, _ value: Range<Int>, of element: String) {
        if element == "c", name == "t" { isIndexCell = octets[value].elementsEqual("s".utf8) }
        guard Self.shown.contains(name), !value.isEmpty else { return }
        breakLine()
        let behind = place
        place = value.lowerBound
        while place < value.upperBound {
            if octets[place] == UInt8(ascii: "&") {
                takeReference(until: value.upperBound)
            } else {
                output.append(octets[place])
                place += 1
            }
        }
        place = behind
        breakLine()
    }

    private static let named: [String: UInt32] = ["lt": 60, "gt": 62, "amp": 38, "quot": 34, "apos": 39]

    private mutating func takeReference(until limit: Int) {
        let end = octets[place..<min(place + 12, limit)].firstIndex(of: UInt8(ascii: ";"))
        guard let end, let scalar = Self.scalar(octets[(place + 1)..<end]) else {
            output.append(octets[place])
            place += 1
            return
        }
        output.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        place = end + 1
    }

    private static func scalar(_ name: ArraySlice<UInt8>) -> Unicode.Scalar? {
        let text = String(decoding: name, as: UTF8.self)
        if let value = named[text] { return Unicode.Scalar(value) }
        guard text.hasPrefix("#") else { return nil }
        let isHex = text.hasPrefix("#x") || text.hasPrefix("#X")
        guard let value = UInt32(text.dropFirst(isHex ? 2 : 1), radix: isHex ? 16 : 10), value > 0 else { return nil }
        return Unicode.Scalar(value)
    }
}

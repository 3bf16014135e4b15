// Splits XML into tags and texts. Not a validating parser: it reads on past what is wrong, and says so. No entity is
// ever defined or fetched, so nothing can grow. Takes octets in any charset, gives UTF-8; touches nothing. Pure;
// linear.

import MIME

/// An attribute of a tag.
struct XMLAttribute {
    /// Without its prefix.
    let name: String
    /// References resolved.
    let value: ArraySlice<UInt8>
}

/// A start tag.
struct XMLTag {
    /// Without its prefix.
    let name: String
    /// Without declarations of namespaces.
    let attributes: [XMLAttribute]
    /// `<a/>`: no end tag follows.
    let isEmpty: Bool

    subscript(_ name: String) -> ArraySlice<UInt8>? { attributes.first { $0.name == name }?.value }

    /// An attribute that is a whole number.
    func number(_ name: String) -> Int? { self[name].flatMap { Int(String(decoding: $0.prefix(20), as: UTF8.self)) } }
}

/// Gives one event after the other.
struct XMLScanner {
    enum Event {
        case start(XMLTag)
        case end(String)
        case text(ArraySlice<UInt8>)
    }

    private let octets: [UInt8]
    private var place = 0
    /// The first thing that is wrong.
    private(set) var problem: String?

    /// - Returns: nil where the charset is not known.
    init?(_ octets: [UInt8]) {
        guard let utf8 = XMLCharset.utf8(octets) else { return nil }
        self.octets = utf8
    }

    /// The whole in UTF-8.
    var source: [UInt8] { octets }

    mutating func note(_ text: String) {
        if problem == nil { problem = text }
    }

    /// The next event, or nil at the end.
    mutating func next() -> Event? {
        while place < octets.count {
            if octets[place] != UInt8(ascii: "<") { return .text(takeText()) }
            if starts("<!--") {
                skip(past: "-->", from: place + 4)
            } else if starts("<![CDATA[") {
                return .text(takeCDATA())
            } else if starts("<!DOCTYPE") {
                takeDoctype()
            } else if starts("<?") {
                skip(past: "?>", from: place + 2)
            } else {
                return takeTag()
            }
        }
        return nil
    }

    private func starts(_ text: String) -> Bool { octets[place...].starts(with: text.utf8) }

    private mutating func skip(past mark: String, from start: Int) {
        guard start <= octets.count, let found = Search.find(Array(mark.utf8), in: octets[start...]) else {
            note("XML is cut off")
            place = octets.count
            return
        }
        place = found + mark.utf8.count
    }

    private mutating func takeText() -> ArraySlice<UInt8> {
        let end = octets[place...].firstIndex(of: UInt8(ascii: "<")) ?? octets.count
        defer { place = end }
        return XMLReferences.resolved(octets[place..<end])
    }

    private mutating func takeCDATA() -> ArraySlice<UInt8> {
        let start = place + 9
        guard let found = Search.find(Array("]]>".utf8), in: octets[start...]) else {
            note("XML is cut off")
            place = octets.count
            return octets[start...]
        }
        place = found + 3
        return octets[start..<found]
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

    private mutating func takeTag() -> Event {
        let start = place + 1
        guard let end = tagEnd(from: start) else {
            note("XML is cut off")
            // What is not a tag is shown, so that nothing can hide behind an open quote.
            defer { place = octets.count }
            return .text(octets[place...])
        }
        place = end + 1
        let isClosing = start < end && octets[start] == UInt8(ascii: "/")
        let nameStart = isClosing ? start + 1 : start
        var nameEnd = nameStart
        while nameEnd < end, octets[nameEnd] > 32, octets[nameEnd] != UInt8(ascii: "/") { nameEnd += 1 }
        let name = Self.localName(octets[nameStart..<nameEnd])
        if isClosing { return .end(name) }
        let isEmpty = end > start && octets[end - 1] == UInt8(ascii: "/")
        let attributes = nameEnd < end ? attributes(in: nameEnd..<end) : []
        return .start(XMLTag(name: name, attributes: attributes, isEmpty: isEmpty))
    }

    private func tagEnd(from start: Int) -> Int? {
        var end = start
        var quote: UInt8 = 0
        while end < octets.count {
            let octet = octets[end]
            if quote != 0 {
                if octet == quote { quote = 0 }
            } else if octet == 34 || octet == 39 {
                quote = octet
            } else if octet == UInt8(ascii: ">") {
                return end
            }
            end += 1
        }
        return nil
    }

    private func attributes(in range: Range<Int>) -> [XMLAttribute] {
        var found: [XMLAttribute] = []
        var at = range.lowerBound
        while at < range.upperBound {
            while at < range.upperBound, octets[at] <= 32 || octets[at] == UInt8(ascii: "/") { at += 1 }
            let nameStart = at
            while at < range.upperBound, octets[at] > 32, octets[at] != UInt8(ascii: "=") { at += 1 }
            let name = octets[nameStart..<at]
            while at < range.upperBound, octets[at] <= 32 || octets[at] == UInt8(ascii: "=") { at += 1 }
            guard at < range.upperBound, octets[at] == 34 || octets[at] == 39 else {
                if at == nameStart { at += 1 }
                continue
            }
            let quote = octets[at]
            let valueStart = at + 1
            at = octets[valueStart..<range.upperBound].firstIndex(of: quote) ?? range.upperBound
            if !name.starts(with: "xmlns".utf8) {
                let value = XMLReferences.resolved(octets[valueStart..<at])
                found.append(XMLAttribute(name: Self.localName(name), value: value))
            }
            at = min(at + 1, range.upperBound)
        }
        return found
    }

    private static func localName(_ name: ArraySlice<UInt8>) -> String {
        let local = name.lastIndex(of: UInt8(ascii: ":")).map { name[($0 + 1)...] } ?? name
        return String(decoding: local.prefix(64), as: UTF8.self)
    }
}

/// References to characters (XML 1.0 section 4.1).
enum XMLReferences {
    private static let named: [String: UInt32] = ["lt": 60, "gt": 62, "amp": 38, "quot": 34, "apos": 39]

    /// A text with its references as characters; what is none stays as it is.
    static func resolved(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard text.contains(UInt8(ascii: "&")) else { return text }
        var output: [UInt8] = []
        output.reserveCapacity(text.count)
        var place = text.startIndex
        while place < text.endIndex {
            let octet = text[place]
            if octet == UInt8(ascii: "&"),
                let end = text[place..<min(place + 12, text.endIndex)].firstIndex(of: UInt8(ascii: ";")),
                let scalar = scalar(text[(place + 1)..<end])
            {
                output.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
                place = end + 1
            } else {
                output.append(octet)
                place += 1
            }
        }
        return output[...]
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

/// The charset of XML (XML 1.0, appendix F).
enum XMLCharset {
    /// True for octets that begin as XML does, in one of the charsets that ``utf8(_:)`` tells apart.
    static func begins(_ octets: [UInt8]) -> Bool {
        if octets.starts(with: [0xFF, 0xFE, 0x3C, 0]) || octets.starts(with: [0xFE, 0xFF, 0, 0x3C]) { return true }
        if octets.starts(with: [0x3C, 0, 0x3F, 0]) || octets.starts(with: [0, 0x3C, 0, 0x3F]) { return true }
        if octets.starts(with: ebcdicMark) { return true }
        let text = (octets.starts(with: [0xEF, 0xBB, 0xBF]) ? octets.dropFirst(3) : octets[...])
        let rest = text.drop { $0 <= 32 }
        guard rest.first == UInt8(ascii: "<"), let next = rest.dropFirst().first else { return false }
        return (65...90).contains(next) || (97...122).contains(next) || next == UInt8(ascii: "?")
            || next == UInt8(ascii: "!")
    }

    /// `<?xm` in EBCDIC (XML 1.0, appendix F.1). Its variants have the same letters and digits.
    private static let ebcdicMark: [UInt8] = [0x4C, 0x6F, 0xA7, 0x94]

    static func utf8(_ octets: [UInt8]) -> [UInt8]? {
        if octets.starts(with: ebcdicMark) {
            let decoded = Charset.decode(octets, declared: "ibm037")?.text
            return decoded.flatMap { $0.hasPrefix("<?xml") ? Array($0.utf8) : nil }
        }
        if octets.starts(with: [0xFF, 0xFE]) || octets.starts(with: [0xFE, 0xFF]) {
            return Charset.decode(octets, declared: "utf-16").map { Array($0.text.utf8) }
        }
        if octets.starts(with: [0x3C, 0, 0x3F, 0]) {
            return Charset.decode(octets, declared: "utf-16le").map { Array($0.text.utf8) }
        }
        if octets.starts(with: [0, 0x3C, 0, 0x3F]) {
            return Charset.decode(octets, declared: "utf-16be").map { Array($0.text.utf8) }
        }
        if octets.starts(with: [0xEF, 0xBB, 0xBF]) { return Array(octets.dropFirst(3)) }
        guard octets.starts(with: Array("<?xml".utf8)), let end = octets.prefix(256).firstIndex(of: UInt8(ascii: ">")),
            let name = declared(octets[..<end])
        else { return octets }
        if ["utf-8", "utf8", "us-ascii"].contains(name) { return octets }
        guard let decoded = Charset.decode(octets, declared: name)?.text else { return nil }
        // Where the declaration cannot be read in the charset that it names, programs go by the octets.
        return decoded.hasPrefix("<?xml") ? Array(decoded.utf8) : octets
    }

    private static func declared(_ declaration: ArraySlice<UInt8>) -> String? {
        let key = Array("encoding".utf8)
        guard let found = Search.find(key, in: declaration) else { return nil }
        let rest = declaration[(found + key.count)...].drop { $0 <= 32 || $0 == UInt8(ascii: "=") }
        guard let quote = rest.first, quote == 34 || quote == 39 else { return nil }
        return String(decoding: rest.dropFirst().prefix { $0 != quote }, as: UTF8.self).lowercased()
    }
}

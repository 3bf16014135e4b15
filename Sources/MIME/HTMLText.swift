// What a reader of an HTML mail sees, as text: tags, comments, scripts and styles out, character references decoded. Where
// mail programs differ it shows more rather than less: alternative texts of pictures, Outlook's conditional comments, text
// hidden by style, and whatever stands behind something that never ends. Pure; linear (each kind of end is looked for
// to the end of the text at most once in vain).

import Glibc

/// HTML to text.
enum HTMLText {
    /// Types whose text has tags.
    static func isMarkup(_ type: MediaType) -> Bool {
        switch type.essence {
        case "text/html", "application/xhtml+xml", "text/xhtml", "text/enriched", "text/richtext", "text/xml": true
        default: false
        }
    }

    /// The visible text. White space is collapsed; block elements are on lines of their own; characters without width are
    /// left out, for nobody sees them inside a word.
    static func visible(_ html: String, work: inout WorkCounter) -> String {
        var html = html
        return html.withUTF8 { octets in
            var renderer = HTMLRenderer(UnsafeRawBufferPointer(octets))
            renderer.run()
            work.steps += renderer.steps
            return renderer.text
        }
    }

    /// The charset that a document names itself, where the mail names none: in the first 2048 octets, as browsers look.
    static func declaredCharset(_ octets: [UInt8]) -> String? {
        let head = octets.prefix(2048).map { ($0 | 0x20) }
        return head.withUnsafeBytes { raw -> String? in
            guard let found = raw.find(Array("charset=".utf8), from: 0) else { return nil }
            let name = octets[(found + 8)...].prefix(42).drop { $0 == 34 || $0 == 39 || $0 == 32 }
                .prefix { $0 > 32 && $0 != 34 && $0 != 39 && $0 != 62 && $0 != 59 && $0 != 47 }
            let declared = String(decoding: name, as: UTF8.self)
            // What is unknown or could not have been found in this way is passed over, as browsers do.
            switch CharsetNames.encoding(declared) {
            case nil, .utf16, .iconv("UTF-16LE"), .iconv("UTF-16BE"), .iconv("UTF-7"): return nil
            default: return name.isEmpty ? nil : declared
            }
        }
    }
}

/// One pass over a document.
private struct HTMLRenderer {
    private let octets: UnsafeRawBufferPointer
    private var place = 0
    private var output = HTMLOutput()
    private var endsMissing: Set<String> = []
    private(set) var steps = 0

    init(_ octets: UnsafeRawBufferPointer) { self.octets = octets }

    var text: String { output.finish() }

    mutating func run() {
        while place < octets.count {
            steps += 1
            switch octets[place] {
            case UInt8(ascii: "<"): takeMarkup()
            case UInt8(ascii: "&"): takeReference(until: octets.count)
            default:
                output.append(octets[place])
                place += 1
            }
        }
    }

    // MARK: Markup

    private mutating func takeMarkup() {
        let next = place + 1 < octets.count ? octets[place + 1] : 0
        if next == UInt8(ascii: "!") {
            takeDeclaration()
        } else if next == UInt8(ascii: "?") {
            skip(past: ">", from: place + 2)
        } else if isLetter(next)
            || (next == UInt8(ascii: "/") && place + 2 < octets.count && isLetter(octets[place + 2]))
        {
            takeTag()
        } else if next == UInt8(ascii: "/") {
            // `</ …>` is a comment to browsers (HTML 13.2.5.7).
            skip(past: ">", from: place + 2)
        } else {
            output.append(octets[place])
            place += 1
        }
    }

    private mutating func takeDeclaration() {
        guard starts("<!--") else { return skip(past: ">", from: place + 2) }
        // Outlook shows what stands in `<!--[if mso]> … <![endif]-->`: only the marks go.
        if starts("<!--[if") { return skip(past: ">", from: place + 4) }
        if starts("<!-->") || starts("<!--->") { return skip(past: ">", from: place + 4) }
        skip(past: "-->", from: place + 4)
    }

    /// Goes behind an end mark. Where it is missing only the mark's beginning goes, and the rest is shown.
    private mutating func skip(past end: String, from start: Int) {
        steps += 1
        if !endsMissing.contains(end), let found = octets.find(Array(end.utf8), from: min(start, octets.count)) {
            place = found + end.utf8.count
        } else {
            endsMissing.insert(end)
            place = min(start, octets.count)
        }
    }

    private func starts(_ text: String) -> Bool {
        octets.count - place >= text.utf8.count
            && zip(octets[place...], text.utf8).allSatisfy { ($0 == $1) || ($0 | 0x20) == $1 }
    }

    private mutating func takeTag() {
        let isClosing = octets[place + 1] == UInt8(ascii: "/")
        var end = place + (isClosing ? 2 : 1)
        let nameStart = end
        while end < octets.count, octets[end] > 32, octets[end] != 47, octets[end] != 62 { end += 1 }
        steps += end - place
        let name = String(decoding: octets[nameStart..<min(end, nameStart + 16)], as: UTF8.self).lowercased()
        var attributes = HTMLAttributes(octets, from: end)
        guard !endsMissing.contains("tag"), attributes.run() else {
            steps += attributes.place - end
            // A tag that never ends: show what it would swallow.
            endsMissing.insert("tag")
            place += 1
            return
        }
        steps += attributes.place - end
        place = attributes.place
        output.breakFor(name)
        if !isClosing, let alternative = attributes.alternative { takeAlternative(alternative) }
        if !isClosing, name == "script" || name == "style" { skipRawText(name) }
    }

    private mutating func takeAlternative(_ range: Range<Int>) {
        let behind = place
        output.breakFor("td")
        place = range.lowerBound
        while place < range.upperBound {
            if octets[place] == UInt8(ascii: "&") {
                takeReference(until: range.upperBound)
            } else {
                output.append(octets[place])
                place += 1
            }
        }
        steps += range.count
        output.breakFor("td")
        place = behind
    }

    private mutating func skipRawText(_ name: String) {
        guard !endsMissing.contains(name) else { return }
        var search = place
        while let found = octets.find([60, 47], from: search) {
            steps += 1
            let behind = found + 2 + name.utf8.count
            if behind <= octets.count, zip(octets[(found + 2)..<behind], name.utf8).allSatisfy({ ($0 | 0x20) == $1 }) {
                place = found
                return
            }
            search = found + 2
        }
        endsMissing.insert(name)
    }

    private func isLetter(_ octet: UInt8) -> Bool { (97...122).contains(octet | 0x20) }

    // MARK: Character references

    private mutating func takeReference(until limit: Int) {
        var end = place + 1
        let isNumber = end < limit && octets[end] == UInt8(ascii: "#")
        if isNumber { end += 1 }
        while end < limit, isAlphanumeric(octets[end]), isNumber || end - place < 34 { end += 1 }
        steps += end - place
        let name = octets[(place + 1)..<end]
        if isNumber, let (scalar, behind) = HTMLEntities.number(octets, from: place + 2, to: end) {
            output.append(scalar)
            place = behind
        } else if !isNumber, let (text, length) = HTMLEntities.named(name) {
            for scalar in text.unicodeScalars { output.append(scalar) }
            place += 1 + length
        } else {
            output.append(octets[place])
            place += 1
            return
        }
        if place < limit, octets[place] == UInt8(ascii: ";") { place += 1 }
    }

    private func isAlphanumeric(_ octet: UInt8) -> Bool { isLetter(octet) || (48...57).contains(octet) }
}

/// The attributes of one tag (HTML 13.2.5.32 and following): a `>` inside quotes does not end the tag.
private struct HTMLAttributes {
    private let octets: UnsafeRawBufferPointer
    private(set) var place: Int
    /// Where the value of `alt` stands.
    private(set) var alternative: Range<Int>?

    init(_ octets: UnsafeRawBufferPointer, from place: Int) {
        self.octets = octets
        self.place = place
    }

    /// - Returns: false where the text ends inside the tag; otherwise `place` is behind its `>`.
    mutating func run() -> Bool {
        while place < octets.count {
            let octet = octets[place]
            if octet == UInt8(ascii: ">") {
                place += 1
                return true
            }
            if octet <= 32 || octet == UInt8(ascii: "/") { place += 1 } else { takeAttribute() }
        }
        return false
    }

    private mutating func takeAttribute() {
        let start = place
        // A leading `=` belongs to the name (HTML 13.2.5.32).
        place += 1
        while place < octets.count, octets[place] > 32, octets[place] != 47, octets[place] != 62, octets[place] != 61 {
            place += 1
        }
        let isAlternative =
            place - start == 3 && zip(octets[start..<place], "alt".utf8).allSatisfy { ($0 | 0x20) == $1 }
        skipBlank()
        guard place < octets.count, octets[place] == UInt8(ascii: "=") else { return }
        place += 1
        skipBlank()
        guard place < octets.count else { return }
        let quote = octets[place]
        let valueStart: Int
        if quote == 34 || quote == 39 {
            place += 1
            valueStart = place
            while place < octets.count, octets[place] != quote { place += 1 }
            if isAlternative { alternative = valueStart..<place }
            place = min(place + 1, octets.count)
        } else {
            valueStart = place
            while place < octets.count, octets[place] > 32, octets[place] != 62 { place += 1 }
            if isAlternative { alternative = valueStart..<place }
        }
    }

    private mutating func skipBlank() {
        while place < octets.count, octets[place] <= 32 { place += 1 }
    }
}

/// Collects visible text with white space collapsed.
private struct HTMLOutput {
    private var octets: [UInt8] = []
    private var gap: UInt8 = 0

    mutating func append(_ octet: UInt8) {
        if octet == 32 || (9...13).contains(octet) {
            if gap == 0 { gap = 32 }
            return
        }
        if gap != 0 {
            if !octets.isEmpty { octets.append(gap) }
            gap = 0
        }
        octets.append(octet)
    }

    mutating func append(_ scalar: Unicode.Scalar) {
        switch scalar.value {
        case 0xA0: append(UInt8(32))
        // Soft hyphen, zero-width characters, directional marks, word joiner, byte order mark.
        case 0, 0xAD, 0x200B...0x200F, 0x202A...0x202E, 0x2060...0x2064, 0xFEFF: break
        default: for octet in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter { append(octet) }
        }
    }

    /// White space where the element makes some.
    mutating func breakFor(_ element: String) {
        if Self.blocks.contains(element) {
            gap = 10
        } else if element == "td" || element == "th", gap == 0 {
            gap = 32
        }
    }

    func finish() -> String {
        let text = String(decoding: octets, as: UTF8.self)
        guard octets.contains(where: { $0 == 0xC2 || $0 == 0xE2 || $0 == 0xEF }) else { return text }
        var cleaned = HTMLOutput()
        for scalar in text.unicodeScalars {
            if scalar.value == 10 { cleaned.gap = 10 } else { cleaned.append(scalar) }
        }
        return String(decoding: cleaned.octets, as: UTF8.self)
    }

    private static let blocks: Set<String> = [
        "p", "div", "br", "tr", "li", "ul", "ol", "dl", "dt", "dd", "table", "tbody", "thead", "tfoot", "h1", "h2",
        "h3",
        "h4", "h5", "h6", "hr", "pre", "blockquote", "section", "article", "header", "footer", "center", "form", "body",
        "head", "html", "title", "address", "caption", "fieldset", "option", "nl", "paragraph",
    ]
}

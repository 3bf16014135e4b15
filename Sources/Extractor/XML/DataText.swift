// The text of XML that is no office document: every element and every value of an attribute is a text of its own. Of
// pictures (SVG) the words, not the drawing. Pure; linear.

/// Reads XML as data.
struct DataText {
    /// What kind of data.
    enum Style {
        case data
        /// A part of an office document: short values are settings.
        case package
        case picture
    }

    private let style: Style
    private var output: [UInt8] = []
    /// Of pictures with a blank at the ends of spans and between texts of one height; of data with elements in the
    /// middle of a text as parts of it.
    private var spaced: [UInt8] = []
    /// What stands before the next text of `spaced`.
    private var gap: UInt8 = 0
    /// Whether the elements around this place hold text themselves.
    private var holdText: [Bool] = []
    private var isMixed = false
    /// `y` of the last text of a picture.
    private var height: ArraySlice<UInt8> = []
    /// Inside of a page in a picture.
    private var pages = 0
    /// Inside of a text of a picture.
    private var texts = 0
    private var silent = 0

    static func read(_ scanner: XMLScanner, style: Style, limitBytes: Int) -> (forms: [[UInt8]], problem: String?) {
        var scanner = scanner
        var reader = DataText(style: style)
        while let event = scanner.next() {
            switch event {
            case .start(let tag): reader.begin(tag)
            case .end(let name): reader.end(name)
            case .text(let text): reader.take(text)
            }
            if reader.output.count > limitBytes {
                scanner.note("more text than is kept")
                break
            }
        }
        if reader.gap == 10, !reader.spaced.isEmpty { reader.spaced.append(10) }
        let forms =
            reader.spaced.isEmpty || reader.spaced == reader.output || style == .data && !reader.isMixed
            ? [reader.output] : [reader.output, reader.spaced]
        return (forms, scanner.problem)
    }

    private init(style: Style) { self.style = style }

    private mutating func append(_ text: ArraySlice<UInt8>) {
        output.append(contentsOf: text)
        guard style != .package else { return }
        if gap != 0, let last = spaced.last, last > 32 || gap == 10 && last != 10 { spaced.append(gap) }
        gap = 0
        spaced.append(contentsOf: text)
    }

    private mutating func breakLine() {
        if let last = output.last, last != 10 { output.append(10) }
        gap = 10
    }

    private mutating func take(_ text: ArraySlice<UInt8>) {
        guard silent == 0 else { return }
        guard style == .picture else { return takeData(text) }
        guard text.contains(where: { $0 > 32 }) || texts > 0 else { return }
        // In a picture a line end is a blank.
        append(text.contains { $0 < 32 } ? text.map { $0 < 32 ? 32 : $0 }[...] : text)
    }

    private mutating func takeData(_ text: ArraySlice<UInt8>) {
        if text.contains(where: { $0 > 32 }) {
            if let last = holdText.indices.last { holdText[last] = true }
            append(text)
        } else if holdText.last == true, gap == 0 {
            gap = 32
        }
    }

    /// An element of data begins or ends: a text of its own, but for the form in which it is a part of the text around
    /// it.
    private mutating func breakData() {
        if let last = output.last, last != 10 { output.append(10) }
        if holdText.last == true { isMixed = true } else { gap = 10 }
    }

    private mutating func begin(_ tag: XMLTag) {
        if style == .picture {
            if tag.name == "style", !tag.isEmpty { silent += 1 }
            beginSpan(tag)
        } else {
            breakData()
            if style == .data, !tag.isEmpty { holdText.append(false) }
        }
        for attribute in tag.attributes where isText(attribute, of: tag) {
            if style == .data {
                // It is no part of the text around the element.
                if let last = output.last, last != 10 { output.append(10) }
                output.append(contentsOf: attribute.value)
                output.append(10)
                continue
            }
            breakLine()
            append(attribute.value)
            breakLine()
        }
    }

    private mutating func end(_ name: String) {
        guard style == .picture else {
            _ = holdText.popLast()
            return breakData()
        }
        if name == "foreignObject" { pages = max(0, pages - 1) }
        if name == "style" { silent = max(0, silent - 1) }
        if name == "text" { texts = max(0, texts - 1) }
        if isSpan(name) { endSpan() } else { breakLine() }
    }

    private func isSpan(_ name: String) -> Bool {
        texts > 0 && Self.spans.contains(name) || pages > 0 && Self.inline.contains(name)
    }

    private mutating func beginSpan(_ tag: XMLTag) {
        if isSpan(tag.name) { endSpan() } else { breakLine() }
        guard !tag.isEmpty else { return }
        if tag.name == "foreignObject" { pages += 1 }
        guard tag.name == "text" else { return }
        texts += 1
        // Texts of one height are one line to the eye.
        if let y = tag["y"], y.elementsEqual(height) { gap = 32 }
        height = tag["y"] ?? []
    }

    private mutating func endSpan() {
        if gap == 0 { gap = 32 }
    }

    private static let inline: Set<String> = [
        "a", "b", "i", "u", "s", "em", "strong", "span", "font", "small", "big", "sub", "sup", "code", "tt", "mark",
        "wbr",
    ]
    private static let spans: Set<String> = ["tspan", "a", "textPath", "tref", "altGlyph"]

    private func isText(_ attribute: XMLAttribute, of tag: XMLTag) -> Bool {
        guard !attribute.value.isEmpty else { return false }
        switch style {
        case .picture:
            return ["title", "alt", "aria-label", "desc", "label"].contains(attribute.name)
                || attribute.name.hasPrefix("data-")
                || attribute.name == "href" && !attribute.value.starts(with: "data:".utf8)
        case .data: return !["space", "lang", "schemaLocation"].contains(attribute.name)
        case .package:
            // A pivot table's `x` is a place in another list.
            return attribute.value.count > 3 && tag.name != "x" && !attribute.value.starts(with: "{".utf8)
                && !["space", "lang", "schemaLocation", "Ignorable"].contains(attribute.name)
        }
    }
}

// Collects the text of an HTML document: white space collapsed, block elements on lines of their own, cells parted by
// TAB. Pure; linear.

/// Visible text as it grows.
struct HTMLOutput {
    private var octets: [UInt8] = []
    /// White space that is due before the next character: a line end, TABs for cells behind it, else a space.
    private var isLineDue = false
    private var isRowDue = false
    private var tabsDue = 0
    private var isSpaceDue = false
    private var cellsInRow = 0
    /// True where nothing has been written since a cell began: what breaks lines there would part it from its row.
    private var isCellEmpty = false
    /// True keeps the marks that turn the order round.
    private let keepsMarks: Bool

    init(keepsMarks: Bool) { self.keepsMarks = keepsMarks }

    var isEmpty: Bool { octets.isEmpty }

    mutating func append(_ octet: UInt8) {
        if octet == 32 || (9...13).contains(octet) {
            isSpaceDue = true
            return
        }
        settle()
        octets.append(octet)
    }

    private mutating func settle() {
        isCellEmpty = false
        guard isSpaceDue || isLineDue || tabsDue > 0 else { return }
        if isLineDue, !octets.isEmpty { octets.append(10) }
        if tabsDue > 0 { octets.append(contentsOf: repeatElement(9, count: tabsDue)) }
        if isSpaceDue, !isLineDue, tabsDue == 0, !octets.isEmpty { octets.append(32) }
        isLineDue = false
        isRowDue = false
        tabsDue = 0
        isSpaceDue = false
    }

    mutating func append(_ scalar: Unicode.Scalar) {
        switch scalar.value {
        case 0xA0: append(UInt8(32))
        case 0x202C...0x202E where keepsMarks: mark(scalar)
        // Soft hyphen, zero-width characters, directional marks, word joiner, byte order mark.
        case 0, 0xAD, 0x200B...0x200F, 0x202A...0x202E, 0x2060...0x2064, 0xFEFF: break
        default: for octet in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter { append(octet) }
        }
    }

    /// A mark that turns the order round, where these are kept: no character, so it settles no white space but a
    /// line's.
    mutating func mark(_ scalar: Unicode.Scalar) {
        guard keepsMarks else { return }
        settle()
        octets.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    }

    /// A space, unless there is white space already.
    mutating func space() { isSpaceDue = true }

    /// White space that an element's beginning or end makes.
    mutating func breakFor(_ element: String, isClosing: Bool) {
        switch element {
        case "td", "th": if !isClosing { startCell() }
        case "tr", "table":
            if isCellEmpty, !isClosing {
                cellsInRow = 0
                return
            }
            if !isClosing { cellsInRow = 0 }
            isCellEmpty = false
            isLineDue = true
            isRowDue = true
            tabsDue = 0
        default:
            guard Self.blocks.contains(element), !isCellEmpty else { return }
            isLineDue = true
            tabsDue = 0
        }
    }

    private mutating func startCell() {
        if cellsInRow > 0 {
            // The end of a paragraph at the end of a cell is no end of the row.
            if !isRowDue { isLineDue = false }
            tabsDue += 1
        }
        cellsInRow += 1
        isCellEmpty = true
    }

    /// The text without what has no width.
    func finish() -> String {
        guard octets.contains(where: { $0 == 0xC2 || $0 == 0xE2 || $0 == 0xEF }) else {
            return String(decoding: octets, as: UTF8.self)
        }
        var cleaned: [UInt8] = []
        cleaned.reserveCapacity(octets.count)
        var isSpaceDue = false
        for scalar in String(decoding: octets, as: UTF8.self).unicodeScalars {
            switch scalar.value {
            case 32, 0xA0: isSpaceDue = true
            case 9, 10:
                isSpaceDue = false
                cleaned.append(UInt8(scalar.value))
            case 0x202C...0x202E where keepsMarks:
                // White space before a mark stays before it: turned round with what follows, it would part other words.
                if isSpaceDue, let last = cleaned.last, last != 10, last != 9 { cleaned.append(32) }
                isSpaceDue = false
                cleaned.append(contentsOf: UTF8.encode(scalar) ?? .init())
            case 0, 0xAD, 0x200B...0x200F, 0x202A...0x202E, 0x2060...0x2064, 0xFEFF: break
            default:
                if isSpaceDue, let last = cleaned.last, last != 10, last != 9 { cleaned.append(32) }
                isSpaceDue = false
                cleaned.append(contentsOf: UTF8.encode(scalar) ?? .init())
            }
        }
        return String(decoding: cleaned, as: UTF8.self)
    }

    private static let blocks: Set<String> = [
        "p", "div", "br", "li", "ul", "ol", "dl", "dt", "dd", "tbody", "thead", "tfoot", "h1", "h2", "h3", "h4", "h5",
        "h6", "hr", "pre", "blockquote", "section", "article", "header", "footer", "center", "form", "body", "head",
        "html", "title", "address", "caption", "fieldset", "option", "textarea", "nl", "paragraph",
    ]
}

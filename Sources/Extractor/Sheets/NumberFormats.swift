// Formats of numbers in a workbook (ECMA-376 part 1, 18.8.31), as far as they group digits: leading zeros, blanks and
// hyphens between groups. Every other format leaves the number as it is stored. Pure.

/// The formats of a workbook's cells.
struct NumberFormats {
    /// By the number of a cell's style; nil where the number is shown as it is stored.
    private var formats: [DigitFormat?] = []
    private(set) var problem: String?

    init() {}

    init(_ scanner: XMLScanner) {
        var scanner = scanner
        var codes: [Int: DigitFormat] = [:]
        var isInCells = false
        while let event = scanner.next() {
            switch event {
            case .start(let tag):
                switch tag.name {
                case "numFmt":
                    if let id = tag.number("numFmtId"), let code = tag["formatCode"] { codes[id] = DigitFormat(code) }
                case "cellXfs": isInCells = !tag.isEmpty
                case "xf": if isInCells { formats.append(codes[tag.number("numFmtId") ?? 0]) }
                default: break
                }
            case .end(let name): if name == "cellXfs" { isInCells = false }
            case .text: break
            }
        }
        problem = scanner.problem
    }

    /// - Returns: what a cell shows for a whole number; nil where that is the number.
    func shown(_ digits: ArraySlice<UInt8>, style: Int) -> [UInt8]? {
        guard formats.indices.contains(style), let format = formats[style] else { return nil }
        return format.applied(to: digits)
    }
}

/// A format of digits and what stands between them, such as `0000 0000 0000 0000`.
struct DigitFormat {
    private enum Element {
        /// `0` shows a zero where the number has no digit, `#` and `?` nothing.
        case digit(isZero: Bool)
        case literal([UInt8])
    }

    private let elements: [Element]

    /// - Returns: nil for a format that is anything else: decimals, thousands, dates, percent.
    init?(_ code: ArraySlice<UInt8>) {
        guard code.count <= 255 else { return nil }
        var elements: [Element] = []
        var rest = code
        while let octet = rest.popFirst() {
            switch octet {
            case UInt8(ascii: "0"): elements.append(.digit(isZero: true))
            case UInt8(ascii: "#"), UInt8(ascii: "?"): elements.append(.digit(isZero: false))
            case UInt8(ascii: "\\"): if let next = rest.popFirst() { elements.append(.literal([next])) }
            case UInt8(ascii: "\""):
                let text = rest.prefix { $0 != UInt8(ascii: "\"") }
                rest = rest.dropFirst(text.count + 1)
                elements.append(.literal(Array(text)))
            // Room as wide as a character, and a character that fills.
            case UInt8(ascii: "_"), UInt8(ascii: "*"): rest = rest.dropFirst()
            case UInt8(ascii: "["):
                let inside = rest.prefix { $0 != UInt8(ascii: "]") }
                guard let first = inside.first, !Array("<>=hmsHMS".utf8).contains(first) else { return nil }
                rest = rest.dropFirst(inside.count + 1)
            case UInt8(ascii: ";"): rest = []
            case 32, UInt8(ascii: "-"), UInt8(ascii: "/"), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: ":"),
                UInt8(ascii: "+"), 128...:
                elements.append(.literal([octet]))
            default: return nil
            }
        }
        let digits = elements.count { if case .digit = $0 { true } else { false } }
        // A format may show words and numbers of its own, whatever the number is.
        let isWordy = elements.contains {
            if case .literal(let text) = $0 { text.contains { (48...57).contains($0) } } else { false }
        }
        guard digits > 1 || isWordy else { return nil }
        self.elements = elements
    }

    /// - Parameter digits: ASCII digits.
    func applied(to digits: ArraySlice<UInt8>) -> [UInt8] {
        var pieces: [[UInt8]] = []
        var rest = digits
        let first = elements.firstIndex { if case .digit = $0 { true } else { false } }
        for (index, element) in elements.enumerated().reversed() {
            switch element {
            case .literal(let text): pieces.append(text)
            case .digit(let isZero):
                if index == first {
                    pieces.append(rest.isEmpty && isZero ? [48] : Array(rest))
                    rest = []
                } else if let digit = rest.popLast() {
                    pieces.append([digit])
                } else if isZero {
                    pieces.append([48])
                }
            }
        }
        return pieces.reversed().flatMap { $0 }
    }
}

/// Numbers as workbooks store them.
enum StoredNumber {
    /// The digits of a number that is whole and not negative, `4.5E15` written out; nil for any other.
    static func digits(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        guard !text.isEmpty, text.count <= 40 else { return nil }
        if text.allSatisfy({ (48...57).contains($0) }) { return Array(text) }
        if let point = text.firstIndex(of: UInt8(ascii: ".")), point > text.startIndex,
            text[..<point].allSatisfy({ (48...57).contains($0) }), text[(point + 1)...].allSatisfy({ $0 == 48 })
        {
            return Array(text[..<point])
        }
        guard let mark = text.firstIndex(where: { $0 | 0x20 == UInt8(ascii: "e") }),
            let exponent = Int(String(decoding: text[(mark + 1)...].drop { $0 == UInt8(ascii: "+") }, as: UTF8.self)),
            (0...30).contains(exponent)
        else { return nil }
        let halves = text[..<mark].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard let whole = halves.first, halves.count <= 2, !whole.isEmpty else { return nil }
        let decimals = halves.count == 2 ? halves[1] : []
        guard whole.allSatisfy({ (48...57).contains($0) }), decimals.allSatisfy({ (48...57).contains($0) }),
            decimals.count <= exponent
        else { return nil }
        return Array(whole) + Array(decimals) + [UInt8](repeating: 48, count: exponent - decimals.count)
    }
}

// The list of strings of a workbook (ECMA-376 part 1, 18.4): cells name their place in it. Kept as one block of octets,
// so that a list of millions of empty strings takes little more memory than its file. Pure; linear.

/// Strings by number.
struct SharedStrings {
    private var octets: [UInt8] = []
    /// Where each string ends.
    private var ends: [UInt32] = []
    /// Those that a cell has shown.
    private var isUsed: [Bool] = []
    private(set) var problem: String?

    init() {}

    init(_ scanner: XMLScanner) {
        var scanner = scanner
        var isText = false
        var phonetics = 0
        while let event = scanner.next() {
            switch event {
            case .start(let tag):
                if tag.name == "t" { isText = !tag.isEmpty }
                if tag.name == "rPh", !tag.isEmpty { phonetics += 1 }
                if tag.name == "si", tag.isEmpty { ends.append(UInt32(clamping: octets.count)) }
            case .end(let name):
                if name == "t" { isText = false }
                if name == "rPh" { phonetics = max(0, phonetics - 1) }
                if name == "si" { ends.append(UInt32(clamping: octets.count)) }
            case .text(let text): if isText, phonetics == 0 { octets.append(contentsOf: text) }
            }
        }
        problem = scanner.problem
        isUsed = [Bool](repeating: false, count: ends.count)
    }

    private subscript(_ number: Int) -> ArraySlice<UInt8> {
        let start = number == 0 ? 0 : Int(ends[number - 1])
        return octets[min(start, Int(ends[number]))..<min(Int(ends[number]), octets.count)]
    }

    /// The string as a cell shows it. A long one is given once: the same again would say nothing new.
    mutating func take(_ number: Int) -> ArraySlice<UInt8> {
        guard ends.indices.contains(number) else { return [] }
        let text = self[number]
        if isUsed[number], text.count > Self.longOctets { return [] }
        isUsed[number] = true
        return SheetEscapes.resolved(text)
    }

    private static let longOctets = 256

    /// Those that no cell shows.
    var unused: [ArraySlice<UInt8>] {
        ends.indices.filter { !isUsed[$0] && !self[$0].isEmpty }.map { SheetEscapes.resolved(self[$0]) }
    }
}

/// `_x0034_` in strings of workbooks (ECMA-376 part 1, 22.9.2.19).
enum SheetEscapes {
    /// A text with its escapes as characters.
    static func resolved(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard Search.find([UInt8(ascii: "_"), UInt8(ascii: "x")], in: text) != nil else { return text }
        var output: [UInt8] = []
        var place = text.startIndex
        while place < text.endIndex {
            if let scalar = scalar(text[place...].prefix(7)) {
                output.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
                place += 7
            } else {
                output.append(text[place])
                place += 1
            }
        }
        return output[...]
    }

    private static func scalar(_ escape: ArraySlice<UInt8>) -> Unicode.Scalar? {
        guard escape.count == 7, escape.starts(with: "_x".utf8), escape.last == UInt8(ascii: "_"),
            let value = UInt32(String(decoding: escape.dropFirst(2).dropLast(), as: UTF8.self), radix: 16), value > 0
        else { return nil }
        return Unicode.Scalar(value)
    }
}

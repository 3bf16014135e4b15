// One sheet of a workbook (ECMA-376 part 1, 18.3): rows of cells, with the strings and the formats that they name. Two
// forms: as the workbook shows its numbers, and as it stores them. Everything else that is text in a sheet comes
// behind. Pure; linear.

/// Reads a sheet.
struct SheetText {
    private enum Content { case none, value, string, formula, heading }

    private var shown = TextFlow()
    /// Numbers as they are stored; nil where nothing differs so far.
    private var stored: TextFlow?
    private var aside: [UInt8] = []
    private var content = Content.none
    private var isInCell = false
    private var phonetics = 0
    private var value: [UInt8] = []
    private var formula: [UInt8] = []
    private var type: [UInt8] = []
    private var style = 0
    private var column = 0
    /// Cells of the row that is read now: a file may give them in any order.
    private var cells: [Cell] = []
    private var rowOctets = 0

    private struct Cell {
        let column: Int
        var shown: [UInt8] = []
        /// nil where it is the same.
        var stored: [UInt8]?
    }

    private let formats: NumberFormats

    static func read(
        _ scanner: XMLScanner, _ strings: inout SharedStrings, _ formats: NumberFormats, limitBytes: Int
    ) -> OfficeText.Result {
        var scanner = scanner
        var reader = SheetText(formats)
        while let event = scanner.next() {
            switch event {
            case .start(let tag):
                reader.begin(tag)
                if tag.isEmpty { reader.end(tag.name, &strings) }
            case .end(let name): reader.end(name, &strings)
            case .text(let text): reader.take(text)
            }
            if reader.size > limitBytes {
                scanner.note("more text than is kept")
                break
            }
        }
        reader.endRow()
        let second = reader.stored.flatMap { $0 == reader.shown ? nil : $0.octets + reader.aside }
        return OfficeText.Result(
            shown: reader.shown.octets + reader.aside, other: second, problem: scanner.problem)
    }

    private var size: Int {
        max(shown.octets.count, stored?.octets.count ?? 0) + aside.count + rowOctets
    }

    private init(_ formats: NumberFormats) { self.formats = formats }

    private mutating func begin(_ tag: XMLTag) {
        for attribute in tag.attributes where OfficeAttributes.isText(attribute, of: tag) { note(attribute.value) }
        switch tag.name {
        case "row": column = 0
        case "c": beginCell(tag)
        case "v": content = .value
        case "t": content = phonetics > 0 ? .formula : .string
        case "f", "formula", "formula1", "formula2": content = .formula
        case "rPh": if !tag.isEmpty { phonetics += 1 }
        case _ where SheetHeading.elements.contains(tag.name): content = .heading
        default: break
        }
    }

    private mutating func end(_ name: String, _ strings: inout SharedStrings) {
        switch name {
        case "c": endCell(&strings)
        case "row": endRow()
        case "v", "t":
            if content == .formula { note(formula[...]) }
            formula = []
            content = .none
        case "f", "formula", "formula1", "formula2":
            content = .none
            endFormula()
        case "rPh": phonetics = max(0, phonetics - 1)
        case _ where SheetHeading.elements.contains(name):
            note(SheetHeading.shown(formula[...])[...])
            formula = []
            content = .none
        default: break
        }
    }

    private mutating func take(_ text: ArraySlice<UInt8>) {
        switch content {
        case .value,
            .string where isInCell:
            value.append(contentsOf: text)
        case .formula, .heading: formula.append(contentsOf: text)
        default:
            // White space between elements is no text.
            if !isInCell, text.contains(where: { $0 > 32 }) { note(text) }
        }
    }

    private mutating func note(_ text: ArraySlice<UInt8>) {
        guard !text.isEmpty else { return }
        aside.append(contentsOf: SheetEscapes.resolved(text))
        aside.append(10)
    }

    /// A computed column has as many formulas as cells; only those with a text of their own, or lists of choices, say
    /// anything.
    private mutating func endFormula() {
        if formula.contains(UInt8(ascii: "\"")) || !isInCell { note(formula[...]) }
        formula = []
    }

    // MARK: Cells

    private mutating func beginCell(_ tag: XMLTag) {
        isInCell = true
        value = []
        type = tag["t"].map { Array($0) } ?? []
        style = tag.number("s") ?? 0
        let place = tag["r"].flatMap { Self.column($0) } ?? column
        column = max(column, place) + 1
        cells.append(Cell(column: place))
    }

    private mutating func endCell(_ strings: inout SharedStrings) {
        guard isInCell else { return }
        isInCell = false
        content = .none
        if type.elementsEqual("s".utf8) {
            let number = Int(String(decoding: value.filter { $0 > 32 }.prefix(12), as: UTF8.self)) ?? -1
            write(strings.take(number))
        } else if ["str", "inlineStr", "e", "d"].contains(where: { type.elementsEqual($0.utf8) }) {
            write(SheetEscapes.resolved(value[...]))
        } else {
            writeNumber()
        }
    }

    private mutating func write(_ text: ArraySlice<UInt8>, stored: [UInt8]? = nil) {
        guard let last = cells.indices.last else { return }
        cells[last].shown = Array(text)
        cells[last].stored = stored
        // Cells without text take room, too.
        rowOctets += text.count + 1
    }

    private mutating func endRow() {
        guard !cells.isEmpty || isInCell else { return }
        if zip(cells, cells.dropFirst()).contains(where: { $0.column > $1.column }) {
            cells.sort { $0.column < $1.column }
        }
        var next = 0
        for cell in cells {
            shown.skipCells(cell.column - next)
            stored?.skipCells(cell.column - next)
            next = max(next, cell.column) + 1
            if cell.stored != nil, stored == nil { stored = shown }
            shown.beginCell()
            shown.append(cell.shown[...])
            shown.endCell()
            stored?.beginCell()
            stored?.append((cell.stored ?? cell.shown)[...])
            stored?.endCell()
        }
        cells = []
        rowOctets = 0
        shown.endRow()
        stored?.endRow()
    }

    private mutating func writeNumber() {
        guard let digits = StoredNumber.digits(value[...]) else { return write(value[...]) }
        guard let looks = formats.shown(digits[...], style: style), looks != digits else { return write(digits[...]) }
        write(looks[...], stored: digits)
    }

    /// `C` of `C12` is 2; nil where it is no name of a cell.
    private static func column(_ name: ArraySlice<UInt8>) -> Int? {
        var column = 0
        for octet in name.prefix(4) {
            guard (65...90).contains(octet & 0xDF), octet >= 65 else { break }
            column = column * 26 + Int(octet & 0xDF) - 64
        }
        return column > 0 && column <= 16_384 ? column - 1 : nil
    }
}

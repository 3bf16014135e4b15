// Headings of columns: where a table's heading names what stands in a column (`naam;bsn`), it speaks for every row
// below it, in CSV, in texts with tabs (workbooks, tables of HTML), in tables drawn with bars or spaces, and in a plain
// list under a word. Reads the text once, line by line, as offsets are asked for from left to right; nothing is read
// that nobody asks for.

/// Columns whose heading has one of some words.
struct TableHeadings {
    enum Kind: Equatable {
        case sign(UInt8)
        /// Two spaces or more.
        case spaces
        /// No columns: a list.
        case list
    }

    private struct Block {
        var kind: Kind
        /// Separators of the heading's row.
        var separators: Int
    }

    /// Columns looked at; headings longer than this are none.
    private static let columnLimit = 256
    private static let headingBytes = 4096
    private static let listHeadingBytes = 64

    private let words: WordSet
    private var block: Block?
    private var columns: [Bool] = []
    private var hasAny = false
    /// Where the line begins that was read last, and the next one.
    private var lineStart = 0
    private var nextLine = 0
    /// Column of the place that was asked for last.
    private var place = 0
    private var column = 0
    private var isQuoted = false

    init(_ words: WordSet) { self.words = words }

    /// True where the heading over an offset has a word. Offsets must not go back behind the beginning of a line.
    mutating func holds(at offset: Int, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard !words.isEmpty else { return false }
        advance(to: offset, text)
        guard hasAny, let block else { return false }
        let column = column(of: offset, block.kind, text)
        return column < columns.count && columns[column]
    }

    /// True where an offset stands in a column whose heading has a word, below a heading of words: a sentence with a
    /// comma in it is none, nor is a list below a word.
    mutating func isListed(at offset: Int, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard holds(at: offset, text), let block, case .sign = block.kind else { return false }
        return isHeadingOfLetters && lineStart > headingStart
    }

    /// True where the heading's row has a word in any column.
    mutating func rowHolds(at offset: Int, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
        advance(to: offset, text)
        return hasAny && block != nil
    }

    /// True where an offset stands in a table with a heading whose columns are separated so.
    mutating func isField(at offset: Int, _ separator: UInt8, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
        advance(to: offset, text)
        return block?.kind == .sign(separator) && isHeadingOfLetters && lineStart > headingStart
    }

    /// The cells of a line below a heading whose columns have a word, each without the separators around it and with
    /// one word only.
    mutating func cells(ofLineAt start: Int, _ text: UnsafeBufferPointer<UInt8>) -> [Range<Int>] {
        advance(to: start, text)
        guard hasAny, let block, block.kind != .list, block.kind != .spaces, lineStart == start,
            lineStart > headingStart,
            case .sign(let sign) = block.kind
        else { return [] }
        var cells: [Range<Int>] = []
        var index = start
        var column = 0
        let end = min(nextLine, text.count)
        while index < end, column < columns.count {
            if columns[column], let cell = PasswordLook.cell(text, index, sign), !cell.isEmpty { cells.append(cell) }
            while index < end, text[index] != sign {
                index += 1
            }
            index += 1
            column += 1
        }
        return cells
    }

    private var isHeadingOfLetters = false
    private var headingStart = 0

    // MARK: Lines

    private mutating func advance(to offset: Int, _ text: UnsafeBufferPointer<UInt8>) {
        while nextLine <= offset, nextLine < text.count {
            lineStart = nextLine
            let (line, end) = TableLine.read(text, from: lineStart)
            nextLine = end + 1
            place = lineStart
            column = 0
            isQuoted = false
            take(line, lineStart..<end, text)
        }
    }

    private mutating func take(_ line: TableLine, _ range: Range<Int>, _ text: UnsafeBufferPointer<UInt8>) {
        if line.isBlank {
            block = nil
        } else if let block, goesOn(block, line, range) {
            // Another table right below, or a second row of headings.
            if line.digits == 0, words.occurs(in: range.prefix(Self.headingBytes), text) {
                read(range, block.kind, text)
            }
        } else {
            let kind = line.kind
            block = Block(kind: kind, separators: line.count(kind))
            headingStart = range.lowerBound
            isHeadingOfLetters = line.digits == 0 && line.letters > 0
            columns.removeAll(keepingCapacity: true)
            hasAny = false
            if kind == .list && range.count > Self.listHeadingBytes { return }
            read(range, kind, text)
        }
    }

    private func goesOn(_ block: Block, _ line: TableLine, _ range: Range<Int>) -> Bool {
        switch block.kind {
        case .sign(UInt8(ascii: "\t")): true
        case .sign(UInt8(ascii: ",")): line.commas >= block.separators && line.tabs == 0 && line.semicolons == 0
        case .sign: line.count(block.kind) > 0 && line.tabs == 0
        case .spaces: line.count(.spaces) > 0 && line.tabs == 0
        case .list: line.letters <= 4 && line.digits > line.letters && range.count <= Self.listHeadingBytes
        }
    }

    /// Reads which columns have a word.
    private mutating func read(_ range: Range<Int>, _ kind: Kind, _ text: UnsafeBufferPointer<UInt8>) {
        columns.removeAll(keepingCapacity: true)
        hasAny = false
        let range = range.prefix(Self.headingBytes)
        guard words.occurs(in: range, text) else { return }
        var start = range.lowerBound
        for index in range.lowerBound...range.upperBound
        where index == range.upperBound || Self.separates(kind, text, index, from: range.lowerBound) {
            guard columns.count < Self.columnLimit else { return }
            columns.append(start <= index && words.occurs(in: start..<index, text))
            hasAny = hasAny || columns[columns.count - 1]
            start = index + 1
        }
    }

    // MARK: Columns

    private mutating func column(of offset: Int, _ kind: Kind, _ text: UnsafeBufferPointer<UInt8>) -> Int {
        while place < offset {
            if text[place] == UInt8(ascii: "\"") { isQuoted.toggle() }
            if !isQuoted, Self.separates(kind, text, place, from: lineStart) { column += 1 }
            place += 1
        }
        return column
    }

    /// True where a separator of columns stands, or the first of its spaces.
    private static func separates(
        _ kind: Kind, _ text: UnsafeBufferPointer<UInt8>, _ index: Int, from start: Int
    ) -> Bool {
        switch kind {
        case .sign(let sign): text[index] == sign
        case .spaces:
            text[index] == 32 && index > start && text[index - 1] != 32 && index + 1 < text.count
                && text[index + 1] == 32
        case .list: false
        }
    }
}

extension Range<Int> {
    /// The same, at most so long.
    fileprivate func prefix(_ length: Int) -> Range<Int> { lowerBound..<Swift.min(upperBound, lowerBound + length) }
}

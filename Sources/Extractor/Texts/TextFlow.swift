// A text that grows, with lines, rows and cells: cells of a row are parted by TAB (U+0009), rows by LF, lines inside of
// a cell by VT (U+000B), so that a row stays one line and nothing in it reads on over the end of a cell. Pure.

/// Text on its way out.
struct TextFlow: Equatable {
    private(set) var octets: [UInt8] = []
    /// Empty cells before the next text, counted so far only.
    private var tabs = 0
    /// Tables around this place.
    private var cells: [Int] = []
    private var isLineOpen = false

    /// Empty cells that are written in a row at most: a sheet says with a few octets that there are 16 384.
    static let emptyCells = 100
    private static let depth = 64

    var isInCell: Bool { !cells.isEmpty }

    mutating func append(_ text: ArraySlice<UInt8>) {
        guard !text.isEmpty else { return }
        open()
        guard isInCell else {
            octets.append(contentsOf: text)
            return
        }
        for octet in text { octets.append(octet == 9 ? 32 : octet == 10 || octet == 13 ? 11 : octet) }
    }

    mutating func append(_ octet: UInt8) { append([octet]) }

    private mutating func open() {
        if tabs > 0 {
            octets.append(contentsOf: repeatElement(9, count: tabs))
            tabs = 0
        }
        if isLineOpen {
            octets.append(11)
            isLineOpen = false
        }
    }

    /// A line ends: in a cell the next text begins a line of the cell.
    mutating func endLine() {
        if let start = cells.last {
            isLineOpen = octets.count > start && tabs == 0
        } else if let last = octets.last, last != 10 {
            octets.append(10)
        }
    }

    mutating func beginCell() {
        guard cells.count < Self.depth else { return }
        cells.append(octets.count + tabs)
    }

    /// - Parameter times: how often the sheet says that the cell stands there.
    mutating func endCell(times: Int = 1) {
        isLineOpen = false
        guard let start = cells.popLast() else { return }
        let times = max(1, times)
        guard octets.count > start, tabs == 0 else {
            tabs = min(Self.emptyCells, tabs + min(times, Self.emptyCells))
            return
        }
        let cell = octets[min(start, octets.count)...].drop { $0 == 9 }
        if times > 1, cell.count <= 64 {
            for _ in 1..<min(times, 20) {
                octets.append(9)
                octets.append(contentsOf: cell)
            }
        }
        tabs = 1
    }

    /// Goes on to a cell that is so many cells further.
    mutating func skipCells(_ count: Int) { tabs = min(Self.emptyCells, tabs + max(0, min(count, Self.emptyCells))) }

    mutating func endRow() {
        tabs = 0
        isLineOpen = false
        // A table inside of a cell: its rows are lines all the same.
        if let last = octets.last, last != 10 { octets.append(10) }
    }

    /// A text of its own on a line of its own.
    mutating func appendLine(_ text: ArraySlice<UInt8>) {
        guard !text.isEmpty else { return }
        if let last = octets.last, last != 10 { octets.append(10) }
        octets.append(contentsOf: text)
        octets.append(10)
    }
}

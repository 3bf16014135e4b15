// What a line of text has that may be one of a table: separators, gaps, digits, letters. Pure; one look at each octet.

/// What a line has.
struct TableLine {
    private(set) var tabs = 0
    private(set) var semicolons = 0
    private(set) var bars = 0
    private(set) var commas = 0
    private(set) var digits = 0
    private(set) var letters = 0
    private(set) var gaps = 0
    private(set) var isBlank = true

    /// What an octet counts as: one in a lane of eight bits for each of the counts, and one for anything else.
    /// Spaces, carriage returns and the marks of quoted text count as nothing.
    private static let lanes: [UInt64] = (0..<256).map { octet in
        switch UInt8(octet) {
        case 9: 1
        case UInt8(ascii: ";"): 1 << 8
        case UInt8(ascii: "|"): 1 << 16
        case UInt8(ascii: ","): 1 << 24
        case 10, 13, 32, UInt8(ascii: ">"): 0
        case let octet where Octet.isDigit(octet): 1 << 32
        case let octet where Octet.isLetter(octet): 1 << 40
        default: 1 << 48
        }
    }

    /// Reads one line.
    /// - Returns: what it has, and where it ends.
    static func read(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> (TableLine, end: Int) {
        var line = TableLine()
        var index = start
        lanes.withUnsafeBufferPointer { lanes in
            while index < text.count, text[index] != 10 {
                // So few that no lane is full.
                let limit = min(text.count, index + 255)
                var sum: UInt64 = 0
                while index < limit, text[index] != 10 {
                    sum &+= lanes[Int(text[index])]
                    // Spaces before anything are none of a gap.
                    if text[index] == 32, index > start, text[index - 1] == 32, index + 1 < text.count,
                        text[index + 1] != 32, text[index + 1] != 10, sum > 0 || !line.isBlank
                    {
                        line.gaps += 1
                    }
                    index += 1
                }
                line.add(sum)
            }
        }
        return (line, index)
    }

    private mutating func add(_ sum: UInt64) {
        tabs += Int(sum & 0xFF)
        semicolons += Int(sum >> 8 & 0xFF)
        bars += Int(sum >> 16 & 0xFF)
        commas += Int(sum >> 24 & 0xFF)
        digits += Int(sum >> 32 & 0xFF)
        letters += Int(sum >> 40 & 0xFF)
        isBlank = isBlank && sum == 0
    }

    var kind: TableHeadings.Kind {
        if tabs > 0 { return .sign(9) }
        if semicolons > 0 { return .sign(UInt8(ascii: ";")) }
        if bars > 0 { return .sign(UInt8(ascii: "|")) }
        if commas > 0 { return .sign(UInt8(ascii: ",")) }
        return gaps > 0 ? .spaces : .list
    }

    func count(_ kind: TableHeadings.Kind) -> Int {
        switch kind {
        case .sign(9): tabs
        case .sign(UInt8(ascii: ";")): semicolons
        case .sign(UInt8(ascii: "|")): bars
        case .sign: commas
        case .spaces: gaps
        case .list: 0
        }
    }
}

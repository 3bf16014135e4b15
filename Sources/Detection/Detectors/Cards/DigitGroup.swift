// Groups of digits on one line, with what stands between them: what the card detector looks at. Pure; linear.

/// What stands between two groups of digits. Kinds are told apart because a number is written with one of them.
enum DigitGap: Equatable {
    case none
    /// One sign without spaces: hyphen, point, slash, underscore …
    case sign(UInt8)
    case space
    /// A sign with spaces: ` - `, `. `.
    case spacedSign(UInt8)
    /// Two spaces or more.
    case spaces
    case tab
    /// `|`, with spaces or without.
    case bar
    /// A comma or a semicolon between fields (`4111;1111`), with quotes around both or none.
    case field(UInt8)

    /// How near it keeps what it stands between: the less, the nearer.
    var width: Int {
        switch self {
        case .sign: 0
        case .space: 1
        case .spacedSign: 2
        case .spaces, .tab, .bar, .field: 3
        case .none: 4
        }
    }

    /// True where it keeps cells of a row apart.
    var isCells: Bool { width == 3 }

    /// Signs that numbers are grouped with. A dash of any kind counts as a hyphen.
    private static func sign(_ text: UnsafeBufferPointer<UInt8>, _ index: Int) -> (kind: UInt8, length: Int)? {
        switch text[index] {
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: "_"), UInt8(ascii: "*"),
            UInt8(ascii: "~"), UInt8(ascii: "\\"):
            return (text[index], 1)
        case 0xC2 where index + 1 < text.count && text[index + 1] == 0xB7: return (0xB7, 2)
        case 0xE2 where index + 2 < text.count:
            switch (text[index + 1], text[index + 2]) {
            case (0x80, 0x90...0x95), (0x88, 0x92): return (UInt8(ascii: "-"), 3)
            case (0x80, 0xA2): return (0xB7, 3)
            default: return nil
            }
        default: return nil
        }
    }

    /// Reads a gap of at most 16 bytes.
    /// - Returns: its kind and length; the kind is nil where it is none that a number may have.
    static func read(_ text: UnsafeBufferPointer<UInt8>, _ start: Int) -> (kind: DigitGap, length: Int)? {
        guard start >= 0, start < text.count else { return nil }
        if start + 1 < text.count, Octet.isDigit(text[start + 1]) { return single(text[start]).map { ($0, 1) } }
        var index = start
        var spaces = 0
        var tabs = 0
        var bars = 0
        var mark: UInt8?
        var field: UInt8?
        // A quote closes the field before, and the same one opens the next.
        let quote = quote(text, start)
        if quote != nil { index += 1 }
        while index < text.count, index - start < 16 {
            switch text[index] {
            case UInt8(ascii: ","), UInt8(ascii: ";"):
                guard field == nil else { return nil }
                field = text[index]
                index += 1
            case 32:
                spaces += 1
                index += 1
            case 9:
                tabs += 1
                index += 1
            case UInt8(ascii: "|"):
                bars += 1
                index += 1
            default:
                guard let (kind, length) = sign(text, index) else {
                    if let quote {
                        guard text[index] == quote, mark == nil, tabs + bars > 0 || field != nil else { return nil }
                        index += 1
                    }
                    return kind(spaces, tabs, bars, mark, field, isQuoted: quote != nil).map { ($0, index - start) }
                }
                guard mark == nil else { return nil }
                mark = kind
                index += length
            }
        }
        return nil
    }

    /// One octet between two digits.
    private static func single(_ octet: UInt8) -> DigitGap? {
        switch octet {
        case 32: .space
        case 9: .tab
        case UInt8(ascii: "|"): .bar
        case UInt8(ascii: ","), UInt8(ascii: ";"): .field(octet)
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: "_"), UInt8(ascii: "*"),
            UInt8(ascii: "~"), UInt8(ascii: "\\"):
            .sign(octet)
        default: nil
        }
    }

    private static func quote(_ text: UnsafeBufferPointer<UInt8>, _ start: Int) -> UInt8? {
        guard start >= 0, start < text.count, text[start] == UInt8(ascii: "\"") || text[start] == UInt8(ascii: "'")
        else {
            return nil
        }
        return text[start]
    }

    private static func kind(
        _ spaces: Int, _ tabs: Int, _ bars: Int, _ mark: UInt8?, _ field: UInt8?, isQuoted: Bool
    ) -> DigitGap? {
        if let field {
            // Sentences list numbers with a comma and a space.
            let isProse = field == UInt8(ascii: ",") && spaces > 0 && !isQuoted
            return spaces < 3 && tabs + bars == 0 && mark == nil && !isProse ? .field(field) : nil
        }
        return switch (spaces, tabs, bars, mark) {
        case (0, 0, 0, let mark?): .sign(mark)
        case (_, 0, 0, let mark?): .spacedSign(mark)
        case (1, 0, 0, nil): .space
        case (2..., 0, 0, nil): .spaces
        case (_, 1, 0, nil): .tab
        case (_, 0, 1, nil): .bar
        default: nil
        }
    }
}

/// One group of digits.
struct DigitGroup {
    let start: Int
    let end: Int
    /// What stands between the group before and this one.
    let gap: DigitGap

    var size: Int { end - start }
    /// True where a comma or a semicolon stands before it.
    var isField: Bool { if case .field = gap { true } else { false } }

    /// Reads the groups of one line from its first digit on, each joined to the next by a gap.
    /// - Returns: where the last one ends.
    static func read(
        _ text: UnsafeBufferPointer<UInt8>, from first: Int, atMost limit: Int, into groups: inout [DigitGroup]
    ) -> Int {
        groups.removeAll(keepingCapacity: true)
        var index = first
        var gap = DigitGap.none
        while true {
            let start = index
            while index < text.count, Octet.isDigit(text[index]) { index += 1 }
            groups.append(DigitGroup(start: start, end: index, gap: gap))
            guard groups.count < limit, let (kind, length) = DigitGap.read(text, index), index + length < text.count,
                Octet.isDigit(text[index + length])
            else { return index }
            gap = kind
            index += length
        }
    }
}

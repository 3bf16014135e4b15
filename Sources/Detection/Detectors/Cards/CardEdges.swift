// What touches a number that may be a card's: letters, signs, a decimal point. Pure.

/// Edges of numbers.
enum CardEdges {
    /// How a number ends, the worse the greater.
    enum Edge: Int, Comparable {
        /// Nothing says that it goes on.
        case free
        /// It may be a part of something: a word is needed.
        case doubtful
        /// It is a part of something else.
        case inside

        static func < (one: Edge, other: Edge) -> Bool { one.rawValue < other.rawValue }
    }

    /// What stands before a group that is a number of its own.
    static func before(
        _ group: DigitGroup, _ text: UnsafeBufferPointer<UInt8>, _ headings: inout TableHeadings
    ) -> Edge {
        switch group.gap {
        case .sign(UInt8(ascii: ".")): return .inside
        case .sign(UInt8(ascii: "/")): return .free
        case .sign: return .doubtful
        case .none where group.start > 0: break
        case .field: break
        default: return .free
        }
        if text[group.start - 1] == UInt8(ascii: ","),
            Neighbours.isFraction(group.start..<group.end, text, &headings)
        {
            return .inside
        }
        return before(group.start, text)
    }

    /// What stands before the first digit of a number.
    static func before(_ start: Int, _ text: UnsafeBufferPointer<UInt8>) -> Edge {
        guard start > 0 else { return .free }
        let former = text[start - 1]
        let beyond = start > 1 ? text[start - 2] : 0
        switch former {
        case UInt8(ascii: "+"): return .inside
        // `(00)3…`: the number of a parcel (GS1 application identifiers).
        case UInt8(ascii: ")") where Octet.isDigit(beyond): return .doubtful
        case UInt8(ascii: "."): return Octet.isLetter(beyond) || beyond >= 0x80 ? .free : .inside
        case UInt8(ascii: "-"), UInt8(ascii: "_"):
            return Octet.isWord(beyond) || beyond == UInt8(ascii: "_") || beyond >= 0x80 ? .doubtful : .free
        default:
            guard Octet.isWord(former) || (former >= 0x80 && !WordEdge.isEdge(text, start)) else { return .free }
            return CardWords.isGlued(before: start, text) ? .free : .doubtful
        }
    }

    /// What stands behind a group that is a number of its own.
    static func behind(_ group: DigitGroup, next: DigitGroup?, _ text: UnsafeBufferPointer<UInt8>) -> Edge {
        switch next?.gap {
        case .sign(UInt8(ascii: "/")): .free
        case .sign: .doubtful
        default: behind(group.end, text)
        }
    }

    /// What stands behind the last digit of a number.
    static func behind(_ end: Int, _ text: UnsafeBufferPointer<UInt8>) -> Edge {
        guard end < text.count else { return .free }
        let next = text[end]
        let beyond = end + 1 < text.count ? text[end + 1] : 0
        switch next {
        case UInt8(ascii: "%"): return .inside
        case UInt8(ascii: " ") where beyond == UInt8(ascii: "%"): return .inside
        case UInt8(ascii: "@"): return .doubtful
        case UInt8(ascii: "-"), UInt8(ascii: "_"): return Octet.isWord(beyond) || beyond >= 0x80 ? .doubtful : .free
        default:
            guard Octet.isWord(next) || (next >= 0x80 && !WordEdge.isEdge(text, end)) else { return .free }
            return CardWords.isGlued(behind: end, text) ? .free : .doubtful
        }
    }
}

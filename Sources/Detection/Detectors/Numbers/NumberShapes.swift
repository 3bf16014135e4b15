// Which ways of writing a number may begin at a run of digits or letters, by the lengths of that run and of those
// behind it and by what stands between them. All ways are followed at once: an automaton is made of them once in the
// life of the process, and reads one symbol for each run. It leaves no number out; what it lets through is read
// closely (``NumberForm``). Pure.

/// What stands before a run.
enum RunGap: UInt8 {
    /// Something else than the rest of these, or the text's beginning.
    case none = 0
    /// Nothing: a run of the other kind ends there.
    case joined
    /// Separators as ``Neighbours/separators(_:_:)`` has them.
    case separators
    /// Else what keeps boxes apart (``Boxes``).
    case box
}

/// A run of digits or of letters, as one of 256 symbols: five bits of its length, one of its kind, two of the gap
/// before it.
struct RunSymbol: Equatable {
    /// Longer runs count as so long: no number has one.
    static let longest = 31

    let number: UInt8

    init(_ gap: RunGap, isLetters: Bool, length: Int) {
        number = gap.rawValue << 6 | (isLetters ? 32 : 0) | UInt8(clamping: min(max(0, length), Self.longest))
    }

    init(number: UInt8) { self.number = number }

    /// The same behind no gap: the first run of a number.
    var first: RunSymbol { RunSymbol(number: number & 63) }
    var gap: RunGap { RunGap(rawValue: number >> 6) ?? .none }
    var isLetters: Bool { number & 32 != 0 }
    var length: Int { Int(number & 31) }
}

/// Some ways of writing numbers, at most 64, followed together.
struct NumberShapes: Sendable {
    /// What a way may have come to behind a run.
    private struct Place: Hashable {
        let way: Int
        /// How many of its kinds are behind it.
        let kinds: Int
        let isCells: Bool
    }

    /// State 0 has no way left; state 1 stands before the first run.
    private static let start = 1

    /// The state behind a run: by 256 times the state before it and the run's symbol.
    private let next: [UInt16]
    /// For each state the ways that end there, where no other run is joined.
    private let ending: [UInt64]
    /// For each state the ways that may go on there in a manner that is not followed.
    private let open: [UInt64]

    /// - Parameter ways: the first one has the lowest bit.
    init(_ ways: [NumberForm.Way]) {
        var numbers: [Set<Place>: Int] = [[]: 0]
        var states: [Set<Place>] = [[], []]
        var next = [UInt16](repeating: 0, count: 256)
        for way in ways.indices {
            states[Self.start].insert(Place(way: way, kinds: 0, isCells: false))
            if ways[way].joinsCells { states[Self.start].insert(Place(way: way, kinds: 0, isCells: true)) }
        }
        var ending: [UInt64] = [0, 0]
        var open: [UInt64] = [0, 0]
        var state = Self.start
        while state < states.count {
            for number in 0...UInt8.max {
                let symbol = RunSymbol(number: number)
                var behind: Set<Place> = []
                // Only the first run stands behind no gap.
                if (symbol.gap == .none) == (state == Self.start) {
                    for place in states[state] {
                        guard let kinds = Self.step(ways[place.way].kinds, place, symbol) else { continue }
                        behind.insert(Place(way: place.way, kinds: kinds, isCells: place.isCells))
                    }
                }
                if let known = numbers[behind] {
                    next.append(UInt16(clamping: known))
                    continue
                }
                numbers[behind] = states.count
                next.append(UInt16(clamping: states.count))
                states.append(behind)
                ending.append(0)
                open.append(0)
                for place in behind {
                    let kinds = ways[place.way].kinds
                    let bit = UInt64(1) << UInt64(place.way)
                    if place.kinds == kinds.count { ending[ending.count - 1] |= bit }
                    if place.kinds < kinds.count, kinds[place.kinds] == UInt8(ascii: "k") {
                        open[open.count - 1] |= bit
                    }
                }
            }
            state += 1
        }
        self.next = next
        self.ending = ending
        self.open = open
    }

    /// How many states there are.
    var states: Int { ending.count }

    /// The ways in which a number may begin at a run.
    /// - Parameter number: of the run, counted from the text's first one.
    func ways(from number: Int, _ runs: inout RunReader) -> UInt64 {
        guard let run = runs.run(number) else { return 0 }
        var state = Int(next[Self.start << 8 | Int(run.symbol.first.number)])
        var ways: UInt64 = 0
        var number = number
        while state != 0 {
            ways |= open[state]
            number += 1
            guard let run = runs.run(number) else { return ways | ending[state] }
            if run.symbol.gap != .joined { ways |= ending[state] }
            state = Int(next[state << 8 | Int(run.symbol.number)])
        }
        return ways
    }

    /// Follows a way through one run.
    /// - Returns: how many of its kinds are then behind it; nil where no number written so has such a run there.
    private static func step(_ kinds: [UInt8], _ place: Place, _ symbol: RunSymbol) -> Int? {
        var index = place.kinds
        var rest = symbol.length
        var isInside = place.kinds == 0
        while index < kinds.count, !isInside || rest > 0 {
            let kind = kinds[index]
            switch kind {
            case UInt8(ascii: "n"), UInt8(ascii: "a"), UInt8(ascii: "c"):
                guard isInside || symbol.gap == .joined else { return nil }
                if kind == UInt8(ascii: "n"), symbol.isLetters { return nil }
                if kind == UInt8(ascii: "a"), !symbol.isLetters { return nil }
                isInside = true
                rest -= 1
            case UInt8(ascii: "k") where !isInside:
                // Words may stand before a number's key: not followed (``open``).
                return nil
            case UInt8(ascii: "?") where isInside && !place.isCells:
                break
            case UInt8(ascii: "k") where !place.isCells:
                // Inside of letters they may be a word for the key.
                if symbol.isLetters { return index }
            case UInt8(ascii: "?") where !isInside:
                switch symbol.gap {
                case .separators: isInside = true
                case .box where place.isCells: isInside = true
                case .joined where !place.isCells: break
                default: return nil
                }
            default:
                // A space or a dot, and where cells are joined the end of one.
                guard !isInside, symbol.gap == .separators else { return nil }
                isInside = true
            }
            index += 1
        }
        return rest == 0 && isInside ? index : nil
    }
}

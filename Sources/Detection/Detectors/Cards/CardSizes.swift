// Sizes of the groups of digits that card numbers are written in. Four bits for each of up to five groups: one look at
// a table tells in which of the ways some groups may be written, and one comparison whether they are. Pure.

/// The sizes of some groups, each under 15.
struct GroupSizes: Sendable {
    /// How many groups there are.
    let count: Int
    fileprivate let packed: UInt32

    /// - Parameter sizes: at most five.
    init(_ sizes: [Int]) {
        count = sizes.count
        packed = sizes.reversed().reduce(0) { $0 << 4 | UInt32(clamping: $1) }
    }

    /// The sizes of the groups from one on, the first one lowest; nothing where there is none.
    static func packed(_ groups: [DigitGroup], from first: Int) -> UInt32 {
        var packed: UInt32 = 0
        var shift: UInt32 = 0
        for index in first..<min(groups.count, first + 5) {
            packed |= UInt32(clamping: min(groups[index].size, 15)) << shift
            shift += 4
        }
        return packed
    }

    /// True where packed sizes begin with these.
    func begin(_ other: UInt32) -> Bool { begin(other, groups: count) }

    /// The same, of the first groups only.
    fileprivate func begin(_ other: UInt32, groups: Int) -> Bool {
        (packed ^ other) & ((1 << UInt32(4 * min(count, groups))) - 1) == 0
    }
}

/// The sizes that cards have.
struct CardSizes: Sendable {
    /// Groups as they are printed on cards, the longest first; then those that count beside a word of cards only.
    let all: [GroupSizes]
    /// How many of them are printed.
    let printed: Int
    /// For the sizes of three groups a bit for each of ``all`` that may begin so.
    private let byThree: [UInt16]

    static let known = CardSizes(
        printed: [
            [4, 4, 4, 4, 3], [4, 4, 4, 4, 2], [4, 4, 4, 4, 1], [4, 4, 4, 4], [4, 6, 5], [4, 6, 4], [6, 13],
        ],
        unusual: [
            [4, 4, 4, 3], [4, 4, 4, 2], [8, 8], [8, 4, 4], [4, 8, 4], [4, 4, 8], [12, 4], [4, 12],
        ])

    /// - Parameters: at most sixteen together.
    private init(printed: [[Int]], unusual: [[Int]]) {
        let all = (printed + unusual).map(GroupSizes.init)
        self.all = all
        self.printed = printed.count
        byThree = (0..<UInt32(4096)).map { three in
            all.indices.reduce(UInt16(0)) { all[$1].begin(three, groups: 3) ? $0 | 1 << UInt16($1) : $0 }
        }
    }

    /// A bit for each of ``all`` with which packed sizes may begin.
    func mayBegin(_ packed: UInt32) -> UInt16 { byThree[Int(packed & 4095)] }
}

// Numbers that look random and are the same in every run: SplitMix64 from a seed. Pure.

/// A source of choices.
struct Dice {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

    private mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }

    /// 0 to one less than `count`.
    mutating func below(_ count: Int) -> Int { Int(next() % UInt64(count)) }
    /// A number of a range.
    mutating func number(_ range: ClosedRange<Int>) -> Int { range.lowerBound + below(range.count) }
    /// One of some values.
    mutating func pick<Value>(_ values: [Value]) -> Value { values[below(values.count)] }
    /// True once in so many times.
    mutating func oneIn(_ count: Int) -> Bool { below(count) == 0 }
    /// So many digits.
    mutating func digits(_ count: Int) -> String { (0..<count).map { _ in String(below(10)) }.joined() }
    /// So many digits, the first not 0.
    mutating func positive(_ count: Int) -> String { String(number(1...9)) + digits(count - 1) }
    /// So many digits of base 16.
    mutating func hex(_ count: Int) -> String {
        (0..<count).map { _ in String(below(16), radix: 16) }.joined()
    }
    /// So many letters and digits.
    mutating func word(
        _ count: Int, of letters: String = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    )
        -> String
    {
        let all = Array(letters)
        return String((0..<count).map { _ in all[below(all.count)] })
    }
    /// So many lines (or other things), each made anew.
    mutating func lines(_ count: Int, separator: String = "\n", _ make: (inout Dice, Int) -> String) -> String {
        var all: [String] = []
        for index in 0..<count { all.append(make(&self, index)) }
        return all.joined(separator: separator)
    }
}

extension String {
    /// The text in pieces of these sizes.
    func grouped(_ sizes: [Int], _ separator: String = " ") -> String {
        var rest = self[...]
        return sizes.map { size in
            let piece = rest.prefix(size)
            rest = rest.dropFirst(size)
            return String(piece)
        }.joined(separator: separator)
    }

    /// Spaces in front, up to a width.
    func right(_ width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }
    /// Spaces behind, up to a width.
    func left(_ width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}

// The digits and letters of a number that may be one, kept where they need no allocation: most of them are none. Pure.

/// Digits and letters without what stands between them.
struct NumberValue: RandomAccessCollection {
    /// No number is longer.
    static let longest = 40

    private var octets = InlineArray<40, UInt8>(repeating: 0)
    private(set) var count = 0

    var startIndex: Int { 0 }
    var endIndex: Int { count }
    subscript(position: Int) -> UInt8 { octets[position] }

    /// One more; nothing where there are as many as there can be.
    mutating func append(_ octet: UInt8) {
        guard count < Self.longest else { return }
        octets[count] = octet
        count += 1
    }

    mutating func removeAll() { count = 0 }

    // MARK: Check sums

    /// The digits of a range as a number; of more than 18 what is left of it.
    func number(_ range: Range<Int>) -> Int {
        var number = 0
        for place in range.clamped(to: 0..<count) { number = number &* 10 &+ Int(octets[place] & 0x0F) }
        return number
    }

    /// The sum of the digits of a range times weights that fall by one.
    /// - Parameter weight: of the first of them.
    func weighted(_ range: Range<Int>, from weight: Int) -> Int {
        var sum = 0
        for place in range.clamped(to: 0..<count) {
            sum += Int(octets[place] & 0x0F) * (weight - place + range.lowerBound)
        }
        return sum
    }

    /// As ``CheckDigits/luhn(_:)`` of the digits of a range.
    func luhn(_ range: Range<Int>) -> Bool {
        var sum = 0
        var double = false
        for place in range.clamped(to: 0..<count).reversed() {
            let digit = Int(octets[place] & 0x0F)
            sum += double ? (digit > 4 ? digit * 2 - 9 : digit * 2) : digit
            double.toggle()
        }
        return sum % 10 == 0
    }
}

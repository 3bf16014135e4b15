// Check sums of detectors that a policy defines itself: named ones, and weighted sums. Applied to the digits (and
// letters) of what the pattern found. Pure.

/// What the digits of a match must fulfil.
package enum Checksum: Sendable, Equatable {
    /// ISO/IEC 7812-1, annex B, over all digits.
    case luhn
    /// ISO 7064 MOD 97-10 over all digits and letters (A is 10), the last two being the check digits: the rest is 1.
    case mod97
    /// Weights 1, 2, 3 … from the right, modulo 11, an X at the end being 10: the rest is 0 (ISBN-10).
    case mod11
    /// A weighted sum over all digits.
    case weighted(WeightedSum)

    /// A match of more bytes has no check sum.
    static let longestBytes = 256

    /// For explain.
    var label: String {
        switch self {
        case .luhn: "luhn"
        case .mod97: "mod97"
        case .mod11: "mod11"
        case .weighted(let sum): sum.label
        }
    }

    /// True where what stands in a range fulfils it.
    func holds(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
        guard range.count <= Self.longestBytes else { return false }
        let value = Self.value(text[range])
        switch self {
        case .luhn:
            let digits = value.filter(Octet.isDigit)
            return digits.count > 1 && CheckDigits.luhn(digits)
        case .mod97: return value.count > 2 && CheckDigits.mod97(value) == 1
        case .mod11: return Self.mod11(value)
        case .weighted(let sum): return sum.holds(value.filter(Octet.isDigit))
        }
    }

    /// The digits and letters of a match, letters in upper case: what is counted.
    static func value(_ match: some Sequence<UInt8>) -> [UInt8] { match.filter(Octet.isWord).map(Octet.upper) }

    private static func mod11(_ value: [UInt8]) -> Bool {
        var digits = value.filter(Octet.isDigit).map { Int($0 & 0x0F) }
        if value.last == UInt8(ascii: "X") { digits.append(10) }
        guard digits.count > 1 else { return false }
        return digits.reversed().enumerated().reduce(0) { $0 + $1.element * ($1.offset + 1) } % 11 == 0
    }
}

/// A weighted sum over digits: `{ weights: [3, 1], from: right, modulus: 10 }`.
package struct WeightedSum: Sendable, Equatable {
    /// Weights of the digits, used again from the first where there are more digits.
    package var weights: [Int]
    /// True: the first weight is that of the last digit.
    package var fromRight = false
    /// What the sum is taken modulo; at least 2.
    package var modulus: Int
    /// The rests that are right.
    package var equals = [0]
    /// True: of each product its digits are added (12 counts as 3).
    package var addsDigits = false

    /// A sum whose rest must be 0.
    /// - Parameters:
    ///   - weights: of the digits from the left, not empty.
    ///   - modulus: at least 2.
    package init(weights: [Int], modulus: Int) {
        self.weights = weights
        self.modulus = modulus
    }

    /// For explain.
    var label: String {
        "weights \(weights.map(String.init).joined(separator: " "))\(fromRight ? " from right" : "")"
            + "\(addsDigits ? ", digits of products" : "") modulo \(modulus)"
            + " is \(equals.map(String.init).joined(separator: " or "))"
    }

    /// True where some digits (ASCII) fulfil it.
    func holds(_ digits: [UInt8]) -> Bool {
        guard !digits.isEmpty, !weights.isEmpty, modulus > 0 else { return false }
        var sum = 0
        for (place, digit) in (fromRight ? digits.reversed() : digits).enumerated() {
            let product = Int(digit & 0x0F) * weights[place % weights.count]
            sum += addsDigits ? product / 10 + product % 10 : product
        }
        let rest = (sum % modulus + modulus) % modulus
        return equals.contains(rest)
    }
}

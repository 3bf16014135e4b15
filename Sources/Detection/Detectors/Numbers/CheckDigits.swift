// Check sums over digits and letters, as several kinds of numbers share them. Pure.

/// Check sums. Values are ASCII digits and upper-case letters.
enum CheckDigits {
    /// The check digit of ISO/IEC 7812-1, annex B.
    static func luhn(_ value: some BidirectionalCollection<UInt8>) -> Bool {
        var sum = 0
        var double = false
        for octet in value.reversed() {
            let digit = Int(octet & 0x0F) * (double ? 2 : 1)
            sum += digit > 9 ? digit - 9 : digit
            double.toggle()
        }
        return sum % 10 == 0
    }

    /// Digits as a number, modulo something.
    static func number(_ digits: some Sequence<UInt8>, modulo: Int = .max) -> Int {
        digits.reduce(0) { ($0 * 10 + Int($1 & 0x0F)) % modulo }
    }

    /// The sum of digits times weights.
    static func weighted(_ digits: some Sequence<UInt8>, _ weights: [Int]) -> Int {
        zip(digits, weights).reduce(0) { $0 + Int($1.0 & 0x0F) * $1.1 }
    }

    /// ISO 7064 MOD 97-10 over digits and letters (A is 10) whose last two are the check digits.
    static func mod97(_ value: some Sequence<UInt8>) -> Int {
        value.reduce(0) { rest, octet in
            Octet.isDigit(octet) ? (rest * 10 + Int(octet & 0x0F)) % 97 : (rest * 100 + Int(octet) - 55) % 97
        }
    }

    /// True for eight digits that are a day of 1900 to 2099, year first or day first.
    static func isDate(_ digits: some Sequence<UInt8>) -> Bool {
        let all = Array(digits)
        guard all.count == 8 else { return false }
        return isDay(all[0..<4], all[4..<6], all[6..<8]) || isDay(all[4..<8], all[2..<4], all[0..<2])
            || isDay(all[4..<8], all[0..<2], all[2..<4])
    }

    private static func isDay(_ year: ArraySlice<UInt8>, _ month: ArraySlice<UInt8>, _ day: ArraySlice<UInt8>) -> Bool {
        (1900...2099).contains(number(year)) && (1...12).contains(number(month)) && (1...31).contains(number(day))
    }
}

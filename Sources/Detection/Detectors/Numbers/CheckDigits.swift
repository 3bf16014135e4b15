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

    /// ISO 7064 MOD 97-10 over digits and letters (A is 10) whose last two are the check digits.
    static func mod97(_ value: some Sequence<UInt8>) -> Int {
        value.reduce(0) { rest, octet in
            Octet.isDigit(octet) ? (rest * 10 + Int(octet & 0x0F)) % 97 : (rest * 100 + Int(octet) - 55) % 97
        }
    }

    /// True for eight digits that are a day of 1900 to 2099, year first or day first.
    static func isDate(_ digits: some Sequence<UInt8>) -> Bool {
        var count = 0
        var number = 0
        for octet in digits where count < 9 {
            number = number * 10 + Int(octet & 0x0F)
            count += 1
        }
        guard count == 8 else { return false }
        let (first, last) = (number / 10_000, number % 10_000)
        return isDay(first, last / 100, last % 100) || isDay(last, first % 100, first / 100)
            || isDay(last, first / 100, first % 100)
    }

    private static func isDay(_ year: Int, _ month: Int, _ day: Int) -> Bool {
        (1900...2099).contains(year) && (1...12).contains(month) && (1...31).contains(day)
    }
}

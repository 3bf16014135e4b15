// Which digits are those of a card: brands and lengths as their networks publish them, and the check digit. Pure.

/// Brands of payment cards.
enum CardBrand {
    /// True for 13 to 19 digits of a known brand and length, with a right Luhn digit.
    static func isCard(_ digits: NumberValue) -> Bool { issues(digits) && digits.luhn(0..<digits.count) }

    /// The same for the digits in a range of a text.
    static func isCard(_ range: Range<Int>, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
        // No brand begins so.
        guard let first = range.first, !(48...49).contains(text[first]), text[first] != 55 else { return false }
        var digits = NumberValue()
        for index in range where Octet.isDigit(text[index]) {
            guard digits.count < 19 else { return false }
            digits.append(text[index])
        }
        return isCard(digits)
    }

    /// Brand by the first digits, with the lengths that the brand issues.
    private static func issues(_ digits: NumberValue) -> Bool {
        let six = digits.number(0..<6)
        let four = six / 100
        let count = digits.count
        switch six / 10_000 {
        case 40...49: return count == 13 || count == 16 || count == 19  // Visa
        case 51...55: return count == 16  // Mastercard
        case 22 where (2221...2720).contains(four): return count == 16  // Mastercard
        case 22 where (2200...2205).contains(four): return (16...19).contains(count)  // Mir, UkrCard
        case 23...26: return count == 16  // Mastercard
        case 27 where four <= 2720: return count == 16  // Mastercard
        case 34, 37: return count == 15  // American Express
        case 36, 38, 39: return (14...19).contains(count)  // Diners Club
        case 30 where (3000...3059).contains(four) || four == 3095: return (14...19).contains(count)  // Diners Club
        case 35 where (3528...3589).contains(four): return (16...19).contains(count)  // JCB
        case 60, 64, 65: return (16...19).contains(count)  // Discover, RuPay, Maestro
        case 62, 81, 82: return (16...19).contains(count)  // UnionPay, RuPay
        case 50, 56...59, 61, 63, 66...69: return (13...19).contains(count)  // Maestro
        case 97 where four == 9792: return count == 16  // Troy
        default: return false
        }
    }
}

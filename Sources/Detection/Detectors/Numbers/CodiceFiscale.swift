// The Italian codice fiscale: Decreto ministeriale 23 dicembre 1976, articles 2 to 7: surname, name, year, month, day
// (women plus 40), place, control letter; omocodia (article 6) puts letters in the place of digits. Pure.

/// The codice fiscale.
enum CodiceFiscale {
    /// Sixteen letters and digits, in one piece or as 3-3-5-5 (6-5-5 too).
    static let numbers = NumberForm(
        ways: [.init("aaa?aaa?nca?cc?accca")], isValid: isValid)

    private static let months = Array("ABCDEHLMPRST".utf8)
    /// Letters of omocodia: L is 0, V is 9.
    private static let digitLetters = Array("LMNPQRSTUV".utf8)
    /// Values of `0` to `9` and `A` to `Z` at odd places, counted from one.
    private static let oddValues = [
        1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23,
    ]

    @Sendable private static func isValid(_ value: NumberValue) -> Bool {
        // Letters of omocodia come from the right: the year's first digit would be the last of the seven to go.
        guard months.contains(value[8]), Octet.isDigit(value[6]) else { return false }
        for place in [6, 7, 9, 10, 12, 13, 14] where digit(value[place]) == nil { return false }
        let day = (digit(value[9]) ?? 0) * 10 + (digit(value[10]) ?? 0)
        guard (1...31).contains(day) || (41...71).contains(day) else { return false }
        var sum = 0
        for (place, octet) in value[..<15].enumerated() {
            let index = Octet.isDigit(octet) ? Int(octet & 0x0F) : Int(octet) - 65
            sum += place % 2 == 0 ? oddValues[index] : index
        }
        return Int(value[15]) - 65 == sum % 26
    }

    private static func digit(_ octet: UInt8) -> Int? {
        Octet.isDigit(octet) ? Int(octet & 0x0F) : digitLetters.firstIndex(of: octet)
    }
}

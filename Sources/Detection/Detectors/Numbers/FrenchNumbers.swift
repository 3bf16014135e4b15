// Numbers of France. NIR: decree 82-103 of 22 January 1982 and INSEE's description of the RNIPP (sex, year, month,
// department, commune, order; key 97 minus the number modulo 97; 2A counts as 19, 2B as 18). SIREN and SIRET: articles
// R123-220 and R123-221 of the Code de commerce, check digit of ISO/IEC 7812-1; La Poste's establishments have a sum of
// digits divisible by five instead (INSEE, SIRENE documentation). VAT key: article 286 ter of the CGI as published by
// VIES. Pure.

/// French numbers.
enum FrenchNumbers {
    /// Numéro d'inscription au répertoire (social security number) with its key.
    static let nir = NumberForm(
        ways: [.init("n?nn?nn?nc?nnn?nnnknn", joinsCells: true)], names: ["nir", "nss", "insee", "ss"], isValid: isNIR)

    /// A company, also as its VAT number. Groups of three are how every amount is written too, so a word is needed
    /// always.
    static let siren = NumberForm(
        ways: [
            .init("nnnnnnnnn", needsWord: true), .init("nnn nnn nnn", needsWord: true),
            .init("nn?nnnnnnnnn", needsWord: true), .init("nn nnn nnn nnn", needsWord: true),
        ],
        words: ["siren", "rcs", "r.c.s", "tva", "vat", "registre du commerce"], followsLetters: true,
        isValid: isSIREN, isSure: isFrenchVATNumber)

    /// An establishment. It holds a SIREN, so there are two check sums in it.
    static let siret = NumberForm(
        ways: [.init("nnn nnn nnn nnnnn"), .init("nnnnnnnnn nnnnn"), .init("nnnnnnnnnnnnnn", needsWord: true)],
        words: ["siret", "siren", "rcs", "r.c.s", "établissement"], isValid: isSIRET)

    @Sendable private static func isNIR(_ value: NumberValue) -> Bool {
        guard value.count == 15, (49...56).contains(value[0]), value[0] != 53, value[0] != 54 else { return false }
        let month = value.number(3..<5)
        guard (1...12).contains(month) || (20...42).contains(month) || month >= 50 else { return false }
        var number = value.number(0..<13)
        switch value[6] {
        case UInt8(ascii: "A"), UInt8(ascii: "B"):
            // Corsica: 2A, 2B count as 19 and 18.
            guard value[5] == UInt8(ascii: "2") else { return false }
            let department = value[6] == UInt8(ascii: "A") ? 19 : 18
            number = (value.number(0..<5) * 100 + department) * 1_000_000 + value.number(7..<13)
        case let octet where Octet.isDigit(octet):
            guard value.number(5..<7) > 0 else { return false }
        default: return false
        }
        guard value.number(10..<13) > 0 else { return false }
        return value.number(13..<15) == 97 - number % 97
    }

    @Sendable private static func isSIRET(_ value: NumberValue) -> Bool {
        guard value.luhn(0..<9), value.number(0..<9) > 0 else { return false }
        if value.luhn(0..<14) { return true }
        let isLaPoste = value.number(0..<9) == 356_000_000
        return isLaPoste && value.reduce(0) { $0 + Int($1 & 0x0F) } % 5 == 0
    }

    /// Nine digits, or eleven with the key of a VAT number in front.
    @Sendable private static func isSIREN(_ value: NumberValue) -> Bool {
        let number = value.count - 9..<value.count
        guard value.luhn(number), value.number(number) > 0 else { return false }
        guard value.count == 11 else { return true }
        return value.number(0..<2) == (12 + 3 * (value.number(number) % 97)) % 97
    }

    /// `FR40303265045`.
    @Sendable private static func isFrenchVATNumber(
        _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ value: NumberValue
    ) -> Bool {
        var end = range.lowerBound
        if end > 0, text[end - 1] == 32 { end -= 1 }
        return value.count == 11 && end >= 2 && Octet.upper(text[end - 1]) == UInt8(ascii: "R")
            && Octet.upper(text[end - 2]) == UInt8(ascii: "F")
    }
}

// Numbers of Germany, the Netherlands and Belgium. Steuer-ID: § 139b AO and BZSt (eleven digits, of the first ten one
// stands two or three times and the others at most once, check digit of ISO 7064 MOD 11,10). BSN: Wet algemene
// bepalingen burgerservicenummer, eleven-test of the RvIG (weights 9 to 2 and -1). Rijksregisternummer / numéro
// national: royal decree of 3 April 1984 (97 minus the first nine digits modulo 97, with a 2 in front for births from
// 2000 on; BIS numbers add 20 or 40 to the month). Pure.

/// Numbers of persons in Germany, the Netherlands and Belgium.
enum EuropeanNumbers {
    /// German Steuer-ID. Four conditions on eleven digits leave 0.4 % of chance.
    static let steuerID = NumberForm(
        ways: [.init("nnnnnnnnnnn"), .init("nn nnn nnn nnn")], names: ["idnr", "steuerid", "steueridnr", "tin", "id"],
        isValid: isSteuerID)

    /// Dutch BSN. One in eleven numbers passes the test, so a word is needed always.
    static let bsn = NumberForm(
        ways: [
            .init("nnnnnnnnn", needsWord: true), .init("nnnn nn nnn", needsWord: true),
            .init("nnn nnn nnn", needsWord: true),
        ],
        words: ["bsn", "burgerservice", "sofi", "persoonsnummer"],
        isValid: { value in
            let sum = value.weighted(0..<8, from: 9) - Int(value[8] & 0x0F)
            return sum % 11 == 0 && value.number(0..<9) > 0
        })

    /// Belgian national number.
    static let belgianNN = NumberForm(
        ways: [.init("nn nn nn nnn nn"), .init("nnnnnn nnn nn"), .init("nnnnnn nnnnn"), .init("nnnnnnnnnnn")],
        names: ["rrn", "niss", "insz", "nn"], isValid: isBelgianNN)

    @Sendable private static func isSteuerID(_ value: NumberValue) -> Bool {
        guard value[0] != UInt8(ascii: "0") else { return false }
        // Four bits for each digit.
        var counts: UInt64 = 0
        for place in 0..<10 { counts += 1 << (UInt64(value[place] & 0x0F) * 4) }
        var repeated = 0
        for digit in UInt64(0)..<10 {
            let count = counts >> (digit * 4) & 0x0F
            guard count <= 3 else { return false }
            repeated += count > 1 ? 1 : 0
        }
        guard repeated == 1 else { return false }
        // Three alike must not stand in a row.
        for index in 2..<10 where value[index] == value[index - 1] && value[index] == value[index - 2] { return false }
        var product = 10
        for place in 0..<10 {
            var sum = (Int(value[place] & 0x0F) + product) % 10
            if sum == 0 { sum = 10 }
            product = sum * 2 % 11
        }
        return (11 - product) % 10 == Int(value[10] & 0x0F)
    }

    @Sendable private static func isBelgianNN(_ value: NumberValue) -> Bool {
        let month = value.number(2..<4) % 20
        let day = value.number(4..<6)
        guard value.number(2..<4) < 60, month <= 12, day <= 31 else { return false }
        guard (1...998).contains(value.number(6..<9)) else { return false }
        let number = value.number(0..<9)
        let check = value.number(9..<11)
        return check == 97 - number % 97 || check == 97 - (2_000_000_000 + number) % 97
    }
}

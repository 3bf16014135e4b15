// True numbers of every kind, with right check digits, computed here apart from the detectors. Made up: they belong to
// nobody.

/// Makers of numbers.
enum TrueNumbers {
    private static func value(_ digits: String, modulo: Int) -> Int {
        digits.utf8.reduce(0) { ($0 * 10 + Int($1 & 15)) % modulo }
    }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }

    /// A number with its Luhn digit.
    static func luhn(_ body: String) -> String {
        var sum = 0
        for (place, octet) in body.utf8.reversed().enumerated() {
            let digit = Int(octet & 15) * (place % 2 == 0 ? 2 : 1)
            sum += digit / 10 + digit % 10
        }
        return body + String((10 - sum % 10) % 10)
    }

    /// Sixteen digits.
    static func card(_ dice: inout Dice) -> String { card(&dice, length: 16) }

    /// A card of a brand that has such a length, 13 to 19.
    static func card(_ dice: inout Dice, length: Int) -> String {
        let starts: [Int: [String]] = [
            13: ["4"], 14: ["36", "300", "305", "38"], 15: ["34", "37"],
            16: ["4", "4", "51", "53", "55", "2221", "2720", "3530", "6011"],
            17: ["62"], 18: ["62", "6759"], 19: ["62", "4", "6304"],
        ]
        let start = dice.pick(starts[length] ?? ["4"])
        return luhn(start + dice.digits(length - 1 - start.count))
    }

    static func nir(_ dice: inout Dice) -> String {
        let body =
            """
            \(dice.number(1...2))\(two(dice.number(40...99)))\(two(dice.number(1...12)))\
            \(two(dice.number(1...95)))\(dice.number(100...399))\(dice.number(101...899))
            """
        return body + two(97 - value(body, modulo: 97))
    }

    static func ssn(_ dice: inout Dice) -> String {
        var area = dice.number(101...772)
        if area == 666 { area = 665 }
        return "\(area)\(dice.number(10...99))\(dice.number(1000...9999))"
    }

    static func steuerID(_ dice: inout Dice) -> String {
        while true {
            var digits = Array(1...9).map { $0 }
            for index in stride(from: 8, to: 0, by: -1) { digits.swapAt(index, dice.below(index + 1)) }
            // Nine different digits and one of them again, not beside itself twice.
            digits.insert(digits[0], at: 4)
            var product = 10
            for digit in digits {
                var sum = (digit + product) % 10
                if sum == 0 { sum = 10 }
                product = sum * 2 % 11
            }
            return digits.map(String.init).joined() + String((11 - product) % 10)
        }
    }

    static func codiceFiscale(_ dice: inout Dice) -> String {
        let odd = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23]
        let body =
            dice.word(6, of: "BCDFGLMNPRSTV") + two(dice.number(40...99)) + dice.word(1, of: "ABCDEHLMPRST")
            + two(dice.number(1...28)) + dice.word(1, of: "ABCDEFGHL") + dice.digits(3)
        let sum = body.utf8.enumerated().reduce(0) { sum, item in
            let index = item.element < 65 ? Int(item.element) - 48 : Int(item.element) - 65
            return sum + (item.offset % 2 == 0 ? odd[index] : index)
        }
        return body + String(UnicodeScalar(UInt8(65 + sum % 26)))
    }

    static func dni(_ dice: inout Dice) -> String {
        let number = dice.number(20_991_232...89_999_999)
        return String(number) + String(Array("TRWAGMYFPDXBNJZSQVHLCKE")[number % 23])
    }

    static func nie(_ dice: inout Dice) -> String {
        let first = dice.below(3)
        let number = dice.number(1_000_000...9_999_999)
        return ["X", "Y", "Z"][first] + String(number)
            + String(Array("TRWAGMYFPDXBNJZSQVHLCKE")[(first * 10_000_000 + number) % 23])
    }

    static func bsn(_ dice: inout Dice) -> String {
        while true {
            let body = dice.positive(8)
            let sum = zip(body.utf8, [9, 8, 7, 6, 5, 4, 3, 2]).reduce(0) { $0 + Int($1.0 & 15) * $1.1 }
            if sum % 11 < 10 { return body + String(sum % 11) }
        }
    }

    static func belgian(_ dice: inout Dice) -> String {
        let body =
            two(dice.number(40...99)) + two(dice.number(1...12)) + two(dice.number(1...28))
            + String(dice.number(101...899))
        return body + two(97 - value(body, modulo: 97))
    }

    static func nhs(_ dice: inout Dice) -> String {
        while true {
            let body = dice.positive(9)
            let sum = zip(body.utf8, [10, 9, 8, 7, 6, 5, 4, 3, 2]).reduce(0) { $0 + Int($1.0 & 15) * $1.1 }
            let check = (11 - sum % 11) % 11
            if check < 10 { return body + String(check) }
        }
    }

    static func nino(_ dice: inout Dice) -> String {
        dice.word(1, of: "ACEHJLMPRSW") + dice.word(1, of: "ACEHJLMPRSW") + dice.digits(6) + dice.word(1, of: "ABCD")
    }

    static func siret(_ dice: inout Dice) -> String {
        luhn(luhn(dice.positive(8)) + "0" + dice.digits(3))
    }

    static func iban(_ dice: inout Dice) -> String {
        iban(&dice, country: dice.pick(["DE", "FR", "NL", "GB", "ES", "IT", "BE", "AT", "CH", "PT", "IE", "PL"]))
    }

    static func iban(_ dice: inout Dice, country: String) -> String {
        let capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        let account =
            switch country {
            case "DE": dice.digits(18)
            case "FR": dice.digits(10) + dice.digits(11) + dice.digits(2)
            case "NL": dice.word(4, of: capitals) + dice.digits(10)
            case "GB", "IE": dice.word(4, of: capitals) + dice.digits(14)
            case "ES": dice.digits(20)
            case "IT": dice.word(1, of: capitals) + dice.digits(22)
            case "BE": dice.digits(12)
            case "AT": dice.digits(16)
            case "CH": dice.digits(17)
            case "PL": dice.digits(24)
            default: dice.digits(21)
            }
        let turned = (account + country + "00").utf8
        let rest = turned.reduce(0) { rest, octet in
            octet < 65 ? (rest * 10 + Int(octet) - 48) % 97 : (rest * 100 + Int(octet) - 55) % 97
        }
        return country + two(98 - rest) + account
    }

    /// A password as people choose them: a word with a digit and a sign.
    static func password(_ dice: inout Dice) -> String {
        let word = dice.pick([
            "Tr4cteur", "Sommer", "Azerty", "Kest", "Plum", "Verano", "Fiets", "Zx9q", "Inverno", "Blau",
        ])
        return word + dice.pick(["!", "#", "?", "_", "$", "*", "&"]) + dice.digits(dice.number(2...4))
            + dice.pick(["", "", "rel", "x!"])
    }
}

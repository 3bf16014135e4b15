// Card numbers and account numbers: what is found, and what looks like one and is none.

import Policy
import Testing

struct DetectorTests {
    static let cards = [
        "4111111111111111", "4111 1111 1111 1111", "4111-1111-1111-1111", "4111.1111.1111.1111",
        "4111\u{A0}1111\u{A0}1111\u{A0}1111", "4111\u{202F}1111\u{2009}1111 1111", "4111 - 1111 - 1111 - 1111",
        "card 4222222222222", "5555555555554444", "2223003122003222", "2720992593319364", "378282246310005",
        "3782 822463 10005", "30569309025904", "3530111333300000", "6011111111111117", "6200000000000005",
        "6759649826438453", "Nr.4111111111111111.", "visa4111111111111111,", "(4111111111111111)",
        "12/29 4111 1111 1111 1111", "4111 1111\n1111 1111", "> 4111 1111\r\n> 1111 1111", "3782 822463\n10005",
        "4111 1111 1111 1111 12/29 123", "carte 4111 1111-1111 1111 12 29", "4111111111111111 5",
        "a\n4111 1111 1111 1111\nb", "4111,1111,1111,1111",
    ]

    @Test(arguments: cards)
    func cardsAreFound(_ text: String) throws {
        let rules = try oneRule(when: "{ content: { detector: payment-card } }")
        #expect(try rules.matches(plain(text)), "\(text)")
        #expect(try rules.matches(plain(subject: "x \(text.replacing("\n", with: " "))", "nothing")))
    }

    static let noCards = [
        "4111111111111112", "411111111111111", "41111111111111111", "1234567890123456", "0000000000000000",
        "0.4111111111111111", "84111111111111111", "41111111111111119999", "4111 1111\r\n\r\n1111 1111",
        "41111111\n11111111", "4111\n1111\n1111\n1111", "4111111111\n111111",
        "4222222222222", "4111 1111 1111-1111", "2026 4111 1111 1111 1111 12 29", "4111 1111 1111 1111 5555",
        "5,309136012499991", "54.43020055135109", "5370 6246 8674 5405 1607 2207 8576 7612", "FR76 4111 1111 1111 1111",
        "KEY-4111-1111-1111-1111", "e4111111111111111f", "+4111111111111111", "4111111111111111%", "+49 30 901820 4711",
        "9111111111111111", "2026-11-22 10:15:30.123456",
    ]

    @Test(arguments: noCards)
    func whatIsNoCardIsNot(_ text: String) throws {
        let rules = try oneRule(when: "{ content: { detector: payment-card } }")
        #expect(try !rules.matches(plain(text)), "\(text)")
    }

    static let accounts = [
        "DE89370400440532013000", "DE89 3704 0044 0532 0130 00", "de89 3704 0044 0532 0130 00",
        "IBAN:DE89370400440532013000.",
        "IBANDE89370400440532013000", "GB29 NWBK 6016 1331 9268 19", "FR1420041010050500013M02606",
        "FR14 2004 1010 0505 0001 3M02 606", "NL91ABNA0417164300", "BE68 5390 0754 7034", "CH93 0076 2011 6238 5295 7",
        "AT611904300234573201", "ES91 2100 0418 4502 0005 1332", "IT60 X054 2811 1010 0000 0123 456",
        "NO93 8601 1117 947",
        "MT84MALT011000012345MTLCAST001S", "PL61109010140000071219812874", "SE45 5000 0000 0583 9825 7466",
        "DE89-3704-0044-0532-0130-00", "DE89\u{A0}3704\u{A0}0044\u{A0}0532\u{A0}0130\u{A0}00",
        "LC55HEMM000100010012001200023015",
    ]

    @Test(arguments: accounts)
    func accountsAreFound(_ text: String) throws {
        let rules = try oneRule(when: "{ content: { detector: iban } }")
        #expect(try rules.matches(plain("pay to \(text) please")), "\(text)")
        #expect(try rules.matches(plain("\(text)")), "\(text)")
    }

    static let noAccounts = [
        "DE89370400440532013001", "DE8937040044053201300", "DE893704004405320130000", "XX89370400440532013000",
        "XDE89370400440532013000", "DE 2024 was a year of 100 200 300 400", "de 2024 euros pour la",
        "AT61 1904 3002 3457 320",
        "FR14 2004 1010 0505 0001 3M02 6O6", "DE89 3704\r\n\r\n0044 0532 0130 00",
    ]

    @Test(arguments: noAccounts)
    func whatIsNoAccountIsNot(_ text: String) throws {
        let rules = try oneRule(when: "{ content: { detector: iban } }")
        #expect(try !rules.matches(plain(text)), "\(text)")
    }

    @Test func differentValuesAreCounted() throws {
        let two = try oneRule(when: "{ content: { detector: payment-card, at-least: 2 } }")
        #expect(try !two.matches(plain("4111111111111111 and again 4111 1111 1111 1111")))
        #expect(try two.matches(plain("4111111111111111 and 5555-5555-5555-4444")))
    }

    @Test func endlessDigitsAreNoCardAndTakeNoTime() throws {
        let rules = try oneRule(
            when: "{ content: { detector: payment-card }, any: [{content: {detector: iban}}, {subject: Lunch}] }")
        #expect(try !rules.matches(plain(String(repeating: "4", count: 200_000))))
        #expect(try !rules.matches(plain(String(repeating: "1 ", count: 100_000))))
        // A number across the place where a long table is cut: beside its word it is found, without one it is a
        // column's.
        for columns in 2030...2050 {
            let table = String(repeating: "10 ", count: columns) + "4111 1111 1111 1111"
            #expect(try rules.matches(plain(table + " visa")), "\(columns)")
            #expect(try !rules.matches(plain(table)), "\(columns)")
        }
    }
}

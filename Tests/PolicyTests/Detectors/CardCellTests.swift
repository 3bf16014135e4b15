// Card numbers whose digits stand in the cells of a row, whatever parts the cells, and the work that rows around a
// number make.

import Detection
import Policy
import Testing

struct CardCellTests {
    private static let forms = ["4111 1111 1111 1111", "3782 822463 10005", "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1"]

    @Test(arguments: [",", ";", "; ", "|", " | ", "\t", "\",\"", "\";\"", "','", "\", \"", "\"|\"", "\"\t\""])
    func cellsOfARowAreJoined(_ separator: String) throws {
        let rules = try oneRule(when: "{ content: { detector: payment-card } }")
        for form in Self.forms {
            let quote = separator.first == "\"" || separator.first == "'" ? String(separator.prefix(1)) : ""
            let row = quote + form.replacing(" ", with: separator) + quote
            #expect(try rules.matches(plain(row)), "\(row)")
            #expect(try rules.matches(plain("card;;;\n\(row)\nend")), "\(row)")
            #expect(try !rules.matches(plain("Anna\(separator)17\(separator)\(row)")), "\(row) with another number")
        }
    }

    @Test func tablesOfSuchColumnsAreNone() throws {
        let rules = try oneRule(when: "{ content: { detector: payment-card } }")
        for separator in [",", ";", "|", "\",\""] {
            // Every tenth row passes the check digit by chance, and this one does.
            let rows = (0..<12).map { ["4111", "1111", "1111", "\(1111 + $0 * 7)"].joined(separator: separator) }
            #expect(try !rules.matches(plain(rows.joined(separator: "\n"))), "\(separator)")
        }
        for row in [
            "4111,1111;1111,1111", "4111,,1111,1111,1111", "\"4111\",1111,\"1111\",1111", "12345678,87654321 card",
            "4111, 1111, 1111, 1111", "rooms 4111, 1111, 1111, 1111",
        ] {
            #expect(try !rules.matches(plain(row)), "\(row)")
        }
    }

    /// Lines that make the most of it: several ways of writing on lines as long as the look around goes.
    static let hostile: [String] = [
        String(repeating: "4111 1111 1111 1111  4111111111111111  4111-1111-1111-1111  3782 822463 10005  ", count: 3)
            + "\n",
        String(repeating: "4111 1111 1111 1111  4111111111111111  378282246310005  6759649826438453  ", count: 4)
            + "\n",
        "4111,1111,1111,1111\n", "4111 1111 1111 1111\n4111-1111-1111-1111\n4111.1111.1111.1111\n4111/1111/1111/1111\n",
        String(repeating: "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 end ", count: 15) + "\n", "4111111111111111 ",
        "4111-1111-1111-1111  4111_1111_1111_1111  4111*1111*1111*1111  4111~1111~1111~1111  4111.1111.1111.1111  \n",
    ]

    @Test(arguments: hostile.indices) func workIsLinear(_ place: Int) {
        for length in [20_000, 200_000, 1_000_000] {
            let line = Array(Self.hostile[place].utf8)
            let text = Array(repeatElement(line, count: length / line.count).joined())
            let work = CardWork.count(in: text)
            // A line of fifteen rows of boxes is a table, and gives none.
            #expect(work.cards > 0 || place == 4)
            #expect(work.bytes <= CardWork.perByte * text.count + 131_072, "\(length): \(work.bytes)")
        }
    }
}

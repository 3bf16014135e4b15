// Office documents: hidden text, fields, pages put in as they are; cells in any order, formats with words, heads of
// sheets.

import Extraction
import Mail
import Testing

@Suite struct OddDocumentTests {
    private func forms(_ bytes: [UInt8], name: String) async throws -> [String] {
        let pool = pool()
        let part = try await found(bytes, name: name, pool)
        await pool.shutdown()
        #expect(part.problem == nil)
        return part.texts.flatMap(\.forms)
    }

    private func run(_ text: String, hidden: Bool = false) -> String {
        "<w:r>\(hidden ? "<w:rPr><w:vanish/></w:rPr>" : "")<w:t xml:space=\"preserve\">\(text)</w:t></w:r>"
    }

    @Test("fields and controls in a line do not end it", arguments: ["w:fldSimple", "w:sdt"])
    func inline(_ name: String) async throws {
        let body =
            "<w:p>" + ["4111 ", "1111 ", "1111 ", "1111"].map { "<\(name)>\(run($0))</\(name)>" }.joined() + "</w:p>"
        #expect(try await forms(letter(body), name: "r.docx").contains { $0.contains(card) })
    }

    @Test("hidden text is in the second form only, and ends with its run")
    func hidden() async throws {
        let body = "<w:p>\(run("4111 "))\(run("99", hidden: true))\(run("1111"))</w:p>"
        let two = try await forms(letter(body), name: "r.docx")
        #expect(two.first?.contains("4111 1111\n") == true)
        #expect(two.contains { $0.contains("4111 991111") })
        let shown = "<w:p><w:r><w:rPr><w:vanish w:val=\"0\"/></w:rPr><w:t>seen</w:t></w:r></w:p>"
        #expect(try await forms(letter(shown), name: "r.docx").first?.contains("seen") == true)
    }

    @Test("a page that was put in as it is", arguments: ["word/a.html", "word/afchunk.dat"])
    func page(_ name: String) async throws {
        let page = "<p>card 4111<b></b> 1111<b></b> 1111<b></b> 1111</p>"
        let all = try await forms(letter("<w:p>\(run("x"))</w:p>", [(name, page)]), name: "r.docx")
        #expect(all.contains { $0.contains(card) })
    }

    @Test("cells stand in the order of their columns, whatever the order of the file")
    func order() async throws {
        let cells = ["D", "B", "A", "C"].enumerated().map { "<c r=\"\($1)1\"><v>\($0 + 1)</v></c>" }.joined()
        let text = try #require(try await forms(workbook("<row>\(cells)</row>"), name: "r.xlsx").first)
        #expect(text.contains("3\t2\t4\t1\n"))
    }

    @Test("heads and feet of a sheet without their codes")
    func heads() async throws {
        let foot = "&amp;L&amp;\"Arial,Bold\"4111&amp;K000000 1111&amp;C&amp;12A&amp;&amp;B"
        let rows =
            """
            <row><c><v>1</v></c></row></sheetData><headerFooter>\
            <oddFooter>\(foot)</oddFooter></headerFooter><sheetData>
            """
        let text = try #require(try await forms(workbook(rows), name: "r.xlsx").first)
        #expect(text.contains("4111 1111\nA&B\n"))
    }

    @Test("a whole number with a point is whole; other decimals stay")
    func point() async throws {
        let rows = "<row><c><v>378282246310005.0</v></c><c><v>1.50</v></c></row>"
        #expect(try await forms(workbook(rows), name: "r.xlsx").first?.contains("378282246310005\t1.50\n") == true)
    }
}

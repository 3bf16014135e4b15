// Workbooks: a row is a line, a cell shows what the workbook shows, and what it stores is a reading of its own.

import Extraction
import ExtractionWire
import Mail
import SettingValues
import Testing

@Suite struct SheetTests {
    private func forms(_ bytes: [UInt8], name: String = "r.xlsx") async throws -> [String] {
        let pool = pool()
        let part = try await found(bytes, name: name, pool)
        await pool.shutdown()
        #expect(part.problem == nil)
        return part.texts.filter { $0.role == .content }.flatMap(\.forms)
    }

    private func numbers(_ values: String...) -> String {
        "<row>" + values.map { "<c><v>\($0)</v></c>" }.joined(separator: "\n") + "</row>"
    }

    @Test("cells are parted by TAB, rows by LF, and a gap keeps the columns in their places")
    func rows() async throws {
        let rows =
            numbers("4111", "1111", "1111", "1111")
            + "<row r=\"2\"><c r=\"B2\"><v>2</v></c><c r=\"D2\" t=\"b\"><v>1</v></c></row><row r=\"3\"/>"
            + "<row><c r=\"XFD4\"><v>9</v></c></row>"
        let text = try #require(try await forms(workbook(rows)).first)
        #expect(text.contains("4111\t1111\t1111\t1111\n\t2\t\t1\n"))
        #expect(text.contains("\t9\n"))
        #expect(text.utf8.count < 300)
    }

    @Test("shared strings, rich ones, escapes and breaks inside of a cell; those that no cell shows come last")
    func strings() async throws {
        let strings =
            "<si><t>_x0034_111 _x005F_x</t></si><si><r><t>two</t></r><r><t> runs</t></r><rPh><t>reading</t></rPh></si>"
            + "<si><t>a\nb</t></si><si><t>left over</t></si><si/>"
        let rows =
            "<row><c t=\"s\"><v>0</v></c><c t=\"s\"><v>1</v></c><c t=\"s\"><v>2</v></c><c t=\"s\"><v>4</v></c>"
            + "<c t=\"s\"><v>99</v></c><c t=\"inlineStr\"><is><t>in</t>"
            + "<t>line</t></is></c><c t=\"str\"><v>_x0041_</v></c></row>"
        let text = try #require(try await forms(workbook(rows, strings: strings)).first)
        #expect(text.contains("4111 _x\ttwo runs\ta\u{B}b\t\t\tinline\tA\n"))
        #expect(text.hasSuffix("left over\n"))
        #expect(!text.contains("reading"))
    }

    @Test(
        "formats that group digits",
        arguments: [
            (#"000\-00\-0000"#, "36228726", "036-22-8726"),
            ("0000 0000 0000 0000", "4111111111111111", "4111 1111 1111 1111"),
            (#"0000" "0000"#, "12345678", "1234 5678"), ("0000000000", "612345678", "0612345678"),
            ("[$-409]00000;@", "1234", "01234"), ("##-##", "4111", "41-11"), ("000 00", "1234567", "12345 67"),
        ])
    func formats(_ code: String, _ stored: String, _ shown: String) async throws {
        let code = code.replacing("\"", with: "&quot;")
        let styles =
            "<numFmts><numFmt numFmtId=\"164\" formatCode=\"\(code)\"/></numFmts><cellStyleXfs><xf numFmtId=\"0\"/>"
            + "</cellStyleXfs><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"164\"/></cellXfs>"
        let rows = "<row><c s=\"1\"><v>\(stored)</v></c><c s=\"0\"><v>\(stored)</v></c></row>"
        let both = try await forms(workbook(rows, styles: styles))
        #expect(both.count == 2)
        #expect(both.first?.contains("\(shown)\t\(stored)\n") == true)
        #expect(both.last?.contains("\(stored)\t\(stored)\n") == true)
    }

    @Test("decimals and other formats stay as they are stored; large numbers are written out")
    func decimals() async throws {
        let styles =
            "<numFmts><numFmt numFmtId=\"164\" formatCode=\"#,##0.00\"/>"
            + "<numFmt numFmtId=\"165\" formatCode=\"dd/mm/yyyy\"/>"
            + "</numFmts><cellXfs><xf numFmtId=\"164\"/><xf numFmtId=\"165\"/><xf numFmtId=\"10\"/></cellXfs>"
        let rows =
            "<row><c s=\"0\"><v>54.43020055135109</v></c><c s=\"1\"><v>45000</v></c><c s=\"2\"><v>-12</v></c>"
            + "<c><v>3.78282246310005E14</v></c><c><v>1.85127510123497E+14</v></c><c><v>1.5E-7</v></c></row>"
        let both = try await forms(workbook(rows, styles: styles))
        #expect(both.count == 1)
        #expect(
            both.first?.contains("54.43020055135109\t45000\t-12\t378282246310005\t185127510123497\t1.5E-7\n") == true)
    }

    @Test(
        "formulas with texts, choices and messages of cells, names and comments are there once; plain formulas are not")
    func behind() async throws {
        let rows = "<row><c><f>A1+B1</f><v>3</v></c><c t=\"str\"><f>\"pw: \"&amp;A1</f><v>x</v></c></row>"
        let validation =
            "<dataValidations><dataValidation prompt=\"Ask Carol\">"
            + "<formula1>\"red,blue\"</formula1></dataValidation></dataValidations>"
            + "<headerFooter><oddHeader>&amp;Cheading</oddHeader></headerFooter>"
        let pivot = (
            "xl/pivotCache/p.xml",
            "<pivotCacheDefinition><cacheField name=\"IBAN\"><sharedItems>"
                + "<s v=\"DE89370400440532013000\"/></sharedItems>"
                + "</cacheField></pivotCacheDefinition>"
        )
        let records = (
            "xl/pivotCache/r.xml",
            "<pivotCacheRecords><r><x v=\"10000\"/><n v=\"378282246310005\"/></r></pivotCacheRecords>"
        )
        let connection = (
            "xl/connections.xml",
            "<connections><dbPr connection=\"Password=Tr4cteur!77\" command=\"select\"/></connections>"
        )
        let text = try await forms(workbook(rows, behind: validation, [pivot, records, connection])).joined()
        for wanted in [
            "3\tx\n", "pw: ", "Ask Carol", "red,blue", "heading", "DE89370400440532013000", "378282246310005",
            "Password=Tr4cteur!77", "Sheet1",
        ] { #expect(text.contains(wanted), "\(wanted)") }
        #expect(!text.contains("A1+B1"))
        #expect(!text.contains("10000\n"))
    }

    @Test("a string of megabytes that every cell names, and rows of empty cells, take no more room than is allowed")
    func bounded() async throws {
        let long = String(repeating: "x", count: 100_000)
        let cells = String(repeating: "<c t=\"s\"><v>0</v></c>", count: 5000)
        let text = try await forms(workbook("<row>\(cells)</row>", strings: "<si><t>\(long)</t></si>")).joined()
        #expect(text.utf8.count < 120_000)
        let pool = pool { $0.textBytes = 1000 }
        let part = try await found(
            workbook("<row>\(String(repeating: "<c r=\"ZZ1\"/>", count: 5000))</row>" + numbers(long)), pool)
        await pool.shutdown()
        #expect(part.isUnreadable)
        #expect(part.texts.reduce(0) { $0 + $1.bytes } <= 1000)
    }

    @Test("two lists of strings: both are read, and which one counts is not known")
    func twoLists() async throws {
        let rows = "<row><c t=\"s\"><v> 0 </v></c></row>"
        let other = ("xl/other.bin", "<sst><si><t>decoy</t></si></sst>")
        let pool = pool()
        let part = try await found(workbook(rows, strings: "<si><t>\(card)</t></si>", [other]), name: "r.xlsx", pool)
        await pool.shutdown()
        #expect(part.allText.contains(card) && part.allText.contains("decoy"))
        #expect(part.isUnreadable)
    }

    @Test("OpenDocument: cells, repeated ones, and values beside their looks; in one file too")
    func openDocument() async throws {
        let rows =
            "<table:table-row><table:table-cell><text:p>Card</text:p>"
            + "</table:table-cell><table:table-cell office:value=\"378282246310005\">"
            + "<text:p>3,78282E+14</text:p></table:table-cell>"
            + "<table:table-cell table:number-columns-repeated=\"16380\"/></table:table-row>"
            + "<table:table-row><table:table-cell office:value=\"4111\"><text:p>4111</text:p></table:table-cell>"
            + "<table:table-cell table:number-columns-repeated=\"3\" office:value=\"1111\">"
            + "<text:p>1111</text:p></table:table-cell></table:table-row>"
        let shown = "Card\t3,78282E+14\n4111\t1111\t1111\t1111\n"
        let stored = "Card\t378282246310005\n4111\t1111\t1111\t1111\n"
        let packaged = try await forms(
            zipped([
                ("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
                (
                    "content.xml",
                    """
                    <?xml version="1.0"?>
                    <office:document-content>
                    <table:table>\(rows)</table:table></office:document-content>
                    """
                ),
                ("META-INF/manifest.xml", "<manifest:manifest/>"),
            ]), name: "r.ods")
        #expect(packaged == [shown, stored])
        let flat =
            "<?xml version=\"1.0\"?>\n"
            + "<office:document xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" "
            + "office:mimetype=\"application/vnd.oasis.opendocument.spreadsheet\">\(rows)</office:document>"
        #expect(try await forms(Array(flat.utf8), name: "r.fods") == [shown, stored])
    }
}

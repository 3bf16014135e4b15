// Letters: what splits a word in the file does not split it in the text, tables keep their cells, and what was deleted
// with change tracking is a reading of its own.

import Extraction
import Mail
import Testing

@Suite struct LetterTests {
    private func text(_ body: String, part: String = "word/document.xml") async throws -> [String] {
        let pool = pool()
        let found = try await found(letter(body, part: part), name: "r.docx", pool)
        await pool.shutdown()
        #expect(found.problem == nil)
        let texts = found.texts.filter { $0.role == .content }
        #expect(texts.count == 1)
        return try #require(texts.first).forms
    }

    private func runs(_ texts: String...) -> String {
        "<w:p>" + texts.map { "<w:r><w:t xml:space=\"preserve\">\($0)</w:t></w:r>" }.joined() + "</w:p>"
    }

    @Test(
        "the body is read whatever its part is called",
        arguments: ["word/document.xml", "word/document2.xml", "word/document.bin", "x/y.dat", "body"])
    func renamed(_ part: String) async throws {
        let forms = try await text(runs("card ", "4111", "1111", "1111", "1111"), part: part)
        #expect(forms == ["card 4111111111111111\n"])
    }

    @Test("what stands before the first element, and a charset that the part is not in, hide nothing")
    func beginnings() async throws {
        let body = "<w:document><w:p><w:t>41</w:t><w:t>11</w:t></w:p></w:document>"
        let starts = [
            "", String(repeating: " ", count: 20_000), "<!-- \(String(repeating: "x", count: 20_000)) -->", "\u{FEFF}",
            "<?xml version=\"1.0\" encoding=\"utf-16\"?>", "<?xml version=\"1.0\" encoding=\"us-ascii\"?>\n",
        ]
        let pool = pool()
        for start in starts {
            for name in ["word/document.xml", "word/document.bin"] {
                let part = try await found(zipped([("[Content_Types].xml", "<Types/>"), (name, start + body)]), pool)
                #expect(part.texts.map(\.text) == ["4111\n"], "\(start.prefix(60)) \(name)")
            }
        }
        await pool.shutdown()
    }

    @Test("symbols, hyphens that do not break and soft ones")
    func symbols() async throws {
        let digits = "41111111".map {
            "<w:sym w:font=\"Wingdings\" w:char=\"F0\(String($0.asciiValue ?? 0, radix: 16))\"/>"
        }
        let plain = "11111111".map { "<w:sym w:char=\"00\(String($0.asciiValue ?? 0, radix: 16))\"/>" }
        #expect(try await text("<w:p><w:r>\((digits + plain).joined())</w:r></w:p>") == ["4111111111111111\n"])
        let hyphens = "<w:p><w:r><w:t>536</w:t></w:r><w:r><w:noBreakHyphen/></w:r><w:r><w:t>22</w:t><w:softHyphen/>"
        #expect(try await text(hyphens + "<w:noBreakHyphen/><w:t>8726</w:t></w:r></w:p>") == ["536-22-8726\n"])
    }

    @Test("tracked changes: as it is shown, and as it was")
    func tracked() async throws {
        let change =
            "<w:del w:author=\"B\"><w:r><w:delText>1489</w:delText></w:r></w:del>"
            + "<w:ins w:author=\"B\"><w:r><w:t>1488</w:t></w:r></w:ins>"
        let body = "<w:p><w:r><w:t>Card 4539 </w:t></w:r>\(change)<w:r><w:t> 0343 6467</w:t></w:r></w:p>"
        #expect(try await text(body) == ["Card 4539 1488 0343 6467\n", "Card 4539 1489 0343 6467\n"])
        // A mark of paragraph that was inserted is no text; moved text is where it was and where it is.
        let moved =
            "<w:p><w:pPr><w:rPr><w:ins w:id=\"1\"/></w:rPr></w:pPr>"
            + "<w:moveFrom><w:r><w:t>old</w:t></w:r></w:moveFrom></w:p>"
            + "<w:p><w:moveTo><w:r><w:t>new</w:t></w:r></w:moveTo></w:p>"
        #expect(try await text(moved) == ["new\n", "old\n"])
        #expect(try await text(runs("as it is")) == ["as it is\n"])
        // What was inserted and then deleted again was never shown, and is still in the file.
        let both = "<w:p><w:r><w:t>a</w:t></w:r><w:ins><w:del><w:r><w:delText>b</w:delText></w:r></w:del></w:ins></w:p>"
        #expect(try await text(both) == ["a\n", "ab\n"])
    }

    @Test("cells are parted by TAB, rows by LF, lines in a cell by VT; a table in a cell has rows of its own")
    func tables() async throws {
        func cell(_ lines: String...) -> String { "<w:tc>" + lines.map { runs($0) }.joined() + "</w:tc>" }
        let rows = [cell("Login") + cell("") + cell("alice"), cell("4539") + cell("14", "88") + cell("03\t43")]
        let table = "<w:tbl>" + rows.map { "<w:tr>\($0)</w:tr>" }.joined() + "</w:tbl>"
        #expect(
            try await text(runs("before") + table + runs("behind"))
                == ["before\nLogin\t\talice\n4539\t14\u{B}88\t03 43\nbehind\n"])
        let inner = "<w:tbl><w:tr><w:tc>\(table)</w:tc>\(cell("c"))</w:tr></w:tbl>"
        #expect(try await text(inner).first?.contains("Login\t\talice\n") == true)
    }

    @Test("text boxes, codes of fields and alternative texts stand behind the text that they are in")
    func asides() async throws {
        let box = "<w:txbxContent>\(runs("boxed"))</w:txbxContent>"
        let field = "<w:r><w:instrText> HYPERLINK \"https://x.example/?c=1\" </w:instrText></w:r>"
        let picture = "<w:r><w:drawing><wp:docPr descr=\"a photo\" id=\"123456789\"/></w:drawing></w:r>"
        let body =
            "<w:p><w:r><w:t>4111</w:t>\(box)<w:t>1111</w:t></w:r>\(field)\(picture)<w:r><w:t>1111</w:t></w:r></w:p>"
        let forms = try await text(body)
        let shown = try #require(forms.first)
        #expect(shown.hasPrefix("411111111111\n"))
        for part in ["boxed", "https://x.example/?c=1", "a photo"] { #expect(shown.contains(part)) }
        #expect(!shown.contains("123456789"))
    }

    @Test("drop-downs, document variables, links and data beside the document are texts; identifiers are none")
    func attributes() async throws {
        let body =
            "<w:p w:rsidR=\"00FC693F\" w14:paraId=\"41111111\"><w:sdt>"
            + "<w:sdtPr><w:alias w:val=\"Which\"/><w:dropDownList>"
            + "<w:listItem w:displayText=\"4111 1111 1111 1111\" "
            + "w:value=\"choice-1\"/></w:dropDownList></w:sdtPr></w:sdt></w:p>"
        let pool = pool()
        let part = try await found(
            letter(
                body,
                [
                    (
                        "word/settings.xml",
                        "<w:settings><w:docVars><w:docVar w:name=\"v\" w:val=\"variable-1\"/></w:docVars></w:settings>"
                    ),
                    (
                        "word/_rels/document.xml.rels",
                        "<Relationships><Relationship Id=\"rId7\" "
                            + "Target=\"https://x.example/?iban=1\" TargetMode=\"External\"/>"
                            + "<Relationship Id=\"rId8\" Target=\"media/image1.png\"/></Relationships>"
                    ),
                    ("customXml/item1.xml", "<claim policy=\"policy-77\"><holder>Carol</holder></claim>"),
                    ("docProps/core.xml", "<cp:coreProperties><dc:title>Quiet title</dc:title></cp:coreProperties>"),
                ]), name: "r.docx", pool)
        await pool.shutdown()
        let content = part.texts.filter { $0.role == .content }.map(\.text).joined()
        for text in [
            "Which", "4111 1111 1111 1111", "choice-1", "variable-1", "https://x.example/?iban=1", "policy-77", "Carol",
        ] { #expect(content.contains(text), "\(text)") }
        for text in ["00FC693F", "41111111\n", "image1.png", "rId7", "Quiet title"] { #expect(!content.contains(text)) }
        #expect(part.texts.contains { $0.role == .about && $0.text.contains("Quiet title") })
    }

    @Test("slides: cells of a table, and texts of layouts do not count as the document's")
    func slides() async throws {
        let cell = { (text: String) in "<a:tc><a:txBody><a:p><a:r><a:t>\(text)</a:t></a:r></a:p></a:txBody></a:tc>" }
        let pool = pool()
        let part = try await found(
            zipped([
                ("[Content_Types].xml", "<Types/>"),
                ("ppt/slides/slide1.xml", "<p:sld><a:tbl><a:tr>\(cell("a"))\(cell("b"))</a:tr></a:tbl></p:sld>"),
                ("ppt/slideLayouts/l.xml", "<p:sldLayout><a:p><a:t>Click to edit</a:t></a:p></p:sldLayout>"),
            ]), name: "s.pptx", pool)
        await pool.shutdown()
        #expect(part.texts.map(\.role) == [.content, .about])
        #expect(part.texts.first?.text == "a\tb\n")
    }
}

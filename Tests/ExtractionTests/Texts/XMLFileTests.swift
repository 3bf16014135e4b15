// XML files: data by its elements and attributes and as it is written, pictures by their words, office documents in one
// file.

import Extraction
import Extractor
import Mail
import Testing

@Suite struct XMLFileTests {
    private func forms(_ xml: String, _ name: String, type: String = "application/octet-stream") async throws
        -> [String]
    {
        let pool = pool()
        let parts = await pool.extract(try mail([(name, type, Array(xml.utf8))]))
        await pool.shutdown()
        let part = try #require(parts["2"])
        #expect(part.problem == nil)
        return part.texts.flatMap(\.forms)
    }

    @Test(
        "values of attributes are texts of their own, and the source is a reading",
        arguments: [
            ("<?xml version=\"1.0\"?><r><e nir=\"185127510123497\" card=\"4539148803436467\"/></r>", "a.xml"),
            (
                """
                <Bundle xmlns="http://hl7.org/fhir"><id value="185127510123497"/><n value='4539148803436467'/></Bundle>
                """,
                "b.xml"
            ),
            (
                """
                <?xml version="1.0"?>
                <ClinicalDocument>
                <id extension="185127510123497"/>
                <x>4539148803436467</x></ClinicalDocument>
                """,
                "c"
            ),
        ])
    func data(_ xml: String, _ name: String) async throws {
        let forms = try await forms(xml, name)
        #expect(forms.first?.contains("185127510123497\n4539148803436467\n") == true, "\(forms)")
        #expect(forms.contains(xml))
    }

    @Test("words of pictures: spans joined and apart; coordinates, styles and pictures in pictures are no text")
    func picture() async throws {
        let svg =
            "<svg xmlns='http://www.w3.org/2000/svg' width='4111' "
            + "viewBox='0 0 41111111 1111'><style>.a{left:4222}</style>"
            + "<path d='M 4333 1111 1111 1111'/><image href='data:image/png;base64,NDQ0NA=='/>"
            + "<a href='https://x.example/?c=4555'>"
            + "<text y='20'>card <tspan>4111</tspan><tspan x='9'>1111</tspan>"
            + "<tspan>1111</tspan><tspan>1111</tspan></text></a>"
            + "<text>next</text></svg>"
        let forms = try await forms(svg, "c.svg", type: "image/svg+xml")
        #expect(forms.count == 2)
        #expect(forms.first?.contains("card 4111111111111111\n") == true)
        #expect(forms.last?.contains("card 4111 1111 1111 1111\n") == true)
        for form in forms {
            #expect(form.contains("https://x.example/?c=4555") && form.contains("next\n"))
            for odd in ["4222", "4333", "0 0 4111", "NDQ0NA"] { #expect(!form.contains(odd)) }
        }
    }

    @Test(
        "office documents in one file: spans do not split words",
        arguments: [
            (
                "<office:document xmlns:office='o' "
                    + "office:mimetype='application/vnd.oasis.opendocument.text'><office:body>"
                    + "<text:p>card <text:span>4111</text:span><text:span>1111</text:span>"
                    + "<text:s/><text:span>11</text:span></text:p>",
                "</office:body></office:document>", "r.fodt", "card 41111111 11\n"
            ),
            (
                "<pkg:package xmlns:pkg='p'><pkg:part pkg:name='/word/document.xml'><pkg:xmlData><w:document><w:p>"
                    + "<w:r><w:t>4111</w:t></w:r><w:r><w:t>1111</w:t></w:r></w:p>",
                "</w:document></pkg:xmlData></pkg:part></pkg:package>", "r.xml", "41111111\n"
            ),
            (
                "<Workbook><Worksheet><Table><Row><Cell><Data>4111</Data></Cell><Cell><Data>1111</Data></Cell></Row>",
                "</Table></Worksheet></Workbook>", "r.xml", "4111\t1111\n"
            ),
        ])
    func flat(_ start: String, _ end: String, _ name: String, _ expected: String) async throws {
        #expect(try await forms("<?xml version=\"1.0\"?>\n\(start)\(end)", name).first?.contains(expected) == true)
    }

    @Test("a file in base64 inside of a document in one file is looked into")
    func embedded() async throws {
        let xml =
            "<?xml version=\"1.0\"?><office:document office:mimetype='x'>"
            + "<text:p>a</text:p><draw:object-ole><office:binary-data>"
            + "Y2FyZCA0MTExIDExMTEgMTExMSAxMTEx</office:binary-data></draw:object-ole></office:document>"
        #expect(try await forms(xml, "r.fodt") == ["a\n", "card 4111 1111 1111 1111"])
    }

    @Test("a signature is CMS over something else, as long as its file; all else is a file like others")
    func signatures() async throws {
        // ContentInfo { signedData, [0] { SignedData { 1, {}, { data } … } } }
        let inner: [UInt8] = [0x30, 0x0B, 6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 1]
        let body: [UInt8] = [2, 1, 1, 0x31, 0] + inner + [0x31, 0]
        let id: [UInt8] = [6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 2]
        func wrapped(_ body: [UInt8]) -> [UInt8] {
            let sequence = [0x30, UInt8(body.count)] + body
            let content = id + [0xA0, UInt8(sequence.count)] + sequence
            return [0x30, UInt8(content.count)] + content
        }
        let good = wrapped(body)
        #expect(SignatureFile.isDetached(good))
        // The same in lengths that are indefinite, as some programs write them.
        #expect(SignatureFile.isDetached([0x30, 0x80] + id + [0xA0, 0x80, 0x30, 0x80] + body + [0, 0, 0, 0, 0, 0]))
        #expect(!SignatureFile.isDetached(good + Array("card 4111".utf8)))
        #expect(!SignatureFile.isDetached(Array(good.dropLast())))
        let content: [UInt8] = [2, 1, 1, 0x31, 0, 0x30, 0x11] + inner.dropFirst(2) + [0xA0, 4, 4, 2, 52, 49, 0x31, 0]
        #expect(!SignatureFile.isDetached(wrapped(content)))
        #expect(!SignatureFile.isDetached(Array("0 cards: card 4111 1111 1111 1111 exp 12/29".utf8)))
        for count in good.indices { #expect(!SignatureFile.isDetached(Array(good[..<count]))) }
        let pool = pool()
        let type = "application/pkcs7-signature"
        let parts = await pool.extract(
            try mail([
                ("smime.p7s", type, good), ("cards.txt", type, Array("0 cards: \(card)".utf8)),
                ("x.p7s", type, wrapped(content)),
            ]))
        await pool.shutdown()
        #expect(parts["2"]?.problem == nil && parts["2"]?.texts.isEmpty == true)
        #expect(parts["3"]?.allText.contains(card) == true)
        #expect(parts["4"]?.isUnreadable == true)
    }
}

// PDF: what stands beside the pages, by qpdf; boxes of forms; and what a PDF is without qpdf.

import Extraction
import Extractor
import Mail
import SettingValues
import Support
import Testing

@Suite(.serialized) struct PDFTests {
    private func read(_ bytes: [UInt8], _ arguments: String = "") async throws -> ExtractedPart {
        let folder = try TemporaryFolder()
        let script = try folder.writeProgram(
            "extract", "#!/bin/sh\nexec \(BuiltExtractor.program) \(arguments) \"$@\"\n")
        let pool = pool { $0.program = script }
        let part = try await found(bytes, name: "r.pdf", pool)
        await pool.shutdown()
        return part
    }

    private let words = "BT /F1 12 Tf 72 700 Td (nothing here) Tj ET"

    @Test(
        "notes, links, bookmarks and values of forms are read",
        arguments: [
            (
                "/Annots [6 0 R]", "",
                "<< /Type /Annot /Subtype /Text /Rect [0 0 9 9] /Contents (4111 1111 1111 1111) >>"
            ),
            (
                "/Annots [6 0 R]", "",
                "<< /Type /Annot /Subtype /FreeText /Rect [0 0 9 9] /Contents <FEFF0034003100310031> >>"
            ),
            (
                "/Annots [6 0 R]", "",
                "<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A << /S /URI /URI (https://x.example/?c=4111) >> >>"
            ),
            ("", "/Outlines << /Type /Outlines /First 6 0 R /Last 6 0 R >>", "<< /Title (4111 chapter) >>"),
            (
                "/Annots [6 0 R]", "/AcroForm << /Fields [6 0 R] >>",
                "<< /Type /Annot /Subtype /Widget /FT /Tx /T (card) /V (4111) /Rect [0 0 9 9] >>"
            ),
        ])
    func beside(_ inPage: String, _ inCatalogue: String, _ object: String) async throws {
        let bytes = page(words, page: inPage, catalogue: inCatalogue, [object])
        let part = try await read(bytes)
        #expect(part.problem == nil)
        #expect(part.allText.contains("nothing here"))
        #expect(part.texts.contains { $0.role == .content && $0.text.contains("4111") }, "\(part.texts)")
        // Without qpdf nobody can tell.
        let without = try await read(bytes, "--qpdf /nowhere/qpdf")
        #expect(without.isUnreadable)
        #expect(without.allText.contains("nothing here"))
    }

    @Test("title and author are read and are not the document's text; a plain PDF needs no qpdf")
    func about() async throws {
        let bytes = page(words, trailer: "/Info 6 0 R", ["<< /Title (Quiet title) /CreationDate (D:20260101) >>"])
        let part = try await read(bytes)
        #expect(part.problem == nil)
        #expect(part.texts.contains { $0.role == .about && $0.text == "Quiet title\n" })
        #expect(!part.allText.contains("D:2026"))
        let without = try await read(page(words), "--qpdf /nowhere/qpdf")
        #expect(without.problem == nil)
    }

    @Test("files in a PDF, and forms of XML, make it unreadable; words that name them do not")
    func holds() async throws {
        let file = "<< /Type /Filespec /F (a.txt) /EF << /F 7 0 R >> >>"
        let stream = "<< /Type /EmbeddedFile /Length 1 >>\nstream\nx\nendstream"
        let names = "/Names << /EmbeddedFiles << /Names [(a.txt) 6 0 R] >> >>"
        #expect(try await read(page(words, catalogue: names, [file, stream])).isUnreadable)
        let form = "/AcroForm << /Fields [] /XFA 6 0 R >>"
        #expect(try await read(page(words, catalogue: form, ["<< /Length 1 >>\nstream\nx\nendstream"])).isUnreadable)
        let empty = "/Names << /EmbeddedFiles << /Names [] >> >>"
        #expect(try await read(page(words, catalogue: empty)).problem == nil)
    }

    @Test("a qpdf that fails or writes without end is a problem of the file, and is bounded")
    func failing() async throws {
        for program in ["/usr/bin/false", "/usr/bin/yes"] {
            let start = ContinuousClock.now
            let part = try await read(page(words), "--qpdf \(program)")
            #expect(part.isUnreadable, "\(program)")
            #expect(part.allText.contains("nothing here"))
            #expect(ContinuousClock.now - start < .seconds(15))
        }
    }

    @Test("the walls hold for qpdf: nothing but itself and pdftotext can be started")
    func walls() async throws {
        // A script needs a shell, which is not on the list.
        let folder = try TemporaryFolder()
        let script = try folder.writeProgram("qpdf", "#!/bin/sh\necho '{}'\n")
        let part = try await read(page(words), "--qpdf \(script)")
        guard case .temporary(let reason) = part.problem else { return #expect(Bool(false), "\(part)") }
        #expect(reason.contains("qpdf cannot be started"))
    }

    @Test("boxes of a form come out as one line with one blank between them")
    func boxes() async throws {
        var content = "BT /F1 10 Tf "
        for (index, digit) in "185127510123497".enumerated() {
            content += "1 0 0 1 \(60 + index * 33) 700 Tm (\(digit)) Tj "
        }
        let part = try await read(page(content + "ET"))
        #expect(
            part.texts.first?.forms.contains { $0.contains("1 8 5 1 2 7 5 1 0 1 2 3 4 9 7") } == true, "\(part.texts)")
        #expect(CombFields.joined("ab\n1\n\n2\n3\n4\n5\n6\n7\n8\ncd\n") == "ab\n1 2 3 4 5 6 7 8\ncd\n\n")
        #expect(CombFields.joined("F   R   7   6   3   0   0   0") == "F R 7 6 3 0 0 0\n")
        #expect(CombFields.joined("1\n2\n3\nwords\n") == nil)
        #expect(CombFields.joined("1 2 3 4 5 6 7 8\n") == nil)
    }

    @Test("strings of qpdf's JSON: escapes, octets, and what is no text")
    func json() {
        let json = """
            {"obj:1 0 R": {"value": {"/Contents": "u:a\\u00e9\\"b", "/V": "b:4142", "/DA": "u:0 g", "/X": "/Name"}},
             "obj:2 0 R": {"value": {"/Title": "u:title", "/Sig": "b:30820a00ff00"}}, \
            "trailer": {"value": {"/Info": "2 0 R"}}}
            """
        let (notes, about, problem) = PDFObjects.texts(Array(json.utf8), limitBytes: 1000)
        #expect(notes == "a\u{E9}\"b\nAB\n")
        #expect(about == "title\n")
        #expect(problem == nil)
        #expect(PDFObjects.texts(Array(json.utf8), limitBytes: 2).problem != nil)
        #expect(PDFObjects.texts(Array("{\"/V\": \"u:cut".utf8), limitBytes: 100).notes == "cut\n")
    }
}

// RTF: what stands beside the text is apart from it, and hidden text is a form of its own.

import Extraction
import Mail
import Testing

@Suite struct RTFTests {
    private func forms(_ inside: String, mark: String = "{\\rtf1\\ansi") async throws -> [String] {
        let pool = pool()
        let part = try await found(Array("\(mark) \(inside)\\par}".utf8), name: "r.rtf", pool)
        await pool.shutdown()
        #expect(part.problem == nil)
        return part.texts.flatMap(\.forms)
    }

    @Test(
        "notes, headers, titles, shapes and codes of fields are lines of their own",
        arguments: [
            "x{\\*\\annotation 4111 11{\\i 11} 1111 1111}y", "x{\\footnote 4111 1111 {\\b 1111} 1111}y",
            "{\\header 4111 11{\\i 11} 1111 1111}xy", "{\\footerr 4111 1111 1111 1111}xy",
            "{\\info{\\title 4111 1111 1111 1111}{\\author z}}xy",
            "x{\\shp{\\*\\shpinst{\\sp{\\sn wzName}{\\sv z}}{\\shptxt 4111 1111 1111 1111}}}y",
            "x{\\shp{\\*\\shpinst{\\sp{\\sn wzName}{\\sv 4111 1111 1111 1111}}}}y",
        ])
    func asides(_ inside: String) async throws {
        let text = try #require(try await forms(inside).first)
        let lines = text.split(separator: "\n")
        #expect(lines.contains("4111 1111 1111 1111"))
        #expect(lines.contains("xy"))
    }

    @Test("the result of a field stands in the text, its code does not")
    func fields() async throws {
        let text = try #require(
            try await forms("a {\\field{\\*\\fldinst HYPERLINK \"u\"}{\\fldrslt 4111 1111}} b").first)
        #expect(text.hasPrefix("a 4111 1111 b\n"))
        #expect(text.contains("HYPERLINK"))
    }

    @Test("hidden and deleted text is in a second form", arguments: ["\\v", "\\deleted"])
    func hidden(_ word: String) async throws {
        let two = try await forms("4111{\(word) 99}1111\(word) 88\(word)0 1111")
        #expect(two.first == "411111111111\n")
        #expect(two.last == "4111991111881111\n")
        #expect(try await forms("plain").count == 1)
    }

    @Test("a mark without a version")
    func version() async throws {
        #expect(try await forms("4111\\'31", mark: "{\\rt").first == "41111\n")
    }
}

// Each format that is read, and what is found in it.

import Extraction
import Mail
import Testing

@Suite struct FormatTests {
    @Test(
        "the text of a file is found",
        arguments: [
            ("letter.docx", "Caf\u{E9} & more"), ("figures.xlsx", "Ann Lee"), ("slides.pptx", "say nothing"),
            ("letter.odt", "next"), ("letter.rtf", "Caf\u{E9} \u{20AC}"), ("table.csv", "Ann"),
            ("latin.txt", "Caf\u{E9}"),
            ("wide.txt", "Caf\u{E9}"), ("page.html", ""), ("letter.pdf", ""), ("plain.tar", "in clear"),
            ("plain.tar.gz", "in clear"), ("plain.txt.gz", "in clear"), ("plain.txt.bz2", "in clear"),
            ("plain.txt.xz", "in clear"), ("plain.7z", "in clear"), ("nested4.zip", "in clear"),
            ("selfextract.exe", "in clear"), ("mixed.zip", "inner subject"),
        ])
    func text(_ fixture: String, _ also: String) async throws {
        let pool = pool()
        let part = try await found(fixture, pool)
        await pool.shutdown()
        #expect(part.allText.contains(card))
        #expect(also.isEmpty || part.allText.contains(also), "\(part.allText)")
        #expect(part.problem == nil)
        #expect(!part.isEncrypted)
        #expect(part.realType != nil)
    }

    @Test("the number of a sheet is found, an index into another list is not")
    func sheet() async throws {
        let pool = pool()
        let part = try await found("figures.xlsx", pool)
        await pool.shutdown()
        #expect(part.allText.contains("987654321"))
        #expect(!part.allText.contains("77123"))
        #expect(part.texts.map(\.name) == [""])
    }

    @Test("what is no text of an RTF document stays out, other code pages are read")
    func rtf() async throws {
        let pool = pool()
        let part = try await found("letter.rtf", pool)
        await pool.shutdown()
        #expect(!part.allText.contains("Hidden"))
        #expect(!part.allText.contains("Nobody"))
        #expect(part.allText.contains("\u{41F}\u{440}"))
    }

    @Test("an archive lists its files by what they really are, and its documents are read")
    func archive() async throws {
        let pool = pool()
        let part = try await found("mixed.zip", pool)
        await pool.shutdown()
        #expect(part.realType == "application/zip")
        let types = Dictionary(part.members.map { ($0.name, $0.realType) }) { first, _ in first }
        #expect(
            ["application/x-dosexec", "application/vnd.microsoft.portable-executable"].contains(types["run.exe"] ?? ""))
        #expect(types["photo.png"] == "image/png")
        #expect(types["mail.eml"] != nil)
        #expect(types["mail.eml/x.csv"] != nil)
        #expect(part.texts.contains { $0.name == "letter.docx" && $0.text.contains(card) })
        #expect(part.texts.contains { $0.name == "mail.eml/x.csv" && $0.text.contains("in csv") })
    }

    @Test(
        "what is encrypted is known to be, and is a problem",
        arguments: ["locked.zip", "locked.7z", "hidden.7z", "locked.docx", "locked.odt", "locked.pdf"])
    func encrypted(_ fixture: String) async throws {
        let pool = pool()
        let part = try await found(fixture, pool)
        await pool.shutdown()
        #expect(part.isEncrypted)
        #expect(part.isUnreadable)
        #expect(!part.allText.contains(card))
    }

    @Test("an old format has a type and cannot be read; a macro does not make a document unreadable")
    func old() async throws {
        let pool = pool()
        let part = try await found("old.doc", pool)
        #expect(part.isUnreadable)
        #expect(!part.isEncrypted)
        #expect(part.realType != nil)
        let macro = try await found("macro.docm", pool)
        await pool.shutdown()
        #expect(macro.problem == nil)
        #expect(macro.allText.contains("macro"))
        #expect(macro.members.map(\.name) == ["word/vbaProject.bin"])
    }

    @Test("a picture holds no text and is no problem; bytes of no kind are one")
    func silent() async throws {
        let pool = pool()
        let picture = try await found([0x89, 0x50, 0x4E, 0x47, 13, 10, 26, 10] + Array("\0\0\0\rIHDR".utf8), pool)
        #expect(picture == ExtractedPart(realType: "image/png"))
        let unknown = try await found([0x93, 0x01, 0xFE, 0x00, 0x80, 0x99, 0x03, 0xC1], pool)
        await pool.shutdown()
        #expect(unknown.isUnreadable)
    }

    @Test("a text that mail reads is not read twice, an archive that claims to be one is read")
    func claims() async throws {
        let pool = pool()
        let text = try await found("table.csv", type: "text/csv", pool)
        #expect(text.texts.isEmpty)
        #expect(text.realType?.hasPrefix("text/") == true)
        let archive = try await found("mixed.zip", type: "text/plain", pool)
        await pool.shutdown()
        #expect(archive.realType == "application/zip")
        #expect(archive.allText.contains(card))
    }

    @Test("only attachments are looked into; without any nothing is started")
    func noAttachment() async throws {
        let pool = pool()
        let parts = await pool.extract(try parsed("Subject: x\r\n\r\nhello\r\n"))
        #expect(parts.state == .done)
        #expect(parts.all.isEmpty)
        #expect(await pool.processIDs().isEmpty)
    }
}

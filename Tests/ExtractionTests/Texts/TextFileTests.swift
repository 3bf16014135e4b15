// Text files: every plausible charset, whatever libmagic says of them, calendars, cards, mailboxes.

import Extraction
import ExtractionWire
import Foundation
import Mail
import SettingValues
import Testing

@Suite struct TextFileTests {
    /// What is found in an attachment with these fields.
    private func read(_ bytes: [UInt8], type: String, name: String) async throws -> ExtractedPart {
        let pool = pool()
        let parts = await pool.extract(try mail([(name, type, bytes)]))
        await pool.shutdown()
        return try #require(parts["2"])
    }

    @Test(
        "a charset that is not true once the file is saved does not hide its octets",
        arguments: ["utf-16be", "utf-16", "utf-32", "utf-7", "iso-2022-jp", "hz-gb-2312", "ibm037", "x-unknown"])
    func charsets(_ name: String) async throws {
        let text = "name,card\r\n+bob ~{,4111111111111111\r\n"
        let part = try await read(Array(text.utf8), type: "text/csv; charset=\(name)", name: "cards.csv")
        let own = part.texts.flatMap(\.forms)
        // Where mail reads the same there is nothing to add.
        #expect(own.isEmpty || own.contains { $0.contains("4111111111111111") })
        #expect(part.texts.allSatisfy { $0.forms.count <= 4 })
        if ["utf-16be", "utf-16", "utf-32"].contains(name) { #expect(!own.isEmpty) }
        let zipped = try await read(zippedCSV(text), type: "application/zip", name: "a.zip")
        #expect(zipped.allText.contains("4111111111111111"))
    }

    private func zippedCSV(_ text: String) -> [UInt8] { zipped([("cards.csv", text)]) }

    @Test("UTF-16 and UTF-32, with and without a mark, whatever is claimed")
    func wide() async throws {
        let text = "card 4111 1111 1111 1111"
        for encoding in [String.Encoding.utf16LittleEndian, .utf16BigEndian, .utf16] {
            for type in ["text/plain", "text/plain; charset=utf-8", "application/octet-stream"] {
                let bytes = Array(try #require(text.data(using: encoding)))
                let part = try await read(bytes, type: type, name: "a.txt")
                #expect(part.texts.contains { $0.forms.contains { $0.contains(text) } }, "\(encoding) \(type)")
                #expect(part.problem == nil)
            }
        }
    }

    @Test("texts in the charsets that mail uses are not read twice")
    func once() async throws {
        for (type, text) in [
            ("text/plain", "caf\u{E9}"), ("text/csv; charset=utf-8", "caf\u{E9}"),
            ("text/csv; charset=iso-8859-1", "plain"),
            ("text/html", "<p>caf\u{E9}</p>"), ("text/plain; charset=us-ascii", "plain"),
        ] {
            let part = try await read(Array(text.utf8), type: type, name: "a.txt")
            #expect(part.texts.isEmpty, "\(type)")
            #expect(part.problem == nil)
        }
        let latin = try await read(Array("caf".utf8) + [0xE9], type: "text/plain; charset=koi8-r", name: "a.txt")
        #expect(latin.texts.first?.forms.contains("caf\u{E9}") == true)
    }

    @Test(
        "octets that are printable are searched, whatever they begin with",
        arguments: [
            ("GIF89a,card\r\n", "cards.csv"), ("BM,card\r\n", "cards.csv"), ("II*,card\r\n", "cards"),
            ("RIFF,card\r\n", "x"),
            ("OggS,card\r\n", "cards.csv"), ("MZ,card\r\n", "cards.csv"), ("\u{7F}ELF,card\r\n", "cards.csv"),
            ("From: a@b\r\nContent-Transfer-Encoding: base64\r\n\r\n", "cards.txt"),
        ])
    func printable(_ start: String, _ name: String) async throws {
        let bytes = Array((start + String(repeating: "bob,4111111111111111\r\n", count: 4)).utf8)
        let part = try await read(bytes, type: "application/octet-stream", name: name)
        #expect(part.texts.contains { $0.forms.contains { $0.contains("bob,4111111111111111") } }, "\(part)")
        // As an e-mail it is damaged, and a program may open it as one.
        #expect(part.problem == nil || start.hasPrefix("From"))
    }

    @Test("escapes of data formats are characters in a reading of their own")
    func escapes() async throws {
        let text = "{\"card\": \"\\u0034111\\u00201111\\u0\"}"
        for type in ["application/json", "application/octet-stream", "text/plain"] {
            let part = try await read(Array(text.utf8), type: type, name: "a.json")
            #expect(part.texts.contains { $0.forms.contains("{\"card\": \"4111 1111\\u0\"}") }, "\(type)")
        }
    }

    @Test("HTML in the charset that it declares itself")
    func html() async throws {
        let bytes = Array("<meta charset=koi8-r><p>".utf8) + [0xD0, 0xD2, 0xC9] + Array("</p>".utf8)
        let part = try await read(bytes, type: "application/octet-stream", name: "a.html")
        #expect(part.texts.first?.forms.contains { $0.contains("\u{43F}\u{440}\u{438}") } == true)
    }

    @Test("what a part is beats what it is called: documents that claim to be text are read as what they are")
    func labels() async throws {
        let word = try await read(letter("<w:p><w:t>card \(card)</w:t></w:p>"), type: "text/plain", name: "r.docx")
        #expect(word.texts.contains { $0.role == .content && $0.text.contains(card) })
        let rich = "{\\rtf1\\ansi card \\'34\\'31\\'31\\'31 exp\\par}"
        let rtf = try await read(Array(rich.utf8), type: "text/rtf", name: "r.rtf")
        #expect(rtf.texts.contains { $0.role == .content && $0.text.contains("card 4111 exp") })
        let pdf = try await read(page("BT /F1 9 Tf 9 9 Td (\(card)) Tj ET"), type: "text/plain", name: "a.txt")
        #expect(pdf.texts.contains { $0.text.contains(card) })
        let xml = "<r><e v=\"&#52;111 1111\"/></r>"
        let data = try await read(Array(xml.utf8), type: "text/xml", name: "a.xml")
        #expect(data.texts.contains { $0.role == .rereading && $0.forms.contains("4111 1111\n") })
    }

    @Test("calendars: escapes, folds and files in them")
    func calendar() async throws {
        let base64 = Data("card \(card)".utf8).base64EncodedString()
        let folded = base64.prefix(20) + "\r\n " + base64.dropFirst(20)
        let text =
            "BEGIN:VCALENDAR\r\nDESCRIPTION:first\\nsecond\\, third\\; fou\r\n rth\r\n"
            + "ATTACH;FMTTYPE=text/plain;ENCODING=BASE64;VALUE=BINARY;X-FILENAME=\"c.txt\":\(folded)\r\n"
            + "ATTACH:data:text/plain;base64,\(base64)\r\nEND:VCALENDAR\r\n"
        for (type, name) in [("text/calendar", "i.ics"), ("application/octet-stream", "i.ics"), ("text/plain", "i")] {
            let part = try await read(Array(text.utf8), type: type, name: name)
            // In a calendar by its type the reader of messages has found as much.
            let shown = part.texts.contains { $0.forms.first?.contains("first\nsecond, third; fourth\n") == true }
            #expect(shown == (type != "text/calendar"), "\(type)")
            #expect(part.members.map(\.name) == ["c.txt", "file 2"])
            #expect(part.texts.count { $0.text == "card \(card)" } == 2)
        }
    }

    @Test("a calendar in the mail itself is looked into only where it has a file")
    func inlineCalendar() async throws {
        let head = "Subject: x\r\nContent-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\r\n"
        let pool = pool()
        let without = await pool.extract(try parsed(head + "SUMMARY:x\r\nEND:VCALENDAR\r\n"))
        #expect(without.all.isEmpty)
        let base64 = Data(card.utf8).base64EncodedString()
        let with = await pool.extract(try parsed(head + "ATTACH;ENCODING=BASE64:\(base64)\r\nEND:VCALENDAR\r\n"))
        #expect(with[""]?.allText.contains(card) == true)
        await pool.shutdown()
    }

    @Test("cards of version 2.1: quoted-printable over lines, charsets, folds that keep their blank")
    func cards() async throws {
        let text =
            "BEGIN:VCARD\r\nVERSION:2.1\r\nNOTE;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:Pr=C3=A9 4539 1488=\r\n"
            + " 0343 6467\r\n"
            + "TEL;CELL;QUOTED-PRINTABLE:=34=31=31=\r\n=31\r\nADR:one\r\n  two\r\nEND:VCARD\r\n"
            + "BEGIN:VCARD\r\nVERSION:3.0\r\nNOTE:one\\n\r\n  two\\, th\r\n ree\r\nEND:VCARD\r\n"
        let part = try await read(Array(text.utf8), type: "application/octet-stream", name: "c.vcf")
        let shown = try #require(part.texts.first?.forms.first)
        for wanted in ["Pr\u{E9} 4539 1488 0343 6467\n", ":4111\n", "one  two\n", "one\n two, three\n"] {
            #expect(shown.contains(wanted), "\(wanted)")
        }
    }

    @Test("every message of a mailbox file is read, to the limit")
    func mailbox() async throws {
        let base64 = Data(card.utf8).base64EncodedString()
        let text =
            "From a@b Sun Nov 22 10:00:00 2026\nFrom: a@b\nSubject: one\n\nFrom here on\n\n"
            + "From the start nothing follows.\n\n"
            + "From a@b Sun Nov 22 10:00:00 2026\nSubject: two\nContent-Type: text/plain\n"
            + "Content-Transfer-Encoding: base64\n\n\(base64)\n"
        for (type, name) in [
            ("application/mbox", "b.mbox"), ("application/octet-stream", "b.mbox"), ("text/plain", "INBOX"),
        ] {
            let part = try await read(Array(text.utf8), type: type, name: name)
            #expect(part.allText.contains(card))
            #expect(part.allText.contains("nothing follows"))
            #expect(part.problem == nil)
        }
        let pool = pool { $0.files = 3 }
        let many = String(repeating: "From a@b\nSubject: x\n\ny\n\n", count: 9)
        #expect(try await found(Array(many.utf8), name: "b.mbox", pool).isUnreadable)
        await pool.shutdown()
    }
}

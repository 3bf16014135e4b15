// Calendars and cards as programs show them: odd line ends, folds inside of a character, markup, charsets of a line.

import Extraction
import MIME
import Mail
import Testing

@Suite struct CalendarTests {
    private func calendar(_ lines: String, end: String = "\r\n") -> String {
        let head = ["BEGIN:VCALENDAR", "VERSION:2.0", "BEGIN:VEVENT", lines, "END:VEVENT", "END:VCALENDAR", ""]
        return head.joined(separator: "\n").split(separator: "\n", omittingEmptySubsequences: false)
            .joined(separator: end)
    }

    @Test(
        "lines are unfolded whatever ends them", arguments: ["\n", "\r\n", "\r\r\n", "\r"],
        ["DESCRIPTION:card 4111\n 1111\n 1111\n 1111", "SUMMARY:4111\n\t1111\n\t1111\n\t1111"])
    func folds(_ end: String, _ lines: String) {
        let shown = ContentLines.shown(calendar(lines, end: end))
        #expect(shown.contains("4111111111111111\nEND:VEVENT"))
        #expect(!shown.contains("\r"))
    }

    @Test("soft line ends of quoted-printable with CR CR LF, and empty lines between")
    func softLineEnds() {
        let lines = "DESCRIPTION;ENCODING=QUOTED-PRINTABLE:=34=31=31=31 =\n=31=31=31=31"
        #expect(ContentLines.shown(calendar(lines, end: "\r\r\n")).contains("4111 1111"))
        #expect(ContentLines.shown("BEGIN:VCARD\r\n\r\nNOTE:a\r\n b\r\n").hasPrefix("BEGIN:VCARD\n\nNOTE:ab"))
    }

    @Test("a fold in the middle of a character is mended before the charset is decoded", arguments: ["\r\n", "\r\r\n"])
    func foldedCharacter(_ end: String) async throws {
        let octets = Array(calendar("DESCRIPTION:caf?\n ? card 4111?\n ?1111?\n ?1111?\n ?1111", end: end).utf8)
        // The marks stand for the two octets of é and of no-break spaces, by turns.
        var marks: [UInt8] = [0xC3, 0xA9, 0xC2, 0xA0, 0xC2, 0xA0, 0xC2, 0xA0]
        let bytes = octets.map { $0 == UInt8(ascii: "?") ? marks.removeFirst() : $0 }
        let pool = pool()
        let parts = await pool.extract(try mail([("i.ics", "text/calendar; charset=utf-8", bytes)]))
        await pool.shutdown()
        let forms = try #require(parts["2"]).texts.flatMap(\.forms)
        #expect(forms.contains { $0.contains("café card 4111\u{A0}1111\u{A0}1111\u{A0}1111") })
    }

    @Test("markup in a line is shown as a reader sees it, behind its source")
    func markup() {
        let shown = ContentLines.shown(
            calendar("X-ALT-DESC;FMTTYPE=text/html:<html><p>4111<b></b>1111\\n<i>x</i></p></html>"))
        #expect(shown.contains("\n41111111 x\n"))
        #expect(!ContentLines.shown(calendar("DESCRIPTION:a < b")).contains("\n\n"))
    }

    @Test("a line's own charset, where it is written in ASCII")
    func ownCharset() {
        let card = "BEGIN:VCARD\r\nVERSION:2.1\r\nNOTE;CHARSET=UTF-7:4111+ACA-1111\r\nEND:VCARD\r\n"
        #expect(ContentLines.shown(card).contains("NOTE;CHARSET=UTF-7:4111 1111\n"))
    }
}

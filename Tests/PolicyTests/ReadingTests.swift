// A text has more than one reading: each of these messages shows a card number to the reader of some program, and a
// rule has to find it or to say that it cannot tell.

import Detection
import Foundation
import MIME
import Mail
import Policy
import Testing

@Suite struct ReadingTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Corpus/readings")
    static let files: [String] =
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).filter { $0.hasSuffix(".eml") }
        .sorted()

    private static let card = "4111111111111111"
    private static func rules(_ atLeast: Int = 1) throws -> Ruleset {
        try oneRule(when: "{ content: { detector: payment-card, at-least: \(atLeast) } }")
    }

    @Test func thereAreFiles() { #expect(Self.files.count >= 10) }

    @Test(arguments: files) func findsTheCard(_ file: String) throws {
        let bytes = try Data(contentsOf: Self.folder.appendingPathComponent(file))
        let message = try message(
            MessageBytes(bytes: [UInt8](bytes)), from: "alice@example.org", to: ["carol@elsewhere.example"])
        #expect(try Self.rules().answer(message) == .yes)
        // However many readings there are, it stands there once.
        #expect(try Self.rules(2).answer(message) != .yes)
    }

    static let bodies: [(String, String)] = [
        ("text/plain; charset=utf-16", card), ("text/plain; charset=ucs-4", card),
        ("text/plain; charset=utf-7", card), ("text/plain; charset=x-nobody-knows", "card \(card) \u{E9}"),
        ("text/plain; charset=iso-2022-kr", card), ("text/plain; charset=hz-gb-2312", "~{!!~} \(card)"),
        ("text/plain; charset=\"\"", card),
        ("text/html", "<meta charset=utf-32><p>\(card)"),
        ("text/html", "<script>'<meta charset=utf-16be>'</script>\(card)"),
        ("text/html", "<p title='<meta charset=iso-2022-kr>'>\(card)"),
        (
            "text/html",
            "4111<b hidden>9</b>1111<b style='visibility:hidden'>9</b>1111<i style=\"font-size:0px\">9</i>1111"
        ),
        ("text/html", "<style>.x{display:none}</style>41111111<span class='a x'>0</span>11111111"),
        ("text/html", "41111111<span class=x>0</span>11111111<style>p{color:red} div .x { Display : NONE }</style>"),
        ("text/html", "41111111<img alt=9 width=0 height=0>11111111"),
        ("text/html", "41111111<title>9</title>11111111"),
        ("text/html", "4111<div style='display:none'><p>x<br>y</div>111111111111"),
        ("text/html", "<textarea>\(card)</textarea>"), ("text/html", "<option label='\(card)'>x"),
        ("text/html", "<input placeholder='&#52;111111111111111'>"),
        ("text/html", "<a title='&#52;111111111111111'>x</a>"),
        ("text/html", "<p>pay &#x202E;1111111111111114&#x202C; now"),
        ("text/html", "<span dir=rtl style='unicode-bidi:bidi-override'>1111111111111114</span>"),
        ("text/plain; charset=utf-8", "\u{202E}1111111111111114"),
        ("text/html", "41111111<style>.a{color:red}@media print{.b{display:none}}</style><i class=b>9</i>11111111"),
        ("text/html", "<div style=\"font-size:0\">9<span style='font-size:14px'>\(card)</span>9</div>"),
        ("text/html; charset=iso-8859-1", "<bdo dir='rtl'>1111 1111 1111 <b>1114</b></bdo>"),
        ("text/calendar; charset=utf-32le", card), ("text/plain; charset=\"unicode-1-1-utf-7\"", card),
        ("text/plain", "begin 644 a.txt\n,-#$Q,3$Q,3$Q,3$Q\n$,3$Q,0``\n`\nend\n"),
    ]
    @Test(arguments: bodies) func findsInBodies(_ type: String, _ body: String) throws {
        let text =
            "Subject: x\nMIME-Version: 1.0\nContent-Type: \(type)\nContent-Transfer-Encoding: 8bit\n\n\(body)\n"
        #expect(try Self.rules().answer(message(text)) == .yes)
        #expect(try Self.rules(2).answer(message(text)) == .no)
    }

    static let headers: [String] = [
        "Subject: =?utf-16?Q?4111111111111111?=", "Subject: =?x-unheard?Q?4111111111111111?=",
        "Subject: =?utf-8?B?4oCuMTExMTExMTExMTExMTExNA==?=", "Comments: \(card)", "Keywords: a, \(card)",
        "To: \"\(card)\" <bob@partner.example>", "Cc: bob@partner.example (\(card))",
        "Reply-To: \(card): bob@partner.example;", "From: =?utf-8?Q?4111_1111_1111_1111?= <alice@example.org>",
        "Sender: \(card) <alice@example.org>",
    ]
    @Test(arguments: headers) func findsInTheHeader(_ field: String) throws {
        #expect(try Self.rules().answer(message("\(field)\n\nhello\n")) == .yes)
        let inner = "Subject: x\nContent-Type: message/rfc822\n\n\(field)\n\nhello\n"
        #expect(try Self.rules().answer(message(inner)) == .yes)
    }

    /// Addresses are no text: rules for them are others.
    @Test func addressesAreNoContent() throws {
        let rule = try oneRule(when: "{ content: nightjar }")
        let text = "From: <nightjar@example.org>\nTo: nightjar@a.example, Bob <b@nightjar.example>\n\nhello\n"
        #expect(try rule.answer(message(text)) == .no)
    }

    static let unread: [String] = [
        "Content-Type: text/plain; charset=x-ebcdic\nContent-Transfer-Encoding: base64\n\n9PHx8fHx8fHx8fHx8fHx8Q==",
        "Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\nUEsDBBQAAAAIAAAAAAABAgMEBQYHCA==",
        "Content-Type: text/rtf\n\n{\\rtf1 \\'34\\'31\\'31\\'31}",
        "Content-Type: application/octet-stream\nContent-Transfer-Encoding: x-yenc\n\nabc",
        "Content-Type: text/plain\nContent-Transfer-Encoding: x-binhex\n\nabc",
        "Content-Type: text/plain\nContent-Transfer-Encoding: x-uuencode\n\nno such block",
        "Subject: =?utf-8?B?A?=\n\nhello", "Comments: =?x-unheard?B?9PHx8fHx8fHx8fHx8fHx8Q==?=\n\nhello",
    ]
    @Test(arguments: unread) func whatNobodyReadsIsUnknown(_ text: String) throws {
        #expect(try Self.rules().answer(message(text + "\n")).unknown != nil)
    }

    static let innocent: [String] = [
        "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nGr\u{FC}\u{DF}e",
        "Content-Type: text/plain; charset=unknown-8bit\n\nhello",
        "Content-Type: text/plain; charset=iso-2022-jp\n\nhello",
        "Content-Type: text/html\n\n<!-- charset=utf-32 --><p>hello", "Subject: =?klingon?Q?hello?=\n\nhello",
        "Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\naGVsbG8=\n_____\nlist footer",
        "Content-Type: text/plain\nContent-Transfer-Encoding: x-uuencode\n\nbegin 644 a\n%:&5L;&\\`\n`\nend",
    ]
    @Test(arguments: innocent) func whatCanBeReadIsNotUnknown(_ text: String) throws {
        #expect(try Self.rules().answer(message(text + "\n")) == .no)
    }

    /// Octets that are no UTF-8, in a body, a raw field and an encoded word: as windows-1252 they are words.
    @Test(arguments: [
        "Content-Type: text/plain; charset=utf-8\r\n\r\nle compte rendu op*ratoire",
        "Subject: le compte rendu op*ratoire\r\n\r\nx", "Comments: op*ratoire\r\n\r\nx",
        "To: op*ratoire <bob@partner.example>\r\n\r\nx", "Subject: =?utf-8?Q?op=E9ratoire?=\r\n\r\nx",
    ])
    func readsWesternOctets(_ text: String) throws {
        let rule = try oneRule(when: "{ content: { words: [opératoire] } }")
        let octets = text.utf8.map { $0 == UInt8(ascii: "*") ? 0xE9 : $0 }
        let message = try message(MessageBytes(bytes: octets), from: "alice@example.org", to: ["c@elsewhere.example"])
        #expect(try rule.answer(message) == .yes)
    }

    /// Two programs, two texts: the one that stops at padding sees a number where the other sees a longer one.
    @Test func base64BehindItsPadding() throws {
        let first = "NDExMTExMTExMTExMTExMQ=="
        for rest in ["MjIyMjIyMjIy", "\nMjIyMjIyMjIy"] {
            let text = "Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n\(first)\(rest)\n"
            #expect(try Self.rules().answer(message(text)) == .yes)
        }
        let behind = "Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\naGk=\n\(first)\n"
        #expect(try Self.rules().answer(message(behind)) == .yes)
    }

    /// The charset of an attachment is gone once it is saved.
    @Test func attachmentsAreReadAsFilesToo() throws {
        let rule = try oneRule(when: "{ content: { words: [opératoire] } }")
        let text =
            """
            Content-Type: text/csv; charset=koi8-r; name=a.csv
            Content-Transfer-Encoding: quoted-printable

            op=C3=A9ratoire

            """
        #expect(try rule.answer(message(text)) == .yes)
    }

    /// Forms of one text are not added up, and texts of several parts are.
    @Test func countsTheFormWithMost() throws {
        let two = "4111111111111111 5500005555555559"
        let html = "<p title='\(two)'>\(two)<b hidden>9</b>"
        let text = "Content-Type: text/html\n\n\(html)\n"
        #expect(try Self.rules(2).answer(message(text)) == .yes)
        #expect(try Self.rules(3).answer(message(text)) == .no)
        let parts =
            "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html\n\n\(html)\n"
            + "--b\n\n378282246310005\n--b--\n"
        #expect(try Self.rules(3).answer(message(parts)) == .yes)
    }

    /// Cells are parted by TAB, rows by line ends.
    @Test func tablesKeepTheirForm() throws {
        for pattern in ["a\\tb\\r\\n", "\\tc\\td\\r\\ne"] {
            let rule = try oneRule(when: "{ content: '\(pattern)' }")
            let text = "Content-Type: text/plain; charset=utf-8\n\na\tb\u{200B}\n\u{A0}\tc\td\ne\n"
            #expect(try rule.answer(message(text)) == .yes)
        }
        let html =
            "<table><tr><th>a<th>b</th></tr><tr><td></td><td><p>c</p></td><td><p>d</p><p>e</p></td></tr></table>f"
        let message = try message("Content-Type: text/html\n\n\(html)\n")
        #expect(message.root.forms.first == "a\tb\n\tc\td\ne\nf")
    }
}

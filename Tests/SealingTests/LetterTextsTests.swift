// Which texts of a message a letter's index shows, in which order, and what it says of them
// (docs/inside/links-protocol.md section 6).

import Foundation
import Links
import MIME
import Mail
import Sealing
import SettingValues
import Testing

struct LetterTextsTests {
    private static let names = ["carol@example.net"]

    /// The index of a message that is put behind a link.
    private func index(_ message: String) async throws -> [String: Any] {
        let fixture = try SealingFixture(keys: [])
        let bytes = MessageBytes(message.replacing("\n", with: "\r\n"))
        let plan = try await fixture.plan(bytes, to: Self.names, with: "[link]")
        let out = try await fixture.sealer.seal(plan)
        let words = try texts(out.transmissions.map(\.content))
        let link = words[1].split(whereSeparator: \.isWhitespace).first { $0.hasPrefix("https://letters") }
        let parts = try #require(link?.split(separator: "/").last).split(separator: "#")
        let shape = /[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}/
        let password = try #require(words[0].firstMatch(of: shape)).0
        let record = try #require(out.letters.first?.record)
        let opener = try LetterOpener(
            id: String(parts[0]), linkSecret: String(parts[1]), password: String(password), kind: .made,
            rounds: record.parameters.rounds, salt: record.parameters.salt, leastRounds: 1)
        let key = try opener.unwrap(record.wrappedKeys).content
        let opened = try LetterOpener.open(try #require(out.contents.first).chunks.map { try $0.copy() }, key: key)
        await fixture.end()
        return try #require(try JSONSerialization.jsonObject(with: Data(opened.index)) as? [String: Any])
    }

    private func texts(_ mails: [MessageBytes]) throws -> [String] {
        try mails.map { mail in
            let received = ReceivedMessage(
                envelope: Envelope(sender: nil, recipients: []), bytes: mail, origin: .init(id: "t"),
                receivedAtSeconds: 0)
            return try MIME.read(received, limits: Limits()).root.all.map {
                if case .text(let text, _) = $0.text { text } else { "" }
            }.joined()
        }
    }

    private static let head = "From: alice@example.org\nTo: carol@example.net\nSubject: s\nMIME-Version: 1.0\n"
    private static func part(_ type: String, _ more: String = "", _ body: String = "x") -> String {
        "Content-Type: \(type)\n\(more)\n\(body)\n"
    }
    private static func multi(_ kind: String, _ mark: String, _ parts: [String], _ more: String = "") -> String {
        "Content-Type: multipart/\(kind); boundary=\(mark)\(more)\n\n"
            + parts.map { "--\(mark)\n\($0)" }.joined() + "--\(mark)--\n"
    }
    private static let text = part("text/plain; charset=utf-8"), html = part("text/html; charset=utf-8")
    private static let pdf = part("application/pdf; name=a.pdf")

    /// Structure, and the places of the plain and of the formatted texts.
    static let shapes: [(String, [Int], [Int])] = [
        (text, [0], []), (html, [], [0]),
        (multi("mixed", "b", [text, pdf, text]), [0, 2], []),
        (multi("alternative", "a", [text, html]), [0], [1]),
        (multi("alternative", "a", [text, multi("mixed", "b", [html, pdf, html])]), [0], [1, 3]),
        (multi("alternative", "a", [text, multi("related", "r", [html, part("image/png")])]), [0], [1]),
        (multi("mixed", "b", [multi("alternative", "a", [text, html]), pdf, text]), [0, 3], [1, 3]),
        (multi("mixed", "b", [text, html]), [0, 1], [0, 1]),
        (multi("mixed", "b", [html, pdf, html]), [0, 2], [0, 2]),
        (multi("mixed", "b", [text, part("text/plain; name=notes.txt"), text]), [0, 2], []),
        (multi("mixed", "b", [text, part("text/plain", "Content-Disposition: attachment\n")]), [0], []),
        (multi("mixed", "b", [text, part("message/rfc822", "", "Subject: y\n\ntext\n")]), [0], []),
        (multi("related", "r", [part("image/png"), html], "; start=\"<h@x>\""), [], [1]),
        (
            multi(
                "related", "r", [part("image/png"), part("text/html", "Content-ID: <h@x>\n")], "; start=\"<h@x>\""),
            [], [1]
        ),
        (multi("alternative", "a", [html, text]), [1], [0]),
        (multi("alternative", "a", [text, part("text/calendar")]), [0], []),
        (multi("mixed", "b", [part("text/calendar")]), [0], []),
    ]

    @Test(arguments: shapes.indices) func textsStandInOrder(_ number: Int) async throws {
        let (message, texts, htmls) = Self.shapes[number]
        let found = try await index(Self.head + message)
        let isAllHTML = texts.count > 1 && texts == htmls && found["text"] == nil
        #expect(found["text"] as? Int == (isAllHTML ? nil : texts.first), "\(message)")
        #expect(found["html"] as? Int == (htmls == [0, 1] ? 1 : htmls.first), "\(message)")
        #expect(found["texts"] as? [Int] == (texts.count > 1 ? texts : nil), "\(message)")
        #expect(found["htmls"] as? [Int] == (htmls.count > 1 ? htmls : nil), "\(message)")
    }

    @Test func flowedTextIsMarked() async throws {
        let types = [
            "text/plain; format=flowed", "text/plain; FORMAT=Flowed; DelSp=YES", "text/plain; format=fixed",
            "text/plain; delsp=yes",
        ]
        let found = try await index(Self.head + Self.multi("mixed", "b", types.map { Self.part($0) }))
        let parts = try #require(found["parts"] as? [[String: Any]])
        #expect(parts.map { $0["flowed"] as? Bool } == [true, true, nil, nil])
        #expect(parts.map { $0["delsp"] as? Bool } == [nil, true, nil, nil])
    }

    /// Charset, what the index calls it, and the text where it has to hold it.
    static let charsets: [(declared: String, octets: [UInt8], label: String, words: String?)] = [
        ("ISO_8859-1:1987", [0xE9], "windows-1252", nil), ("latin2", [0xB1], "iso-8859-2", nil),
        ("x-sjis", [0x93, 0xFA], "shift_jis", nil), ("cp1251", [0xCF], "windows-1251", nil),
        ("KOI8-R", [0xF0], "koi8-r", nil), ("utf8", [0xC3, 0xA9], "utf-8", nil),
        ("x-unknown", [0xE9], "x-unknown", nil),
        ("cp850", [0x82], "cp850", "é"), ("utf-16", [0xFE, 0xFF, 0, 0xE9], "utf-16", "é"),
        ("UTF-7", Array("+AOk-".utf8), "UTF-7", "é"), ("ibm437", [0x82], "ibm437", "é"),
        ("iso-2022-kr", [0x1B, 0x24, 0x29, 0x43, 0x0E, 0x47, 0x51, 0x0F], "iso-2022-kr", "한"),
    ]

    @Test(arguments: charsets.indices) func everyCharsetCanBeShown(_ number: Int) async throws {
        let (declared, octets, label, words) = Self.charsets[number]
        let head =
            Self.head + "Content-Type: text/plain; charset=\"\(declared)\"\nContent-Transfer-Encoding: base64\n\n"
        let found = try await index(head + Data(octets).base64EncodedString() + "\n")
        let part = try #require((found["parts"] as? [[String: Any]])?.first)
        #expect(part["charset"] as? String == label)
        #expect(part["words"] as? String == words)
    }

    @Test func anHTMLDocumentMayNameItsCharsetItself() async throws {
        let html = Self.part("text/html", "", "<html><head><meta charset=koi8-r></head><body>x</body></html>")
        let part = try #require((try await index(Self.head + html)["parts"] as? [[String: Any]])?.first)
        #expect(part["charset"] as? String == "koi8-r")
    }
}

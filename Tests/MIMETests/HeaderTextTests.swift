// What we write into headers comes back the same, fits its lines, and cannot break out of its field.

import MIME
import Mail
import SettingValues
import Testing

@Suite struct HeaderTextTests {
    static let texts: [String] = [
        "", "hello", "Grüße aus Köln", "機密：報告書について", "[...]", "a  b", " leading", "trailing ",
        "=?UTF-8?Q?looks_encoded?=",
        """
        A rather long subject in plain ASCII that has to be folded \
        because it does not fit on one line of a header at all
        """,
        String(repeating: "é", count: 200), String(repeating: "x", count: 300),
        "📷 photos " + String(repeating: "📷", count: 60),
        "100 % of _all_ = what?", "Re: [list] (no subject)", String(repeating: "word ", count: 40) + "end",
        "\u{301}combining",
        "one two  " + String(repeating: "y", count: 80),
    ]

    @Test(arguments: texts, ["Subject", "X-A-Rather-Long-Field-Name-That-Nobody-Would-Use"])
    func comesBack(_ text: String, _ name: String) throws {
        let encoded = HeaderText.encode(text, fieldName: name)
        for (index, line) in "\(name): \(encoded)".split(separator: "\r\n", omittingEmptySubsequences: false)
            .enumerated()
        {
            #expect(line.utf8.count <= 76 + (index == 0 && name.utf8.count > 20 ? 24 : 0))
            #expect(index == 0 || line.hasPrefix(" "))
            #expect(line.contains { $0 != " " })
        }
        #expect(encoded.utf8.allSatisfy { $0 < 128 })
        let message = try read(received(MessageBytes("\(name): \(encoded)\r\n\r\n")), limits: Limits())
        #expect(message.root.header.first(name)?.text == text)
        #expect(message.problems.isEmpty)
    }

    @Test(arguments: ["a\r\nBcc: eve@example.org", "a\nb", "a\rb", "a\u{0}b", "é\r\n\r\nbody", "\u{7F}"])
    func cannotBreakOut(_ text: String) throws {
        let message = try read(
            received(MessageBytes("Subject: \(HeaderText.encode(text, fieldName: "Subject"))\r\n\r\n")),
            limits: Limits())
        #expect(message.root.header.fields.count == 1)
        #expect(message.root.bodyRange.isEmpty)
        #expect(!HeaderText.encode(text, fieldName: "Subject").replacing("\r\n ", with: "").contains { $0.isNewline })
    }

    @Test(arguments: [
        "Alice Example", "Example, Alice", "Exämple \"Zoë\"", "a\\b\"c", "", "(comment)", "=?x?=",
        String(repeating: "n", count: 200),
    ])
    func phrasesComeBack(_ name: String) throws {
        let message = try read(
            received(MessageBytes("From: \(HeaderText.phrase(name)) <a@example.org>\r\n\r\n")), limits: Limits())
        let boxes = try #require(message.root.header.first("From")).namedMailboxes
        #expect(boxes.map(\.name) == [name])
        #expect(boxes.map(\.mailbox.description) == ["a@example.org"])
    }
}

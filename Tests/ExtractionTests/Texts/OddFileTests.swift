// Files that are not what they are called, or are written as few programs write them.

import Extraction
import Mail
import Testing

@Suite struct OddFileTests {
    private func part(_ bytes: [UInt8], _ name: String) async throws -> ExtractedPart {
        let pool = pool()
        let part = try await found(bytes, name: name, pool)
        await pool.shutdown()
        return part
    }

    private func forms(_ text: String, _ name: String) async throws -> [String] {
        try await part(Array(text.utf8), name).texts.flatMap(\.forms)
    }

    private let coded =
        "Subject: one\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n\nNDExMSAxMTExIDExMTEgMTExMQ==\n"

    @Test("messages of a mailbox without empty lines between, under any name", arguments: ["b.mbox", "Inbox", "b.txt"])
    func mailbox(_ name: String) async throws {
        let line = "From a@example.org Sun Nov 22 10:00:00 2026\n"
        let box = line + "From: a@example.org\nSubject: two\n\nnothing\n" + line + coded
        #expect(try await forms(box, name).contains { $0.contains(card) })
    }

    @Test("a line of a letter that begins with From is no message")
    func letter() async throws {
        let text = "From here on: all is well.\nFrom a to b, 2026: nothing\nname: x\n"
        #expect(try await part(Array(text.utf8), "letter.txt").problem == nil)
        #expect(try await forms(text, "letter.txt").joined().contains("From a to b"))
    }

    @Test("Apple's files of messages: a length, the message, settings")
    func apple() async throws {
        let file = "\(coded.utf8.count)     \n\(coded)<?xml version=\"1.0\"?><plist version=\"1.0\"></plist>\n"
        #expect(try await forms(file, "1.emlx").contains { $0.contains(card) })
        #expect(try await forms("12\nname: x, 4111\n", "list.txt").joined().contains("name: x, 4111"))
    }

    @Test("a web archive that is called a document")
    func webArchive() async throws {
        let file = "MIME-Version: 1.0\n" + coded
        #expect(try await forms(file, "r.doc").contains { $0.contains(card) })
    }

    @Test("XML in EBCDIC")
    func ebcdic() async throws {
        // <?xml version="1.0" encoding="cp037"?><a>4111</a>
        let bytes: [UInt8] = [
            0x4C, 0x6F, 0xA7, 0x94, 0x93, 0x40, 0xA5, 0x85, 0x99, 0xA2, 0x89, 0x96, 0x95, 0x7E, 0x7F, 0xF1, 0x4B, 0xF0,
            0x7F, 0x6F, 0x6E, 0x4C, 0x81, 0x6E, 0xF4, 0xF1, 0xF1, 0xF1, 0x4C, 0x61, 0x81, 0x6E,
        ]
        let part = try await part(bytes, "a.xml")
        #expect(part.isUnreadable || part.allText.contains("4111"))
    }

    @Test("elements in the middle of a text are parts of it in one form, and texts of their own in the other")
    func mixed() async throws {
        let all = try await forms("<a><b/>4111 <c k='v'>1111</c> 1111 <d>1111</d></a>", "a.xml")
        #expect(all.contains { $0.contains(card) })
        #expect(all.contains { $0.contains("1111\n") })
        let apart = try await forms("<a><c>4111</c><d>1111</d></a>", "a.xml")
        #expect(!apart.contains { $0.contains("41111111") })
    }

    @Test(
        "texts of a picture: lines of one text, texts of one height, a page",
        arguments: [
            "<text>\n<tspan>4111</tspan>\n<tspan>1111</tspan>\n<tspan>1111</tspan>\n<tspan>1111</tspan>\n</text>",
            """
            <text x='0' y='2'>4111</text><text x='9' y='2'>1111</text>\
            <text x='18' y='2'>1111</text><text y='2'>1111</text>
            """,
            "<foreignObject><p>41<b>11</b> 1111 <i>1111 11</i>11</p></foreignObject>",
        ])
    func picture(_ inside: String) async throws {
        let all = try await forms("<svg xmlns='http://www.w3.org/2000/svg'>\(inside)</svg>", "c.svg")
        #expect(all.contains { $0.contains(card) })
        let apart = "<text y='2'>4111</text><text y='40'>1111</text>"
        let two = try await forms("<svg xmlns='http://www.w3.org/2000/svg'>\(apart)</svg>", "c.svg")
        #expect(two.allSatisfy { $0.contains("4111\n1111") })
    }
}

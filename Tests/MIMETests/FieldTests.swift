// Content-Type, Content-Disposition and Content-Transfer-Encoding in every dialect.

import MIME
import Mail
import Testing

@Suite struct FieldTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let raw: String
        let essence: String
        var parameters: [String: String] = [:]
        var isReadable = true
        var isBad = false
        var testDescription: String { raw }
    }
    static let cases: [Case] = [
        Case(raw: "text/html", essence: "text/html"),
        Case(raw: "TEXT/Html ; Charset=UTF-8", essence: "text/html", parameters: ["charset": "UTF-8"]),
        Case(
            raw: "text/plain;charset=utf-8;format=flowed", essence: "text/plain",
            parameters: ["charset": "utf-8", "format": "flowed"]),
        Case(raw: "text/plain; charset=utf-8;", essence: "text/plain", parameters: ["charset": "utf-8"]),
        Case(raw: "text/plain; name=\"a;b\\\"c\\\\d\"", essence: "text/plain", parameters: ["name": "a;b\"c\\d"]),
        Case(
            raw: "text/x; name=unquoted=_with?.tspecials", essence: "text/x",
            parameters: ["name": "unquoted=_with?.tspecials"]),
        Case(
            raw: "text/plain; charset=us-ascii (Plain text)", essence: "text/plain",
            parameters: ["charset": "us-ascii"],
            isBad: true),
        Case(raw: "(c) text/plain", essence: "text/plain", isBad: true),
        Case(raw: "text/plain; charset = utf-8", essence: "text/plain", parameters: ["charset": "utf-8"], isBad: true),
        Case(raw: "text/plain charset=utf-8", essence: "text/plain", parameters: ["charset": "utf-8"], isBad: true),
        Case(
            raw: "text/plain; charset=utf-8 name=x", essence: "text/plain",
            parameters: ["charset": "utf-8", "name": "x"],
            isBad: true),
        Case(raw: "text/plain; charset=a; charset=b", essence: "text/plain", parameters: ["charset": "a"], isBad: true),
        Case(raw: "text/plain; junk", essence: "text/plain", isBad: true),
        Case(raw: "text/plain; =x", essence: "text/plain", parameters: ["": "x"], isBad: true),
        Case(raw: "text/plain; name=\"open", essence: "text/plain", parameters: ["name": "open"], isBad: true),
        Case(raw: "text/plain; name=\"a\"b", essence: "text/plain", parameters: ["name": "a"], isBad: true),
        Case(raw: "text/plain; name=(x\\", essence: "text/plain", parameters: ["name": ""], isBad: true),
        Case(raw: "text", essence: "text/plain", isReadable: false, isBad: true),
        Case(raw: "", essence: "text/plain", isReadable: false, isBad: true),
        Case(raw: "multi part/mixed", essence: "text/plain", isReadable: false, isBad: true),
        Case(raw: "a/b/c", essence: "text/plain", isReadable: false, isBad: true),
        Case(raw: "x/y; name*=UTF-8''%e2%82%ac%20rates.pdf", essence: "x/y", parameters: ["name": "€ rates.pdf"]),
        Case(raw: "x/y; name*0*=iso-8859-1'de'f%FC; name*1=\"r.txt\"", essence: "x/y", parameters: ["name": "für.txt"]),
        Case(raw: "x/y; name*1=b.txt; name*0=a", essence: "x/y", parameters: ["name": "ab.txt"]),
        Case(raw: "x/y; name*0*=utf-8''%e2%82; name*1*=%ac", essence: "x/y", parameters: ["name": "€"]),
        Case(raw: "x/y; name=\"=?utf-8?q?=E2=82=AC?=.pdf\"", essence: "x/y", parameters: ["name": "€.pdf"]),
        Case(raw: "x/y; name*0=a; name*2=c", essence: "x/y", parameters: ["name": "ac"], isBad: true),
        Case(raw: "x/y; name*=klingon''abc", essence: "x/y", parameters: ["name": "abc"], isBad: true),
        Case(raw: "x/y; name*x=1", essence: "x/y", isBad: true),
        Case(raw: "x/y; name*999999999999999999999=1", essence: "x/y", isBad: true),
        Case(raw: "x/y; name*0*=utf-8''%4; name*1*=1%", essence: "x/y", parameters: ["name": "%41%"]),
    ]

    @Test(arguments: cases) func readsContentTypes(_ fixture: Case) throws {
        let message = try readText("Content-Type: \(fixture.raw)\n\n")
        #expect(message.root.type.essence == fixture.essence)
        #expect(message.root.type.parameters == fixture.parameters)
        #expect(message.root.contentTypeIsReadable == fixture.isReadable)
        #expect(message.problems.contains { $0.kind == .badContentType } == fixture.isBad)
    }

    struct Name: Sendable, CustomTestStringConvertible {
        let fields: String
        let name: String?
        var isBad = false
        var testDescription: String { fields }
    }
    static let names: [Name] = [
        Name(fields: "Content-Type: x/y; name=a.txt", name: "a.txt"),
        Name(fields: "Content-Disposition: attachment; filename=a.txt\nContent-Type: x/y; name=b.txt", name: "a.txt"),
        Name(
            fields: "Content-Disposition: attachment; filename=a.txt\nContent-Type: x/y; name=a.exe", name: "a.txt",
            isBad: true),
        Name(
            fields: "Content-Disposition: attachment; filename=a.exe; filename*=utf-8''a.txt", name: "a.txt",
            isBad: true),
        Name(fields: "Content-Disposition: attachment; filename=a.PDF; filename*=utf-8''%C3%A4.pdf", name: "ä.pdf"),
        Name(fields: "Content-Disposition: attachment; filename=two words.exe", name: "two words.exe", isBad: true),
        Name(fields: "Content-Disposition: attachment; filename=\"x\\0\"", name: "x0", isBad: true),
        Name(fields: "Content-Disposition: inline", name: nil),
        Name(
            fields: "Content-Disposition: attachment; filename=a.txt\nContent-Disposition: attachment; filename=a.exe",
            name: "a.txt", isBad: true),
        Name(fields: "Content-Disposition: attachment; filename=\"=?utf-8?Q?a=0D=0Ab.txt?=\"", name: "a  b.txt"),
    ]
    @Test(arguments: names) func readsFileNames(_ fixture: Name) throws {
        let message = try readText("\(fixture.fields)\n\n")
        #expect(message.root.fileName == fixture.name)
        #expect(message.problems.contains { $0.kind == .badContentType } == fixture.isBad)
    }

    static let encodings: [(String, TransferEncoding, Bool)] = [
        ("7bit", .sevenBit, false), ("8BIT", .eightBit, false), ("binary", .binary, false),
        ("Quoted-Printable", .quotedPrintable, false), ("BASE64", .base64, false), ("8-bit", .eightBit, false),
        ("base64 (really)", .base64, true), ("base64;", .base64, true), ("x-uuencode", .unknown("x-uuencode"), true),
        ("base 64", .unknown("base"), true),
    ]
    @Test(arguments: encodings) func readsTransferEncodings(_ raw: String, _ encoding: TransferEncoding, _ isBad: Bool)
        throws
    {
        let message = try readText("Content-Transfer-Encoding: \(raw)\n\nYWJj")
        #expect(message.root.transferEncoding == encoding)
        #expect(message.problems.contains { $0.kind == .badTransferEncoding } == isBad)
    }

    @Test func structuralFieldsMayStandOnceAndAreComparedWhenTwice() throws {
        let same = try readText("Content-Type: text/html\nContent-Type: text/html\n\n")
        #expect(same.problems.map(\.kind) == [.duplicateField])
        let other = try readText("Content-Type: text/html\nContent-Type: text/plain\n\n")
        #expect(other.problems.contains { $0.hidesContent })
    }

    @Test func fieldsHaveExactRanges() throws {
        let text = "A: 1\r\nSubject:  folded\r\n value \r\nbad line\r\nC:\r\n\r\nbody"
        let message = try read(received(MessageBytes(text)), limits: Limits())
        let octets = Array(text.utf8)
        let fields = message.root.header.fields
        #expect(
            fields.map { String(decoding: octets[$0.range], as: UTF8.self) } == [
                "A: 1\r\n", "Subject:  folded\r\n value \r\n", "C:\r\n",
            ])
        #expect(
            fields.map { String(decoding: octets[$0.valueRange], as: UTF8.self) } == [" 1", "  folded\r\n value ", ""])
        #expect(fields[1].unfolded == "folded value")
        #expect(message.problems.map(\.kind) == [.badFieldLine])
        #expect(message.root.header.first("sUBJECT")?.text == "folded value")
        #expect(message.root.header.all("c").count == 1)
        #expect(String(decoding: octets[message.root.bodyRange], as: UTF8.self) == "body")
    }
}

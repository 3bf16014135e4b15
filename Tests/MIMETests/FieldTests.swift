// Content-Type, Content-Disposition and Content-Transfer-Encoding in every dialect.

import MIME
import Mail
import SettingValues
import Testing

@Suite struct FieldTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let raw: String
        let essence: String
        var parameters: [String: String] = [:]
        var isReadable = true
        var problems: [ReadProblem.Kind] = []
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
            parameters: ["charset": "us-ascii"]),
        Case(raw: "(c) text/plain", essence: "text/plain"),
        Case(raw: "text/plain; charset = utf-8", essence: "text/plain", parameters: ["charset": "utf-8"]),
        Case(raw: "text/plain charset=utf-8", essence: "text/plain", parameters: ["charset": "utf-8"]),
        Case(
            raw: "text/plain; charset=utf-8 name=x", essence: "text/plain",
            parameters: ["charset": "utf-8", "name": "x"]),
        Case(
            raw: "text/plain; charset=utf-8; charset=utf-16", essence: "text/plain", parameters: ["charset": "utf-8"],
            problems: [.badContentType]),
        Case(
            raw: "text/plain; charset=utf-8; charset=UTF-8", essence: "text/plain", parameters: ["charset": "utf-8"]),
        Case(raw: "text/plain; junk", essence: "text/plain"),
        Case(raw: "text/plain; =x", essence: "text/plain", parameters: ["": "x"]),
        Case(raw: "text/plain; name=\"open", essence: "text/plain", parameters: ["name": "open"]),
        Case(
            raw: "text/plain; name=\"open; charset=utf-8", essence: "text/plain",
            parameters: ["name": "open", "charset": "utf-8"], problems: [.badFileName]),
        Case(raw: "text/plain; name=\"a\"b", essence: "text/plain", parameters: ["name": "a"]),
        Case(
            raw: "text/plain; name=(x\\", essence: "text/plain", parameters: ["name": ""],
            problems: [.badContentType, .badFileName]),
        Case(raw: "text", essence: "text/plain", isReadable: false),
        Case(raw: "\"text/html\"", essence: "text/html"),
        Case(raw: "", essence: "text/plain", isReadable: false),
        Case(raw: "multi part/mixed", essence: "text/plain", isReadable: false, problems: [.unreadableType]),
        Case(raw: "a/b/c", essence: "text/plain", isReadable: false, problems: [.unreadableType]),
        Case(raw: "x/y; name*=UTF-8''%e2%82%ac%20rates.pdf", essence: "x/y", parameters: ["name": "€ rates.pdf"]),
        Case(raw: "x/y; name*0*=iso-8859-1'de'f%FC; name*1=\"r.txt\"", essence: "x/y", parameters: ["name": "für.txt"]),
        Case(raw: "x/y; name*1=b.txt; name*0=a", essence: "x/y", parameters: ["name": "ab.txt"]),
        Case(raw: "x/y; name*0*=utf-8''%e2%82; name*1*=%ac", essence: "x/y", parameters: ["name": "€"]),
        Case(raw: "x/y; name=\"=?utf-8?q?=E2=82=AC?=.pdf\"", essence: "x/y", parameters: ["name": "€.pdf"]),
        Case(raw: "x/y; name*0=a; name*2=c", essence: "x/y", parameters: ["name": "ac"]),
        Case(raw: "x/y; name*0=a; name*0=c", essence: "x/y", parameters: ["name": "ac"], problems: [.badFileName]),
        Case(raw: "x/y; name*=klingon''abc", essence: "x/y", parameters: ["name": "abc"]),
        Case(raw: "x/y; name*x=1", essence: "x/y", problems: [.badFileName]),
        Case(raw: "x/y; name*999999999999999999999=1", essence: "x/y", problems: [.badFileName]),
        Case(raw: "x/y; name*0*=utf-8''%4; name*1*=1%", essence: "x/y", parameters: ["name": "%41%"]),
    ]

    @Test(arguments: cases) func readsContentTypes(_ fixture: Case) throws {
        let message = try readText("Content-Type: \(fixture.raw)\n\n")
        #expect(message.root.type.essence == fixture.essence)
        #expect(message.root.type.parameters == fixture.parameters)
        #expect(message.root.contentTypeIsReadable == fixture.isReadable)
        #expect(message.problems.map(\.kind) == fixture.problems)
    }

    struct Name: Sendable, CustomTestStringConvertible {
        let fields: String
        let name: String?
        var others: [String] = []
        var problems: [ReadProblem.Kind] = []
        var testDescription: String { fields }
    }
    static let names: [Name] = [
        Name(fields: "Content-Type: x/y; name=a.txt", name: "a.txt"),
        Name(
            fields: "Content-Disposition: attachment; filename=a.txt\nContent-Type: x/y; name=b.txt", name: "a.txt",
            others: ["b.txt"]),
        Name(
            fields: "Content-Disposition: attachment; filename=a.txt\nContent-Type: x/y; name=a.exe", name: "a.txt",
            others: ["a.exe"]),
        Name(
            fields: "Content-Disposition: attachment; filename=a.exe; filename*=utf-8''a.txt", name: "a.txt",
            others: ["a.exe"]),
        Name(
            fields: "Content-Disposition: attachment; filename=a.PDF; filename*=utf-8''%C3%A4.pdf", name: "ä.pdf",
            others: ["a.PDF"]),
        Name(fields: "Content-Disposition: attachment; filename=two words.exe", name: "two words.exe", others: ["two"]),
        Name(fields: "Content-Disposition: attachment; filename=a.txt (b)", name: "a.txt (b)", others: ["a.txt"]),
        Name(fields: "Content-Disposition: attachment; filename=a;b.exe", name: "a", others: ["a;b.exe"]),
        Name(
            fields: #"Content-Disposition: attachment; filename="C:\temp\new.exe""#, name: "C:tempnew.exe",
            others: [#"C:\temp\new.exe"#]),
        Name(
            fields: #"Content-Disposition: attachment; filename="a.txt\".exe""#, name: #"a.txt".exe"#,
            others: [#"a.txt\".exe"#, #"a.txt\"#]),
        Name(
            fields: #"Content-Disposition: attachment; filename*0="=?UTF-8?B?ZmlndXJlcy5qcw==?=""#, name: "figures.js",
            others: ["=?UTF-8?B?ZmlndXJlcy5qcw==?="]),
        Name(
            fields: #"Content-Disposition: attachment; filename*0="=?UTF-8?B?ZmlndXJl"; filename*1="cy5qcw==?=""#,
            name: "figures.js", others: ["=?UTF-8?B?ZmlndXJlcy5qcw==?="]),
        Name(fields: "Content-Disposition: attachment; filename=a.txt; filename=a.txt", name: "a.txt"),
        Name(
            fields: "Content-Disposition: attachment; filename*=utf-8''a.txt; filename*=utf-8''a.txt", name: "a.txt"),
        Name(
            fields: "Content-Disposition: attachment; filename*=x-utf-99''a.e+AHg-e", name: "a.e+AHg-e",
            problems: [.badFileName]),
        Name(fields: "Content-Disposition: attachment; filename=\"x\\0\"", name: "x0", others: [#"x\0"#]),
        Name(fields: "Content-Disposition: inline", name: nil),
        Name(
            fields: "Content-Disposition: attachment; filename=a.txt\nContent-Disposition: attachment; filename=a.exe",
            name: "a.txt", others: ["a.exe"], problems: [.duplicateField]),
        Name(fields: "Content-Disposition: attachment; filename=\"=?utf-8?Q?a=0D=0Ab.txt?=\"", name: "a  b.txt"),
    ]
    @Test(arguments: names) func readsFileNames(_ fixture: Name) throws {
        let message = try readText("\(fixture.fields)\n\n")
        #expect(message.root.fileName == fixture.name)
        #expect(message.root.fileNames == [fixture.name].compactMap { $0 } + fixture.others)
        #expect(message.problems.map(\.kind) == fixture.problems)
    }

    static let encodings: [(String, TransferEncoding, Bool)] = [
        ("7bit", .sevenBit, false), ("8BIT", .eightBit, false), ("binary", .binary, false),
        ("Quoted-Printable", .quotedPrintable, false), ("BASE64", .base64, false), ("8-bit", .eightBit, false),
        ("base64 (really)", .base64, false), ("base64;", .base64, false), ("\"base64\"", .base64, false),
        ("7bit;", .sevenBit, false), ("8bits", .eightBit, false), ("", .sevenBit, false), ("UTF-8", .eightBit, false),
        ("x-uuencode", .unknown("x-uuencode"), true), ("base 64", .unknown("base"), true),
    ]
    @Test(arguments: encodings) func readsTransferEncodings(_ raw: String, _ encoding: TransferEncoding, _ isBad: Bool)
        throws
    {
        let message = try readText("Content-Transfer-Encoding: \(raw)\n\nYWJj")
        #expect(message.root.transferEncoding == encoding)
        #expect(message.problems.contains { $0.kind == .badTransferEncoding } == isBad)
    }

    /// A program that does not know a dressed word shows the body as it stands: both are readings.
    @Test(arguments: ["base64;", "\"base64\"", "base64 (really)"]) func aDressedEncodingIsReadBothWays(_ raw: String)
        throws
    {
        let part = try readText("Content-Transfer-Encoding: \(raw)\n\nYWJj").root
        guard case .text("abc", nil) = part.text else { return #expect(Bool(false)) }
        #expect(part.alsoReads == ["YWJj"])
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
        #expect(message.problems.map(\.kind) == [.oddFieldLine])
        #expect(message.root.alsoReads == ["Subject:  folded\r\n value \r\nbad line\r\nC:\r\n"])
        #expect(message.root.header.first("sUBJECT")?.text == "folded value")
        #expect(message.root.header.all("c").count == 1)
        #expect(String(decoding: octets[message.root.bodyRange], as: UTF8.self) == "body")
    }
}

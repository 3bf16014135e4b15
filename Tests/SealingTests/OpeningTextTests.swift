// `decrypt` of texts with armored blocks in them, and of encrypted files: charsets, HTML, quotations, several blocks.

import Foundation
import Mail
import Sealing
import Support
import Testing

struct OpeningTextTests {
    private static let head = OpeningTests.head

    @Test func inline() async throws {
        let opened = try await OpeningTests.opened { fixture in
            Self.head + "Content-Type: text/plain; charset=us-ascii\r\n\r\nbefore\r\n"
                + (try OpeningTests.armor(fixture, "Grüße\nzweite Zeile\n")) + "after\r\n"
        }
        #expect(
            opened == Self.head
                + "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nbefore\r\n"
                + "Grüße\r\nzweite Zeile\r\nafter\r\n"
        )
    }

    @Test func severalBlocksInOneText() async throws {
        let opened = try await OpeningTests.opened { fixture in
            Self.head
                + "\r\nFirst:\r\n\(try OpeningTests.armor(fixture, "one"))\r\nSecond:\r\n"
                + "\(try OpeningTests.armor(fixture, "two\n"))bye\r\n"
        }
        #expect(opened == Self.head + "\r\nFirst:\r\none\r\n\r\nSecond:\r\ntwo\r\nbye\r\n")
    }

    @Test func charsetsAround() async throws {
        let fixture = try SealingFixture(keys: ["bob@example.net"])
        let head = Array((Self.head + "Content-Type: text/plain; charset=iso-8859-1; format=flowed\r\n\r\n").utf8)
        let around: [UInt8] = Array("Gr".utf8) + [0xFC, 0xDF] + Array("e\r\n".utf8)
        for (plain, wanted) in [
            (
                Data("M\u{fc}nchen\n".utf8),
                "charset=utf-8; format=flowed\r\nContent-Transfer-Encoding: 8bit\r\n\r\nGrüße\r\nMünchen\r\n"
            ),
            (Data("plain\n".utf8), nil), (Data([0x4D, 0xFC, 10]), nil),
        ] {
            let armor = Array(try OpeningTests.armor(fixture, plain).utf8)
            let opened = try await fixture.opened(MessageBytes(bytes: head + around + armor))
            if let wanted {
                #expect(opened.bytes.text.hasSuffix(wanted), "\(opened.bytes.text)")
            } else {
                let octets = try opened.bytes.copy()
                let body = around + plain.dropLast() + [13, 10]
                #expect(octets.count >= body.count && Array(octets.suffix(body.count)) == body)
                #expect(opened.bytes.text.contains("charset=iso-8859-1; format=flowed"))
            }
        }
        await fixture.end()
    }

    @Test func armorNamesItsCharset() async throws {
        let fixture = try SealingFixture(keys: ["bob@example.net"])
        let armor = try OpeningTests.armor(fixture, Data([0xA4, 10]))
            .replacing("MESSAGE-----\r\n\r\n", with: "MESSAGE-----\r\nCharset: iso-8859-15\r\n\r\n", maxReplacements: 1)
        let opened = try await fixture.opened(Self.head + "\r\n\(armor)")
        #expect(opened.bytes.text.contains("charset=utf-8") && opened.bytes.text.hasSuffix("\r\n\r\n€\r\n"))
        await fixture.end()
    }

    @Test func armorNamesACharsetOfSevenBits() async throws {
        let fixture = try SealingFixture(keys: ["bob@example.net"])
        // "鍵" in ISO-2022-JP, in parts of several charsets.
        let sealed = try OpeningTests.armor(fixture, Data([0x1B, 0x24, 0x42, 0x38, 0x30, 0x1B, 0x28, 0x42, 10]))
            .replacing("MESSAGE-----\r\n\r\n", with: "MESSAGE-----\r\nCharset: iso-2022-jp\r\n\r\n", maxReplacements: 1)
        for charset in ["utf-8", "us-ascii", "iso-8859-1"] {
            let opened = try await fixture.opened(
                Self.head + "Content-Type: text/plain; charset=\(charset)\r\n\r\nbefore\r\n\(sealed)")
            #expect(opened.bytes.text.contains("charset=utf-8"))
            #expect(opened.bytes.text.hasSuffix("\r\n\r\nbefore\r\n鍵\r\n"), "\(opened.bytes.text)")
        }
        await fixture.end()
    }

    @Test func htmlShowsTheTextAsItIs() async throws {
        for (lines, breaks) in [("\r\n", "\r\n"), ("<br>\r\n", "<br>\r\n"), ("</div><div>", "<br>\r\n")] {
            let opened = try await OpeningTests.opened { fixture in
                let armor = try OpeningTests.armor(fixture, "5 < 6 & 7\nü\n")
                let html = armor.split(separator: "\r\n", omittingEmptySubsequences: false).dropLast()
                    .joined(separator: lines)
                return Self.head
                    + "Content-Type: text/html; charset=iso-8859-1\r\n\r\n<div><pre>\(html)</pre> bye</div>\r\n"
            }
            #expect(
                opened == Self.head
                    + "Content-Type: text/html; charset=iso-8859-1\r\n\r\n"
                    + "<div><pre>5 &lt; 6 &amp; 7\(breaks)&#252;\(breaks)</pre> bye</div>\r\n"
            )
        }
    }

    @Test func quotedBlocksStayQuoted() async throws {
        let opened = try await OpeningTests.opened { fixture in
            let quoted = try OpeningTests.armor(fixture, "one\ntwo\n").split(
                separator: "\r\n", omittingEmptySubsequences: false
            )
            .dropLast().map { "> \($0)\r\n" }.joined()
            return Self.head + "\r\nYou wrote:\r\n\(quoted)ok\r\n"
        }
        #expect(opened == Self.head + "\r\nYou wrote:\r\n> one\r\n> two\r\nok\r\n")
    }

    @Test func encodedTextsAreDecoded() async throws {
        let opened = try await OpeningTests.opened { fixture in
            let text = Data("Grüße\n\(try OpeningTests.armor(fixture, "inner\n"))".utf8).base64EncodedString(options: [
                .lineLength76Characters, .endLineWithCarriageReturn, .endLineWithLineFeed,
            ])
            return Self.head
                + "Content-Transfer-Encoding: base64\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\(text)\r\n"
        }
        #expect(
            opened == Self.head
                + "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nGrüße\r\ninner\r\n"
        )
    }

    @Test func aCutBlockIsNamed() async throws {
        let fixture = try SealingFixture(keys: ["bob@example.net"])
        let whole = try OpeningTests.armor(fixture, "one\n")
        let cut = try OpeningTests.armor(fixture, "two\n").components(separatedBy: "-----END")[0]
        let opened = try await fixture.opened(Self.head + "\r\n\(cut)\r\n\(whole)")
        #expect(opened.unopened == ["the message, text/plain, block 1: the armor has no end"])
        #expect(opened.bytes.text == Self.head + "\r\n\(cut)\r\none\r\n")
        await fixture.end()
    }

    @Test func filesComeBackUnderTheirNames() async throws {
        let fixture = try SealingFixture(keys: ["bob@example.net"])
        let octets = Data((0..<300).map { UInt8(truncatingIfNeeded: $0) })
        func part(_ type: String, _ name: String, _ plain: Data, armored: Bool = false) throws -> String {
            let cipher = try OpeningTests.cipher(fixture, plain, armored ? ["--armor"] : [])
            return
                "Content-Type: \(type); name=\"\(name)\"\r\nContent-Disposition: attachment; filename=\"\(name)\"\r\n"
                + "Content-Transfer-Encoding: base64\r\n\r\n"
                + cipher.base64EncodedString(options: [
                    .lineLength76Characters, .endLineWithCarriageReturn, .endLineWithLineFeed,
                ])
        }
        let opened = try await fixture.opened(
            Self.head
                + OpeningTests.mixed(
                    try part("application/pgp-encrypted", "sums.gpg", Data("1+1=2".utf8)),
                    try part("application/octet-stream", "data.bin.pgp", octets),
                    try part("text/plain", "list.csv.asc", Data("a;b\nc;d\n".utf8), armored: true),
                    "Content-Type: application/pdf\r\nContent-Disposition: attachment; filename=plan.pdf\r\n\r\n%PDF"))
        #expect(opened.unopened == [] && opened.openedCount == 3)
        let text = opened.bytes.text
        #expect(text.contains("filename=\"sums\"\r\n\r\n1+1=2\r\n--mm"))
        #expect(text.contains("filename=\"data.bin\""))
        #expect(text.replacing("\r\n", with: "").contains(octets.base64EncodedString()))
        #expect(text.contains("filename=\"list.csv\"") && text.contains(Data("a;b\nc;d\n".utf8).base64EncodedString()))
        #expect(text.contains("%PDF"))
        await fixture.end()
    }
}

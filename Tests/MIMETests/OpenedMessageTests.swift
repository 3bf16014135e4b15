// message/rfc822 in base64 and quoted-printable: decoded and read, as mail programs do; with its own bytes and ranges.

import Foundation
import MIME
import Mail
import Testing

@Suite struct OpenedMessageTests {
    private static func wrapped(_ encoding: String, _ body: String, type: String = "message/rfc822") -> String {
        "Content-Type: multipart/mixed; boundary=mm\n\n--mm\n\nHello\n--mm\nContent-Type: \(type)\n"
            + "Content-Transfer-Encoding: \(encoding)\n\n\(body)\n--mm--\n"
    }
    private static func base64(_ text: String) -> String {
        Data(text.replacing("\n", with: "\r\n").utf8).base64EncodedString(options: [
            .lineLength76Characters, .endLineWithLineFeed,
        ])
    }
    private static let inner =
        "Subject: noon?\nContent-Type: multipart/mixed; boundary=\"ii\"\n\n--ii\nContent-Type: text/plain\n\n"
        + "Shall we?\n"
        + "--ii\nContent-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64\n\nYWJj\n--ii--\n"

    @Test(arguments: [
        ("base64", base64(inner)), ("quoted-printable", inner.replacing("=", with: "=3D")), ("base64", inner),
        ("quoted-printable", inner),
    ])
    func isOpened(_ encoding: String, _ body: String) throws {
        let message = try readText(Self.wrapped(encoding, body))
        #expect(message.problems.isEmpty)
        let parts = message.readableParts
        #expect(parts.map(\.part.path) == ["", "1", "2", "2.1", "2.1.1", "2.1.2"])
        #expect(message.root.all.map(\.path) == ["", "1", "2"])
        #expect(parts[3].part.header.first("Subject")?.text == "noon?")
        guard case .text("Shall we?", nil) = parts[4].part.text else { return #expect(Bool(false)) }
        let file = parts[5]
        #expect(try String(decoding: file.bytes.slice(file.part.bodyRange).copy(), as: UTF8.self) == "YWJj")
        #expect(file.part.isAttachment && file.part.decodedBytes == 3)
        #expect(message.root.children[1].isReadMessage)
        #expect(message.withoutTexts().root.children[1].opened == nil)
    }

    @Test func encryptionInsideIsSeen() throws {
        let armor = "-----BEGIN PGP MESSAGE-----\n\nxx\n-----END PGP MESSAGE-----\n"
        #expect(try readText(Self.wrapped("base64", Self.base64("Subject: x\n\n\(armor)"))).encryption == .partialPGP)
        let inner = "Content-Type: multipart/encrypted; boundary=q\n\n--q\n\nx\n--q--\n"
        #expect(try readText(Self.wrapped("base64", Self.base64(inner))).encryption == .partialPGP)
    }

    @Test func damageIsAProblemOfThatPart() throws {
        let message = try readText(Self.wrapped("base64", "!!no base64!!"))
        #expect(message.problems == [ReadProblem(.badTransferEncoding, path: "2")])
        let unknown = try readText(Self.wrapped("x-rot13", "Subject: x\n\ny"))
        #expect(unknown.problems == [ReadProblem(.badTransferEncoding, path: "2")])
    }

    /// Encoded messages inside of encoded messages: bounded, and never without saying so.
    @Test func nestingIsBounded() throws {
        var text = "Subject: core\n\nx\n"
        for _ in 0..<12 {
            text = "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n\(Self.base64(text))\n"
        }
        let message = try readText(text)
        #expect(message.problems.contains { $0.kind == .tooDeep && $0.hidesContent })
        #expect(message.readableParts.count == 9)
    }

    @Test func partsInsideCountAgainstTheLimit() throws {
        let parts = String(repeating: "--ii\n\nx\n", count: 12_000)
        let inner = "Content-Type: multipart/mixed; boundary=ii\n\n\(parts)--ii--\n"
        let message = try readText(Self.wrapped("base64", Self.base64(inner)))
        #expect(message.problems.contains { $0.kind == .tooManyParts })
        #expect(message.readableParts.count == 10_000)
    }

    /// Twice the message, about twice the steps, also where the body is read a second time.
    @Test func workIsLinear() throws {
        func steps(_ count: Int) throws -> (Int, Int) {
            let filler = String(repeating: "abcdefgh ijklmnop\n", count: count)
            var text = "Subject: core\n\n\(filler)"
            for _ in 0..<6 {
                text = "Content-Type: message/rfc822\nContent-Transfer-Encoding: quoted-printable\n\n\(text)"
            }
            for level in 0..<50 {
                text = "Content-Type: multipart/mixed boundary=b\(level)\n\n--b\(level)\n\(text)\n--b\(level)--\n"
            }
            return (try countSteps(of: text), text.utf8.count)
        }
        let (small, _) = try steps(500)
        let (large, size) = try steps(2000)
        #expect(large <= small * 6)
        #expect(large <= size * 60 + 100_000)
    }
}

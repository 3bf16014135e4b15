// Base64 and quoted-printable as they arrive.

import MIME
import Mail
import SettingValues
import Testing

@Suite struct TransferTests {
    static let base64: [(String, String, Bool)] = [
        ("aGVsbG8gd29ybGQ=", "hello world", true), ("aGVs\r\nbG8g\r\nd29y\r\nbGQ=\r\n", "hello world", true),
        ("aGVsbG8gd29ybGQ", "hello world", true), ("aGVsbG8=IHdvcmxk", "hello world", false),
        ("aGVsbG8=\r\nIHdvcmxk", "hello world", false), ("aA==\r\nZQ==\r\nbA==", "hel", false),
        ("aGVs bG8", "hello", true),
        ("a*G-V_s!bG8", "hello", false), ("", "", true), ("=", "", true), ("a", "", false), ("YQ===", "a", true),
        ("a===", "", false),
        ("\r\n\r\nYWJj\r\n\r\n", "abc", true), ("YWJj\u{0}ZGVm", "abcdef", false),
    ]
    @Test(arguments: base64) func decodesBase64(_ raw: String, _ text: String, _ isClean: Bool) throws {
        for size in [1, 3, 4, 5, 1000] {
            let decoded = try TransferDecoder.decode(cut(Array(raw.utf8), every: size), .base64)
            #expect(String(decoding: decoded.octets, as: UTF8.self) == text)
            #expect(decoded.isClean == isClean)
        }
    }

    static let quotedPrintable: [(String, String)] = [
        ("caf=C3=A9", "café"), ("caf=c3=a9", "café"), ("a=\r\nb", "ab"), ("a= \t\r\nb", "ab"), ("a=\nb", "ab"),
        ("a  \r\nb", "a\r\nb"),
        ("a=20 \r\n", "a \r\n"), ("=", "="), ("=4", "=4"), ("=XY", "=XY"), ("a=\r\n", "a"), ("=3D=\r\n=3D", "=="),
        ("a=20", "a "), ("", ""),
        ("a\r\n\r\n", "a\r\n\r\n"), ("=C3=\r\n=A9", "é"),
    ]
    @Test(arguments: quotedPrintable) func decodesQuotedPrintable(_ raw: String, _ text: String) throws {
        for size in [1, 2, 3, 1000] {
            let decoded = try TransferDecoder.decode(cut(Array(raw.utf8), every: size), .quotedPrintable)
            #expect(String(decoding: decoded.octets, as: UTF8.self) == text)
        }
    }

    /// An attachment is sized without being decoded.
    @Test func sizesAttachments() throws {
        for count in 0..<100 {
            let raw = String(repeating: "QUJD", count: count / 3) + ["", "QQ==", "QUI="][count % 3]
            let message = try readText("Content-Type: application/pdf\nContent-Transfer-Encoding: base64\n\n\(raw)")
            #expect(message.root.decodedBytes == count / 3 * 3 + count % 3)
            #expect(message.problems.isEmpty)
        }
    }

    /// Sizing looks at many characters at once, decoding at each: they agree on what is no base64 and where it ends.
    @Test func sizesWhatIsNoBase64AsItIsDecoded() throws {
        let mixed = Array("ABCXYZabcxyz0189+/ABCXYZabcxyz0189+/ \t".utf8)
        for round in 0..<400 {
            var text = (0..<Int.random(in: 0...700)).map { $0 % 78 == 77 ? 10 : mixed.randomElement() ?? 65 }
            for _ in 0..<round % 3 where !text.isEmpty {
                text[Int.random(in: text.indices)] = [42, 45, 128, 255].randomElement() ?? 42
            }
            if round % 5 == 0 { text += Array("==".utf8) }
            let head = Array("Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n".utf8)
            let message = try read(received(MessageBytes(bytes: head + text)), limits: Limits())
            let decoded = try TransferDecoder.decode(MessageBytes(bytes: text), .base64)
            #expect(message.root.decodedBytes == decoded.octets.count)
        }
    }
}

// Armored blocks in texts: found wherever they stand, and no octet of the text lost, whatever it holds.

import MIME
import Testing

struct ArmoredTextTests {
    private static let data = String(repeating: "hF4DNAHYnE7JrhYS", count: 4)
    private static let block = "-----BEGIN PGP MESSAGE-----\n\n\(data)\n=abcd\n-----END PGP MESSAGE-----\n"

    private func blocks(_ text: String, isMarkup: Bool = false) -> [ArmoredText.Block] {
        ArmoredText(Array(text.utf8), isMarkup: isMarkup).pieces.compactMap {
            if case .block(let block) = $0 { block } else { nil }
        }
    }

    /// All octets of a text's pieces.
    private func joined(_ text: ArmoredText) -> [UInt8] {
        text.pieces.flatMap { piece in
            switch piece {
            case .text(let octets): octets
            case .block(let block): block.raw
            }
        }
    }

    @Test(arguments: [
        (block, 1), ("a\n\(block)b\n\(block)", 2), ("> \(block.replacing("\n", with: "\n> "))", 1),
        ("  \(block.replacing("\n", with: " \r\n\t"))", 1), ("talk of -----BEGIN PGP MESSAGE----- only", 0),
        ("-----BEGIN PGP MESSAGE-----\nand so on\n", 0), ("-----BEGIN PGP MESSAGE-----\n\n\(data)\n\(block)", 2),
        ("-----END PGP MESSAGE-----\n\(block)", 1),
    ]) func finds(_ text: String, _ count: Int) {
        let found = blocks(text)
        #expect(found.count == count)
        for block in found where !block.isCut { #expect(String(decoding: block.armor, as: UTF8.self) == Self.block) }
    }

    @Test func readsHeadersOfArmor() {
        let text = Self.block.replacing("-----\n\n", with: "-----\nVersion: x\ncharset: ISO-8859-1 \nComment: > y\n\n")
        #expect(blocks(text).map(\.charset) == ["ISO-8859-1"])
        #expect(blocks(text).first.map { String(decoding: $0.armor, as: UTF8.self) } == Self.block)
    }

    @Test func findsBlocksInsideOfLinesOfHTML() {
        for end in ["\n", "<br>", "<br/>\r\n", "</p>\n<p>", "&#10;"] {
            let html =
                "<p>x " + Self.block.dropLast().replacing("\n", with: end).replacing("=", with: "&#61;") + " y</p>"
            let found = blocks(html, isMarkup: true)
            #expect(found.count == 1, "\(end)")
            #expect(found.first.map { String(decoding: $0.armor, as: UTF8.self) } == Self.block, "\(end)")
        }
    }

    @Test func losesNoOctet() {
        var generator = SystemRandomNumberGenerator()
        let pieces = [
            Self.block, "-----BEGIN PGP MESSAGE-----", "-----END PGP MESSAGE-----", "\n", "\r\n", "> ", "<", ">", "&",
            "&#61;",
            Self.data, "x: y", "\u{fc}", "-----BEGIN PGP MESSAGE-----\n", "-----END PGP MESSAGE-----\n",
        ]
        for _ in 0..<2000 {
            let text = (0..<Int.random(in: 0...12, using: &generator)).compactMap { _ in
                pieces.randomElement(using: &generator)
            }.joined()
            for isMarkup in [false, true] {
                #expect(joined(ArmoredText(Array(text.utf8), isMarkup: isMarkup)) == Array(text.utf8), "\(text)")
            }
        }
    }

    @Test func hostileTextsAreReadInOnePass() {
        // Each of these would take hours if it were read again for every mark.
        for piece in [
            "-----BEGIN PGP MESSAGE-----\n", "-----BEGIN PGP MESSAGE-----<&", "-----END PGP MESSAGE-----\n", "<",
        ] {
            let octets = Array(("-----BEGIN PGP MESSAGE-----" + String(repeating: piece, count: 200_000)).utf8)
            for isMarkup in [false, true] { #expect(joined(ArmoredText(octets, isMarkup: isMarkup)) == octets) }
        }
    }
}

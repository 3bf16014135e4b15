// What the client writes after 354, however the message is cut into chunks.

import Mail
import NIOCore
import SMTP
import Testing

@Suite struct ClientContentTests {
    private func written(_ chunks: [String]) throws -> (text: String, pieces: [ByteBuffer]) {
        var content = ClientContent(MessageBytes(joining: chunks.map { MessageBytes($0) }))
        var pieces: [ByteBuffer] = []
        while let piece = try content.next() { pieces.append(piece) }
        pieces.append(content.finalDot())
        return (pieces.map { String(buffer: $0) }.joined(), pieces)
    }

    @Test(arguments: [
        ("", ".\r\n"),
        ("a\r\n", "a\r\n.\r\n"),
        ("a", "a\r\n.\r\n"),
        ("a\r", "a\r\r\n.\r\n"),
        (".", "..\r\n.\r\n"),
        (".\r\n", "..\r\n.\r\n"),
        ("..\r\n.", "...\r\n..\r\n.\r\n"),
        ("a.\r\n.b", "a.\r\n..b\r\n.\r\n"),
        // A bare LF or CR is no line end here, but a lenient hop might take it for one.
        ("a\n.\nb", "a\n..\nb\r\n.\r\n"),
        ("a\r.\rb", "a\r..\rb\r\n.\r\n"),
    ])
    func dotsAreStuffedWhereverTheMessageIsCut(raw: String, stuffed: String) throws {
        let octets = Array(raw.utf8)
        for mask in 0..<(1 << max(0, octets.count - 1)) {
            var chunks: [String] = [""]
            for (index, octet) in octets.enumerated() {
                chunks[chunks.count - 1].unicodeScalars.append(Unicode.Scalar(octet))
                if mask & (1 << index) != 0 { chunks.append("") }
            }
            #expect(try written(chunks).text == stuffed)
        }
    }

    @Test func chunksWithoutSuchDotsAreHandedOnUncopied() throws {
        let chunk = ByteBuffer(string: "no dot. at a. line start.\r\n")
        var content = ClientContent(MessageBytes(joining: [MessageBytes(chunk), MessageBytes(".stuffed\r\n")]))
        let first = try #require(try content.next())
        let address = chunk.withUnsafeReadableBytes { $0.baseAddress }
        #expect(first.withUnsafeReadableBytes { $0.baseAddress } == address)
        #expect(try content.next() == ByteBuffer(string: "..stuffed\r\n"))
        #expect(try content.next() == nil)
        #expect(content.finalDot() == ByteBuffer(string: ".\r\n"))
    }
}

// The rope: slices, joins and readers give the same bytes however they are cut.

import Mail
import NIOCore
import Testing

struct MessageBytesTests {
    private static let text = "From: a\r\n\r\nHello, world. 0123456789"

    /// The text cut into segments of `size`.
    private static func rope(_ size: Int) -> MessageBytes {
        let bytes = Array(text.utf8)
        return MessageBytes(
            joining: stride(from: 0, to: bytes.count, by: size).map {
                MessageBytes(bytes: bytes[$0..<min($0 + size, bytes.count)])
            })
    }

    @Test(arguments: 1...36)
    func cutsDoNotMatter(_ size: Int) throws {
        let rope = Self.rope(size)
        let bytes = Array(Self.text.utf8)
        #expect(try rope.copy() == bytes)
        #expect(rope == MessageBytes(Self.text))
        for lower in stride(from: 0, through: bytes.count, by: 5) {
            for upper in stride(from: lower, through: bytes.count, by: 7) {
                #expect(try rope.slice(lower..<upper).copy() == Array(bytes[lower..<upper]))
            }
        }
        var reader = rope.makeReader()
        var read: [UInt8] = []
        var window = [UInt8](repeating: 0, count: 7)
        while true {
            let count = try window.withUnsafeMutableBytes { (target) throws(Refusal) in try reader.read(into: target) }
            if count == 0 { break }
            read += window[..<count]
        }
        #expect(read == bytes)
        var chunks = rope.makeReader()
        var joined = ByteBuffer()
        while var chunk = try chunks.next() { joined.writeBuffer(&chunk) }
        #expect(Array(joined.readableBytesView) == bytes)
    }

    @Test func rangesOutsideAreCut() throws {
        let bytes = MessageBytes("abc")
        #expect(bytes.slice(1..<100) == MessageBytes("bc"))
        #expect(bytes.slice(7..<9).isEmpty)
        #expect(bytes.slice(-5..<1) == MessageBytes("a"))
        #expect(MessageBytes.empty.slice(0..<1).isEmpty)
    }

    @Test func builderKeepsOrder() throws {
        var builder = MessageBytes.Builder()
        var expected: [UInt8] = []
        for size in [1, 100, 70_000, 3, 65_536, 0, 5] {
            let piece = (0..<size).map { UInt8(truncatingIfNeeded: $0 &+ size) }
            builder.append(ByteBuffer(bytes: piece))
            expected += piece
        }
        builder.append("end")
        builder.append(MessageBytes("!"))
        #expect(builder.count == expected.count + 4)
        #expect(try builder.finish().copy() == expected + Array("end!".utf8))
        #expect(builder.count == 0)
    }

    @Test func neverShowsContent() {
        #expect("\(MessageBytes("secret"))" == "[6 bytes]")
        #expect(!"\(Secret("hunter2"))".contains("hunter2"))
        #expect(!String(reflecting: Secret("hunter2")).contains("hunter2"))
    }
}

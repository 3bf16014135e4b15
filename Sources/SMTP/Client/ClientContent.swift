// The content of a message as the client writes it after 354: dot-stuffed, piece by piece (RFC 5321 section 4.5.2).
// Takes a rope; gives buffers. A chunk in which no dot must be doubled is handed on as it is, not copied.

import Glibc
package import Mail
package import NIOCore

/// Pulls stuffed pieces out of a message; a value.
package struct ClientContent: Sendable {
    private var reader: MessageBytes.Reader
    private var stuffer = DotStuffer()
    private var previous: UInt8 = 10

    /// - Parameter content: the message, not stuffed; where its last line lacks CRLF, it gets one.
    package init(_ content: MessageBytes) { reader = content.makeReader() }

    /// The next piece before the final dot, or nil where there is no more of them.
    /// - Throws: a ``Refusal`` of cause `storage` where the bytes cannot be read back.
    package mutating func next() throws(Refusal) -> ByteBuffer? {
        while let chunk = try reader.next() {
            if chunk.readableBytes > 0 { return stuffed(chunk) }
        }
        return nil
    }

    /// The end: `.` CRLF, and CRLF before it where the message lacks it. Only after ``next()`` has given nil.
    package mutating func finalDot() -> ByteBuffer {
        var end = ByteBuffer()
        stuffer.finish(into: &end)
        return end
    }

    private mutating func stuffed(_ chunk: ByteBuffer) -> ByteBuffer {
        chunk.withUnsafeReadableBytes { bytes in
            guard let last = bytes.last else { return chunk }
            defer { previous = last }
            var target = ByteBuffer()
            if Self.hasDotAtLineStart(bytes, after: previous) {
                stuffer.stuff(bytes, into: &target)
                return target
            }
            // The stuffer remembers the last two octets only: showing it these is as good as showing it the chunk.
            stuffer.stuff(UnsafeRawBufferPointer(rebasing: bytes.suffix(2)), into: &target)
            return chunk
        }
    }

    private static func hasDotAtLineStart(_ bytes: UnsafeRawBufferPointer, after previous: UInt8) -> Bool {
        guard let base = bytes.baseAddress else { return false }
        var searched = 0
        while searched < bytes.count, let hit = memchr(base + searched, 46, bytes.count - searched) {
            let dot = base.distance(to: UnsafeRawPointer(hit))
            let before = dot == 0 ? previous : bytes[dot - 1]
            if before == 10 || before == 13 { return true }
            searched = dot + 1
        }
        return false
    }
}

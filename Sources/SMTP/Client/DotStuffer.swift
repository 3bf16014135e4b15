// Dot-stuffing of a message for DATA (RFC 5321 section 4.5.2), chunk after chunk. Pure; cannot fail.

import Glibc
package import NIOCore

/// Writes a message as DATA wants it: a dot at the start of a line doubled, `CRLF.CRLF` at the end.
///
/// A dot after a bare CR or LF is doubled too: messages of ours have none, and where one came through a gap, a lenient
/// receiver must not read `LF . LF` as the end of the message (SMTP smuggling).
package struct DotStuffer: Sendable {
    private var atLineStart = true
    private var lastTwo: (UInt8, UInt8) = (13, 10)

    /// At the start of a message.
    package init() {}

    /// Appends one chunk of the message to `target`, stuffed.
    package mutating func stuff(_ chunk: UnsafeRawBufferPointer, into target: inout ByteBuffer) {
        guard let base = chunk.baseAddress, chunk.count > 0 else { return }
        target.reserveCapacity(minimumWritableBytes: chunk.count + 8)
        var written = 0
        var searched = 0
        if atLineStart, chunk[0] == UInt8(ascii: ".") {
            target.writeInteger(UInt8(ascii: "."))
            searched = 1
        }
        // Dots are rarer than line ends in all mail that matters (none at all in base64), so they are what is sought.
        while searched < chunk.count, let hit = memchr(base + searched, 46, chunk.count - searched) {
            let dot = base.distance(to: UnsafeRawPointer(hit))
            if dot > 0, Self.isLineEnd(chunk[dot - 1]) {
                target.writeBytes(UnsafeRawBufferPointer(rebasing: chunk[written..<dot]))
                target.writeInteger(UInt8(ascii: "."))
                written = dot
            }
            searched = dot + 1
        }
        target.writeBytes(UnsafeRawBufferPointer(rebasing: chunk[written...]))
        lastTwo = (chunk.count > 1 ? chunk[chunk.count - 2] : lastTwo.1, chunk[chunk.count - 1])
        atLineStart = Self.isLineEnd(lastTwo.1)
    }

    /// Appends the end: CRLF where the message lacks it, then `.` CRLF. The stuffer is at the start again afterwards.
    package mutating func finish(into target: inout ByteBuffer) {
        target.writeStaticString(lastTwo == (13, 10) ? ".\r\n" : "\r\n.\r\n")
        self = DotStuffer()
    }

    private static func isLineEnd(_ octet: UInt8) -> Bool { octet == 10 || octet == 13 }
}

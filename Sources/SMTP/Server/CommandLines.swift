// Cutting the inbound buffer into command lines (RFC 5321 section 2.3.8: lines end with CRLF, nothing else).
// Takes the buffer; gives one line, "more is needed", or a CommandError. Holds no bytes of its own.

import NIOCore

/// The line reader of a session's command phase.
struct CommandLines: Sendable {
    private var isSkipping = false

    /// The next line without its CRLF, taken out of `buffer`; nil where there is no whole line.
    ///
    /// A line that is too long is thrown away to its end, however much that is, and reported there.
    /// - Parameter limitBytes: longest line with its CRLF.
    /// - Throws: `badLineEnding` for a bare CR or LF, after which the input means nothing; `tooLong`.
    mutating func next(from buffer: inout ByteBuffer, limitBytes: Int) throws(CommandError) -> [UInt8]? {
        let view = buffer.readableBytesView
        guard let end = view.firstIndex(where: { $0 == 13 || $0 == 10 }) else {
            if isSkipping || view.count > limitBytes - 2 {
                isSkipping = true
                buffer.moveReaderIndex(forwardBy: view.count)
            }
            return nil
        }
        guard view[end] == 13 else { throw .badLineEnding }
        guard end + 1 < view.endIndex else {
            // The LF may be in the next segment; the text before the CR is not needed where it is too long already.
            if isSkipping { buffer.moveReaderIndex(to: end) }
            return nil
        }
        guard view[end + 1] == 10 else { throw .badLineEnding }
        let length = end - view.startIndex
        let wasSkipping = isSkipping
        isSkipping = false
        let isTooLong = wasSkipping || length + 2 > limitBytes
        let line = isTooLong ? [] : Array(view[view.startIndex..<end])
        buffer.moveReaderIndex(to: end + 2)
        if isTooLong { throw .tooLong(limitBytes: limitBytes) }
        return line
    }
}

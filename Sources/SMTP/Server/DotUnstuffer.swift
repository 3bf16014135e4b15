// Receiving DATA (RFC 5321 sections 4.1.1.4 and 4.5.2): dots off, the end found, bad messages swallowed.
// Takes buffers as they come off the wire; gives the message or a Refusal. Memory is bounded by the limit on messages.
//
// Only CR LF . CR LF ends the message. A bare CR or LF is never a line end, so none of the "end of data" that other
// servers know (LF . LF, CR . CR, LF . CR LF, ...) is one here: the message goes on to its real end and is refused
// there. A client that hides a second message behind such an ending gets neither delivered (SMTP smuggling).

package import Mail
package import NIOCore
package import SettingValues

/// The receiver of one message. Make a new one for each DATA.
package struct DotUnstuffer: Sendable {
    /// What one call found.
    package enum Outcome: Sendable {
        /// The buffer is used up and the message has not ended.
        case needMore
        /// The message has ended; what follows it is still in the buffer.
        case message(MessageBytes, hasEightBit: Bool)
        /// The message has ended and is not taken; what follows it is still in the buffer.
        case refused(Refusal)
    }

    private enum Position { case lineStart, dot, dotCR, text, textCR }

    private var position = Position.lineStart
    private var content: ContentCollector

    /// - Parameters:
    ///   - limits: `messageBytes` and `textLineBytes` are used.
    ///   - loan: what the message has taken from the budget; grows with it. Nil where nobody counts.
    ///   - spool: what of the message stays in memory.
    package init(limits: Limits, loan: ByteLoan? = nil, spool: SpoolPolicy = .memoryOnly) {
        self.content = ContentCollector(limits: limits, loan: loan, spool: spool)
    }

    /// Takes bytes out of `buffer`, up to the end of the message.
    package mutating func take(from buffer: inout ByteBuffer) -> Outcome {
        var ended = false
        buffer.readWithUnsafeReadableBytes { octets in
            let (used, end) = scan(octets)
            ended = end
            return used
        }
        guard ended else { return .needMore }
        return switch content.finish() {
        case .success(let bytes): .message(bytes, hasEightBit: content.hasEightBit)
        case .failure(let refusal): .refused(refusal)
        }
    }

    /// - Returns: how many octets belong to the message, and whether it has ended with them.
    private mutating func scan(_ octets: UnsafeRawBufferPointer) -> (used: Int, ended: Bool) {
        var index = 0
        var runStart = 0
        while index < octets.count {
            switch position {
            case .lineStart:
                content.beginLine()
                guard octets[index] == UInt8(ascii: ".") else {
                    position = .text
                    continue
                }
                content.keep(octets[runStart..<index])
                index += 1
                runStart = index
                position = .dot
            case .dot:
                guard octets[index] == 13 else {
                    position = .text
                    continue
                }
                index += 1
                runStart = index
                position = .dotCR
            case .dotCR:
                guard octets[index] == 10 else {
                    // The dot and the CR are lost to the content, which no longer matters.
                    content.fail(.bareLineEnd)
                    position = .text
                    continue
                }
                return (index + 1, true)
            case .text:
                let (next, stop) = content.scanText(octets, from: index)
                index = next
                switch stop {
                case .end: break
                case .carriageReturn: position = .textCR
                case .lineEnd: position = .lineStart
                }
            case .textCR:
                guard octets[index] == 10 else {
                    content.fail(.bareLineEnd)
                    position = .text
                    continue
                }
                index += 1
                position = .lineStart
            }
        }
        content.keep(octets[runStart..<octets.count])
        return (octets.count, false)
    }
}

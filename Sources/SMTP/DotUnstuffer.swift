// Receiving DATA (RFC 5321 sections 4.1.1.4 and 4.5.2): dots off, the end found, bad messages swallowed.
// Takes buffers as they come off the wire; gives the message or a Refusal. Memory is bounded by the spool policy.
//
// Only CR LF . CR LF ends the message. A bare CR or LF is never a line end, so none of the "end of data" that other
// servers know (LF . LF, CR . CR, LF . CR LF, ...) is one here: the message goes on to its real end and is refused
// there. Whoever hides a second message behind such an ending gets neither delivered (SMTP smuggling).

import Glibc
package import Mail
package import NIOCore

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
    private enum Fault { case bareLineEnd, longLine, tooBig }

    private let messageBytes: Int
    private let lineBytes: Int
    private var position = Position.lineStart
    private var content: MessageBytes.Builder
    private var contentBytes = 0
    private var currentLineBytes = 0
    private var hasEightBit = false
    private var fault: Fault?

    /// - Parameters:
    ///   - limits: `messageBytes` and `textLineBytes` are used.
    ///   - spool: what of the message stays in memory.
    package init(limits: Limits, spool: SpoolPolicy = .memoryOnly) {
        self.content = MessageBytes.Builder(spool: spool)
        self.messageBytes = limits.messageBytes
        self.lineBytes = limits.textLineBytes
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
        if let refusal { return .refused(refusal) }
        do throws(Refusal) {
            return .message(try content.finish(), hasEightBit: hasEightBit)
        } catch {
            return .refused(error)
        }
    }

    /// - Returns: how many octets belong to the message, and whether it has ended with them.
    private mutating func scan(_ octets: UnsafeRawBufferPointer) -> (used: Int, ended: Bool) {
        var index = 0
        var runStart = 0
        while index < octets.count {
            switch position {
            case .lineStart:
                currentLineBytes = 0
                guard octets[index] == UInt8(ascii: ".") else {
                    position = .text
                    continue
                }
                keep(octets[runStart..<index])
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
                    fail(.bareLineEnd)
                    position = .text
                    continue
                }
                return (index + 1, true)
            case .text: index = scanText(octets, from: index)
            case .textCR:
                guard octets[index] == 10 else {
                    fail(.bareLineEnd)
                    position = .text
                    continue
                }
                index += 1
                position = .lineStart
            }
        }
        keep(octets[runStart..<octets.count])
        return (octets.count, false)
    }

    /// Goes to behind the next CR, or CRLF where both are there. Two `memchr` a line are all that large mail costs.
    private mutating func scanText(_ octets: UnsafeRawBufferPointer, from start: Int) -> Int {
        guard let base = octets.baseAddress else { return octets.count }  // unreachable
        let hit = memchr(base + start, 13, octets.count - start)
        let carriageReturn = hit.map { base.distance(to: UnsafeRawPointer($0)) } ?? octets.count
        if memchr(base + start, 10, carriageReturn - start) != nil { fail(.bareLineEnd) }
        currentLineBytes += carriageReturn - start
        if currentLineBytes + 2 > lineBytes { fail(.longLine) }
        guard carriageReturn < octets.count else { return octets.count }
        guard carriageReturn + 1 < octets.count, octets[carriageReturn + 1] == 10 else {
            position = .textCR
            return carriageReturn + 1
        }
        position = .lineStart
        return carriageReturn + 2
    }

    private mutating func keep(_ run: Slice<UnsafeRawBufferPointer>) {
        guard fault == nil, !run.isEmpty else { return }
        let octets = UnsafeRawBufferPointer(rebasing: run)
        contentBytes += octets.count
        guard contentBytes <= messageBytes else { return fail(.tooBig) }
        if !hasEightBit { hasEightBit = Self.hasEightBit(octets) }
        content.append(octets)
    }

    /// The first fault decides; the memory held so far is given back at once.
    private mutating func fail(_ what: Fault) {
        guard fault == nil else { return }
        fault = what
        content = MessageBytes.Builder()
    }

    private var refusal: Refusal? {
        switch fault {
        case nil: nil
        case .bareLineEnd: Refusal(.badLineEnding, "the message holds a CR or LF that is not part of CRLF")
        case .longLine: Refusal(.badLineEnding, "a line of the message exceeds \(lineBytes) bytes")
        case .tooBig: Refusal(.messageTooBig, "the message exceeds \(messageBytes) bytes")
        }
    }

    private static func hasEightBit(_ octets: UnsafeRawBufferPointer) -> Bool {
        var offset = 0
        while offset + 32 <= octets.count {
            let a = octets.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            let b = octets.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self)
            let c = octets.loadUnaligned(fromByteOffset: offset + 16, as: UInt64.self)
            let d = octets.loadUnaligned(fromByteOffset: offset + 24, as: UInt64.self)
            if (a | b | c | d) & 0x8080_8080_8080_8080 != 0 { return true }
            offset += 32
        }
        return octets[offset...].contains { $0 > 127 }
    }
}

// Puts a message together again from what an MTA tells a milter: header fields one by one, then chunks of the body.
// Takes octets; gives the message with CRLF lines, or a Refusal at its end. Memory is bounded by the limit on messages.
//
// A header value comes as it stood behind the colon, its folds as LF (Postfix and Sendmail) or CRLF. Everything that
// would make our reading differ from the MTA's (a bare CR, a line feed that is no fold, a name that is none) makes the
// message refused: what is judged must be what is delivered.

import Glibc
import Mail
import NIOCore
import SettingValues

/// The content of one message while it comes in.
struct MilterContent: Sendable {
    private let messageBytes: Int
    private let lineBytes: Int
    private let leadingSpace: Bool
    private let spool: SpoolPolicy
    private var builder: MessageBytes.Builder
    private var headerEnded = false
    private var endsInReturn = false
    private var currentLineBytes = 0
    /// True where an octet above 127 has been seen.
    private(set) var hasEightBit = false
    /// Bytes that are kept in memory or in a file.
    private(set) var heldBytes = 0
    /// Why the message is not taken; the first reason stands, and nothing is kept any more.
    private(set) var fault: Refusal?

    /// - Parameters:
    ///   - limits: `messageBytes` and `textLineBytes` are used.
    ///   - keepsLeadingSpace: true where the MTA gives the space behind the colon with the value.
    init(limits: Limits, keepsLeadingSpace: Bool, spool: SpoolPolicy = .memoryOnly) {
        self.spool = spool
        builder = MessageBytes.Builder(spool: spool)
        messageBytes = limits.messageBytes
        lineBytes = limits.textLineBytes
        leadingSpace = !keepsLeadingSpace
    }

    /// Takes one header field.
    mutating func addHeader(name: [UInt8], value: [UInt8]) {
        guard fault == nil else { return }
        guard !name.isEmpty, name.allSatisfy({ $0 > 32 && $0 < 127 && $0 != UInt8(ascii: ":") }) else {
            return fail(Refusal(.badLineEnding, "a header field has a name that cannot be read"))
        }
        var field = name
        field.reserveCapacity(name.count + value.count + 8)
        field.append(UInt8(ascii: ":"))
        if leadingSpace { field.append(32) }
        for (index, octet) in value.enumerated() {
            let next = index + 1 < value.count ? value[index + 1] : nil
            switch octet {
            case 13:
                guard next == 10 else { return fail(Self.bareLineEnd) }
            case 10:
                // Anything but white space behind it would begin a field that the MTA does not know of.
                guard next == 32 || next == 9 else { return fail(Self.bareLineEnd) }
                if index == 0 || value[index - 1] != 13 { field.append(13) }
            default: break
            }
            field.append(octet)
        }
        field += [13, 10]
        field.withUnsafeBytes { keep($0) }
    }

    /// The header has ended; what comes is the body. Called again it does nothing.
    mutating func endHeader() {
        guard !headerEnded else { return }
        headerEnded = true
        withUnsafeBytes(of: (UInt8(13), UInt8(10))) { keep($0) }
    }

    /// Takes a piece of the body.
    mutating func addBody(_ piece: ByteBuffer) {
        endHeader()
        guard fault == nil, piece.readableBytes > 0 else { return }
        piece.withUnsafeReadableBytes { octets in
            checkLines(octets)
            guard fault == nil else { return }
            keep(octets)
        }
    }

    /// Gives up what is held, and remembers why.
    mutating func fail(_ why: Refusal) {
        guard fault == nil else { return }
        fault = why
        builder = MessageBytes.Builder()
        heldBytes = 0
    }

    /// The whole message.
    mutating func finish() throws(Refusal) -> MessageBytes {
        endHeader()
        if endsInReturn { fail(Self.bareLineEnd) }
        if let fault { throw fault }
        return try builder.finish()
    }

    private mutating func keep(_ octets: UnsafeRawBufferPointer) {
        guard fault == nil else { return }
        guard heldBytes + octets.count <= messageBytes else {
            return fail(Refusal(.messageTooBig, "the message exceeds \(messageBytes) bytes"))
        }
        heldBytes += octets.count
        if !hasEightBit { hasEightBit = octets.contains { $0 > 127 } }
        builder.append(octets)
    }

    /// Every CR is followed by LF and every LF stands behind a CR, across pieces. Two `memchr` a line.
    private mutating func checkLines(_ octets: UnsafeRawBufferPointer) {
        guard let base = octets.baseAddress else { return }  // unreachable
        var index = 0
        while index < octets.count {
            if endsInReturn {
                guard octets[index] == 10 else { return fail(Self.bareLineEnd) }
                endsInReturn = false
                currentLineBytes = 0
                index += 1
                continue
            }
            let left = octets.count - index
            let hit = memchr(base + index, 13, left)
            let length = hit.map { (base + index).distance(to: UnsafeRawPointer($0)) } ?? left
            if memchr(base + index, 10, length) != nil { return fail(Self.bareLineEnd) }
            currentLineBytes += length
            if currentLineBytes + 2 > lineBytes {
                return fail(Refusal(.badLineEnding, "a line of the message exceeds \(lineBytes) bytes"))
            }
            index += length
            if hit != nil {
                endsInReturn = true
                index += 1
            }
        }
    }

    private static let bareLineEnd = Refusal(
        .badLineEnding, "the message holds a CR or LF that is not part of CRLF")
}

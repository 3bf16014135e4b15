// What DATA and BDAT have in common: the octets of a message kept within limits and budget, and its lines looked at.
// Takes octets as they come; gives the message, or why it is not taken. Memory is bounded by the spool policy.

import Glibc
import Mail

/// The content of one message as it comes in.
struct ContentCollector: Sendable {
    /// Why a message is not taken; the first that is found counts.
    enum Fault {
        case bareLineEnd, longLine, tooBig, noRoom
        /// It could not be kept.
        case lost(Refusal)
    }

    /// Where a look at text stopped.
    enum Stop {
        /// At the end of what is there.
        case end
        /// Behind a CR whose LF is not there.
        case carriageReturn
        /// Behind CRLF.
        case lineEnd
    }

    private let messageBytes: Int
    private let lineBytes: Int
    private let loan: ByteLoan?
    private var content: MessageBytes.Builder
    private var lentBytes: Int
    private var currentLineBytes = 0
    private(set) var hasEightBit = false
    private(set) var fault: Fault?
    /// Octets of content so far, kept or not.
    private(set) var count = 0

    /// - Parameters:
    ///   - limits: `messageBytes` and `textLineBytes` are used.
    ///   - loan: grows with the content; nil where nobody counts.
    ///   - spool: what of the content stays in memory.
    init(limits: Limits, loan: ByteLoan?, spool: SpoolPolicy) {
        self.content = MessageBytes.Builder(spool: spool)
        self.messageBytes = limits.messageBytes
        self.lineBytes = limits.textLineBytes
        self.loan = loan
        self.lentBytes = loan?.heldBytes ?? .max
    }

    /// Keeps a run of octets.
    mutating func keep(_ run: Slice<UnsafeRawBufferPointer>) {
        guard !run.isEmpty else { return }
        let octets = UnsafeRawBufferPointer(rebasing: run)
        count += octets.count
        guard fault == nil else { return }
        guard count <= messageBytes else { return fail(.tooBig) }
        if count > lentBytes, let loan {
            guard loan.grow(toHold: count) else { return fail(.noRoom) }
            lentBytes = loan.heldBytes
        }
        if !hasEightBit { hasEightBit = Self.hasEightBit(octets) }
        content.append(octets)
        if let failure = content.failure { fail(.lost(failure)) }
    }

    /// The first fault decides; the memory held so far is given back at once.
    mutating func fail(_ what: Fault) {
        guard fault == nil else { return }
        fault = what
        content = MessageBytes.Builder()
        loan?.giveBack()
    }

    /// Looks at text from `start` to behind the next CR, or CRLF where both are there. Two `memchr` a line are all that
    /// large mail costs.
    mutating func scanText(_ octets: UnsafeRawBufferPointer, from start: Int) -> (next: Int, stop: Stop) {
        guard let base = octets.baseAddress, start < octets.count else { return (octets.count, .end) }
        let hit = memchr(base + start, 13, octets.count - start)
        let carriageReturn = hit.map { base.distance(to: UnsafeRawPointer($0)) } ?? octets.count
        if memchr(base + start, 10, carriageReturn - start) != nil { fail(.bareLineEnd) }
        currentLineBytes += carriageReturn - start
        if currentLineBytes + 2 > lineBytes { fail(.longLine) }
        guard carriageReturn < octets.count else { return (octets.count, .end) }
        guard carriageReturn + 1 < octets.count, octets[carriageReturn + 1] == 10 else {
            return (carriageReturn + 1, .carriageReturn)
        }
        return (carriageReturn + 2, .lineEnd)
    }

    /// A new line begins.
    mutating func beginLine() { currentLineBytes = 0 }

    /// The message, or why it is not taken; nothing is held afterwards.
    mutating func finish() -> Result<MessageBytes, Refusal> {
        if let refusal { return .failure(refusal) }
        loan?.shrink(toHold: count)
        do throws(Refusal) { return .success(try content.finish()) } catch { return .failure(error) }
    }

    /// Why the message is not taken, as far as that is known.
    var refusal: Refusal? {
        switch fault {
        case nil: nil
        case .bareLineEnd: Refusal(.badLineEnding, "the message holds a CR or LF that is not part of CRLF")
        case .longLine: Refusal(.badLineEnding, "a line of the message exceeds \(lineBytes) bytes")
        case .tooBig: Refusal(.messageTooBig, "the message exceeds \(messageBytes) bytes")
        case .noRoom: Self.noRoom
        case .lost(let refusal): refusal
        }
    }

    /// Why nothing more is taken at the moment.
    static var noRoom: Refusal { Refusal(.noRoom, "too much mail at the moment, try again later") }

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

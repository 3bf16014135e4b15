// Receiving BDAT (RFC 3030): chunks of announced length, of which the message is made.
// Takes buffers as they come off the wire; gives the end of a chunk, the message or a Refusal.
//
// There is no BINARYMIME here: what goes on by DATA or by BDAT to others must be lines that end with CRLF. A bare CR or
// LF in a chunk is refused as in DATA, so that nothing which another server takes for an end of data gets through this
// door either. A CRLF may be cut by the border of two chunks. Line ends mean nothing to the framing: a chunk is as long
// as was said, and a message that does not end with CRLF gets none here.

import Mail
import NIOCore

/// The receiver of one message in chunks. Make a new one for each first BDAT.
struct ChunkReceiver: Sendable {
    /// What one call found.
    enum Outcome: Sendable {
        /// The buffer is used up and the chunk has not ended.
        case needMore
        /// A chunk that is not the last has ended, and all is well.
        case chunk(bytes: Int)
        /// The last chunk has ended.
        case message(MessageBytes, hasEightBit: Bool)
        /// A chunk has ended, and the message will not be taken.
        case refused(Refusal, wasLast: Bool)
    }

    private var content: ContentCollector
    private var chunkBytes = 0
    private var remainingBytes = 0
    private var isLast = false
    private var isBehindCR = false

    init(limits: Limits, loan: ByteLoan?, spool: SpoolPolicy) {
        self.content = ContentCollector(limits: limits, loan: loan, spool: spool)
    }

    /// Octets of the chunks so far.
    var count: Int { content.count }

    /// A chunk begins.
    mutating func begin(bytes: Int, isLast: Bool) {
        chunkBytes = bytes
        remainingBytes = bytes
        self.isLast = isLast
    }

    /// Takes bytes out of `buffer`, up to the end of the chunk.
    mutating func take(from buffer: inout ByteBuffer) -> Outcome {
        let taken = min(remainingBytes, buffer.readableBytes)
        buffer.readWithUnsafeReadableBytes { octets in
            let piece = octets[..<taken]
            look(at: UnsafeRawBufferPointer(rebasing: piece))
            content.keep(piece)
            return taken
        }
        remainingBytes -= taken
        guard remainingBytes == 0 else { return .needMore }
        if isLast, isBehindCR { content.fail(.bareLineEnd) }
        guard isLast, content.fault == nil else {
            return content.refusal.map { .refused($0, wasLast: isLast) } ?? .chunk(bytes: chunkBytes)
        }
        return switch content.finish() {
        case .success(let bytes): .message(bytes, hasEightBit: content.hasEightBit)
        case .failure(let refusal): .refused(refusal, wasLast: true)
        }
    }

    private mutating func look(at octets: UnsafeRawBufferPointer) {
        var index = 0
        while index < octets.count, content.fault == nil {
            if isBehindCR {
                isBehindCR = false
                guard octets[index] == 10 else { return content.fail(.bareLineEnd) }
                content.beginLine()
                index += 1
                continue
            }
            let (next, stop) = content.scanText(octets, from: index)
            index = next
            switch stop {
            case .end: break
            case .carriageReturn: isBehindCR = true
            case .lineEnd: content.beginLine()
            }
        }
    }
}

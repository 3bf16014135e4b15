// Frames of the milter protocol, both ways: four octets of length (big-endian), one octet of command, data.
// Takes bytes off the wire however they are cut; gives frames or says why not. Pure; never traps; holds nothing itself.
// Source: Sendmail's libmilter (include/libmilter/mfdef.h), version 6; there is no RFC.

package import NIOCore

/// What an MTA says. The raw value is the octet on the wire.
package enum MilterCommand: UInt8, Sendable, CaseIterable {
    case abort = 0x41  // A
    case body = 0x42  // B
    case connect = 0x43  // C
    case macro = 0x44  // D
    case bodyEnd = 0x45  // E
    case hello = 0x48  // H
    case quitNewConnection = 0x4B  // K
    case header = 0x4C  // L
    case mail = 0x4D  // M
    case headerEnd = 0x4E  // N
    case negotiate = 0x4F  // O
    case quit = 0x51  // Q
    case recipient = 0x52  // R
    case data = 0x54  // T
    case unknown = 0x55  // U
}

/// What a filter answers. The raw value is the octet on the wire.
package enum MilterResponse: UInt8, Sendable, CaseIterable {
    case addRecipient = 0x2B  // +
    case deleteRecipient = 0x2D  // -
    case accept = 0x61  // a
    case replaceBody = 0x62  // b
    case proceed = 0x63  // c, SMFIR_CONTINUE
    case discard = 0x64  // d
    case addHeader = 0x68  // h
    case insertHeader = 0x69  // i
    case changeHeader = 0x6D  // m
    case progress = 0x70  // p
    case reject = 0x72  // r
    case skip = 0x73  // s
    case temporaryFailure = 0x74  // t
    case replyCode = 0x79  // y
}

/// Cutting bytes into frames.
package enum MilterFrames {
    /// Longest frame that is taken, in octets with its command: a body chunk is at most 65 535, a header field of
    /// Postfix up to `header_size_limit` (102 400 by default), and the largest size that version 6 knows is 1 MiB
    /// (SMFIP_MDS_1M).
    package static let longestBytes = 1024 * 1024 + 4096
    /// Data of one frame that we write, in octets: what every MTA takes (MILTER_CHUNK_SIZE).
    package static let chunkBytes = 65_535

    /// What stands at the start of a buffer.
    package enum Next: Sendable, Equatable {
        /// Not a whole frame yet.
        case needMore
        /// A frame; its bytes are taken out of the buffer.
        case frame(MilterCommand, ByteBuffer)
        /// No frame of this protocol: why.
        case malformed(String)
    }

    /// Takes one frame out of `buffer`.
    package static func next(from buffer: inout ByteBuffer) -> Next {
        guard let length = buffer.getInteger(at: buffer.readerIndex, as: UInt32.self) else { return .needMore }
        guard length > 0 else { return .malformed("a frame of no length") }
        guard length <= longestBytes else {
            return .malformed("a frame of \(length) octets exceeds the limit of \(longestBytes)")
        }
        guard let code = buffer.getInteger(at: buffer.readerIndex + 4, as: UInt8.self) else { return .needMore }
        // Judged before the rest has come: a client that speaks another protocol is told at once.
        guard let command = MilterCommand(rawValue: code) else { return .malformed("unknown command \(code)") }
        guard buffer.readableBytes >= 4 + Int(length) else { return .needMore }
        buffer.moveReaderIndex(forwardBy: 5)
        guard let data = buffer.readSlice(length: Int(length) - 1) else { return .needMore }  // unreachable
        return .frame(command, data)
    }
}

extension ByteBuffer {
    /// Appends a frame whose data `write` appends.
    mutating func writeMilterFrame(_ response: UInt8, _ write: (inout ByteBuffer) -> Void = { _ in }) {
        let start = writerIndex
        writeInteger(UInt32(0))
        writeInteger(response)
        write(&self)
        setInteger(UInt32(truncatingIfNeeded: writerIndex - start - 4), at: start)
    }

    /// Appends a response frame.
    mutating func write(_ response: MilterResponse, _ write: (inout ByteBuffer) -> Void = { _ in }) {
        writeMilterFrame(response.rawValue, write)
    }

    /// Appends octets and the NUL that ends them; NUL inside would end them early and is left out.
    mutating func writeMilterText(_ octets: some Sequence<UInt8>) {
        writeBytes(octets.filter { $0 != 0 })
        writeInteger(UInt8(0))
    }

    /// Takes octets up to a NUL, and the NUL; nil where there is none.
    mutating func readMilterText() -> [UInt8]? {
        guard let end = readableBytesView.firstIndex(of: 0) else { return nil }
        let text = readBytes(length: end - readerIndex)
        moveReaderIndex(forwardBy: 1)
        return text
    }

    /// Takes all NUL-ended texts; nil where the last one has no NUL.
    mutating func readMilterTexts() -> [[UInt8]]? {
        var texts: [[UInt8]] = []
        while readableBytes > 0 {
            guard let text = readMilterText() else { return nil }
            texts.append(text)
        }
        return texts
    }
}

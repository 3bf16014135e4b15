// The one home of a message's bytes: a rope of immutable buffers with length, slices and a chunk reader.
// Slicing and joining copy nothing, so a passed message is [our Received field] + [ranges of what came in].
// Reading throws, although memory never fails, so that large bodies can move to a sealed temporary file without a
// change in any caller. Nobody outside this file may assume that the bytes are contiguous.

package import NIOCore

/// Immutable bytes of a message or a piece of one. Its description never shows content.
package struct MessageBytes: Sendable, CustomStringConvertible {
    private struct Segment: Sendable {
        var start: Int
        var buffer: ByteBuffer
    }

    /// No bytes.
    package static let empty = MessageBytes(segments: [], count: 0)

    private let segments: [Segment]
    /// Length in bytes.
    package let count: Int

    private init(segments: [Segment], count: Int) {
        self.segments = segments
        self.count = count
    }

    /// The readable bytes of a buffer, not copied.
    package init(_ buffer: ByteBuffer) {
        let readable = buffer.readableBytes
        self.init(segments: readable == 0 ? [] : [Segment(start: 0, buffer: buffer)], count: readable)
    }

    /// The UTF-8 bytes of a text (for what Letterlock writes itself, and for tests).
    package init(_ text: String) {
        self.init(ByteBuffer(string: text))
    }

    /// A copy of some bytes.
    package init(bytes: some Sequence<UInt8>) {
        self.init(ByteBuffer(bytes: bytes))
    }

    /// Several pieces one after the other, not copied.
    package init(joining pieces: [MessageBytes]) {
        var segments: [Segment] = []
        var count = 0
        for piece in pieces {
            for segment in piece.segments {
                segments.append(Segment(start: count + segment.start, buffer: segment.buffer))
            }
            count += piece.count
        }
        self.init(segments: segments, count: count)
    }

    /// True where there are no bytes.
    package var isEmpty: Bool { count == 0 }

    /// `[N bytes]`: content can never reach a log by accident.
    package var description: String { "[\(count) bytes]" }

    /// The bytes of a range, not copied. A range that reaches outside is cut to what there is.
    package func slice(_ range: Range<Int>) -> MessageBytes {
        let wanted = range.clamped(to: 0..<count)
        guard !wanted.isEmpty else { return .empty }
        var kept: [Segment] = []
        var index = segmentIndex(at: wanted.lowerBound)
        while index < segments.count, segments[index].start < wanted.upperBound {
            let segment = segments[index]
            let from = max(wanted.lowerBound, segment.start)
            let to = min(wanted.upperBound, segment.start + segment.buffer.readableBytes)
            let offset = segment.buffer.readerIndex + (from - segment.start)
            if let piece = segment.buffer.getSlice(at: offset, length: to - from) {
                kept.append(Segment(start: from - wanted.lowerBound, buffer: piece))
            }
            index += 1
        }
        return MessageBytes(segments: kept, count: wanted.count)
    }

    /// Calls `body` with the bytes, chunk after chunk, in order.
    /// - Throws: what `body` throws, or a ``Refusal`` of cause `storage` where the bytes cannot be read back.
    package func forEachChunk(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        for segment in segments {
            try segment.buffer.withUnsafeReadableBytes { try body($0) }
        }
    }

    /// A copy of all bytes as an array: for headers, fields and tests, never for a whole body.
    package func copy() throws(Refusal) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        for segment in segments { bytes.append(contentsOf: segment.buffer.readableBytesView) }
        return bytes
    }

    /// A reader that starts at the first byte.
    package func makeReader() -> Reader { Reader(bytes: self) }

    /// Pulls the bytes out in order; a value, so a copy of a reader goes its own way.
    package struct Reader: Sendable {
        private let bytes: MessageBytes
        private var segment = 0
        private var offset = 0

        init(bytes: MessageBytes) { self.bytes = bytes }

        /// The next chunk, not copied, or nil at the end.
        /// - Throws: a ``Refusal`` of cause `storage` where the bytes cannot be read back.
        package mutating func next() throws(Refusal) -> ByteBuffer? {
            guard segment < bytes.segments.count else { return nil }
            let buffer = bytes.segments[segment].buffer
            let piece = buffer.getSlice(at: buffer.readerIndex + offset, length: buffer.readableBytes - offset)
            segment += 1
            offset = 0
            return piece
        }

        /// Fills `target` as far as there are bytes.
        /// - Returns: the number of bytes written; 0 only at the end (or for an empty target).
        /// - Throws: a ``Refusal`` of cause `storage` where the bytes cannot be read back.
        package mutating func read(into target: UnsafeMutableRawBufferPointer) throws(Refusal) -> Int {
            var written = 0
            while written < target.count, segment < bytes.segments.count {
                let buffer = bytes.segments[segment].buffer
                let take = min(target.count - written, buffer.readableBytes - offset)
                buffer.withUnsafeReadableBytes { source in
                    let from = UnsafeRawBufferPointer(rebasing: source[offset..<offset + take])
                    UnsafeMutableRawBufferPointer(rebasing: target[written..<written + take]).copyMemory(from: from)
                }
                written += take
                offset += take
                if offset == buffer.readableBytes {
                    segment += 1
                    offset = 0
                }
            }
            return written
        }
    }

    /// Collects pieces as they arrive. Small pieces are gathered into larger buffers, large ones are kept as they are.
    package struct Builder: Sendable {
        private static let gatherBytes = 64 * 1024
        private var done: [MessageBytes] = []
        private var tail = ByteBuffer()
        /// Bytes appended so far.
        package private(set) var count = 0

        /// An empty builder.
        package init() {}

        /// Appends the readable bytes of a buffer.
        package mutating func append(_ buffer: ByteBuffer) {
            if buffer.readableBytes >= Self.gatherBytes {
                flush()
                done.append(MessageBytes(buffer))
                count += buffer.readableBytes
            } else {
                buffer.withUnsafeReadableBytes { append($0) }
            }
        }

        /// Appends a copy of raw bytes.
        package mutating func append(_ bytes: UnsafeRawBufferPointer) {
            if tail.capacity == 0 { tail.reserveCapacity(min(Self.gatherBytes, max(bytes.count, 1024))) }
            tail.writeBytes(bytes)
            count += bytes.count
            if tail.readableBytes >= Self.gatherBytes { flush() }
        }

        /// Appends a piece without copying it.
        package mutating func append(_ piece: MessageBytes) {
            flush()
            done.append(piece)
            count += piece.count
        }

        /// Appends the UTF-8 bytes of a text.
        package mutating func append(_ text: String) {
            tail.writeString(text)
            count += text.utf8.count
            if tail.readableBytes >= Self.gatherBytes { flush() }
        }

        /// All that was appended; the builder is empty afterwards.
        package mutating func finish() -> MessageBytes {
            flush()
            let whole = MessageBytes(joining: done)
            done = []
            count = 0
            return whole
        }

        private mutating func flush() {
            guard tail.readableBytes > 0 else { return }
            done.append(MessageBytes(tail))
            tail = ByteBuffer()
        }
    }

    private func segmentIndex(at offset: Int) -> Int {
        var low = 0
        var high = segments.count
        while low + 1 < high {
            let middle = (low + high) / 2
            if segments[middle].start <= offset { low = middle } else { high = middle }
        }
        return low
    }
}

extension MessageBytes: Equatable {
    /// Byte-wise equality, however the bytes are cut into segments.
    package static func == (left: MessageBytes, right: MessageBytes) -> Bool {
        guard left.count == right.count else { return false }
        return (try? left.copy()) == (try? right.copy())
    }
}

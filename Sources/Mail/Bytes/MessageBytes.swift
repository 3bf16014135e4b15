// The one home of a message's bytes: a rope of immutable pieces with length, slices and a chunk reader. A piece is a
// buffer in memory or a range of a sealed temporary file (SpoolFile.swift). Slicing and joining copy nothing, so a
// passed message is [our Received field] + [ranges of what came in]. Reading throws: a file may fail. Nobody outside
// this file may assume that the bytes are contiguous, or in memory.

package import NIOCore

/// Immutable bytes of a message or a piece of one. Its description never shows content.
package struct MessageBytes: Sendable, CustomStringConvertible {
    struct Segment: Sendable {
        enum Place: Sendable {
            case memory(ByteBuffer)
            /// `length` bytes of plaintext from `offset` on.
            case file(SpoolFile, offset: Int, length: Int)
        }
        /// Where it begins in the whole.
        var start: Int
        var place: Place
        /// What it holds of the memory of all messages; nil for a file, and for what is small.
        var lease: MemoryLease?

        var count: Int {
            switch place {
            case .memory(let buffer): buffer.readableBytes
            case .file(_, _, let length): length
            }
        }

        /// Contiguous bytes from an offset of this segment on, as far as they go: never none for an offset inside.
        func bytes(from offset: Int) throws(Refusal) -> ByteBuffer {
            switch place {
            case .memory(let buffer):
                if offset == 0 { return buffer }
                return buffer.getSlice(at: buffer.readerIndex + offset, length: buffer.readableBytes - offset) ?? buffer
            case .file(let file, let start, let length): return try file.read(start + offset, limit: length - offset)
            }
        }

        func slice(_ range: Range<Int>, start: Int) -> Segment? {
            switch place {
            case .memory(let buffer):
                return buffer.getSlice(at: buffer.readerIndex + range.lowerBound, length: range.count).map {
                    Segment(start: start, place: .memory($0), lease: lease)
                }
            case .file(let file, let offset, _):
                return Segment(start: start, place: .file(file, offset: offset + range.lowerBound, length: range.count))
            }
        }
    }

    /// No bytes.
    package static let empty = MessageBytes(segments: [], count: 0)

    let segments: [Segment]
    /// Length in bytes.
    package let count: Int

    init(segments: [Segment], count: Int) {
        self.segments = segments
        self.count = count
    }

    /// The readable bytes of a buffer, not copied.
    package init(_ buffer: ByteBuffer) { self.init(buffer, lease: nil) }

    /// - Parameter lease: what of the buffer's bytes is lent out of the account for all messages.
    init(_ buffer: ByteBuffer, lease: MemoryLease?) {
        let readable = buffer.readableBytes
        let segment = Segment(start: 0, place: .memory(buffer), lease: lease)
        self.init(segments: readable == 0 ? [] : [segment], count: readable)
    }

    /// The UTF-8 bytes of a text (for what Letterlock writes itself, and for tests).
    package init(_ text: String) {
        self.init(ByteBuffer(string: text))
    }

    /// A copy of some bytes.
    package init(bytes: some Sequence<UInt8>) {
        self.init(ByteBuffer(bytes: bytes))
    }

    /// A range of a file.
    init(_ file: SpoolFile, offset: Int, length: Int) {
        self.init(segments: [Segment(start: 0, place: .file(file, offset: offset, length: length))], count: length)
    }

    /// Several pieces one after the other, not copied.
    package init(joining pieces: [MessageBytes]) {
        var segments: [Segment] = []
        var count = 0
        for piece in pieces {
            for var segment in piece.segments {
                segment.start += count
                segments.append(segment)
            }
            count += piece.count
        }
        self.init(segments: segments, count: count)
    }

    /// True where there are no bytes.
    package var isEmpty: Bool { count == 0 }

    /// `[N bytes]`: content can never reach a log by accident.
    package var description: String { "[\(count) bytes]" }

    /// The policy for what is made of these bytes: where a part of them is too large for `limits.memory`, so may be
    /// what comes of them.
    var derivedPolicy: SpoolPolicy {
        for segment in segments {
            if let lease = segment.lease { return lease.derivedPolicy }
            if case .file(let file, _, _) = segment.place { return file.derivedPolicy }
        }
        return .memoryOnly
    }

    /// The bytes of a range, not copied. A range that reaches outside is cut to what there is.
    package func slice(_ range: Range<Int>) -> MessageBytes {
        let wanted = range.clamped(to: 0..<count)
        guard !wanted.isEmpty else { return .empty }
        var kept: [Segment] = []
        var index = segmentIndex(at: wanted.lowerBound)
        while index < segments.count, segments[index].start < wanted.upperBound {
            let segment = segments[index]
            let from = max(wanted.lowerBound, segment.start)
            let to = min(wanted.upperBound, segment.start + segment.count)
            let piece = segment.slice((from - segment.start)..<(to - segment.start), start: from - wanted.lowerBound)
            if let piece { kept.append(piece) }
            index += 1
        }
        return MessageBytes(segments: kept, count: wanted.count)
    }

    /// Looks at single octets: near ones cost nothing, and of a file a chunk is read once.
    package struct Window: Sendable {
        private let bytes: MessageBytes
        private var chunk = ByteBuffer()
        private var start = 0

        /// Looks at these bytes.
        package init(_ bytes: MessageBytes) { self.bytes = bytes }

        /// The octet at an offset, or nil outside.
        /// - Throws: a ``Refusal`` of cause `storage` where the bytes cannot be read back.
        package mutating func octet(at place: Int) throws(Refusal) -> UInt8? {
            guard place >= 0, place < bytes.count else { return nil }
            if place < start || place >= start + chunk.readableBytes {
                let segment = bytes.segments[bytes.segmentIndex(at: place)]
                chunk = try segment.bytes(from: place - segment.start)
                start = place
            }
            return chunk.getInteger(at: chunk.readerIndex + (place - start), as: UInt8.self)
        }
    }

    /// Calls `body` with the bytes, chunk after chunk, in order.
    /// - Throws: what `body` throws, or a ``Refusal`` of cause `storage` where the bytes cannot be read back.
    package func forEachChunk(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        var reader = makeReader()
        while let chunk = try reader.next() { try chunk.withUnsafeReadableBytes { try body($0) } }
    }

    /// As ``forEachChunk(_:)`` for what cannot fail by itself.
    /// - Throws: a ``Refusal`` of cause `storage` where the bytes cannot be read back.
    package func read(_ body: (UnsafeRawBufferPointer) -> Void) throws(Refusal) {
        var reader = makeReader()
        while let chunk = try reader.next() { chunk.withUnsafeReadableBytes { body($0) } }
    }

    /// A copy of all bytes as an array: for headers, fields and tests, never for a whole body.
    package func copy() throws(Refusal) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        var reader = makeReader()
        while let chunk = try reader.next() { bytes.append(contentsOf: chunk.readableBytesView) }
        return bytes
    }

    /// True where any octet is above 127. What lies in a file was looked at when it was written; only the first and
    /// last chunk of a range may have to be read again, and count as having one where they cannot be.
    package var hasHighOctet: Bool {
        segments.contains { segment in
            switch segment.place {
            case .memory(let buffer): buffer.withUnsafeReadableBytes { HighOctets.any(in: $0) }
            case .file(let file, let offset, let length): file.hasHighOctet(offset..<(offset + length))
            }
        }
    }

    /// A reader that starts at the first byte.
    package func makeReader() -> Reader { Reader(bytes: self) }

    /// Pulls the bytes out in order; a value, so a copy of a reader goes its own way.
    package struct Reader: Sendable {
        private let bytes: MessageBytes
        private var segment = 0
        private var offset = 0
        /// The rest of a chunk that ``read(into:)`` has begun.
        private var begun = ByteBuffer()

        init(bytes: MessageBytes) { self.bytes = bytes }

        /// The next chunk, not copied, or nil at the end.
        /// - Throws: a ``Refusal`` of cause `storage` where the bytes cannot be read back.
        package mutating func next() throws(Refusal) -> ByteBuffer? {
            if begun.readableBytes > 0 {
                defer { begun = ByteBuffer() }
                return begun
            }
            guard segment < bytes.segments.count else { return nil }
            let now = bytes.segments[segment]
            let chunk = try now.bytes(from: offset)
            offset += chunk.readableBytes
            if offset >= now.count {
                segment += 1
                offset = 0
            }
            return chunk
        }

        /// Calls `body` with the next chunk.
        /// - Returns: false at the end, where there is none.
        /// - Throws: what `body` throws, or a ``Refusal`` of cause `storage` where the bytes cannot be read back.
        package mutating func next(_ body: (UnsafeRawBufferPointer) throws -> Void) throws -> Bool {
            guard let chunk = try next() else { return false }
            try chunk.withUnsafeReadableBytes { try body($0) }
            return true
        }

        /// Fills `target` as far as there are bytes.
        /// - Returns: the number of bytes written; 0 only at the end (or for an empty target).
        /// - Throws: a ``Refusal`` of cause `storage` where the bytes cannot be read back.
        package mutating func read(into target: UnsafeMutableRawBufferPointer) throws(Refusal) -> Int {
            var written = 0
            while written < target.count {
                if begun.readableBytes == 0 {
                    guard let chunk = try next() else { break }
                    begun = chunk
                }
                let take = min(target.count - written, begun.readableBytes)
                begun.readWithUnsafeReadableBytes { source in
                    let from = UnsafeRawBufferPointer(rebasing: source[..<take])
                    UnsafeMutableRawBufferPointer(rebasing: target[written..<written + take]).copyMemory(from: from)
                    return take
                }
                written += take
            }
            // A chunk that has been read to its end is not kept in memory until the next call.
            if begun.readableBytes == 0 { begun = ByteBuffer() }
            return written
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
    /// Byte-wise equality, however the bytes are cut into segments. What cannot be read back equals nothing.
    package static func == (left: MessageBytes, right: MessageBytes) -> Bool {
        guard left.count == right.count else { return false }
        do throws(Refusal) {
            var readers = (left.makeReader(), right.makeReader())
            var (one, other) = (ByteBuffer(), ByteBuffer())
            while true {
                if one.readableBytes == 0 {
                    guard let chunk = try readers.0.next() else { return true }
                    one = chunk
                }
                if other.readableBytes == 0 {
                    guard let chunk = try readers.1.next() else { return true }
                    other = chunk
                }
                let count = min(one.readableBytes, other.readableBytes)
                guard one.readSlice(length: count) == other.readSlice(length: count) else { return false }
            }
        } catch {
            return false
        }
    }
}

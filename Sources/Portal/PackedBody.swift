// The pages and their files once more, packed by gzip (RFC 1952) at start: a third of the bytes for a telephone on a
// slow line. They hold nothing secret and are the same for everybody, so packing tells nothing. What readers fetch or
// send is never packed.

import CZlib
import HTTPTypes
import NIOCore

/// A body as it is and as it is packed.
struct PackedBody: Sendable {
    let plain: ByteBuffer
    /// nil where packing gains nothing.
    let packed: ByteBuffer?

    init(_ plain: ByteBuffer) {
        self.plain = plain
        packed = Self.gzip(Array(plain.readableBytesView)).flatMap {
            $0.count < plain.readableBytes ? ByteBuffer(bytes: $0) : nil
        }
    }

    /// The body for a request, and its Content-Encoding.
    func body(accepting accepted: String?) -> (bytes: ByteBuffer, encoding: String?) {
        guard let packed, Self.takesGzip(accepted) else { return (plain, nil) }
        return (packed, "gzip")
    }

    /// RFC 9110 section 12.5.3, as far as gzip goes.
    static func takesGzip(_ accepted: String?) -> Bool {
        (accepted ?? "").split(separator: ",", maxSplits: 16).contains { entry in
            let pieces = entry.lowercased().filter { $0 != " " }.split(separator: ";")
            guard pieces.first == "gzip" else { return false }
            let quality = pieces.dropFirst().first { $0.hasPrefix("q=") }
            return quality.map { Double($0.dropFirst(2)) ?? 0 > 0 } ?? true
        }
    }

    /// nil where the library fails.
    private static func gzip(_ bytes: [UInt8]) -> [UInt8]? {
        var stream = z_stream()
        // 15 bits of window, and 16 for a gzip header without name and time: the same input gives the same bytes.
        guard
            deflateInit2_(
                &stream, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
                Int32(MemoryLayout<z_stream>.size)) == Z_OK, let length = UInt32(exactly: bytes.count)
        else { return nil }
        defer { deflateEnd(&stream) }
        var input = bytes
        var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(bytes.count))))
        let capacity = UInt32(clamping: output.count)
        let status = input.withUnsafeMutableBufferPointer { from in
            output.withUnsafeMutableBufferPointer { to in
                stream.next_in = from.baseAddress
                stream.avail_in = length
                stream.next_out = to.baseAddress
                stream.avail_out = capacity
                return deflate(&stream, Z_FINISH)
            }
        }
        guard status == Z_STREAM_END else { return nil }
        return Array(output.prefix(Int(capacity - stream.avail_out)))
    }
}

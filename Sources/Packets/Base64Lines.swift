// Whole lines of armor: 48 octets, 64 characters and CRLF (RFC 4880 section 6.3 allows 76). Pure; works on memory the
// caller owns.

import CBase64

/// Lines of 64 characters of base64, many at a time.
package enum Base64Lines {
    /// Octets that a line stands for.
    package static let octetsPerLine = 48
    /// Characters of a line, CRLF included.
    package static let charactersPerLine = 64 + 2
    /// Room that decoding wants behind what it decodes, in bytes.
    package static let slackBytes = 16
    /// True where this processor has the vector instructions.
    package static let isFast = letterlock_base64_is_fast() == 1

    /// Encodes whole lines.
    /// - Parameters:
    ///   - lines: how many.
    ///   - source: ``octetsPerLine`` for each.
    ///   - target: room for ``charactersPerLine`` for each.
    ///   - oneByOne: true for the way without vector instructions.
    package static func encode(
        _ lines: Int, from source: UnsafeRawPointer, to target: UnsafeMutableRawPointer, oneByOne: Bool = !isFast
    ) {
        if !oneByOne, lines > 0 {
            let (from, to) = (Base64Kernels.octets(source), Base64Kernels.octets(target))
            if letterlock_base64_encode_lines(from, lines, to) == lines { return }
        }
        Base64Kernels.pairs.withUnsafeBufferPointer { pairs in
            guard let pairs = pairs.baseAddress else { return }
            for line in 0..<max(lines, 0) {
                let place = target + line * charactersPerLine
                Base64Kernels.encode(groups: 16, from: source + line * octetsPerLine, to: place, pairs: pairs)
                place.storeBytes(of: UInt16(0x0A0D).littleEndian, toByteOffset: 64, as: UInt16.self)
            }
        }
    }

    /// Decodes lines that are exactly as ``encode(_:from:to:oneByOne:)`` writes them.
    /// - Parameters:
    ///   - source: text that begins with a line.
    ///   - lines: no more of them are decoded.
    ///   - target: room for ``octetsPerLine`` for each and ``slackBytes`` more, which may be written to.
    ///   - oneByOne: true for the way without vector instructions.
    /// - Returns: the lines done; it stops before the first that is anything else or not whole.
    package static func decode(
        _ source: UnsafeRawBufferPointer, atMost lines: Int, to target: UnsafeMutableRawPointer,
        oneByOne: Bool = !isFast
    ) -> Int {
        guard let base = source.baseAddress, lines > 0 else { return 0 }
        guard oneByOne else {
            let (from, to) = (Base64Kernels.octets(base), Base64Kernels.octets(target))
            return letterlock_base64_decode_lines(from, source.count, lines, to)
        }
        for line in 0..<min(lines, source.count / charactersPerLine) {
            let place = base + line * charactersPerLine
            let end = place.load(fromByteOffset: 64, as: UInt8.self) == 13
            guard end, place.load(fromByteOffset: 65, as: UInt8.self) == 10 else { return line }
            let text = UnsafeRawBufferPointer(start: place, count: 64)
            guard Base64Kernels.decodeGroupsOneByOne(text, to: target + line * octetsPerLine) == 16 else { return line }
        }
        return min(lines, source.count / charactersPerLine)
    }
}

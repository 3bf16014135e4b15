// With which two octets something may begin: a first look that keeps most of a text from a closer one. Pure.

/// A set of pairs of octets.
struct OctetPairs: Sendable {
    /// One bit for each pair.
    private var bits = [UInt64](repeating: 0, count: 1024)

    mutating func insert(_ first: UInt8, _ second: UInt8) {
        bits[Int(first) << 2 | Int(second) >> 6] |= 1 << UInt64(second & 63)
    }

    /// True where one of the pairs stands at an offset; also at the text's last octet, behind which there is none.
    func mayStand(at index: Int, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard index + 1 < text.count else { return true }
        let second = text[index + 1]
        return bits[Int(text[index]) << 2 | Int(second) >> 6] >> UInt64(second & 63) & 1 == 1
    }
}

// What can still be decoded of armor that is cut short or damaged: nothing of it is ever used as a key; it only tells
// whose key a file was meant to hold. Pure, never traps.

extension Armor {
    /// The beginnings of all blocks of public keys in a text, each decoded as far as it is base64.
    /// - Parameter text: a file that ``blocks(in:)`` does not take.
    package static func beginnings(ofPublicKeysIn text: [UInt8]) -> [[UInt8]] {
        var found: [[UInt8]] = []
        var reader: BlockReader?
        for line in text.split(whereSeparator: { $0 == 10 || $0 == 13 }) {
            if line.starts(with: "-----BEGIN PGP PUBLIC KEY BLOCK".utf8) {
                if let reader { found.append(reader.decoded) }
                reader = BlockReader()
            } else {
                reader?.take(line)
            }
        }
        if let reader { found.append(reader.decoded) }
        return found
    }

    /// One block whose end may be missing.
    private struct BlockReader {
        private(set) var decoded: [UInt8] = []
        private var bits: UInt32 = 0
        private var count = 0
        private var hasEnded = false

        /// Header lines have a colon, which base64 has not.
        mutating func take(_ line: ArraySlice<UInt8>) {
            guard !hasEnded, !line.contains(UInt8(ascii: ":")) else { return }
            for octet in line where octet != 32 && octet != 9 {
                let value = Base64Kernels.values[Int(octet)]
                guard value < 64 else {
                    hasEnded = true
                    return
                }
                bits = bits << 6 | UInt32(value)
                count += 1
                guard count == 4 else { continue }
                decoded += [UInt8(bits >> 16 & 255), UInt8(bits >> 8 & 255), UInt8(bits & 255)]
                (bits, count) = (0, 0)
            }
        }
    }
}

// Texts as they are matched: Unicode NFKC (UAX #15), characters without width and marks of direction left out, digits
// of every script as ASCII digits, hyphens as the one of ASCII. So a number is found that is written in full-width or
// Arabic digits, or that has something invisible between its digits. Text in ASCII is left alone at the cost of one
// look. Pure; linear; never more than `growthBytes` longer than what came in.

/// A text as it is matched, with the way back.
struct NormalisedText: Sendable {
    /// The text.
    let text: String
    /// False where it is the original, byte for byte.
    let isChanged: Bool
    private var maps: [OffsetMap]

    /// A text that is matched as it came.
    init(asItIs text: String) {
        self.text = text
        isChanged = false
        maps = []
    }

    fileprivate init(_ octets: [UInt8], _ map: OffsetMap) {
        text = String(decoding: octets, as: UTF8.self)
        isChanged = true
        maps = [map]
    }

    /// Bytes of the original that a range of ``text`` came from.
    func original(_ range: Range<Int>) -> Range<Int> {
        maps.reversed().reduce(range) { $1.original($0) }
    }

    /// The same with letters folded that look like Latin ones, in words that mix them; nil where there are none.
    func withoutLookalikes() -> NormalisedText? {
        guard let (octets, map) = Lookalikes.folded(text) else { return nil }
        var folded = NormalisedText(octets, map)
        folded.maps = maps + [map]
        return folded
    }
}

/// Makes texts comparable.
enum Normalised {
    /// How much longer a text may become: some characters stand for eighteen.
    static let growthBytes = 1024 * 1024
    /// Characters of one letter with its marks at most; more have been made to have them.
    private static let clusterLimit = 32

    /// What a pattern's literal text becomes where it is matched; nil where it stays as it is. A pattern with such a
    /// literal finds nothing.
    static func changes(literal: String) -> String? {
        let normalised = text(literal)
        return normalised.isChanged ? normalised.text : nil
    }

    /// The text as it is matched.
    static func text(_ source: String) -> NormalisedText {
        var source = source
        let result = source.withUTF8 { octets -> ([UInt8], OffsetMap)? in
            guard let first = firstBeyondASCII(octets) else { return nil }
            var work = Work(octets, from: first)
            work.run()
            return work.isChanged ? (work.output, work.map) : nil
        }
        return result.map { NormalisedText($0.0, $0.1) } ?? NormalisedText(asItIs: source)
    }

    private static func firstBeyondASCII(_ octets: UnsafeBufferPointer<UInt8>) -> Int? {
        let raw = UnsafeRawBufferPointer(octets)
        var index = 0
        while index + 8 <= raw.count {
            let word = raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            if word & 0x8080_8080_8080_8080 != 0 { break }
            index += 8
        }
        while index < raw.count, raw[index] < 0x80 { index += 1 }
        return index < raw.count ? index : nil
    }

    /// One pass over a text. `pending` is where the stretch starts that goes over unchanged and has not been copied
    /// yet.
    private struct Work {
        let octets: UnsafeBufferPointer<UInt8>
        var output: [UInt8] = []
        var map = OffsetMap()
        var isChanged = false
        private var forms = NormalForms()
        private var pending = 0
        private var index: Int

        init(_ octets: UnsafeBufferPointer<UInt8>, from first: Int) {
            self.octets = octets
            index = first
        }

        mutating func run() {
            while index < octets.count {
                if octets[index] < 0x80 {
                    index += 1
                    continue
                }
                let (scalar, length) = UTF8Reading.scalar(octets, index)
                if CharacterKinds.staysAlone(scalar) || forms.stays(scalar) && !marksFollow(index + length) {
                    index += length
                } else if CharacterKinds.isLeftOut(scalar) {
                    flush(upTo: index)
                    index += length
                    pending = index
                } else if boxesDigit(scalar) {
                    flush(upTo: index)
                    index += length
                    pending = index
                } else if let plain = CharacterKinds.plain(scalar), !marksFollow(index + length) {
                    flush(upTo: index)
                    map.made(output.count, index)
                    output.append(plain)
                    index += length
                    pending = index
                } else {
                    takeCluster(scalar, length)
                }
            }
            if isChanged { flush(upTo: octets.count) }
        }

        /// True for a mark on a digit that something left out stands behind: a keycap is a digit, U+FE0F and U+20E3.
        private mutating func boxesDigit(_ scalar: Unicode.Scalar) -> Bool {
            guard pending == index, let last = output.last, (48...57).contains(last) else { return false }
            return forms.joins(scalar)
        }

        private mutating func marksFollow(_ index: Int) -> Bool {
            index < octets.count && octets[index] >= 0x80 && forms.joins(UTF8Reading.scalar(octets, index).0)
        }

        /// Copies what is unchanged and goes before a change.
        private mutating func flush(upTo end: Int) {
            isChanged = true
            if pending < end {
                map.same(output.count, pending)
                output.append(contentsOf: octets[pending..<end])
            }
        }

        /// A character with the marks behind it, normalised as one.
        private mutating func takeCluster(_ scalar: Unicode.Scalar, _ length: Int) {
            var start = index
            if forms.joins(scalar), index > pending {
                start -= 1
                while start > pending, octets[start] & 0xC0 == 0x80 { start -= 1 }
            }
            var end = index + length
            for _ in 0..<Normalised.clusterLimit {
                guard end < octets.count, octets[end] >= 0x80 else { break }
                let (next, length) = UTF8Reading.scalar(octets, end)
                guard forms.joins(next) else { break }
                end += length
            }
            let made = forms.made(of: UnsafeBufferPointer(rebasing: octets[start..<end]))
            let grows = output.count + made.count > end + Normalised.growthBytes
            if grows || made.elementsEqual(octets[start..<end]) {
                index = end
                return
            }
            flush(upTo: start)
            map.made(output.count, start)
            output.append(contentsOf: made)
            pending = end
            index = end
        }
    }
}

/// Reading of single characters.
enum UTF8Reading {
    /// The character at an offset of valid UTF-8 and its length in bytes.
    static func scalar(_ octets: UnsafeBufferPointer<UInt8>, _ index: Int) -> (Unicode.Scalar, Int) {
        let lead = octets[index]
        if lead < 0x80 { return (Unicode.Scalar(lead), 1) }
        let length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
        guard index + length <= octets.count else { return ("\u{FFFD}", 1) }
        var value = UInt32(lead) & (0x7F >> UInt32(length))
        for next in index + 1..<index + length { value = value << 6 | UInt32(octets[next] & 0x3F) }
        return (Unicode.Scalar(value) ?? "\u{FFFD}", length)
    }
}

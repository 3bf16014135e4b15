// Words that are looked for near a number, over its column, or before a password. Pure; without allocation.

/// Some words, found without regard to case of ASCII and Latin-1 letters.
struct WordSet: Sendable {
    private struct Word: Sendable {
        let octets: [UInt8]
        /// True where more letters may follow.
        let isPrefix: Bool
    }

    /// By the first octet.
    private let words: [[Word]]
    /// True for octets that a word may begin with as it is written.
    private let begins: [Bool]
    /// The same for two octets.
    private let pairs: OctetPairs
    /// True where there is no word.
    let isEmpty: Bool

    /// - Parameter list: words in lower case; with a star at the end they are beginnings.
    init(_ list: [String]) {
        var words = [[Word]](repeating: [], count: 256)
        for word in list {
            let isPrefix = word.hasSuffix("*")
            let octets = Array((isPrefix ? String(word.dropLast()) : word).utf8)
            if let first = octets.first { words[Int(first)].append(Word(octets: octets, isPrefix: isPrefix)) }
        }
        self.words = words
        begins = (0..<256).map { octet in
            let octet = UInt8(octet)
            // Behind 0xC3, letters with accents in upper case.
            let isCapital = (0x80...0x9E).contains(octet) && !words[Int(octet + 0x20)].isEmpty
            return !words[Int(Octet.lower(octet))].isEmpty || isCapital
        }
        pairs = Self.pairs(words)
        isEmpty = list.isEmpty
    }

    /// With which two octets words may begin, as they are written.
    private static func pairs(_ words: [[Word]]) -> OctetPairs {
        var pairs = OctetPairs()
        for first in 0...UInt8.max {
            // Behind 0xC3, a letter with an accent in upper case begins like one in lower case.
            let isCapital = (0x80...0x9E).contains(first)
            for word in words[Int(Octet.lower(first))] + (isCapital ? words[Int(first + 0x20)] : []) {
                for second in 0...UInt8.max {
                    let isAccented = first == 0xC3 && (0x80...0x9E).contains(second)
                    let lower = isAccented ? second + 0x20 : Octet.lower(second)
                    if word.octets.count == 1 || word.octets[1] == lower { pairs.insert(first, second) }
                }
            }
        }
        return pairs
    }

    /// False where surely none of them starts at an offset.
    func mayStart(at index: Int, _ text: UnsafeBufferPointer<UInt8>) -> Bool { pairs.mayStand(at: index, text) }

    /// Where the first of them stands, at the beginning of a word; nil where none does.
    func first(_ text: UnsafeBufferPointer<UInt8>) -> Int? {
        var index = 0
        while let start = nextStart(text, from: index, upTo: text.count) {
            if shortest(at: start, text) != nil { return start }
            index = start + 1
        }
        return nil
    }

    /// The first offset of some at which a word may start: behind what is no letter, with the first octet of one.
    func nextStart(_ text: UnsafeBufferPointer<UInt8>, from start: Int, upTo end: Int) -> Int? {
        if isEmpty { return nil }
        let raw = UnsafeRawBufferPointer(text)
        var index = start
        return begins.withUnsafeBufferPointer { begins in
            while index < end {
                // Digits and signs, eight at a time: no word begins with an octet below 0x40.
                if index + 8 <= end,
                    raw.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0xC0C0_C0C0_C0C0_C0C0 == 0
                {
                    index += 8
                    continue
                }
                if begins[Int(text[index])], pairs.mayStand(at: index, text), Self.wordStarts(text, index) {
                    return index
                }
                index += 1
            }
            return nil
        }
    }

    /// Where the shortest of them ends that starts at an offset; nil where none does.
    func shortest(at start: Int, _ text: UnsafeBufferPointer<UInt8>) -> Int? {
        var first: Int?
        for word in words[Int(Self.lower(text, start))] {
            if let end = ends(word, at: start, text, within: text.count), end < first ?? Int.max { first = end }
        }
        return first
    }

    /// True where one of them stands in a range, at the beginning of a word.
    func occurs(in range: Range<Int>, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
        var index = range.lowerBound
        while let start = nextStart(text, from: index, upTo: range.upperBound) {
            for word in words[Int(Self.lower(text, start))]
            where ends(word, at: start, text, within: range.upperBound) != nil {
                return true
            }
            index = start + 1
        }
        return false
    }

    /// True where one of them starts at an offset and, where `end` is given, ends there.
    func starts(at start: Int, _ text: UnsafeBufferPointer<UInt8>, upTo end: Int?) -> Bool {
        guard start < text.count else { return false }
        for word in words[Int(Self.lower(text, start))] {
            if let last = ends(word, at: start, text, within: end ?? text.count),
                word.isPrefix || end == nil || last == end
            {
                return true
            }
        }
        return false
    }

    /// Where the longest of them ends that starts at an offset; nil where none does.
    func longest(at start: Int, _ text: UnsafeBufferPointer<UInt8>) -> Int? {
        var last: Int?
        for word in words[Int(Self.lower(text, start))] {
            if let end = ends(word, at: start, text, within: text.count), end > last ?? 0 { last = end }
        }
        return last
    }

    private func ends(_ word: Word, at start: Int, _ text: UnsafeBufferPointer<UInt8>, within limit: Int) -> Int? {
        let end = start + word.octets.count
        guard end <= limit else { return nil }
        var index = start
        for octet in word.octets {
            guard Self.lower(text, index) == octet else { return nil }
            index += 1
        }
        return word.isPrefix || end == text.count || !Self.isLetter(text, end) ? end : nil
    }

    /// A word starts behind what is no letter, and at a capital behind a small letter (`cardNumber`).
    private static func wordStarts(_ text: UnsafeBufferPointer<UInt8>, _ index: Int) -> Bool {
        guard index > 0 else { return true }
        let former = text[index - 1]
        if former >= 0x80 { return !(index > 1 && text[index - 2] == 0xC3) }
        return !Octet.isLetter(former) || (former >= 97 && text[index] &- 65 < 26)
    }

    private static func isLetter(_ text: UnsafeBufferPointer<UInt8>, _ index: Int) -> Bool {
        // A capital behind a small letter begins another word.
        if text[index] &- 65 < 26, index > 0, text[index - 1] &- 97 < 26 { return false }
        return Octet.isLetter(text[index]) || text[index] == 0xC3
    }

    /// Lower case of ASCII and of the Latin letters with accents (U+00C0 to U+00DE).
    static func lower(_ text: UnsafeBufferPointer<UInt8>, _ index: Int) -> UInt8 {
        let octet = text[index]
        if octet < 0x80 { return Octet.lower(octet) }
        return index > 0 && text[index - 1] == 0xC3 && (0x80...0x9E).contains(octet) ? octet + 0x20 : octet
    }
}

// Long lists of words, found whole: the text is cut into words once, and each is looked up. Loading ten thousand words
// takes milliseconds, where an engine for expressions would compile for seconds. Pure; linear in the text but for words
// of the list that begin alike.

/// A list of words and phrases, compiled.
package struct WordTable: Sendable {
    /// Lists of more words than this are tables; shorter ones go to the engine with all other patterns.
    static let leastWords = 100

    private struct Entry: Sendable {
        /// Its letters among ``letters``, folded; a space stands for any white space.
        let range: Range<Int>
        /// Bytes before its first letter or digit (`#` of `#tag`).
        let prefix: Int
    }

    private let caseExact: Bool
    private var letters: [UInt8] = []
    /// By hash of the first word.
    private var entries: [UInt64: [Entry]] = [:]

    /// Words without any letter or digit are left out: see ``isUsable(_:)``.
    init(_ words: [String], caseExact: Bool) {
        self.caseExact = caseExact
        entries.reserveCapacity(words.count)
        var seen: Set<[UInt8]> = []
        for word in words {
            var bytes = Self.folded(Normalised.text(word).text, caseExact)
            guard !bytes.isEmpty, seen.insert(bytes).inserted else { continue }
            let start = letters.count
            let first = bytes.withUnsafeMutableBufferPointer { bytes -> (prefix: Int, hash: UInt64)? in
                let bytes = UnsafeBufferPointer(bytes)
                var prefix = 0
                while prefix < bytes.count, Self.wordLength(bytes, prefix) == 0 {
                    prefix += UTF8Reading.scalar(bytes, prefix).1
                }
                guard prefix < bytes.count else { return nil }
                return (prefix, hash(bytes, from: prefix).hash)
            }
            guard let first else { continue }
            letters += bytes
            entries[first.hash, default: []].append(Entry(range: start..<letters.count, prefix: first.prefix))
        }
    }

    /// True for a word that a table can find.
    package static func isUsable(_ word: String) -> Bool {
        word.unicodeScalars.contains { WordEdge.isWord($0) }
    }

    /// Finds words, leftmost and longest, not overlapping.
    /// - Parameter found: returns false to stop.
    func find(in text: UnsafeBufferPointer<UInt8>, _ found: (Range<Int>) -> Bool) {
        var index = 0
        var free = 0
        while index < text.count {
            guard Self.wordLength(text, index) > 0 else {
                index += text[index] < 0x80 ? 1 : UTF8Reading.scalar(text, index).1
                continue
            }
            let (hash, end) = hash(text, from: index)
            if index >= free, let candidates = entries[hash] {
                var longest: Range<Int>?
                for entry in candidates {
                    guard let range = match(entry, text, at: index), range.lowerBound >= free else { continue }
                    if range.upperBound > longest?.upperBound ?? 0 { longest = range }
                }
                if let longest {
                    free = longest.upperBound
                    if !found(longest) { return }
                }
            }
            index = end
        }
    }

    /// The range of an entry whose first word stands at an offset.
    private func match(_ entry: Entry, _ text: UnsafeBufferPointer<UInt8>, at offset: Int) -> Range<Int>? {
        guard offset >= entry.prefix else { return nil }
        var place = offset - entry.prefix
        let start = place
        guard WordEdge.isScalarStart(text[start]) else { return nil }
        var index = entry.range.lowerBound
        while index < entry.range.upperBound {
            guard place < text.count else { return nil }
            if letters[index] == 32 {
                let before = place
                while place < text.count, Self.isSpace(text[place]) { place += 1 }
                guard place > before else { return nil }
                index += 1
                continue
            }
            if text[place] < 0x80 {
                guard Self.folded(text[place], caseExact) == letters[index] else { return nil }
                place += 1
                index += 1
                continue
            }
            let (scalar, length) = UTF8Reading.scalar(text, place)
            for octet in Self.folded(scalar, caseExact) {
                guard index < entry.range.upperBound, letters[index] == octet else { return nil }
                index += 1
            }
            place += length
        }
        return WordEdge.isEdge(text, place) && WordEdge.isEdge(text, start) ? start..<place : nil
    }

    /// FNV-1a over the folded letters of the word that starts at an offset, and where it ends.
    private func hash(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> (hash: UInt64, end: Int) {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        var index = start
        while index < text.count {
            let length = Self.wordLength(text, index)
            if length == 0 { break }
            if text[index] < 0x80 {
                hash = (hash ^ UInt64(Self.folded(text[index], caseExact))) &* 0x100_0000_01B3
            } else {
                for octet in Self.folded(UTF8Reading.scalar(text, index).0, caseExact) {
                    hash = (hash ^ UInt64(octet)) &* 0x100_0000_01B3
                }
            }
            index += length
        }
        return (hash, index)
    }

    /// Length in bytes of the letter, digit or mark at an offset, or 0.
    private static func wordLength(_ text: UnsafeBufferPointer<UInt8>, _ index: Int) -> Int {
        let octet = text[index]
        if octet < 0x80 { return octet &- 48 < 10 || (octet | 0x20) &- 97 < 26 ? 1 : 0 }
        let (scalar, length) = UTF8Reading.scalar(text, index)
        return WordEdge.isWord(scalar) ? length : 0
    }

    private static func isSpace(_ octet: UInt8) -> Bool { octet == 32 || octet &- 9 < 5 }

    private static func folded(_ octet: UInt8, _ caseExact: Bool) -> UInt8 {
        !caseExact && octet &- 65 < 26 ? octet | 0x20 : octet
    }

    private static func folded(_ scalar: Unicode.Scalar, _ caseExact: Bool) -> String.UTF8View {
        (caseExact ? String(scalar) : scalar.properties.lowercaseMapping).utf8
    }

    private static func folded(_ text: String, _ caseExact: Bool) -> [UInt8] {
        var bytes: [UInt8] = []
        for scalar in text.unicodeScalars { bytes.append(contentsOf: folded(scalar, caseExact)) }
        return bytes
    }
}

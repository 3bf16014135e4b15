// Decodes RFC 2047 encoded words wherever they stand in a header value, as mail programs do. Words that follow each
// other with nothing but white space between are joined before their charset is decoded: characters cut in two between
// words, and base64 words that end in `=`, are everyday mail. Pure; linear.

/// RFC 2047.
enum EncodedWords {
    /// - Returns: the text with all words decoded, line ends and NUL taken out; the problems met.
    static func decode(_ value: String, work: inout WorkCounter) -> (text: String, problems: Set<ReadProblem.Kind>) {
        let readings = readings(value, work: &work)
        return (readings.texts.first ?? "", readings.problems)
    }

    /// As `decode`, in every plausible reading.
    /// - Parameter keepsLines: true where the value's own line ends part things and stay.
    /// - Returns: one to three texts, the likeliest first; `isRead` is false where none of them says all.
    static func readings(
        _ value: String, work: inout WorkCounter, keepsLines: Bool = false
    ) -> (texts: [String], isRead: Bool, problems: Set<ReadProblem.Kind>) {
        var decoder = EncodedWordDecoder(Array(value.utf8))
        decoder.run()
        work.steps += decoder.steps
        return (
            keepsLines ? decoder.texts : decoder.texts.map(withoutControls), decoder.isRead, decoder.problems
        )
    }

    /// What a file's name may be: every reading; `isSure` is false where some program perhaps sees another.
    static func names(_ value: String, work: inout WorkCounter) -> (texts: [String], isSure: Bool) {
        var decoder = EncodedWordDecoder(Array(value.utf8))
        decoder.run()
        work.steps += decoder.steps
        return (decoder.texts.map(withoutControls), decoder.isRead && !decoder.isOdd)
    }

    /// An encoded line end must not become a header line of its own anywhere later.
    static func withoutControls(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 < 32 || $0 == 127 }) else { return text }
        var cleaned = String.UnicodeScalarView()
        for scalar in text.unicodeScalars where scalar.value != 0 {
            cleaned.append(scalar.value < 32 || scalar.value == 127 ? " " : scalar)
        }
        return String(cleaned)
    }
}

private struct EncodedWordDecoder {
    private struct Word {
        let charset: String
        let octets: [UInt8]
        let end: Int
    }

    /// Readings of the whole, at least one. A word that has fewer reads the same in the others.
    private(set) var texts = [""]
    private(set) var isRead = true
    /// True where a word is damaged, or in a charset that is not known and may write letters as other octets.
    private(set) var isOdd = false
    private(set) var problems: Set<ReadProblem.Kind> = []
    private(set) var steps = 0
    private let octets: [UInt8]
    private var literalStart = 0
    private var pendingCharset: String?
    private var pending: [UInt8] = []
    private var hasNoMoreEnds = false

    init(_ octets: [UInt8]) { self.octets = octets }

    mutating func run() {
        var place = 0
        while place + 1 < octets.count {
            steps += 1
            guard octets[place] == UInt8(ascii: "="), octets[place + 1] == UInt8(ascii: "?"), let word = word(at: place)
            else {
                place += 1
                continue
            }
            takeLiteral(upTo: place)
            if pendingCharset != word.charset { flush() }
            pendingCharset = word.charset
            pending += word.octets
            place = word.end
            literalStart = word.end
        }
        takeLiteral(upTo: octets.count)
        flush()
    }

    /// The text between two words; white space alone is dropped (RFC 2047 section 6.2), but not at the end.
    private mutating func takeLiteral(upTo end: Int) {
        guard literalStart < end else { return }
        let literal = octets[literalStart..<end]
        steps += literal.count
        let isGap = pendingCharset != nil && end < octets.count && literal.allSatisfy { $0 == 32 || $0 == 9 }
        if isGap { return }
        flush()
        append([String(decoding: literal, as: UTF8.self)])
    }

    private mutating func append(_ readings: [String]) {
        while texts.count < readings.count { texts.append(texts[0]) }
        for index in texts.indices { texts[index] += readings[min(index, readings.count - 1)] }
    }

    private mutating func flush() {
        guard let charset = pendingCharset else { return }
        steps += pending.count
        let readings = CharsetReadings(pending, declared: charset)
        append(readings.texts)
        isRead = isRead && readings.isRead
        if CharsetNames.encoding(charset) == nil, CharsetNames.hidesLetters(charset) { isOdd = true }
        if !readings.isRead || readings.texts.count > 1 || CharsetNames.encoding(charset) == nil {
            problems.insert(.badEncodedWord)
        }
        pendingCharset = nil
        pending = []
    }

    /// `=?charset?B?text?=` that starts here, or nil. `charset*language` is RFC 2231 section 5.
    private mutating func word(at start: Int) -> Word? {
        let charsetStart = start + 2
        var place = charsetStart
        while place < octets.count, place - charsetStart <= 64, octets[place] > 32, octets[place] != 63 { place += 1 }
        steps += place - start
        guard place > charsetStart, place + 3 < octets.count, octets[place] == 63, octets[place + 2] == 63 else {
            return nil
        }
        let encoding = octets[place + 1] | 0x20
        guard encoding == UInt8(ascii: "b") || encoding == UInt8(ascii: "q") else { return nil }
        let textStart = place + 3
        guard let textEnd = end(from: textStart) else { return nil }
        let name = octets[charsetStart..<place].prefix { $0 != UInt8(ascii: "*") }
        return Word(
            charset: String(decoding: name, as: UTF8.self).lowercased(),
            octets: decode(octets[textStart..<textEnd], isBase64: encoding == UInt8(ascii: "b")), end: textEnd + 2)
    }

    /// The next `?=`. Once there is none, there is none for any later word either: without that memory a header full of
    /// beginnings would be searched to its end for each of them.
    private mutating func end(from start: Int) -> Int? {
        guard !hasNoMoreEnds else { return nil }
        var place = start
        while place + 1 < octets.count {
            steps += 1
            if octets[place] == 63, octets[place + 1] == 61 { return place }
            place += 1
        }
        hasNoMoreEnds = true
        return nil
    }

    private mutating func decode(_ word: ArraySlice<UInt8>, isBase64: Bool) -> [UInt8] {
        steps += word.count
        // White space and `?` have no place inside; most programs decode such words all the same.
        if word.contains(where: { $0 <= 32 || $0 == 63 }) {
            problems.insert(.badEncodedWord)
            isOdd = true
        }
        if isBase64 {
            let decoded = TransferDecoder.base64(Array(word))
            if !decoded.isClean {
                problems.insert(.badEncodedWord)
                isOdd = true
            }
            if decoded.isLossy { isRead = false }
            return decoded.octets
        }
        var decoded: [UInt8] = []
        var place = word.startIndex
        while place < word.endIndex {
            if word[place] == UInt8(ascii: "="), place + 2 < word.endIndex, let high = hexValue(word[place + 1]),
                let low = hexValue(word[place + 2])
            {
                decoded.append(high << 4 | low)
                place += 3
                continue
            }
            decoded.append(word[place] == UInt8(ascii: "_") ? 32 : word[place])
            place += 1
        }
        return decoded
    }
}

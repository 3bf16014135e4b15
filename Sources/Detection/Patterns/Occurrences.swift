// Where a pattern occurs in a text: leftmost, longest, not overlapping, and for whole words with both ends verified by
// Unicode letters and digits (the engine's own \b knows ASCII only). Work and memory are bounded for hostile texts.

/// The places of a pattern in a text.
package struct Occurrences: Equatable {
    /// Byte ranges in the text's UTF-8, in order, not overlapping.
    package var ranges: [Range<Int>] = []
    /// False where the search gave up at its bounds: there may be more.
    package var isComplete = true

    /// Matches kept at most. A text with more has been made to have them; 64 Ki are enough for every `at-least`.
    static let limit = 65_536
}

/// One search.
struct OccurrenceSearch {
    private static let matchLimit = Occurrences.limit
    /// Bytes scanned again at most while other starts of a match are tried.
    private static let retryBytes = 4 * 1024 * 1024
    /// Starts tried at most.
    private static let retryLimit = 16_384

    private let spec: PatternSpec
    private var matches: [Range<Int>] = []
    private var doubtful: [Range<Int>] = []
    private var isComplete = true

    init(spec: PatternSpec) { self.spec = spec }

    /// The outcome of ``run(_:_:_:)``.
    var result: Occurrences {
        var ranges: [Range<Int>] = []
        let inOrder = matches.sorted {
            $0.lowerBound != $1.lowerBound ? $0.lowerBound < $1.lowerBound : $0.upperBound > $1.upperBound
        }
        for match in inOrder where match.lowerBound >= ranges.last?.upperBound ?? 0 { ranges.append(match) }
        return Occurrences(ranges: ranges, isComplete: isComplete)
    }

    /// Scans the text with the pattern's own database.
    mutating func run(
        _ text: UnsafeBufferPointer<UInt8>, _ database: HyperscanDatabase, _ scratch: Scratch
    ) throws(HyperscanError) {
        let isExpression = if case .expression = spec.source { true } else { false }
        var found = self
        try database.scan(text, with: scratch) { _, range in
            if found.spec.wholeWord {
                guard WordEdge.isEdge(text, range.upperBound) else { return true }
                guard WordEdge.isEdge(text, range.lowerBound) else {
                    if isExpression { found.doubt(range) }
                    return found.isComplete
                }
            }
            if let checksum = found.spec.checksum, !checksum.holds(text, range) { return true }
            found.keep(range)
            return found.isComplete
        }
        self = found
        try retry(text, database, scratch)
    }

    private mutating func keep(_ range: Range<Int>) {
        guard !range.isEmpty else { return }
        if let last = matches.last, last.lowerBound == range.lowerBound {
            // The engine reports every end of a match: the longest counts.
            matches[matches.count - 1] = range.lowerBound..<max(last.upperBound, range.upperBound)
        } else if matches.count < Self.matchLimit {
            matches.append(range)
        } else {
            isComplete = false
        }
    }

    private mutating func doubt(_ range: Range<Int>) {
        if doubtful.count < Self.matchLimit { doubtful.append(range) } else { isComplete = false }
    }

    /// A match that does not start at the edge of a word may have a shorter form, with the same end, that does: the
    /// engine reports the leftmost start only.
    private mutating func retry(
        _ text: UnsafeBufferPointer<UInt8>, _ database: HyperscanDatabase, _ scratch: Scratch
    ) throws(HyperscanError) {
        var bytesLeft = Self.retryBytes
        var triesLeft = Self.retryLimit
        for range in doubtful {
            var start = range.lowerBound + 1
            while start < range.upperBound {
                defer { start += 1 }
                guard WordEdge.isScalarStart(text[start]), WordEdge.isEdge(text, start) else { continue }
                bytesLeft -= range.upperBound - start
                triesLeft -= 1
                guard bytesLeft > 0, triesLeft > 0 else {
                    isComplete = false
                    return
                }
                let slice = UnsafeBufferPointer(rebasing: text[start..<range.upperBound])
                var fits = false
                try database.scan(slice, with: scratch) { _, match in
                    fits = match.lowerBound == 0 && match.upperBound == slice.count
                    return !fits
                }
                if fits, spec.checksum?.holds(text, start..<range.upperBound) ?? true {
                    keep(start..<range.upperBound)
                    break
                }
            }
        }
    }
}

/// Edges of words in UTF-8.
enum WordEdge {
    /// True where the two characters around an offset are not both letters, digits or marks.
    ///
    /// A mark (a combining accent) continues the letter before it. What is asked is whether the hit could go on into
    /// the next character, so only the character outside of the hit would count; looking at both sides gives the same
    /// answer for hits that start and end with letters, and lets `C++` be a word of its own.
    static func isEdge(_ text: UnsafeBufferPointer<UInt8>, _ offset: Int) -> Bool {
        guard offset > 0, offset < text.count else { return true }
        let (former, next) = (text[offset - 1], text[offset])
        if former < 0x80, next < 0x80 { return !(Octet.isWord(former) && Octet.isWord(next)) }
        guard let before = scalar(endingAt: offset, in: text), let after = scalar(startingAt: offset, in: text) else {
            return true
        }
        return !(isWord(before) && isWord(after))
    }

    /// True for the first octet of a character.
    static func isScalarStart(_ octet: UInt8) -> Bool { octet & 0xC0 != 0x80 }

    /// True for letters, digits and marks.
    static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII {
            return switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9": true
            default: false
            }
        }
        return switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
            .letterNumber, .otherNumber, .nonspacingMark, .spacingMark, .enclosingMark:
            true
        default: false
        }
    }

    private static func scalar(endingAt end: Int, in text: UnsafeBufferPointer<UInt8>) -> Unicode.Scalar? {
        var start = end - 1
        while start > 0, end - start < 4, !isScalarStart(text[start]) { start -= 1 }
        return scalar(startingAt: start, in: text)
    }

    private static func scalar(startingAt start: Int, in text: UnsafeBufferPointer<UInt8>) -> Unicode.Scalar? {
        var iterator = text[start..<min(start + 4, text.count)].makeIterator()
        var decoder = UTF8()
        if case .scalarValue(let scalar) = decoder.decode(&iterator) { return scalar }
        return nil
    }
}

// The runs of digits and of letters in a text, read once from left to right, a few of them ahead of the one that is
// looked at. Without allocation; linear. Pure.

/// A run of digits or of letters.
struct TextRun {
    let start: Int
    let end: Int
    let symbol: RunSymbol
}

/// Reads the runs of one text.
struct RunReader {
    /// Runs that are kept: more than any way of writing a number has. A power of two.
    static let kept = 32

    private let text: UnsafeBufferPointer<UInt8>
    private var runs: InlineArray<32, TextRun>
    /// How many have been read.
    private var count = 0
    /// Where the next one starts, and what stands before it; at the text's end there is none.
    private var next: Int
    private var gap = RunGap.none

    init(_ text: UnsafeBufferPointer<UInt8>) {
        self.text = text
        runs = InlineArray(
            repeating: TextRun(start: 0, end: 0, symbol: RunSymbol(.none, isLetters: false, length: 0)))
        next = Self.nextWord(text, from: 0)
    }

    /// A run by its number, counted from the text's first one.
    /// - Parameter number: at most ``kept`` less than that of the last one read.
    /// - Returns: nil where the text has no more.
    mutating func run(_ number: Int) -> TextRun? {
        while count <= number {
            guard next < text.count else { return nil }
            read()
        }
        return runs[number & (Self.kept - 1)]
    }

    private mutating func read() {
        let start = next
        var end = start + 1
        let isLetters = !Octet.isDigit(text[start])
        if isLetters {
            while end < text.count, Octet.isLetter(text[end]) { end += 1 }
        } else {
            while end < text.count, Octet.isDigit(text[end]) { end += 1 }
        }
        let symbol = RunSymbol(gap, isLetters: isLetters, length: end - start)
        runs[count & (Self.kept - 1)] = TextRun(start: start, end: end, symbol: symbol)
        count += 1
        readGap(behind: end)
    }

    /// Finds the next run, and what stands before it.
    private mutating func readGap(behind end: Int) {
        guard end < text.count else {
            next = end
            return
        }
        let octet = text[end]
        if Octet.isWord(octet) {
            (gap, next) = (.joined, end)
            return
        }
        let isWordNext = end + 1 < text.count && Octet.isWord(text[end + 1])
        switch octet {
        case 32 where isWordNext, UInt8(ascii: "-") where isWordNext, UInt8(ascii: ".") where isWordNext,
            UInt8(ascii: "/") where isWordNext:
            (gap, next) = (.separators, end + 1)
            return
        case 32, 9, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: "|"), 0xC2, 0xE2, 0xE3, 0xEF:
            let separators = Neighbours.separators(text, end)
            if separators > 0, end + separators < text.count, Octet.isWord(text[end + separators]) {
                (gap, next) = (.separators, end + separators)
                return
            }
            let box = Boxes.gap(text, end)
            if box > 0 {
                (gap, next) = (.box, end + box)
                return
            }
        default: break
        }
        (gap, next) = (.none, Self.nextWord(text, from: end + 1))
    }

    private static func nextWord(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        var index = start
        while index < text.count, !Octet.isWord(text[index]) { index += 1 }
        return index
    }
}

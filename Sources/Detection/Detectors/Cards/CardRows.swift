// Rows around a number that look like it: a table of four-digit columns has many of the form 4-4-4-4, and one in thirty
// passes for a card by chance. Bounded by lines and bytes; pure.

/// Rows of a table or list.
struct CardRows {
    private struct Entry {
        let line: Range<Int>
        let offset: Int
        let sizes: [Int]
        let gap: DigitGap
        let count: (all: Int, cards: Int)
    }

    /// What was counted last, for the other numbers of the same line; one for each way of writing that was seen last.
    private var entries: [Entry] = []
    private var oldest = 0
    /// Bytes read so far.
    private(set) var work = 0
    /// How many may be read: what stands around speaks against a number, so without it more numbers count.
    private let workLimit: Int

    private static let entryLimit = 4
    /// Bytes read for each byte of a text at most.
    static let workPerByte = 4

    /// - Parameter count: length of the text in bytes.
    init(textOf count: Int) { workLimit = Self.workPerByte * count + 65_536 }

    private static let lineLimit = 8
    private static let byteLimit = 512

    /// The line that an offset stands in, at most some hundred bytes to both sides.
    static func line(_ offset: Int, _ text: UnsafeBufferPointer<UInt8>) -> Range<Int> {
        var start = offset
        while start > 0, offset - start < byteLimit, text[start - 1] != 10 { start -= 1 }
        var end = offset
        while end < text.count, end - offset < byteLimit, text[end] != 10 { end += 1 }
        return start..<end
    }

    /// True where a line has no digits but those of a range.
    static func isAlone(_ range: Range<Int>, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
        let line = line(range.lowerBound, text)
        guard line.upperBound >= range.upperBound else { return false }
        return !text[line.lowerBound..<range.lowerBound].contains(where: Octet.isDigit)
            && !text[range.upperBound..<line.upperBound].contains(where: Octet.isDigit)
    }

    /// How many numbers in groups of the same sizes and gaps stand on a line and its neighbours, and how many of them
    /// are cards.
    mutating func around(
        _ range: Range<Int>, sizes: [Int], gap: DigitGap, _ text: UnsafeBufferPointer<UInt8>,
        _ groups: inout [DigitGroup]
    ) -> (all: Int, cards: Int) {
        let offset = range.lowerBound
        let same = entries.firstIndex { $0.sizes == sizes && $0.gap == gap }
        if let same, entries[same].line.contains(offset), offset - entries[same].offset < Self.byteLimit / 2 {
            return entries[same].count
        }
        guard work < workLimit else { return (1, 1) }
        let count = count(range, sizes, gap, text, &groups)
        let entry = Entry(line: Self.line(offset, text), offset: offset, sizes: sizes, gap: gap, count: count)
        if let same {
            entries[same] = entry
        } else if entries.count < Self.entryLimit {
            entries.append(entry)
        } else {
            entries[oldest] = entry
            oldest = (oldest + 1) % Self.entryLimit
        }
        return count
    }

    private mutating func count(
        _ range: Range<Int>, _ sizes: [Int], _ gap: DigitGap, _ text: UnsafeBufferPointer<UInt8>,
        _ groups: inout [DigitGroup]
    ) -> (all: Int, cards: Int) {
        var count = (all: 0, cards: 0)
        var line = Self.line(range.lowerBound, text)
        tally(line, sizes, gap, text, &groups, &count)
        for _ in 0..<Self.lineLimit where line.lowerBound > 0 && text[line.lowerBound - 1] == 10 {
            line = Self.line(line.lowerBound - 1, text)
            tally(line, sizes, gap, text, &groups, &count)
        }
        line = Self.line(range.lowerBound, text)
        for _ in 0..<Self.lineLimit where line.upperBound + 1 < text.count && text[line.upperBound] == 10 {
            line = Self.line(line.upperBound + 1, text)
            tally(line, sizes, gap, text, &groups, &count)
        }
        return count
    }

    private mutating func tally(
        _ line: Range<Int>, _ sizes: [Int], _ gap: DigitGap, _ text: UnsafeBufferPointer<UInt8>,
        _ groups: inout [DigitGroup], _ count: inout (all: Int, cards: Int)
    ) {
        work += line.count
        let bytes = UnsafeBufferPointer(rebasing: text[line])
        var index = 0
        while index < bytes.count {
            index = Octet.nextDigit(bytes, from: index)
            guard index < bytes.count else { return }
            index = DigitGroup.read(bytes, from: index, atMost: Self.byteLimit, into: &groups)
            var first = 0
            while first + sizes.count <= groups.count {
                guard Self.matches(groups, first, sizes, gap) else {
                    first += 1
                    continue
                }
                let next = first + sizes.count
                let isCard = CardBrand.isCard(groups[first].start..<groups[next - 1].end, bytes)
                // Other runs count where they are no part of a longer one: a day may stand before a card.
                let isWhole =
                    (first == 0 || groups[first].gap != gap) && (next == groups.count || groups[next].gap != gap)
                count.all += isCard || isWhole ? 1 : 0
                count.cards += isCard ? 1 : 0
                first = isCard || isWhole ? next : first + 1
            }
        }
    }

    private static func matches(_ groups: [DigitGroup], _ first: Int, _ sizes: [Int], _ gap: DigitGap) -> Bool {
        for (offset, size) in sizes.enumerated() {
            let group = groups[first + offset]
            if group.size != size || (offset > 0 && group.gap != gap && sizes[0] != 1) { return false }
        }
        return true
    }
}

// Payment card numbers (ISO/IEC 7812-1): 13 to 19 digits of a known brand and length with a right Luhn digit, written
// as people write them: in one piece, or in the groups that are printed on cards with one kind of separator. One number
// of a hundred passes the check by chance, so what stands around it counts: no decimals, no longer runs of groups, no
// tables. Where a word of cards stands near, or over the column, other separators and 13 digits count too. Pure;
// linear.

/// Finds payment card numbers.
enum PaymentCard {
    /// See ``Detector/find(in:_:)``.
    static func find(
        in text: UnsafeBufferPointer<UInt8>, _ work: inout DetectorWork, _ found: Detector.Found
    ) {
        var search = CardSearch(text)
        search.run(found)
        work = search.work
    }
}

/// What a search costs beside reading the text once, counted.
package enum CardWork {
    /// Bytes that may be read again for each byte of a text, for what stands around numbers.
    package static let perByte = CardRows.workPerByte

    /// How many cards are in a text, and how many bytes were read again.
    package static func count(in text: [UInt8]) -> (cards: Int, bytes: Int) {
        text.withUnsafeBufferPointer { text in
            var search = CardSearch(text)
            var cards = 0
            search.run { _, _ in
                cards += 1
                return true
            }
            return (cards, search.rows.work)
        }
    }
}

/// One search through a text.
struct CardSearch {
    /// Groups of one line looked at together; a longer line goes on as another one that overlaps.
    private static let groupLimit = 2048
    private static let overlap = 24

    let text: UnsafeBufferPointer<UInt8>
    let sizes = CardSizes.known
    var groups: [DigitGroup] = []
    /// True where the groups are the rest of a line that was cut.
    var isCut = false
    /// Groups of the next line, or of a neighbouring one.
    var others: [DigitGroup] = []
    var headings = TableHeadings(CardWords.table)
    var rows: CardRows
    private(set) var work: DetectorWork
    private var words = WordPositions(CardWords.table)
    private var lastEnd = 0

    init(_ text: UnsafeBufferPointer<UInt8>) {
        self.text = text
        rows = CardRows(textOf: text.count)
        work = DetectorWork(bytes: text.count)
    }

    mutating func run(_ found: Detector.Found) {
        var index = 0
        while index < text.count {
            index = Octet.nextDigit(text, from: index)
            guard index < text.count else { return }
            let end = DigitGroup.read(text, from: index, atMost: Self.groupLimit, into: &groups)
            guard judge(found) else { return }
            let isLong = groups.count == Self.groupLimit
            index = isLong ? groups[groups.count - Self.overlap].start : end
            isCut = isLong
        }
    }

    /// Looks at every group of a line.
    /// - Returns: false where `found` asked to stop, and where it was too much work.
    private mutating func judge(_ found: Detector.Found) -> Bool {
        var index = 0
        while index < groups.count {
            let group = groups[index]
            var range: Range<Int>?
            var next = index + 1
            switch group.size {
            case _ where group.start < lastEnd: break
            case 13...19:
                guard work.step() else { return false }
                range = isCardInOnePiece(index) ? group.start..<group.end : nil
            case 1:
                let boxes = boxes(index)
                range = boxes.range
                next = boxes.next
            case 4, 6, 8, 12:
                guard work.step() else { return false }
                range = form(at: index)
            default: break
            }
            if let range {
                if !tell(range, found) { return false }
                while next < groups.count, groups[next].start < range.upperBound { next += 1 }
            }
            index = next
        }
        guard let last = groups.last, last.end > lastEnd, let range = wrapped() else { return true }
        return tell(range, found)
    }

    private mutating func tell(_ range: Range<Int>, _ found: Detector.Found) -> Bool {
        lastEnd = range.upperBound
        return found(text[range].filter(Octet.isDigit), range)
    }

    /// True where a range, without what is no digit, is a card's number.
    func isCard(_ range: Range<Int>) -> Bool { CardBrand.isCard(range, text) }

    /// True where a word of cards stands near a range, or over its column.
    mutating func hasWord(_ range: Range<Int>) -> Bool {
        let reach = CardWords.reachBytes
        // No heading has a word where the text has none.
        return !words.isEmpty(text)
            && (words.occurs(in: max(0, range.lowerBound - reach)..<range.lowerBound, text)
                || words.occurs(in: range.upperBound..<min(text.count, range.upperBound + reach), text)
                || headings.holds(at: range.lowerBound, text))
    }

    // MARK: One piece

    private mutating func isCardInOnePiece(_ index: Int) -> Bool {
        let group = groups[index]
        guard isCard(group.start..<group.end) else { return false }
        var edge = CardEdges.before(group, text, &headings)
        edge = max(edge, CardEdges.behind(group, next: index + 1 < groups.count ? groups[index + 1] : nil, text))
        if group.size == 13 { return edge < .inside && isCardOfThirteen(group.start..<group.end) }
        guard edge < .inside else { return false }
        let range = group.start..<group.end
        // A column of other numbers as long: one in thirty of them passes by chance.
        let around = rows.around(range, sizes: [group.size], gap: .none, text, &others)
        return edge == .free && around.cards * 2 >= around.all || hasWord(range)
    }

    /// Every article has a number of thirteen digits: one with an article's check digit needs its word right before it.
    private mutating func isCardOfThirteen(_ range: Range<Int>) -> Bool {
        var sum = 0
        for (place, index) in range.enumerated() { sum += Int(text[index] & 0x0F) * (place % 2 == 0 ? 1 : 3) }
        guard sum % 10 == 0 else { return hasWord(range) }
        return CardWords.occur(in: max(0, range.lowerBound - 24)..<range.lowerBound, text)
            || headings.holds(at: range.lowerBound, text)
    }
}

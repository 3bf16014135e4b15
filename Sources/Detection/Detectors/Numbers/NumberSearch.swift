// One search for numbers of one form in one text: where it stands, what it has read of what surrounds numbers, and what
// it has found. Pure.

/// One search for numbers of a form in one text, from left to right.
struct NumberSearch {
    private let form: NumberForm
    var value = NumberValue()
    var headings: TableHeadings
    var keyHeadings = TableHeadings(Neighbours.keys)
    var named: WordPositions
    /// Where the last number ends.
    var namedUntil = 0
    private var next = 0
    private var listed = ListedValues()
    private(set) var work: DetectorWork

    init(_ form: NumberForm, bytes: Int) {
        self.form = form
        work = DetectorWork(bytes: bytes)
        headings = TableHeadings(form.words)
        named = WordPositions(form.words)
    }

    /// Looks at one place, which must not lie before the one looked at last.
    /// - Parameters:
    ///   - ways: a bit for each way that may begin there.
    ///   - boxes: the row of characters that stand alone that begins there; nil where none does.
    /// - Returns: false where `found` asked to stop, and where it was too much work.
    mutating func look(
        at start: Int, _ ways: UInt64, _ boxes: BoxedNumber?, _ text: UnsafeBufferPointer<UInt8>,
        _ found: Detector.Found
    ) -> Bool {
        guard start >= next, form.startsHere(text, start) else { return true }
        guard work.step() else { return false }
        guard let end = form.read(text, start, ways, boxes, &self) else { return true }
        namedUntil = end
        var own = Array(value)
        if headings.isListed(at: start, text) { listed.add(&own) }
        next = max(end, start + 1)
        return found(own, start..<end)
    }
}

/// Values under the heading of a column. Each row there is about somebody, so a list counts by its rows also where a
/// value comes again (a placeholder, two records of one person).
private struct ListedValues {
    private var seen: Set<[UInt8]> = []
    private var repeats = 0

    /// Makes a value that was there before another one.
    mutating func add(_ value: inout [UInt8]) {
        guard !seen.insert(value).inserted else { return }
        repeats += 1
        value += Array("#\(repeats)".utf8)
    }
}

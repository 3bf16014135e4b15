// One pass through a text for all kinds of numbers at once: the text is cut into runs of digits and of letters, and
// each kind of number is tried only where the lengths of some runs, and what stands between them, let one of its ways
// begin (``NumberShapes``). Linear; without allocation for each run. Pure.

/// A row of characters that stand alone.
struct BoxedNumber {
    /// Letters in upper case.
    let value: NumberValue
    /// Where the last one ends.
    let end: Int

    /// The row that begins at an offset; nil where none does (``Boxes``).
    init?(_ text: UnsafeBufferPointer<UInt8>, _ start: Int) {
        var value = NumberValue()
        guard let end = Boxes.read(text, start, &value) else { return nil }
        self.end = end
        self.value = value
    }
}

/// One pass through a text.
struct NumberPass {
    private var searches: [NumberSearch?]
    private let wanted: UInt64
    private let bits = NumberForms.bits
    private let formOfWay = NumberForms.formOfWay

    /// - Parameters:
    ///   - detectors: what is looked for; those without a form are passed over.
    ///   - bytes: length of the text.
    init(_ detectors: Set<Detector>, bytes: Int) {
        var wanted: UInt64 = 0
        searches = zip(NumberForms.all, NumberForms.bits).map { item, bits in
            guard detectors.contains(item.detector) else { return nil }
            wanted |= bits.mask
            return NumberSearch(item.form, bytes: bytes)
        }
        self.wanted = wanted
    }

    /// Finds numbers.
    /// - Parameters:
    ///   - text: see ``Detector/find(in:_:)``.
    ///   - found: the same for one detector; where it returns false, that one is done.
    mutating func run(
        _ text: UnsafeBufferPointer<UInt8>,
        _ found: (_ detector: Detector, _ value: [UInt8], _ range: Range<Int>) -> Bool
    ) {
        let shapes = NumberForms.shapes
        let (digits, capitals) = (NumberForms.startingWithDigits, NumberForms.startingWithCapitals)
        var open = wanted
        var runs = RunReader(text)
        var number = 0
        while open != 0, let run = runs.run(number) {
            var ways = shapes.ways(from: number, &runs) & open
            number += 1
            if ways != 0, run.symbol.isLetters, text[run.start] >= 97 { ways &= ~capitals }
            var boxes: BoxedNumber?
            if run.end - run.start == 1, let next = runs.run(number), next.end - next.start == 1,
                next.symbol.gap == .separators || next.symbol.gap == .box
            {
                boxes = BoxedNumber(text, run.start)
                if boxes != nil { ways = open }
            }
            if run.start > 0, Octet.isWord(text[run.start - 1]) { ways &= digits }
            if ways != 0 { open &= ~look(at: run.start, ways, boxes, text, found) }
        }
    }

    /// Tries the forms that some ways are of.
    /// - Returns: the ways of those that are done.
    private mutating func look(
        at start: Int, _ ways: UInt64, _ boxes: BoxedNumber?, _ text: UnsafeBufferPointer<UInt8>,
        _ found: (_ detector: Detector, _ value: [UInt8], _ range: Range<Int>) -> Bool
    ) -> UInt64 {
        var done: UInt64 = 0
        var ways = ways
        while ways != 0 {
            let number = formOfWay[ways.trailingZeroBitCount]
            let bits = bits[number]
            let own = (ways & bits.mask) >> bits.first
            ways &= ~bits.mask
            let isOpen =
                searches[number]?.look(at: start, own, boxes, text) { found(bits.detector, $0, $1) }
                ?? false
            if !isOpen { done |= bits.mask }
        }
        return done
    }

    /// The work that there was for a detector.
    func work(of detector: Detector) -> DetectorWork? {
        zip(NumberForms.all, searches).first { $0.0.detector == detector }?.1?.work
    }
}

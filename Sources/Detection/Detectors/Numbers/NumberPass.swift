// One pass through a text for all kinds of numbers at once: the text is cut into runs of digits and of letters, and
// each kind of number is tried only where the lengths of two runs, and what stands between them, let one of its ways
// begin. Linear; without allocation for each run. Pure.

/// The kinds of numbers that have a form.
enum NumberForms {
    /// By detector, in a fixed order.
    static let all: [(detector: Detector, form: NumberForm)] = Detector.allCases.compactMap { detector in
        form(of: detector).map { (detector, $0) }
    }

    /// For each shape the forms that may begin so, one bit each, in the order of ``all``.
    static let byShape: [UInt32] = RunShape.all.map { shape in
        all.enumerated().reduce(0) { mask, item in
            item.element.form.ways.contains { shape.mayBegin($0) } ? mask | 1 << UInt32(item.offset) : mask
        }
    }

    /// Those of ``all`` that start at digits only.
    static let startingWithDigits: UInt32 = all.enumerated().reduce(0) { mask, item in
        item.element.form.startsWithDigits ? mask | 1 << UInt32(item.offset) : mask
    }

    /// The form of a detector; nil for one that finds something else than a number in a form.
    static func form(of detector: Detector) -> NumberForm? {
        switch detector {
        case .bic: BIC.numbers
        case .frNIR: FrenchNumbers.nir
        case .frSIREN: FrenchNumbers.siren
        case .frSIRET: FrenchNumbers.siret
        case .esDNI: SpanishNumbers.dni
        case .esNIE: SpanishNumbers.nie
        case .itCodiceFiscale: CodiceFiscale.numbers
        case .deSteuerID: EuropeanNumbers.steuerID
        case .nlBSN: EuropeanNumbers.bsn
        case .beNN: EuropeanNumbers.belgianNN
        case .ukNHS: EnglishNumbers.nhs
        case .ukNINO: EnglishNumbers.nino
        case .usSSN: EnglishNumbers.ssn
        case .medicalCode: MedicalCodes.numbers
        case .paymentCard, .iban, .passportMRZ, .privateKey, .apiToken, .credentials: nil
        }
    }
}

/// Two runs of digits or letters, and what stands between them.
struct RunShape: Sendable {
    /// What stands behind a run.
    enum Gap: Int, Sendable {
        /// Neither of what follows.
        case none
        /// A run of the other kind.
        case joined
        /// Separators as ``Neighbours/separators(_:_:)`` has them, and a run.
        case separators
        /// Else what keeps boxes apart (``Boxes``), and a run.
        case box
    }

    /// Longer runs count as so long: no number has one.
    static let longest = 31
    private static let second = 1 + 2 * (longest + 1)
    private static let behind = 1 + 3 * 2 * (longest + 1)

    /// All shapes, by ``number(isLetters:length:gap:nextIsLetters:nextLength:)``.
    static let all: [RunShape] = (0..<2 * (longest + 1) * behind).map { number in
        let (first, rest) = (number / behind, number % behind)
        guard rest > 0, let gap = Gap(rawValue: 1 + (rest - 1) / (2 * (longest + 1))) else {
            return RunShape(first: run(first), gap: .none, next: (false, 0))
        }
        return RunShape(first: run(first), gap: gap, next: run((rest - 1) % (2 * (longest + 1))))
    }

    typealias Run = (isLetters: Bool, length: Int)
    let first: Run
    let gap: Gap
    let next: Run

    private static func run(_ number: Int) -> Run { (number > longest, number % (longest + 1)) }

    private static func number(_ run: Run) -> Int { (run.isLetters ? longest + 1 : 0) + min(run.length, longest) }

    /// The number of a shape.
    static func number(_ first: Run, _ gap: Gap, _ next: Run) -> Int {
        let rest = gap == .none ? 0 : 1 + (gap.rawValue - 1) * 2 * (longest + 1) + number(next)
        return number(first) * behind + rest
    }

    /// False where a number written in a way surely does not begin with these runs.
    func mayBegin(_ way: NumberForm.Way) -> Bool {
        way.kinds.count >= Self.longest || walk(way.kinds, isCells: false)
            || way.joinsCells && walk(way.kinds, isCells: true)
    }

    /// Follows a way through the runs, as far as they are known.
    private func walk(_ kinds: [UInt8], isCells: Bool) -> Bool {
        var run = first
        var isSecond = false
        for kind in kinds {
            switch kind {
            case UInt8(ascii: "n"), UInt8(ascii: "a"), UInt8(ascii: "c"):
                if run.length == 0 {
                    if isSecond { return true }
                    guard gap == .joined else { return false }
                    (run, isSecond) = (next, true)
                }
                if kind == UInt8(ascii: "n"), run.isLetters { return false }
                if kind == UInt8(ascii: "a"), !run.isLetters { return false }
                run.length -= 1
            case UInt8(ascii: " "), UInt8(ascii: "?"), UInt8(ascii: "k"):
                if run.length > 0 {
                    // A number's key may have letters before it.
                    if kind == UInt8(ascii: "k"), run.isLetters, !isCells { return true }
                    if kind == UInt8(ascii: " ") || isCells { return false }
                    continue
                }
                if isSecond || kind == UInt8(ascii: "k") { return true }
                switch gap {
                case .none: return false
                case .joined where kind == UInt8(ascii: " ") || isCells: return false
                case .box where !isCells: return false
                default: (run, isSecond) = (next, true)
                }
            default:
                // A dot.
                return run.length == 0
            }
        }
        if run.length > 0 { return false }
        return isSecond || gap != .joined
    }
}

/// A row of characters that stand alone.
struct BoxedNumber {
    /// Letters in upper case.
    let value: [UInt8]
    /// Where the last one ends.
    let end: Int

    /// The row that begins at an offset; nil where none does (``Boxes``).
    /// - Parameter buffer: is used again.
    init?(_ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ buffer: inout [UInt8]) {
        guard let end = Boxes.read(text, start, &buffer) else { return nil }
        self.end = end
        value = buffer
    }
}

/// One pass through a text.
struct NumberPass {
    private var searches: [NumberSearch?]
    private var boxed: [UInt8] = []
    private let wanted: UInt32

    /// - Parameters:
    ///   - detectors: what is looked for; those without a form are passed over.
    ///   - bytes: length of the text.
    init(_ detectors: Set<Detector>, bytes: Int) {
        var wanted: UInt32 = 0
        searches = NumberForms.all.enumerated().map { index, item in
            guard detectors.contains(item.detector) else { return nil }
            wanted |= 1 << UInt32(index)
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
        var open = wanted
        let table = NumberForms.byShape
        var index = Self.nextRun(text, from: 0)
        var end = Self.end(of: index, text)
        while index < text.count, open != 0 {
            let isLetters = Octet.isLetter(text[index])
            let (gap, next) = Self.gap(behind: end, text)
            let nextEnd = gap == .none ? next : Self.end(of: next, text)
            let shape = RunShape.number(
                (isLetters, end - index), gap, gap == .none ? (false, 0) : (Octet.isLetter(text[next]), nextEnd - next))
            var mask = table[shape] & open
            var boxes: BoxedNumber?
            if end - index == 1, gap == .separators || gap == .box, nextEnd - next == 1 {
                boxes = BoxedNumber(text, index, &boxed)
                if boxes != nil { mask = open }
            }
            if index > 0, Octet.isWord(text[index - 1]) { mask &= NumberForms.startingWithDigits }
            while mask != 0 {
                let number = mask.trailingZeroBitCount
                mask &= mask - 1
                let isOpen =
                    searches[number]?.look(at: index, boxes, text) { found(NumberForms.all[number].detector, $0, $1) }
                    ?? false
                if !isOpen { open &= ~(1 << UInt32(number)) }
            }
            if gap == .none {
                index = Self.nextRun(text, from: end)
                end = Self.end(of: index, text)
            } else {
                (index, end) = (next, nextEnd)
            }
        }
    }

    /// The work that there was for a detector.
    func work(of detector: Detector) -> DetectorWork? {
        zip(NumberForms.all, searches).first { $0.0.detector == detector }?.1?.work
    }

    private static func nextRun(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        var index = start
        while index < text.count, !Octet.isWord(text[index]) { index += 1 }
        return index
    }

    private static func end(of start: Int, _ text: UnsafeBufferPointer<UInt8>) -> Int {
        guard start < text.count else { return start }
        var index = start + 1
        if Octet.isDigit(text[start]) {
            while index < text.count, Octet.isDigit(text[index]) { index += 1 }
        } else {
            while index < text.count, Octet.isLetter(text[index]) { index += 1 }
        }
        return index
    }

    /// What stands behind a run, and where the next one starts; without a next one, where the run ends.
    private static func gap(behind end: Int, _ text: UnsafeBufferPointer<UInt8>) -> (RunShape.Gap, next: Int) {
        guard end < text.count else { return (.none, end) }
        let octet = text[end]
        if Octet.isWord(octet) { return (.joined, end) }
        switch octet {
        case 32, 9, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: "|"), 0xC2, 0xE2, 0xE3, 0xEF:
            let separators = Neighbours.separators(text, end)
            if separators > 0, end + separators < text.count, Octet.isWord(text[end + separators]) {
                return (.separators, end + separators)
            }
            let box = Boxes.gap(text, end)
            return box > 0 ? (.box, end + box) : (.none, end)
        default: return (.none, end)
        }
    }
}

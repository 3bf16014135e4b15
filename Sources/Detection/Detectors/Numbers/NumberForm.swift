// Numbers with a form: so many digits and letters, in one piece or in the groups in which people write them, checked by
// a check sum, and where that is weak only where a word beside them says what they are. Pure; linear in the text.

/// How one kind of number is written, checked and told from other numbers. There is one of each, and it is only read.
final class NumberForm: Sendable {
    /// A way to write it: `n` a digit, `a` a letter, `c` either; a space is one to three separators (spaces, hyphens,
    /// dots, slashes), `?` none or one to three, `k` the same or the word
    /// for "key" (`clé 97`), a dot itself.
    struct Way: Sendable {
        let kinds: [UInt8]
        /// True where a number written so counts only beside one of the ``NumberForm/words``.
        let needsWord: Bool
        /// True where its groups may stand in cells of a row: a tab, a bar or some blanks, the same between all of
        /// them.
        let joinsCells: Bool

        init(_ kinds: String, needsWord: Bool = false, joinsCells: Bool = false) {
            self.kinds = Array(kinds.utf8)
            self.needsWord = needsWord
            self.joinsCells = joinsCells
        }
    }

    let ways: [Way]
    /// Words in lower case, each the beginning of one.
    let words: WordSet
    /// Letters that may stand right before the number.
    private let glue: WordSet
    /// Reach of the words, in bytes, before and behind.
    let reach: (before: Int, behind: Int)
    /// True where letters count in upper case only.
    let upperCaseOnly: Bool
    /// True where the number may stand right behind any letters (`FR40303265045`).
    let followsLetters: Bool
    /// Whether the value (digits and upper-case letters) is one.
    let isValid: @Sendable (_ value: NumberValue) -> Bool
    /// A second way to be sure without a word: looks at the text around.
    let isSure: (@Sendable (_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ value: NumberValue) -> Bool)?
    private let startsWithDigit: Bool

    /// - Parameters:
    ///   - words: in lower case; they may stand near, over the column, and right before the number.
    ///   - names: what may stand right before it besides.
    init(
        ways: [Way], words: [String] = [], names: [String] = [], reach: (before: Int, behind: Int) = (60, 25),
        upperCaseOnly: Bool = false, followsLetters: Bool = false,
        isValid: @escaping @Sendable (_ value: NumberValue) -> Bool,
        isSure: (@Sendable (_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ value: NumberValue) -> Bool)? =
            nil
    ) {
        self.ways = ways
        self.words = WordSet(words.map { $0 + "*" })
        glue = WordSet((words + names).map { $0 + "*" } + CardWords.numberWords)
        self.reach = reach
        self.upperCaseOnly = upperCaseOnly
        self.followsLetters = followsLetters
        self.isValid = isValid
        self.isSure = isSure
        startsWithDigit = ways.allSatisfy { $0.kinds.first == UInt8(ascii: "n") }
    }

    /// True where numbers may start only where digits do; else they start where words do.
    var startsWithDigits: Bool { startsWithDigit }

    func startsHere(_ text: UnsafeBufferPointer<UInt8>, _ start: Int) -> Bool {
        guard start > 0 else { return true }
        let before = text[start - 1]
        if Octet.isLetter(before) { return followsLetters || isGlued(start, text) }
        if before == UInt8(ascii: "_") { return isGlued(start - 1, text) }
        return WordEdge.isEdge(text, start) && !Neighbours.continues(text, before: start)
    }

    /// True where one of the words, or `nr`, ends at an offset.
    private func isGlued(_ end: Int, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
        var first = end
        while first > 0, end - first < 24, Octet.isLetter(text[first - 1]) { first -= 1 }
        return first < end && glue.starts(at: first, text, upTo: end)
    }

    /// Tries some ways one after the other.
    /// - Parameter mask: a bit for each, the lowest for the first one.
    /// - Returns: where the number ends; `value` is the number.
    func read(
        _ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ mask: UInt64, _ boxes: BoxedNumber?,
        _ search: inout NumberSearch
    ) -> Int? {
        if let boxes {
            search.value = boxes.value
            for way in ways where way.fits(boxes.value, upperCaseOnly: upperCaseOnly) && isValid(boxes.value) {
                if !way.needsWord || isNamed(start..<boxes.end, text, &search) { return boxes.end }
            }
        }
        var mask = mask & ((1 << UInt64(ways.count)) - 1)
        while mask != 0 {
            let way = ways[mask.trailingZeroBitCount]
            mask &= mask - 1
            if way.joinsCells, let end = cells(way, text, start, &search.value), isValid(search.value) { return end }
            guard let end = match(way, text, start, &search.value, &search.keyHeadings), isValid(search.value) else {
                continue
            }
            let range = start..<end
            if Neighbours.isFraction(range, search.value, text, &search.headings) { continue }
            if !way.needsWord { return end }
            if let isSure, isSure(text, range, search.value) { return end }
            if isNamed(range, text, &search) || follows(search.namedUntil, start, text, &search.headings) {
                return end
            }
        }
        return nil
    }

    /// True right behind another such number, over a comma, blanks, quotes or a line end: a list (`BSN: …, …, …`).
    private func follows(
        _ end: Int, _ start: Int, _ text: UnsafeBufferPointer<UInt8>, _ headings: inout TableHeadings
    ) -> Bool {
        guard end > 0, (1...8).contains(start - end), text[end..<start].allSatisfy({ " ,\n\r\"'".utf8.contains($0) })
        else { return false }
        return !headings.isField(at: start, UInt8(ascii: ","), text)
    }

    /// True where one of the words stands near, or over the column.
    private func isNamed(
        _ range: Range<Int>, _ text: UnsafeBufferPointer<UInt8>, _ search: inout NumberSearch
    ) -> Bool {
        // No heading has a word where the text has none.
        !search.named.isEmpty(text)
            && (search.named.occurs(in: max(0, range.lowerBound - reach.before)..<range.lowerBound, text)
                || search.named.occurs(
                    in: range.upperBound..<min(text.count, range.upperBound + reach.behind), text)
                || search.headings.holds(at: range.lowerBound, text))
    }

    /// The end of a number whose groups stand in cells of a row.
    private func cells(_ way: Way, _ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ value: inout NumberValue) -> Int?
    {
        value.removeAll()
        var index = start
        var gap: Range<Int>?
        for kind in way.kinds {
            if kind == UInt8(ascii: "?") || kind == UInt8(ascii: "k") {
                let length = Boxes.gap(text, index)
                let isCells = length > 1 || length == 1 && text[index] != 32
                let own = index..<index + length
                guard isCells, text[gap ?? own].elementsEqual(text[own]) else {
                    return nil
                }
                gap = gap ?? own
                index += length
            } else {
                guard index < text.count, Way.fits(text[index], kind, upperCaseOnly) else { return nil }
                value.append(Octet.upper(text[index]))
                index += 1
            }
        }
        return WordEdge.isEdge(text, index) && !Neighbours.continues(text, behind: index) ? index : nil
    }

    private func match(
        _ way: Way, _ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ value: inout NumberValue,
        _ keyHeadings: inout TableHeadings
    ) -> Int? {
        value.removeAll()
        var index = start
        for kind in way.kinds {
            switch kind {
            case UInt8(ascii: "n"):
                guard index < text.count, Octet.isDigit(text[index]) else { return nil }
                value.append(text[index])
                index += 1
            case UInt8(ascii: " "), UInt8(ascii: "?"):
                let length = Neighbours.separators(text, index)
                if length == 0, kind == UInt8(ascii: " ") { return nil }
                index += length
            case UInt8(ascii: "k"):
                if Neighbours.isKeyField(text, index), keyHeadings.holds(at: index + 1, text) {
                    index += 1
                } else {
                    index = Neighbours.behindKey(text, index)
                }
            case UInt8(ascii: "."):
                guard index < text.count, text[index] == kind else { return nil }
                index += 1
            default:
                guard index < text.count, Way.fits(text[index], kind, upperCaseOnly) else { return nil }
                value.append(Octet.upper(text[index]))
                index += 1
            }
        }
        guard WordEdge.isEdge(text, index), index == text.count || text[index] != UInt8(ascii: "_"),
            !Neighbours.continues(text, behind: index)
        else { return nil }
        return index
    }
}

extension NumberForm.Way {
    /// True where an octet is of a kind.
    static func fits(_ octet: UInt8, _ kind: UInt8, _ upperCaseOnly: Bool) -> Bool {
        switch kind {
        case UInt8(ascii: "n"): return Octet.isDigit(octet)
        case UInt8(ascii: "a"): return Octet.isLetter(octet) && !(upperCaseOnly && octet >= 97)
        default: return Octet.isDigit(octet) || (Octet.isLetter(octet) && !(upperCaseOnly && octet >= 97))
        }
    }

    /// True where a value without separators has this form.
    func fits(_ value: NumberValue, upperCaseOnly: Bool) -> Bool {
        var place = 0
        for kind in kinds where kind == UInt8(ascii: "n") || kind == UInt8(ascii: "a") || kind == UInt8(ascii: "c") {
            guard place < value.count, Self.fits(value[place], kind, upperCaseOnly) else { return false }
            place += 1
        }
        return place == value.count && !kinds.contains(UInt8(ascii: "."))
    }
}

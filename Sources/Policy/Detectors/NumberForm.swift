// Numbers with a form: so many digits and letters, in one piece or in the groups in which people write them, checked by a
// check sum, and where that is weak only where a word beside them says what they are. Pure; linear in the text.

/// How one kind of number is written, checked and told from other numbers.
struct NumberForm: Sendable {
    /// A way to write it: `n` a digit, `a` a letter, `c` either; a space is one to three separators (spaces, hyphens, dots,
    /// slashes), `?` none or one to three, a dot itself.
    struct Way: Sendable {
        let kinds: [UInt8]
        /// True where a number written so counts only beside one of the ``NumberForm/words``.
        let needsWord: Bool

        init(_ kinds: String, needsWord: Bool = false) {
            self.kinds = Array(kinds.utf8)
            self.needsWord = needsWord
        }
    }

    let ways: [Way]
    /// Words in lower case.
    var words: [String] = []
    /// Reach of the words, in bytes, before and behind.
    var reach = (before: 60, behind: 25)
    /// True where letters count in upper case only.
    var upperCaseOnly = false
    /// True where the number may stand right behind letters (`FR40303265045`).
    var followsLetters = false
    /// Whether the value (digits and upper-case letters) is one.
    let isValid: @Sendable (_ value: [UInt8]) -> Bool
    /// A second way to be sure without a word: looks at the text around.
    var isSure: (@Sendable (_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ value: [UInt8]) -> Bool)?

    /// See ``Detector/find(in:_:)``.
    func find(in text: UnsafeBufferPointer<UInt8>, _ found: Detector.Found) {
        let startsWithDigit = ways.allSatisfy { $0.kinds.first == UInt8(ascii: "n") }
        var value: [UInt8] = []
        var index = 0
        while index < text.count {
            let octet = text[index]
            guard startsWithDigit ? Octet.isDigit(octet) : Octet.isWord(octet) else {
                index += 1
                continue
            }
            let start = index
            if startsHere(text, start), let end = read(text, start, &value) {
                if !found(value, start..<end) { return }
                index = end
                continue
            }
            // On to the next word: nothing starts inside of one.
            index += 1
            while index < text.count, Octet.isWord(text[index]),
                !(followsLetters && Octet.isDigit(text[index]) && !Octet.isDigit(text[index - 1]))
            {
                index += 1
            }
        }
    }

    private func startsHere(_ text: UnsafeBufferPointer<UInt8>, _ start: Int) -> Bool {
        guard start > 0 else { return true }
        let before = text[start - 1]
        if followsLetters, Octet.isLetter(before) { return true }
        guard WordEdge.isEdge(text, start), before != UInt8(ascii: "_") else { return false }
        return !Neighbours.continues(text, before: start)
    }

    /// Tries the ways one after the other.
    /// - Returns: where the number ends; `value` is the number.
    private func read(_ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ value: inout [UInt8]) -> Int? {
        for way in ways {
            guard let end = match(way, text, start, &value), isValid(value) else { continue }
            let range = start..<end
            if !way.needsWord { return end }
            if let isSure, isSure(text, range, value) { return end }
            if Neighbours.hasWord(words, text, range, reach) { return end }
        }
        return nil
    }

    private func match(
        _ way: Way, _ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ value: inout [UInt8]
    ) -> Int? {
        value.removeAll(keepingCapacity: true)
        var index = start
        for kind in way.kinds {
            switch kind {
            case UInt8(ascii: " "), UInt8(ascii: "?"):
                let length = Neighbours.separators(text, index)
                if length == 0, kind == UInt8(ascii: " ") { return nil }
                index += length
            case UInt8(ascii: "."):
                guard index < text.count, text[index] == kind else { return nil }
                index += 1
            default:
                guard index < text.count, fits(text[index], kind) else { return nil }
                value.append(Octet.upper(text[index]))
                index += 1
            }
        }
        guard WordEdge.isEdge(text, index), index == text.count || text[index] != UInt8(ascii: "_"),
            !Neighbours.continues(text, behind: index)
        else { return nil }
        return index
    }

    private func fits(_ octet: UInt8, _ kind: UInt8) -> Bool {
        switch kind {
        case UInt8(ascii: "n"): return Octet.isDigit(octet)
        case UInt8(ascii: "a"): return Octet.isLetter(octet) && !(upperCaseOnly && octet >= 97)
        default: return Octet.isDigit(octet) || (Octet.isLetter(octet) && !(upperCaseOnly && octet >= 97))
        }
    }
}

/// Kinds of octets.
enum Octet {
    static func isDigit(_ octet: UInt8) -> Bool { octet &- 48 < 10 }
    static func isLetter(_ octet: UInt8) -> Bool { (octet | 0x20) &- 97 < 26 }
    static func isWord(_ octet: UInt8) -> Bool { isDigit(octet) || isLetter(octet) }
    static func upper(_ octet: UInt8) -> UInt8 { isLetter(octet) ? octet & 0xDF : octet }
    static func lower(_ octet: UInt8) -> UInt8 { octet &- 65 < 26 ? octet | 0x20 : octet }
}

/// What stands around a number.
enum Neighbours {
    /// Length of one to three separators, a slash among them, or 0.
    static func separators(_ text: UnsafeBufferPointer<UInt8>, _ index: Int) -> Int {
        let run = Separator.run(text, index)
        if run > 0 { return run }
        return index < text.count && text[index] == UInt8(ascii: "/") ? 1 : 0
    }

    /// True where digits go on before an offset over a decimal point, hyphen or slash: a longer number, an amount, a date.
    static func continues(_ text: UnsafeBufferPointer<UInt8>, before start: Int) -> Bool {
        start >= 2 && joins(text[start - 1]) && Octet.isDigit(text[start - 2])
    }

    /// The same behind it.
    static func continues(_ text: UnsafeBufferPointer<UInt8>, behind end: Int) -> Bool {
        end + 1 < text.count && joins(text[end]) && Octet.isDigit(text[end + 1])
    }

    private static func joins(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "."), UInt8(ascii: ","), UInt8(ascii: "-"), UInt8(ascii: "/"), UInt8(ascii: ":"): true
        default: false
        }
    }

    /// True where one of some words stands near a range: at the beginning of a word, in upper or lower case.
    static func hasWord(
        _ words: [String], _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ reach: (before: Int, behind: Int)
    ) -> Bool {
        let before = max(0, range.lowerBound - reach.before)..<range.lowerBound
        let behind = range.upperBound..<min(text.count, range.upperBound + reach.behind)
        return words.contains { has($0, text, before) || has($0, text, behind) }
    }

    private static func has(_ word: String, _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
        let wanted = word.utf8
        guard let first = wanted.first, range.count >= wanted.count else { return false }
        for start in range.lowerBound...(range.upperBound - wanted.count) where lower(text, start) == first {
            guard start == 0 || !Octet.isLetter(text[start - 1]) else { continue }
            var index = start
            if wanted.allSatisfy({ octet in
                defer { index += 1 }
                return lower(text, index) == octet
            }) {
                return true
            }
        }
        return false
    }

    /// Lower case of ASCII and of the Latin letters with accents (U+00C0 to U+00DE).
    private static func lower(_ text: UnsafeBufferPointer<UInt8>, _ index: Int) -> UInt8 {
        let octet = text[index]
        if octet < 0x80 { return Octet.lower(octet) }
        return index > 0 && text[index - 1] == 0xC3 && (0x80...0x9E).contains(octet) ? octet + 0x20 : octet
    }
}

// What stands around a number: whether digits go on, what may stand between its groups. Pure.

/// What stands around a number.
enum Neighbours {
    /// Length of one to three separators of groups, a slash among them, or 0. A tab is none: it separates cells.
    static func separators(_ text: UnsafeBufferPointer<UInt8>, _ index: Int) -> Int {
        guard index < text.count, !Octet.isWord(text[index]), text[index] != UInt8(ascii: "\t") else { return 0 }
        let run = Separator.run(text, index)
        if run > 0 { return text[index..<index + run].contains(UInt8(ascii: "\t")) ? 0 : run }
        return text[index] == UInt8(ascii: "/") ? 1 : 0
    }

    /// True where digits go on before an offset over a decimal point, hyphen or slash: a longer number, an amount, a
    /// date. A comma or a colon separates fields: see ``isFraction(_:_:_:_:)``.
    static func continues(_ text: UnsafeBufferPointer<UInt8>, before start: Int) -> Bool {
        start >= 2 && joins(text[start - 1]) && Octet.isDigit(text[start - 2])
    }

    /// The same behind it.
    static func continues(_ text: UnsafeBufferPointer<UInt8>, behind end: Int) -> Bool {
        end + 1 < text.count && joins(text[end]) && Octet.isDigit(text[end + 1])
    }

    private static func joins(_ octet: UInt8) -> Bool {
        octet == UInt8(ascii: ".") || octet == UInt8(ascii: "-") || octet == UInt8(ascii: "/")
    }

    /// True where digits are one decimal number (`319.573685257182`), or are in one piece and have a decimal comma
    /// beside them (`5,309136012499991`, `123456782,50`) that separates no fields (`1001,4111111111111111,75012`).
    static func isFraction(
        _ range: Range<Int>, _ value: some Collection<UInt8>, _ text: UnsafeBufferPointer<UInt8>,
        _ headings: inout TableHeadings
    ) -> Bool {
        guard range.count <= value.count + 1, value.allSatisfy(Octet.isDigit) else { return false }
        guard range.count == value.count else { return text[range].contains(UInt8(ascii: ".")) }
        let comma = UInt8(ascii: ",")
        if range.lowerBound > 0, text[range.lowerBound - 1] == comma {
            return isFraction(range, text, &headings)
        }
        guard value.count <= 10, range.upperBound < text.count, text[range.upperBound] == comma else { return false }
        var end = range.upperBound + 1
        while end < text.count, end - range.upperBound < 5, Octet.isDigit(text[end]) { end += 1 }
        guard (2...3).contains(end - range.upperBound), end == text.count || text[end] != comma else { return false }
        return !headings.isField(at: range.lowerBound, comma, text)
    }

    /// The same for digits that a comma stands before.
    static func isFraction(
        _ range: Range<Int>, _ text: UnsafeBufferPointer<UInt8>, _ headings: inout TableHeadings
    ) -> Bool {
        var first = range.lowerBound - 1
        while first > 0, range.lowerBound - first < 20, Octet.isDigit(text[first - 1]) { first -= 1 }
        let whole = range.lowerBound - 1 - first
        guard whole > 0 else { return false }
        let next = range.upperBound < text.count ? text[range.upperBound] : 10
        let former = first > 0 ? text[first - 1] : 10
        if next == UInt8(ascii: ",") || former == UInt8(ascii: ",") { return false }
        // Computers write 17 digits of a number at most.
        if former == 10, whole + range.count > 17 { return false }
        if former == UInt8(ascii: "["), next == UInt8(ascii: "]") { return false }
        let isNumbered = whole + range.count > 16 && text[first] != UInt8(ascii: "0")
        if former == UInt8(ascii: "("), next == UInt8(ascii: ")"), isNumbered { return false }
        return !headings.isField(at: range.lowerBound, UInt8(ascii: ","), text)
    }

    /// Where the key of a number starts: behind separators, and behind the word for it (` clé : `, `(`, `, clé n° `).
    static func behindKey(_ text: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int {
        var index = skip(start, text) { $0 == 32 || "-./,\t".utf8.contains($0) }
        if index < text.count, text[index] == UInt8(ascii: "(") || text[index] == UInt8(ascii: "[") { index += 1 }
        let word = skip(index, text) { Octet.isLetter($0) || $0 >= 0x80 }
        guard word > index, keys.starts(at: index, text, upTo: nil) else {
            // A comma separates more than groups where no word follows.
            let isSpaced = index > start + 1 && text[start..<start + 2].allSatisfy { $0 == 32 }
            return isSpaced || text[start..<index].contains { $0 == UInt8(ascii: ",") || $0 == 9 } ? start : index
        }
        let check = keys.starts(at: index, text, upTo: nil) ? checks.longest(at: min(word + 1, text.count), text) : nil
        return skip(check ?? word, text) { $0 <= 32 || ":=.".utf8.contains($0) }
    }

    /// True where a field separator stands at an offset, then two digits alone: a key in a column of its own.
    static func isKeyField(_ text: UnsafeBufferPointer<UInt8>, _ index: Int) -> Bool {
        guard index + 2 < text.count, ";,|\t".utf8.contains(text[index]), Octet.isDigit(text[index + 1]),
            Octet.isDigit(text[index + 2])
        else { return false }
        return index + 3 == text.count || !Octet.isWord(text[index + 3])
    }

    /// Words for a number's key.
    static let keys = WordSet(["clé", "clef", "cle", "key"])
    private static let checks = WordSet(["de contrôle", "de controle", "n°", "no", "nr"])

    private static func skip(
        _ start: Int, _ text: UnsafeBufferPointer<UInt8>, _ isSkipped: (UInt8) -> Bool
    ) -> Int {
        var index = start
        while index < text.count, index - start < 8, isSkipped(text[index]) { index += 1 }
        return index
    }
}

/// Numbers with one character a box, as forms have them.
enum Boxes {
    /// Reads characters that stand alone, with the same gap between all of them.
    /// - Returns: where the last one ends; `value` has letters in upper case. Nil where the row began earlier, or has
    ///   under eight.
    static func read(_ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ value: inout NumberValue) -> Int? {
        let gap = gap(text, start + 1)
        guard gap > 0, !beginsEarlier(text, start, gap) else { return nil }
        value.removeAll()
        var index = start
        while value.count < NumberValue.longest {
            value.append(Octet.upper(text[index]))
            let next = index + 1 + gap
            guard next < text.count, isSame(text, index + 1, start + 1, gap), Octet.isWord(text[next]),
                next + 1 == text.count || !Octet.isWord(text[next + 1])
            else { break }
            index = next
        }
        return value.count >= 8 && value.count < NumberValue.longest ? index + 1 : nil
    }

    /// Length of a gap between boxes: one to three spaces, a tab, a bar with spaces or without; 0 where there is none.
    static func gap(_ text: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int {
        var index = start
        while index < text.count, index - start < 4,
            text[index] == 32 || text[index] == 9 || text[index] == UInt8(ascii: "|")
        {
            index += 1
        }
        guard index < text.count, Octet.isWord(text[index]), index - start < 4 else { return 0 }
        return index - start
    }

    private static func isSame(_ text: UnsafeBufferPointer<UInt8>, _ one: Int, _ other: Int, _ length: Int) -> Bool {
        for offset in 0..<length where text[one + offset] != text[other + offset] { return false }
        return true
    }

    private static func beginsEarlier(_ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ gap: Int) -> Bool {
        let former = start - gap - 1
        guard former >= 0, Octet.isWord(text[former]), isSame(text, former + 1, start + 1, gap) else { return false }
        return former == 0 || !Octet.isWord(text[former - 1])
    }
}

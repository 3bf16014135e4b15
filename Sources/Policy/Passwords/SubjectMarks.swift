// `[pw: …]` and `[sms: …]` in a decoded subject: finding them and taking them out. Pure; never traps.
//
//     Re: AW: [secure] [pw: kestrel on the roof] Results [sms:+33 6 12 34 56 89]
//
// They count at the start, behind reply marks and other brackets, and at the end, before other brackets. One that stands
// anywhere else, or is not closed, is a fault: it must not leave unseen.

/// A subject without its marks.
package struct SubjectMarks {
    /// What is left.
    package private(set) var subject: String
    /// What the marks of each kind said, in order, white space taken off at both ends.
    package private(set) var values: [Mark: [String]] = [:]
    /// True where a mark stands where none may, or is not closed.
    package private(set) var isMisplaced = false

    /// A kind of mark.
    package enum Mark: String, CaseIterable { case password = "pw", number = "sms" }

    /// - Parameter wanted: the kinds that are looked for; others are text like any other.
    package init(_ subject: String, _ wanted: Set<Mark>) {
        self.subject = subject
        var text = Array(subject.unicodeScalars)
        var found = 0
        // Hostile subjects are not worth the time: what is left in them is misplaced.
        let isBearable = text.count <= Self.longestSubject
        while isBearable, found < Self.mostMarks,
            let place = Self.marks(in: text, wanted).first(where: { Self.isAtAnEnd($0, text) })
        {
            found += 1
            values[place.mark, default: []].append(Self.trimmed(text[place.value]))
            text = Self.without(place.range, text)
        }
        isMisplaced = Self.opens(text, wanted)
        if found > 0 { self.subject = Self.trimmed(text[...]) }
    }

    /// True where a text holds the opening of a wanted mark.
    static func opens(_ text: String, _ wanted: Set<Mark>) -> Bool { opens(Array(text.unicodeScalars), wanted) }

    private static let longestSubject = 4000
    private static let mostMarks = 8

    private struct Place {
        let mark: Mark
        /// From the bracket to the bracket.
        let range: Range<Int>
        /// What stands between colon and bracket.
        let value: Range<Int>
    }

    private static func opens(_ text: [Unicode.Scalar], _ wanted: Set<Mark>) -> Bool {
        text.indices.contains { text[$0] == "[" && opening(at: $0, text, wanted) != nil }
    }

    /// The mark that opens at a bracket, and where its value begins.
    private static func opening(
        at start: Int, _ text: [Unicode.Scalar], _ wanted: Set<Mark>
    ) -> (mark: Mark, value: Int)? {
        var index = start + 1
        func skip() { while index < text.count, isSpace(text[index]) { index += 1 } }
        skip()
        for mark in Mark.allCases where wanted.contains(mark) {
            let name = Array(mark.rawValue.unicodeScalars)
            guard index + name.count <= text.count,
                zip(name, text[index...]).allSatisfy({
                    $0.properties.lowercaseMapping == $1.properties.lowercaseMapping
                })
            else { continue }
            let saved = index
            index += name.count
            skip()
            guard index < text.count, text[index] == ":" || text[index] == "\u{FF1A}" else {
                index = saved
                continue
            }
            return (mark, index + 1)
        }
        return nil
    }

    private static func marks(in text: [Unicode.Scalar], _ wanted: Set<Mark>) -> [Place] {
        var places: [Place] = []
        var index = 0
        guard let lastClose = text.lastIndex(of: "]") else { return [] }
        while index < lastClose {
            guard text[index] == "[", let (mark, value) = opening(at: index, text, wanted),
                value <= lastClose, let close = text[value...].firstIndex(of: "]")
            else {
                index += 1
                continue
            }
            places.append(Place(mark: mark, range: index..<(close + 1), value: value..<close))
            index = close + 1
        }
        return places
    }

    /// True where nothing but reply marks and brackets stands before, or nothing but brackets after.
    private static func isAtAnEnd(_ place: Place, _ text: [Unicode.Scalar]) -> Bool {
        isOpening(text[..<place.range.lowerBound]) || isBrackets(text[place.range.upperBound...])
    }

    /// `Re: Fwd[2]: [secure]`: words of at most six letters with a colon, and brackets.
    private static func isOpening(_ text: ArraySlice<Unicode.Scalar>) -> Bool {
        var rest = text
        while true {
            rest = rest.drop(while: isSpace)
            guard let first = rest.first else { return true }
            if first == "[" {
                guard let close = rest.firstIndex(of: "]") else { return false }
                rest = rest[(close + 1)...]
                continue
            }
            let word = rest.prefix { $0.properties.isAlphabetic }
            guard (1...6).contains(word.count) else { return false }
            rest = rest.dropFirst(word.count)
            if rest.first == "[" || rest.first == "(" {
                guard let close = rest.firstIndex(where: { $0 == "]" || $0 == ")" }) else { return false }
                rest = rest[(close + 1)...]
            }
            rest = rest.drop(while: isSpace)
            guard rest.first == ":" || rest.first == "\u{FF1A}" else { return false }
            rest = rest.dropFirst()
        }
    }

    private static func isBrackets(_ text: ArraySlice<Unicode.Scalar>) -> Bool {
        var rest = text.drop(while: isSpace)
        while rest.first == "[" {
            guard let close = rest.firstIndex(of: "]") else { return false }
            rest = rest[(close + 1)...].drop(while: isSpace)
        }
        return rest.isEmpty
    }

    /// Takes a range out, and the space on one side of it.
    private static func without(_ range: Range<Int>, _ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        let before = text[..<range.lowerBound]
        var after = text[range.upperBound...]
        if before.last.map(isSpace) ?? true { after = after.drop(while: isSpace) }
        return Array(before + after)
    }

    private static func trimmed(_ text: ArraySlice<Unicode.Scalar>) -> String {
        var rest = text.drop(while: isSpace)
        while let last = rest.last, isSpace(last) { rest = rest.dropLast() }
        return String(String.UnicodeScalarView(rest))
    }

    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isWhitespace }
}

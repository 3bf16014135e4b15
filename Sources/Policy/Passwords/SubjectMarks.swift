// `[pw: …]` and `[sms: …]` in a decoded subject: finding them and taking them out. Pure; never traps.
//
//     Re: AW: [secure] [pw: kestrel on the roof] Results [sms:+33 6 12 34 56 89]
//
// They count at the start, behind reply marks and other brackets, and at the end, before other brackets. One that
// stands anywhere else, or is not closed, is a fault: it must not leave unseen. Full-width brackets, colons and
// letters, as input methods of East Asia write them, are the same marks. A mark in a subject that begins with a reply
// mark is told as such: who wrote first may have chosen it.

import Detection

/// A subject without its marks.
package struct SubjectMarks {
    /// What is left.
    package private(set) var subject: String
    /// What the marks of each kind said, in order, white space taken off at both ends.
    package private(set) var values: [Mark: [String]] = [:]
    /// True where a mark stands where none may, or is not closed.
    package private(set) var isMisplaced = false
    /// True where a mark stands behind `Re:` or the like.
    package private(set) var isBehindReply = false

    /// A kind of mark.
    package enum Mark: String, CaseIterable { case password = "pw", number = "sms" }

    /// - Parameter wanted: the kinds that are looked for; others are text like any other.
    package init(_ subject: String, _ wanted: Set<Mark>) {
        self.subject = subject
        var text = Array(subject.unicodeScalars)
        // What does not show hides no mark; where none is hidden, it stays in the subject.
        if text.contains(where: \.properties.isDefaultIgnorableCodePoint) {
            let shown = text.filter { !$0.properties.isDefaultIgnorableCodePoint }
            if Self.openings(shown, wanted) > Self.openings(text, wanted) { text = shown }
        }
        var found = 0
        // Hostile subjects are not worth the time: what is left in them is misplaced.
        let isBearable = text.count <= Self.longestSubject
        while isBearable, found < Self.mostMarks,
            let place = Self.marks(in: text, wanted).first(where: { Self.isAtAnEnd($0, text) })
        {
            found += 1
            isBehindReply = isBehindReply || ReplyMarks.stand(in: text[..<place.range.lowerBound])
            values[place.mark, default: []].append(Self.trimmed(text[place.value]))
            text = Self.without(place.range, text)
        }
        isMisplaced = Self.opens(text, wanted)
        if found > 0 { self.subject = Self.trimmed(text[...]) }
    }

    /// True where a text holds the opening of a wanted mark.
    static func opens(_ text: String, _ wanted: Set<Mark>) -> Bool {
        opens(text.unicodeScalars.filter { !$0.properties.isDefaultIgnorableCodePoint }, wanted)
    }

    private static let longestSubject = 4000
    private static let mostMarks = 8

    private struct Place {
        let mark: Mark
        /// From the bracket to the bracket.
        let range: Range<Int>
        /// What stands between colon and bracket.
        let value: Range<Int>
    }

    private static func openings(_ text: [Unicode.Scalar], _ wanted: Set<Mark>) -> Int {
        text.indices.count { Self.isOpen(text[$0]) && opening(at: $0, text, wanted) != nil }
    }

    private static func opens(_ text: [Unicode.Scalar], _ wanted: Set<Mark>) -> Bool {
        text.indices.contains { Self.isOpen(text[$0]) && opening(at: $0, text, wanted) != nil }
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
                    $0.properties.lowercaseMapping == halfWidth($1).properties.lowercaseMapping
                })
            else { continue }
            let saved = index
            index += name.count
            skip()
            guard index < text.count, isColon(text[index]) else {
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
        guard let lastClose = text.lastIndex(where: isClose) else { return [] }
        while index < lastClose {
            guard isOpen(text[index]), let (mark, value) = opening(at: index, text, wanted),
                value <= lastClose, let close = text[value...].firstIndex(where: isClose)
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
    private static func isOpening(_ text: ArraySlice<Unicode.Scalar>) -> Bool { ReplyMarks(text).isAll }

    private static func isBrackets(_ text: ArraySlice<Unicode.Scalar>) -> Bool {
        var rest = text.drop(while: isSpace)
        while let first = rest.first, isOpen(first) {
            guard let close = rest.firstIndex(where: isClose) else { return false }
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

    fileprivate static func isSpace(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isWhitespace }
    fileprivate static func isOpen(_ scalar: Unicode.Scalar) -> Bool { halfWidth(scalar) == "[" }
    fileprivate static func isClose(_ scalar: Unicode.Scalar) -> Bool { halfWidth(scalar) == "]" }
    fileprivate static func isColon(_ scalar: Unicode.Scalar) -> Bool { halfWidth(scalar) == ":" }

    /// The character of ASCII for a full-width one (U+FF01 to U+FF5E), a small or vertical colon or bracket; others as
    /// they are.
    fileprivate static func halfWidth(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        switch scalar.value {
        case 0xFF01...0xFF5E: Unicode.Scalar(scalar.value - 0xFEE0) ?? scalar
        case 0xFE55, 0xFE13: ":"
        // The brackets of East Asia that are typed for these.
        case 0xFE47, 0x3010, 0x3014, 0x3016, 0x3018, 0x301A, 0xFE5D: "["
        case 0xFE48, 0x3011, 0x3015, 0x3017, 0x3019, 0x301B, 0xFE5E: "]"
        default: scalar
        }
    }
}

/// What stands at the start of a subject: reply marks and brackets.
private struct ReplyMarks {
    /// True where the text is nothing else.
    private(set) var isAll = false
    /// Words before a colon, in lower case, in order.
    private(set) var words: [String] = []

    /// Before the subject of an answer or of what is forwarded, by the languages of mail programs.
    private static let known: Set<String> = [
        "re", "aw", "antw", "antwort", "sv", "vs", "vb", "ref", "réf", "rép", "rep", "rif", "r", "i", "res", "rv",
        "enc",
        "fw", "fwd", "wg", "tr", "vl", "vá", "odp", "pd", "ynt", "ilt", "bls", "trs", "fs", "hal", "doorst", "atb",
        "απ",
        "σχετ", "πρθ", "ответ", "отв", "пересл", "odpověď", "回复", "回覆", "答复", "答覆", "转发", "轉寄", "返信", "転送",
        "답장", "전달", "回信",
    ]

    /// Before the subjects of what calendars and absent people answer, and of mail passed on, as programs write them.
    private static let announced: Set<String> = [
        "accepted", "declined", "tentative", "tentatively accepted", "canceled", "cancelled", "new time proposed",
        "zugesagt", "abgesagt", "abgelehnt", "mit vorbehalt", "angenommen", "accepté", "refusé", "provisoire", "annulé",
        "aceptada", "aceptado", "rechazada", "accettato", "rifiutato", "geaccepteerd", "geweigerd", "aceite",
        "recusado",
        "automatic reply", "auto reply", "autoreply", "automatische antwort", "abwesenheitsnotiz",
        "réponse automatique",
        "respuesta automática", "risposta automatica", "automatisch antwoord", "resposta automática", "out of office",
        "read", "not read", "gelesen", "ungelesen", "lu", "leído", "letto", "gelezen", "undeliverable", "unzustellbar",
        "forward", "forwarded", "reply", "weitergeleitet", "transfert", "réponse", "reenviado", "inoltro",
        "doorgestuurd",
        "encaminhado", "továbbítás", "ang", "videresendt", "vidarebefordrat",
    ]
    /// Words that alone in brackets say the same.
    private static let bracketed: Set<String> = ["re", "fwd", "fw", "aw", "wg", "tr", "forward"]

    /// - Parameter text: a subject or its start.
    init(_ text: ArraySlice<Unicode.Scalar>) {
        var rest = text
        while true {
            rest = rest.drop(while: SubjectMarks.isSpace)
            guard let first = rest.first else {
                isAll = true
                return
            }
            if SubjectMarks.isOpen(first) {
                guard let close = rest.firstIndex(where: SubjectMarks.isClose) else { return }
                let inner = Self.plain(rest[..<close])
                if Self.bracketed.contains(inner) { words.append(inner) }
                rest = rest[(close + 1)...]
                continue
            }
            let word = rest.prefix { $0.properties.isAlphabetic }
            let name = String(String.UnicodeScalarView(word.map(SubjectMarks.halfWidth))).lowercased()
            guard (1...6).contains(word.count) || Self.known.contains(name) else { return }
            rest = rest.dropFirst(word.count)
            if let next = rest.first.map(SubjectMarks.halfWidth), next == "[" || next == "(" {
                guard let close = rest.firstIndex(where: { ["]", ")"].contains(SubjectMarks.halfWidth($0)) }) else {
                    return
                }
                rest = rest[(close + 1)...]
            }
            rest = rest.drop(while: SubjectMarks.isSpace)
            guard let colon = rest.first, SubjectMarks.isColon(colon) else { return }
            words.append(name)
            rest = rest.dropFirst()
        }
    }

    /// True where a text that comes before a mark says that the subject is an answer's. Where it is nothing but such
    /// words, any of them counts: mail programs know more languages than we do.
    static func stand(in text: ArraySlice<Unicode.Scalar>) -> Bool {
        let marks = ReplyMarks(text)
        return (marks.isAll ? !marks.words.isEmpty : marks.words.contains(where: known.contains)) || announces(text)
    }

    /// `*EXT* Re-2: …`, `Automatic reply: …`, `(Fwd) …`: what stands before the first colon, without what filters put
    /// before it.
    private static func announces(_ text: ArraySlice<Unicode.Scalar>) -> Bool {
        var rest = text.drop(while: SubjectMarks.isSpace)
        let pairs: [Unicode.Scalar: Unicode.Scalar] = ["*": "*", "{": "}", "(": ")", "[": "]", "<": ">"]
        while let first = rest.first, let end = pairs[SubjectMarks.halfWidth(first)] {
            let inner = rest.dropFirst().drop { $0 == first }
            guard let close = inner.firstIndex(where: { SubjectMarks.halfWidth($0) == end }) else { break }
            if bracketed.contains(plain(inner[..<close])) { return true }
            rest = inner[(close + 1)...].drop { $0 == first || SubjectMarks.isSpace($0) }
        }
        guard let colon = rest.prefix(40).firstIndex(where: SubjectMarks.isColon) else { return false }
        let word = plain(rest[..<colon])
        return known.contains(word) || announced.contains(word)
    }

    /// Letters and single blanks, in lower case; `İLT` is `ilt`.
    private static func plain(_ text: ArraySlice<Unicode.Scalar>) -> String {
        let kept = text.map(SubjectMarks.halfWidth).filter { $0.properties.isAlphabetic || SubjectMarks.isSpace($0) }
        let small = String(String.UnicodeScalarView(kept)).lowercased().unicodeScalars.filter { $0 != "\u{307}" }
        return String(String.UnicodeScalarView(small)).split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}

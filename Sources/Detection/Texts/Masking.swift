// What explain may show of a message: digits masked but the last four of a run of text, control characters out, cut to
// a line. Pure.

/// Masks texts for people who look after the gateway and need not know what is in the mail.
package enum Masking {
    private static let shownCharacters = 120

    /// A found value: all digits but the last four as `*`.
    static func masked(_ text: String) -> String {
        var left = 4
        var reversed: [Character] = []
        for character in line(text).reversed() {
            if character.isWholeNumber {
                left -= 1
                reversed.append(left >= 0 ? character : "*")
            } else {
                reversed.append(character)
            }
        }
        return String(reversed.reversed())
    }

    /// A header's text: digits masked in every number of five and more digits, but for dates with their time.
    package static func shown(_ text: String) -> String {
        let text = line(text)
        var result = ""
        var done = text.startIndex
        for match in text.matches(of: dates) where isAlone(match.range, in: text) {
            result += maskingNumbers(text[done..<match.range.lowerBound]) + text[match.range]
            done = match.range.upperBound
        }
        return result + maskingNumbers(text[done...])
    }

    /// `2026-11-30T20:57:44Z`, `30.11.2026`, `30 Nov 2026 20:57:44 +0100` (RFC 5322 section 3.3).
    private static var dates: Regex<Substring> {
        let time = #"(?:[T ](?:[01]\d|2[0-3]):[0-5]\d(?::[0-6]\d)?(?:\.\d{1,3})?(?:Z| ?[+-][01]\d:?[0-5]\d)?)?"#
        let year = #"(?:19|20)\d\d"#
        let month = #"(?:0[1-9]|1[0-2])"#
        let day = #"(?:3[01]|[12]\d|0?[1-9])"#
        let name = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
        let forms = ["\(year)-\(month)-\(day)", "\(day)[./]\(month)[./]\(year)", "\(day) \(name) \(year)"]
        // unreachable: the expression is constant; without it every number would be masked.
        return (try? Regex("(?:\(forms.joined(separator: "|")))\(time)", as: Substring.self))
            ?? Regex(verbatim: "\u{0}")
    }

    /// Not a part of a longer number, such as a card's that looks like a date in its middle.
    private static func isAlone(_ range: Range<String.Index>, in text: String) -> Bool {
        func digitIsNear(_ characters: some Sequence<Character>) -> Bool {
            let near = Array(characters.prefix(2))
            guard let first = near.first else { return false }
            return first.isWholeNumber || ("-. /".contains(first) && near.dropFirst().first?.isWholeNumber == true)
        }
        return !digitIsNear(text[..<range.lowerBound].reversed()) && !digitIsNear(text[range.upperBound...])
    }

    private static func maskingNumbers(_ text: Substring) -> String {
        var result = ""
        var run = ""
        func flush() {
            result += run.count > 4 ? masked(run) : run
            run = ""
        }
        for character in text {
            if character.isWholeNumber {
                run.append(character)
            } else if !run.isEmpty, " -.\u{A0}".contains(character) {
                run.append(character)
            } else {
                flush()
                result.append(character)
            }
        }
        flush()
        return result
    }

    /// One line without control characters, cut.
    private static func line(_ text: String) -> String {
        var clean = String.UnicodeScalarView()
        for scalar in text.unicodeScalars.prefix(shownCharacters * 4) {
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: clean.append(" ")
            case .format, .surrogate, .privateUse: continue
            default: clean.append(scalar)
            }
        }
        let whole = String(clean)
        return whole.count > shownCharacters ? whole.prefix(shownCharacters) + "…" : whole
    }
}

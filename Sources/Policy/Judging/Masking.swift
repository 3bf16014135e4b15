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

    /// A header's text: digits masked in every number of five and more digits.
    package static func shown(_ text: String) -> String {
        var result = ""
        var run = ""
        func flush() {
            result += run.count > 4 ? masked(run) : run
            run = ""
        }
        for character in line(text) {
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

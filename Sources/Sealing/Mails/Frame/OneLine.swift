// Texts of others as one line of a mail of ours. Pure.

/// Makes a text fit for one line.
enum OneLine {
    /// Controls, and what turns the direction of writing or does not show: `exe.` must not look like `gpj`.
    static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: true
        default: false
        }
    }

    /// The text without what does not show, each run of blanks as one space, cut.
    /// - Parameter characters: the most that stay; what is cut ends with `…`.
    static func plain(_ text: String, characters: Int) -> String {
        var kept = String.UnicodeScalarView()
        // One character can have a million marks.
        for scalar in text.unicodeScalars.prefix(characters * 16) {
            if scalar.properties.isWhitespace { kept.append(" ") } else if !isHidden(scalar) { kept.append(scalar) }
        }
        let line = String(kept).split(separator: " ").joined(separator: " ")
        return line.count > characters ? line.prefix(characters - 1) + "…" : line
    }
}

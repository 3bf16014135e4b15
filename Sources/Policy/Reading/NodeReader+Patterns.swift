// Reading of patterns and words with their options, and what can be said about a pattern before the engine sees it.

package import Detection
import Mail

extension NodeReader {
    /// A pattern as a text.
    package func pattern(_ node: ConditionNode, _ what: String) -> String? {
        guard let text = text(node, what) else { return nil }
        if let (message, hint) = PatternCheck.problem(text) {
            problems.error(place(node), "\(what) '\(text.prefix(200))': \(message)", hint: hint)
            return nil
        }
        return text
    }

    /// A pattern or words with their options out of a map that has at most one of `key` and `words`.
    /// - Returns: nil where there is neither, or a mistake (a finding then).
    package func spec(_ fields: Fields, key: String, _ what: String) -> PatternSpec? {
        var options = PatternSpec(source: .words([]), place: fields.place(of: key))
        if let node = fields["case"] {
            guard let word = word(node, "case of \(what)", CaseOption.self) else { return nil }
            options.caseExact = word == .exact
        }
        if let node = fields["whole-word"] {
            guard let wanted = boolean(node, "whole-word of \(what)") else { return nil }
            options.wholeWord = wanted
        }
        if let node = fields["words"] {
            options.place = fields.place(of: "words")
            return words(node, what, options, wholeWord: fields["whole-word"])
        }
        guard let node = fields[key], let text = pattern(node, "\(key) of \(what)") else { return nil }
        options.source = .expression(text)
        return options
    }

    private func words(_ node: ConditionNode, _ what: String, _ options: PatternSpec, wholeWord: ConditionNode?)
        -> PatternSpec?
    {
        guard let entries = texts(node, "words of \(what)") else { return nil }
        if let wholeWord, !options.wholeWord {
            problems.error(
                place(wholeWord), "'words' are whole words always", hint: "use a pattern to find parts of words")
            return nil
        }
        for (text, place) in entries where !text.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) {
            problems.error(place, "a word of \(what) is only white space")
            return nil
        }
        for (text, place) in entries where text.unicodeScalars.contains(where: { $0.value < 32 || $0.value == 127 }) {
            problems.error(place, "a word of \(what) has a control character")
            return nil
        }
        var spec = options
        spec.wholeWord = true
        spec.isOneText = node.scalar != nil
        spec.source = .words(entries.map { $0.text.split(whereSeparator: \.isWhitespace).joined(separator: " ") })
        return spec
    }
}

private enum CaseOption: String, CaseIterable {
    case exact, any
}

/// Mistakes in patterns that deserve better words than the engine's.
package enum PatternCheck {
    /// What is wrong and what to do, or nil.
    static func problem(_ pattern: String) -> (message: String, hint: String?)? {
        if let problem = PatternLimits.problem(pattern) { return (problem, hint(for: "too large")) }
        if pattern.unicodeScalars.contains("\u{8}") {
            return (
                "has a backspace character",
                "\"\\b\" in double quotes is a backspace; for whole words write 'whole-word: true' or 'words:'"
            )
        }
        if pattern.unicodeScalars.contains("\0") { return ("has a NUL character", nil) }
        if usesWordBoundary(pattern) {
            return (
                "\\b is not supported: it would know ASCII letters only and miss words such as 'confidentialité'",
                "write 'whole-word: true' beside the pattern, or list the words under 'words:'"
            )
        }
        return nil
    }

    /// `\b` or `\B` outside of a character class.
    private static func usesWordBoundary(_ pattern: String) -> Bool {
        var inClass = false
        var isEscaped = false
        for character in pattern.unicodeScalars {
            if isEscaped {
                isEscaped = false
                if !inClass, character == "b" || character == "B" { return true }
            } else if character == "\\" {
                isEscaped = true
            } else if character == "[" {
                inClass = true
            } else if character == "]" {
                inClass = false
            }
        }
        return false
    }

    /// A stable name for words of the engine.
    package static func code(for message: String) -> String {
        message.lowercased().contains("empty buffer") ? "matches-everything" : "pattern-refused"
    }

    /// What to do about words of the engine.
    package static func hint(for message: String) -> String? {
        let text = message.lowercased()
        if text.contains("back-reference") || text.contains("zero-width") || text.contains("lookaround") {
            return "patterns run in linear time: no back-references and no look-ahead or look-behind"
        }
        if text.contains("empty buffer") { return "the pattern matches every text: make some part of it not optional" }
        if text.contains("too large") {
            return "make it shorter: smaller repeat counts, fewer alternatives, or use 'words:'"
        }
        if text.contains("embedded start anchors") || text.contains("embedded end anchors") {
            return "'^' may only stand at the start of a pattern and '$' at its end"
        }
        if text.contains("invalid repeat") || text.contains("nothing to repeat") {
            return "'*', '+' and '?' repeat what stands before them; any text is '.*'"
        }
        if text.contains("\\") || text.contains("escape") { return "patterns are best written in single quotes" }
        return nil
    }
}

extension NodeReader {
    /// Characters between a value and what stands near it, where nothing is said.
    private static let usualDistance = 80
    private static let largestDistance = 1000

    /// `near: { words: [...], within: 80 }` or with `pattern`.
    package func near(_ node: ConditionNode, _ what: String) -> PatternSpec.Near? {
        let known = ["words", "pattern", "within", "case", "whole-word"]
        guard let fields = fields(node, what, known: known) else { return nil }
        guard fields.contains("words") != fields.contains("pattern") else {
            problems.error(
                fields.place, "\(what) must have either 'words' or 'pattern'",
                hint: "write '{ words: [patient, dossier], within: 80 }'")
            return nil
        }
        var within = Self.usualDistance
        if let node = fields["within"] {
            guard let number = integer(node, "within of \(what)", in: 0...Self.largestDistance) else { return nil }
            within = number
        }
        return spec(fields, key: "pattern", what).map { PatternSpec.Near(spec: $0, within: within) }
    }
}

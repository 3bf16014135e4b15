// Patterns and words written as for another program: a tag in square brackets, slashes around a pattern, a star for any
// text, backslashes doubled as in source code. All of them load, and find something else than their author meant.

import Detection
import Foundation
import Mail
import Policy

/// A trap: what is wrong, what to write, and a stable name.
struct Trap: Sendable, Equatable {
    let message: String
    let hint: String
    let code: String
}

/// Traps in regular expressions.
struct PatternTraps: PolicyCheck {
    func run(_ policy: AnalysedPolicy, _ problems: Problems) {
        for spec in policy.patterns.joined().flatMap({ [$0] + $0.near.map(\.spec) }) {
            guard case .expression(let pattern) = spec.source else { continue }
            for trap in Self.traps(in: pattern, caseExact: spec.caseExact) {
                problems.warning(spec.place, trap.message, hint: trap.hint, code: trap.code)
            }
        }
    }

    /// All of a pattern, each kind once.
    static func traps(in pattern: String, caseExact: Bool) -> [Trap] {
        [bracketed(pattern), slashed(pattern), doubled(pattern), globbed(pattern), flagged(pattern, caseExact)]
            .compactMap(\.self)
    }

    /// `[secure]`: one character of those, not the tag. Told by being all there is of a pattern, by standing alone with
    /// its letters in the order of a word, or by naming a letter twice, which nobody does who means a set.
    private static func bracketed(_ pattern: String) -> Trap? {
        guard let found = PatternShape(pattern).classes.first(where: isText) else { return nil }
        return Trap(
            message: "'[\(found.inner)]' in pattern '\(pattern)' is any one of these characters, and not the text",
            hint: "for the text in brackets write '\\[\(found.inner)\\]'", code: "brackets-as-text")
    }

    private static func isText(_ found: PatternShape.NamedClass) -> Bool {
        let letters = Array(found.inner.unicodeScalars)
        let named = letters.filter(\.properties.isAlphabetic)
        // Who counts characters means characters.
        guard found.quantifier != "{", named.count >= 2,
            letters.allSatisfy({ $0.properties.isAlphabetic || " :_!#".unicodeScalars.contains($0) })
        else { return false }
        // `[xX]` finds nothing that `x` does not find: one letter is no word.
        if found.isWhole, Set(named.map(\.properties.lowercaseMapping)).count > 1 { return true }
        guard named.count >= 3 else { return false }
        if Set(letters).count < letters.count, !isAlphabet(letters) { return true }
        guard found.quantifier == nil else { return false }
        if found.standsAlone, !found.isAnchored, !isInOrder(named) || named.count < letters.count { return true }
        return isWord(letters)
    }

    /// True for letters in an order that only a word has: sets are written in the order of the alphabet.
    private static func isWord(_ letters: [Unicode.Scalar]) -> Bool {
        letters.count >= 5 && letters.allSatisfy(\.isASCII) && letters.dropFirst().allSatisfy(\.properties.isLowercase)
            && letters.dropFirst().map(\.value) != letters.dropFirst().map(\.value).sorted()
    }

    /// `abcd`, `ABCabc`: capitals and small letters each in the order of the alphabet.
    private static func isInOrder(_ letters: [Unicode.Scalar]) -> Bool {
        [letters.filter(\.properties.isUppercase), letters.filter { !$0.properties.isUppercase }].allSatisfy {
            $0.map(\.value) == $0.map(\.value).sorted()
        }
    }

    /// `abcdefabcdef`: runs of at least three neighbours in the alphabet, and nothing else.
    private static func isAlphabet(_ letters: [Unicode.Scalar]) -> Bool {
        var run = 1
        for (one, next) in zip(letters, letters.dropFirst()) {
            if next.value == one.value &+ 1 {
                run += 1
            } else if run < 3 {
                return false
            } else {
                run = 1
            }
        }
        return run >= 3
    }

    /// `/x/i`, as some languages delimit patterns.
    private static func slashed(_ pattern: String) -> Trap? {
        for quote in ["'", "\""] where pattern.hasPrefix("r\(quote)") && pattern.hasSuffix(quote) && pattern.count > 3 {
            return Trap(
                message: "the r and the quotes of pattern '\(pattern)' are looked for in the text",
                hint: "write '\(pattern.dropFirst(2).dropLast())' in single quotes, without the r",
                code: "slashes-around")
        }
        guard let (inner, flags) = Self.delimited(pattern) else { return nil }
        // A path such as /var/log/ is one.
        guard !flags.isEmpty || !inner.contains("/") else { return nil }
        return Trap(
            message:
                "the slashes of pattern '\(pattern)' are looked for in the text: patterns are written without them",
            hint: "write '\(inner)'; upper and lower case do not matter unless 'case: exact' says so",
            code: "slashes-around")
    }

    /// The text between slashes, and the flags behind them.
    static func delimited(_ text: String) -> (inner: String, flags: String)? {
        guard text.hasPrefix("/"), text.count > 2, let last = text.lastIndex(of: "/"), last != text.startIndex else {
            return nil
        }
        let flags = text[text.index(after: last)...]
        let inner = text[text.index(after: text.startIndex)..<last]
        guard !inner.isEmpty, flags.count <= 4, flags.allSatisfy({ "imsxugy".contains($0) }) else { return nil }
        return (String(inner), String(flags))
    }

    /// `\\d` in single quotes is a backslash and a d.
    private static func doubled(_ pattern: String) -> Trap? {
        let scalars = Array(pattern.unicodeScalars)
        var place = 0
        while place < scalars.count {
            guard scalars[place] == "\\" else {
                place += 1
                continue
            }
            let length = scalars[place...].prefix { $0 == "\\" }.count
            let (next, after) = (scalars.at(place + length), scalars.at(place + length + 1))
            place += length
            guard length == 2, let next else { continue }
            // A letter behind it may begin a folder's name (C:\\data): only where the name ends there is it a class.
            let isClass =
                "dwsDWS".unicodeScalars.contains(next)
                && (after.map { !$0.properties.isAlphabetic && !"_-.0123456789\\".unicodeScalars.contains($0) } ?? true)
            guard isClass || "[](){}.?+*$^|/".unicodeScalars.contains(next) else { continue }
            return Trap(
                message: "'\\\\\(next)' in pattern '\(pattern)' looks for a backslash: it is doubled as in source code",
                hint: "in single quotes one backslash is enough: '\\\(next)'", code: "doubled-backslash")
        }
        return nil
    }

    /// `invoice*.pdf` and `secret*`: the star repeats one letter.
    private static func globbed(_ pattern: String) -> Trap? {
        let scalars = Array(pattern.unicodeScalars)
        for (index, scalar) in scalars.enumerated() where scalar == "*" && index >= 2 {
            let (one, two) = (scalars[index - 2], scalars[index - 1])
            guard one.properties.isAlphabetic, two.properties.isAlphabetic, scalars.at(index - 3) != "\\" else {
                continue
            }
            let rest = scalars[(index + 1)...]
            let isExtension =
                rest.first == "." && rest.count >= 3 && rest.count <= 6
                && rest.dropFirst().allSatisfy { $0.properties.isAlphabetic }
            guard rest.isEmpty || rest.first == "@" || isExtension else { continue }
            return Trap(
                message: "'*' in pattern '\(pattern)' repeats the '\(two)' before it, and does not stand for any text",
                hint: rest.isEmpty ? "patterns match anywhere in the text: leave the star out" : "any text is '.*'",
                code: "star-as-wildcard")
        }
        return nil
    }

    /// `(?i)` where case does not matter anyway, or where `case: exact` says that it does.
    private static func flagged(_ pattern: String, _ caseExact: Bool) -> Trap? {
        let flags = PatternShape(pattern).flags
        guard let open = flags.range(of: "(?"), let close = flags[open.upperBound...].firstIndex(of: ")"),
            flags[open.upperBound..<close].prefix(while: { $0 != "-" }).contains("i")
        else { return nil }
        return Trap(
            message: caseExact
                ? "'(?i)' in pattern '\(pattern)' undoes 'case: exact' beside it"
                : "'(?i)' in pattern '\(pattern)' does nothing: upper and lower case do not matter",
            hint: caseExact ? "take one of the two away" : "take it away", code: "idle-flag")
    }
}

/// Traps in words, which are texts and no patterns.
struct WordTraps: PolicyCheck {
    func run(_ policy: AnalysedPolicy, _ problems: Problems) {
        for spec in policy.patterns.joined().flatMap({ [$0] + $0.near.map(\.spec) }) {
            guard case .words(let words) = spec.source else { continue }
            // One of a list is enough to learn of it.
            for word in words {
                guard let trap = Self.trap(in: word, isAlone: spec.isOneText) else { continue }
                problems.warning(spec.place, trap.message, hint: trap.hint, code: trap.code)
                break
            }
        }
    }

    /// - Parameter isAlone: true where it is the only word, and not written as a list: who writes one knows how.
    static func trap(in word: String, isAlone: Bool) -> Trap? {
        if let found = mark(in: word) {
            return Trap(
                message: "'\(word)' has '\(found)': words are texts, and it is looked for as it is written",
                hint: found == "*"
                    ? """
                    for words that begin like it write 'pattern' (or \
                    'matches') with 'whole-word: true' and '\\p{L}*'
                    """
                    : "for a regular expression write 'pattern' (or 'matches')",
                code: "pattern-in-words")
        }
        let parts = word.split(separator: ",", omittingEmptySubsequences: false)
        if isAlone, parts.count > 1, parts.allSatisfy({ (1...24).contains($0.count) && $0.contains(where: \.isLetter) })
        {
            return Trap(
                message: "'\(word)' is one phrase with commas in it, and not several words",
                hint:
                    """
                    write a list: [\(parts.map { $0.trimming() }.joined(separator: ", "))]; \
                    or ["\(word)"] for the phrase
                    """,
                code: "commas-in-words")
        }
        return nil
    }

    /// What of a word looks like a regular expression or a wildcard.
    private static func mark(in word: String) -> String? {
        let scalars = Array(word.unicodeScalars)
        func isLetter(_ index: Int) -> Bool { scalars.at(index)?.properties.isAlphabetic ?? false }
        for mark in ["(?i)", "(?:", ".*", ".+", "[a-z]", "[0-9]", "[A-Z]", "\\d", "\\w", "\\s", "\\b", "\\.", "\\["]
        where word.contains(mark) {
            // C:\data is a folder.
            let behind = word.range(of: mark).map { word[$0.upperBound...].first } ?? nil
            let isFolder = mark.first == "\\" && mark.last?.isLetter == true && behind?.isLetter == true
            if !isFolder { return mark }
        }
        if scalars.first == "*", isLetter(1) { return "*" }
        if scalars.last == "*", isLetter(scalars.count - 2), scalars.count > 1, scalars.first != "*" { return "*" }
        if scalars.first == "%", scalars.last == "%", isLetter(1) { return "%" }
        let inner = scalars.indices.first {
            "*?".unicodeScalars.contains(scalars[$0]) && isLetter($0 - 1) && isLetter($0 + 1)
                && !isName(in: word)
        }
        if let inner { return String(scalars[inner]) }
        if scalars.first == "^", isLetter(1) { return "^" }
        let letters = scalars.dropLast().reversed().prefix { $0.properties.isAlphabetic && !$0.properties.isUppercase }
        // US$ and 100$ are money.
        if scalars.last == "$", letters.count >= 4 { return "$" }
        for (index, scalar) in scalars.enumerated() where scalar == "|" && isLetter(index - 1) && isLetter(index + 1) {
            return "|"
        }
        if let (_, flags) = PatternTraps.delimited(word), !flags.isEmpty { return "/" }
        return nil
    }
}

extension WordTraps {
    /// `M*A*S*H`, `E*TRADE`: single letters between stars, or capitals of which the first or last stands by itself.
    private static func isName(in word: String) -> Bool {
        let starred = word.split(whereSeparator: \.isWhitespace).filter { $0.contains("*") }
        return starred.allSatisfy { name in
            let parts = name.split(separator: "*", omittingEmptySubsequences: false)
            if parts.count > 2, parts.allSatisfy({ $0.count == 1 }) { return true }
            return name.allSatisfy { $0 == "*" || $0.isUppercase } && parts.contains { $0.count == 1 }
        } && !starred.isEmpty
    }
}

extension Array {
    /// nil outside of it.
    fileprivate func at(_ index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}

extension Substring {
    /// Without white space around it.
    fileprivate func trimming() -> String {
        String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }
}

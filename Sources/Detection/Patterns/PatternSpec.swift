// A pattern as a rule writes it, and how it is turned into expressions for the engine. Pure; used while rules are read.

import Foundation

/// What a pattern is matched against. Patterns of one target share one database, so a text is scanned once.
package enum PatternTarget: Int, Sendable, CaseIterable {
    case subject, header, attachmentName, content, address
}

/// A pattern or a list of words, with its options.
package struct PatternSpec: Sendable, Equatable {
    /// Where the text of the pattern comes from.
    package enum Source: Sendable, Equatable {
        /// A regular expression.
        case expression(String)
        /// Any of these words, whole.
        case words([String])
    }
    /// What is searched.
    package var source: Source
    /// `case: exact`.
    package var caseExact = false
    /// `whole-word: true`; always true for words.
    package var wholeWord = false
    /// True where `words` is one text, and not a list.
    package var isOneText = false
    /// True where matches are counted or cut out, so that their places are needed.
    package var needsPositions = false
    /// What the digits of a match must fulfil; then different values are counted, not places.
    package var checksum: Checksum?
    /// What must stand near a match; in an array of at most one, as a structure cannot hold itself.
    package var near: [Near] = []
    /// Where it stands, for the engine's errors.
    package var place: Place

    /// Something that must stand near.
    package struct Near: Sendable, Equatable {
        /// What.
        package var spec: PatternSpec
        /// Characters between the two at most.
        package var within: Int

        /// - Parameter within: characters between the two at most.
        package init(spec: PatternSpec, within: Int) {
            self.spec = spec
            self.within = within
        }
    }

    /// A pattern without options.
    /// - Parameters:
    ///   - wholeWord: always true for words.
    ///   - place: where it stands.
    package init(source: Source, wholeWord: Bool = false, place: Place) {
        self.source = source
        self.wholeWord = wholeWord
        self.place = place
    }

    /// True where a hit of the quick scan is not yet the answer.
    package var needsSecondLook: Bool { wholeWord || needsPositions || checksum != nil }

    /// The list of words where it is so long that it is looked up in a table (``WordTable``).
    var table: [String]? {
        guard case .words(let words) = source, words.count > WordTable.leastWords else { return nil }
        return words
    }

    /// True where both search for the same in the same way.
    package func searchesLike(_ other: PatternSpec) -> Bool {
        source == other.source && caseExact == other.caseExact && wholeWord == other.wholeWord
            && needsPositions == other.needsPositions && checksum == other.checksum
    }

    /// The one expression of the quick scan.
    var quick: HyperscanPattern {
        switch source {
        case .expression(let text):
            HyperscanPattern(expression: text, caseless: !caseExact, reportsPositions: false)
        case .words(let words):
            HyperscanPattern(
                expression: words.flatMap(Self.spellings).map(Self.literal).joined(separator: "|"),
                caseless: !caseExact, reportsPositions: false)
        }
    }

    /// The expressions of the second look: each word has one of its own, so that a longer word that ends at the same
    /// place does not hide it (the engine reports the leftmost start only, per expression).
    var exact: [HyperscanPattern] {
        switch source {
        case .expression(let text):
            [HyperscanPattern(expression: text, caseless: !caseExact, reportsPositions: true)]
        case .words(let words):
            words.flatMap(Self.spellings).map {
                HyperscanPattern(expression: Self.literal($0), caseless: !caseExact, reportsPositions: true)
            }
        }
    }

    /// For explain: what is searched for; the same for equal patterns.
    package var label: String {
        var text =
            switch source {
            case .expression(let text): "pattern '\(text)'"
            case .words(let words) where words.count > 10:
                "\(words.count) words from \(words[0]) to \(words[words.count - 1])"
            case .words(let words): "words \(words.joined(separator: ", "))"
            }
        if caseExact { text += ", case exact" }
        if wholeWord, case .expression = source { text += ", whole word" }
        if let checksum { text += ", checksum \(checksum.label)" }
        return text
    }

    /// An accented letter can be one character or two (Unicode NFC, NFD); the engine compares code points.
    private static func spellings(_ word: String) -> [String] {
        let word = Normalised.text(word).text
        let composed = word.precomposedStringWithCanonicalMapping
        let decomposed = word.decomposedStringWithCanonicalMapping
        // String equality is canonical equivalence: compare the code points.
        let same = composed.unicodeScalars.elementsEqual(decomposed.unicodeScalars)
        return same ? [composed] : [composed, decomposed]
    }

    /// The word with everything but letters and digits escaped; a space stands for any white space, line ends too.
    private static func literal(_ word: String) -> String {
        var expression = ""
        var inSpace = false
        for scalar in word.unicodeScalars {
            if scalar.properties.isWhitespace {
                if !inSpace { expression += #"[\s\x{a0}]+"# }
                inSpace = true
                continue
            }
            inSpace = false
            if scalar.isASCII, !scalar.properties.isAlphabetic, !("0"..."9").contains(scalar) { expression += "\\" }
            expression.unicodeScalars.append(scalar)
        }
        return expression
    }
}

// All compiled patterns of a ruleset, and searching with them: one quick scan per text for all patterns of a target and
// for the signs of the detectors in use, and a second look at one pattern only where it was hit and its places matter
// (whole words, counts, check sums, cutting out). Short texts (subjects, fields, names) are normalised here; texts of
// content come normalised (``ContentTexts``), as they are searched more than once.

import Mail

/// Patterns of all targets, compiled.
package struct Matchers: Sendable {
    /// Memory of one database at most.
    private static let largestDatabaseBytes = 256 * 1024 * 1024

    /// What the quick scan of a text saw.
    struct Hits: Sendable {
        /// Numbers of patterns that occur, or perhaps occur where they need a second look.
        var patterns: [Int] = []
        /// Detectors whose sign occurs.
        var detectors: [Detector] = []
    }

    private let targets: [Target]
    private let pool: ScratchPool
    /// True where a pattern of content, or a detector's sign, may ask for the beginning or the end of a text: then what
    /// occurs in a text need not occur in one that it is a piece of.
    let asksForEnds: Bool

    private struct Target: Sendable {
        var specs: [PatternSpec] = []
        var quick: HyperscanDatabase?
        /// Numbers of the patterns in `quick`, in its order; those of detectors stand behind.
        var patterns: [Int] = []
        var detectors: [Detector] = []
        var exact: [Int: HyperscanDatabase] = [:]
        var tables: [Int: WordTable] = [:]
    }

    /// Compiles everything.
    /// - Parameters:
    ///   - specs: patterns per ``PatternTarget``; a pattern's number is its index.
    ///   - detectors: those whose signs are looked for in content.
    ///   - refused: called for every pattern that the engine refuses, with its words.
    package init(_ specs: [[PatternSpec]], detectors: Set<Detector> = [], refused: (PatternSpec, String) -> Void) {
        var targets: [Target] = []
        let size = specs.joined().reduce(0) { sum, spec in
            guard case .expression(let text) = spec.source else { return sum }
            return sum + PatternLimits.size(of: text)
        }
        if size > PatternLimits.mostCharactersOfAll, let last = specs.joined().reversed().first {
            refused(last, "all patterns together have \(size) characters, limit \(PatternLimits.mostCharactersOfAll)")
            self.targets = specs.map { Target(specs: $0) }
            asksForEnds = true
            pool = ScratchPool([])
            return
        }
        for target in PatternTarget.allCases {
            let list = specs.indices.contains(target.rawValue) ? specs[target.rawValue] : []
            let signs = target == .content ? detectors.sorted { $0.rawValue < $1.rawValue } : []
            targets.append(Self.target(list, signs, refused: refused))
        }
        self.targets = targets
        let content =
            specs.indices.contains(PatternTarget.content.rawValue) ? specs[PatternTarget.content.rawValue] : []
        asksForEnds =
            content.contains { spec in
                guard case .expression(let text) = spec.source else { return false }
                return Self.mayAskForEnds(text)
            } || detectors.contains { Self.mayAskForEnds($0.sign) }
        pool = ScratchPool(targets.flatMap { [$0.quick].compactMap { $0 } + Array($0.exact.values) })
    }

    /// Anchors of the dialect; inside of a class `^` and `$` are none, and `[^` is the one that is told apart.
    private static func mayAskForEnds(_ expression: String) -> Bool {
        let bare = expression.replacing("[^", with: "[")
        return bare.contains("^") || bare.contains("$")
            || ["\\A", "\\z", "\\Z", "\\B", "(*"].contains { bare.contains($0) }
    }

    private static func target(
        _ specs: [PatternSpec], _ detectors: [Detector], refused: (PatternSpec, String) -> Void
    ) -> Target {
        var target = Target(specs: specs)
        target.patterns = specs.indices.filter { specs[$0].table == nil }
        target.detectors = detectors
        let signs = detectors.map {
            HyperscanPattern(expression: $0.sign, caseless: true, reportsPositions: false, isBytes: true)
        }
        target.quick = compileTogether(target.patterns.map { specs[$0] }, signs, refused: refused)
        for (index, spec) in specs.enumerated() {
            if let words = spec.table {
                target.tables[index] = WordTable(words, caseExact: spec.caseExact)
            } else if spec.needsSecondLook, target.quick != nil {
                guard !PatternLimits.isTooLargeForPlaces(spec) else {
                    refused(spec, "it is too large to be counted or to be found as a whole word")
                    continue
                }
                do {
                    target.exact[index] = try HyperscanDatabase(spec.exact)
                } catch {
                    refused(spec, error.message)
                }
            }
        }
        return target
    }

    /// One database of all patterns; refused ones are reported one after the other, and then there is none.
    private static func compileTogether(
        _ list: [PatternSpec], _ signs: [HyperscanPattern], refused: (PatternSpec, String) -> Void
    ) -> HyperscanDatabase? {
        var rest = list
        var failed = false
        while !rest.isEmpty || !signs.isEmpty {
            do {
                let database = try HyperscanDatabase(rest.map(\.quick) + signs)
                if database.sizeBytes > largestDatabaseBytes, let last = rest.last {
                    refused(last, "all patterns together are too large: \(database.sizeBytes / 1_048_576) MiB compiled")
                    return nil
                }
                return failed ? nil : database
            } catch {
                failed = true
                let index = error.pattern ?? 0
                guard rest.indices.contains(index) else { return nil }
                refused(rest[index], error.message)
                if error.pattern == nil { return nil }
                rest.remove(at: index)
            }
        }
        return nil
    }

    /// The pattern behind a number.
    package func spec(_ target: PatternTarget, _ pattern: Int) -> PatternSpec {
        targets[target.rawValue].specs[pattern]
    }

    /// True where a target has anything to look for.
    func hasPatterns(_ target: PatternTarget) -> Bool {
        targets[target.rawValue].quick != nil || !targets[target.rawValue].tables.isEmpty
    }

    /// A number for what is looked for in content: patterns by their own, detectors behind them.
    package func number(of search: ContentSearch.Sought) -> Int {
        let target = targets[PatternTarget.content.rawValue]
        switch search {
        case .pattern(let pattern): return pattern
        case .detector(let detector): return target.specs.count + (target.detectors.firstIndex(of: detector) ?? 0)
        }
    }

    /// How many such numbers there are.
    package var numbers: Int {
        targets[PatternTarget.content.rawValue].specs.count + targets[PatternTarget.content.rawValue].detectors.count
    }

    /// True where the sign of a detector is looked for.
    func looksFor(_ detector: Detector) -> Bool {
        targets[PatternTarget.content.rawValue].detectors.contains(detector)
    }

    /// The quick scan of a short text as it came: numbers of all patterns that occur in it. For patterns that need a
    /// second look a hit is a "perhaps".
    package func quickHits(_ target: PatternTarget, in text: String) throws(HyperscanError) -> [Int] {
        try hits(target, in: Normalised.text(text).text).patterns
    }

    /// The second look at one pattern that was hit in a short text as it came: where it really occurs there.
    package func occurrences(
        _ target: PatternTarget, _ pattern: Int, in text: String
    ) throws(HyperscanError) -> Occurrences {
        let normalised = Normalised.text(text)
        var found = try places(target, pattern, in: normalised.text)
        if normalised.isChanged { found.ranges = found.ranges.map(normalised.original) }
        return found
    }

    /// The quick scan of a normalised text.
    func hits(_ target: PatternTarget, in text: String) throws(HyperscanError) -> Hits {
        let target = targets[target.rawValue]
        var hits = Hits()
        guard !text.isEmpty else { return hits }
        if let database = target.quick {
            try pool.lend { scratch throws(HyperscanError) in
                try Self.withBytes(of: text) { bytes throws(HyperscanError) in
                    try database.scan(bytes, with: scratch) { number, _ in
                        if number < target.patterns.count {
                            hits.patterns.append(target.patterns[number])
                        } else {
                            hits.detectors.append(target.detectors[number - target.patterns.count])
                        }
                        return true
                    }
                }
            }
        }
        for (pattern, table) in target.tables {
            try Self.withBytes(of: text) { bytes throws(HyperscanError) in
                table.find(in: bytes) { _ in
                    hits.patterns.append(pattern)
                    return false
                }
            }
        }
        return hits
    }

    /// The second look at one pattern that was hit in a normalised text.
    func places(
        _ target: PatternTarget, _ pattern: Int, in text: String
    ) throws(HyperscanError) -> Occurrences {
        let spec = spec(target, pattern)
        if let table = targets[target.rawValue].tables[pattern] { return try Self.search(table, text) }
        if let database = targets[target.rawValue].exact[pattern] {
            return try pool.lend { scratch throws(HyperscanError) in
                try Self.search(spec, database, text, scratch)
            }
        }
        // Only explain asks for places that the judgement does not need: compiled for the occasion.
        guard !PatternLimits.isTooLargeForPlaces(spec) else {
            throw HyperscanError(message: "the pattern is too large to say where it occurs", pattern: nil)
        }
        let database = try HyperscanDatabase(spec.exact)
        return try ScratchPool([database]).lend { scratch throws(HyperscanError) in
            try Self.search(spec, database, text, scratch)
        }
    }

    private static func search(_ table: WordTable, _ text: String) throws(HyperscanError) -> Occurrences {
        var found = Occurrences()
        try withBytes(of: text) { bytes throws(HyperscanError) in
            table.find(in: bytes) { range in
                guard found.ranges.count < Occurrences.limit else {
                    found.isComplete = false
                    return false
                }
                found.ranges.append(range)
                return true
            }
        }
        return found
    }

    private static func search(
        _ spec: PatternSpec, _ database: HyperscanDatabase, _ text: String, _ scratch: Scratch
    ) throws(HyperscanError) -> Occurrences {
        var search = OccurrenceSearch(spec: spec)
        try withBytes(of: text) { bytes throws(HyperscanError) in
            try search.run(bytes, database, scratch)
        }
        return search.result
    }

    private static func withBytes(
        of text: String, _ body: (UnsafeBufferPointer<UInt8>) throws(HyperscanError) -> Void
    ) throws(HyperscanError) {
        var text = text
        var failure: HyperscanError?
        text.withUTF8 { bytes in
            do throws(HyperscanError) { try body(bytes) } catch { failure = error }
        }
        if let failure { throw failure }
    }
}

// All compiled patterns of a ruleset, and searching with them: one quick scan per text for all patterns of a target,
// and a second look at one pattern only where it was hit and its places matter (whole words, counts, cutting out).

/// Patterns of all targets, compiled.
struct Matchers: Sendable {
    private let targets: [Target]
    private let pool: ScratchPool

    private struct Target: Sendable {
        var specs: [PatternSpec] = []
        var quick: HyperscanDatabase?
        var exact: [Int: HyperscanDatabase] = [:]
    }

    /// Compiles everything.
    /// - Parameters:
    ///   - specs: patterns per ``PatternTarget``; a pattern's number is its index.
    ///   - refused: called for every pattern that the engine refuses, with its words.
    init(_ specs: [[PatternSpec]], refused: (PatternSpec, String) -> Void) {
        var targets: [Target] = []
        for list in specs {
            var target = Target(specs: list)
            target.quick = Self.compileTogether(list, refused: refused)
            for (index, spec) in list.enumerated() where spec.needsSecondLook && target.quick != nil {
                do {
                    target.exact[index] = try HyperscanDatabase(spec.exact)
                } catch {
                    refused(spec, error.message)
                }
            }
            targets.append(target)
        }
        self.targets = targets
        pool = ScratchPool(targets.flatMap { [$0.quick].compactMap { $0 } + Array($0.exact.values) })
    }

    /// One database of all patterns; refused ones are reported one after the other, and then there is none.
    private static func compileTogether(
        _ list: [PatternSpec], refused: (PatternSpec, String) -> Void
    ) -> HyperscanDatabase? {
        var rest = list
        var failed = false
        while !rest.isEmpty {
            do {
                let database = try HyperscanDatabase(rest.map(\.quick))
                return failed ? nil : database
            } catch {
                failed = true
                let index = error.pattern ?? 0
                refused(rest[index], error.message)
                if error.pattern == nil { return nil }
                rest.remove(at: index)
            }
        }
        return nil
    }

    /// The pattern behind a number.
    func spec(_ target: PatternTarget, _ pattern: Int) -> PatternSpec { targets[target.rawValue].specs[pattern] }

    /// True where a target has any pattern.
    func hasPatterns(_ target: PatternTarget) -> Bool { targets[target.rawValue].quick != nil }

    /// The quick scan: numbers of all patterns that occur in the text. For patterns that need a second look a hit is a
    /// "perhaps".
    func quickHits(_ target: PatternTarget, in text: String) throws(HyperscanError) -> [Int] {
        guard let database = targets[target.rawValue].quick, !text.isEmpty else { return [] }
        return try pool.lend { scratch throws(HyperscanError) in
            var hits: [Int] = []
            try Self.withBytes(of: text) { bytes throws(HyperscanError) in
                try database.scan(bytes, with: scratch) { pattern, _ in
                    hits.append(pattern)
                    return true
                }
            }
            return hits
        }
    }

    /// The second look at one pattern that was hit: where it really occurs.
    func occurrences(
        _ target: PatternTarget, _ pattern: Int, in text: String
    ) throws(HyperscanError) -> Occurrences {
        let spec = spec(target, pattern)
        if let database = targets[target.rawValue].exact[pattern] {
            return try pool.lend { scratch throws(HyperscanError) in
                try Self.search(spec, database, text, scratch)
            }
        }
        // Only explain asks for places that the judgement does not need: compiled for the occasion.
        let database = try HyperscanDatabase(spec.exact)
        return try ScratchPool([database]).lend { scratch throws(HyperscanError) in
            try Self.search(spec, database, text, scratch)
        }
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

// Searching in the texts of one message. Each text is normalised and scanned once for all patterns and for the signs of
// all detectors; what was hit is looked at again where its places or values matter, and what comes of that is kept for
// the other rules that ask the same. Work is bounded: what gives up at its bounds says so, and the answer is unknown.

import MIME
import Mail

/// Texts that are searched together.
final class ContentCorpus {
    /// One text in its forms, which say the same: of a piece the form counts in which most is found.
    struct Piece {
        /// `subject`, `part 1.2`, `part 2 report.docx`.
        let name: String
        /// As they came.
        let sources: [String]
        /// Where it stands in a multipart/alternative, or nil.
        let place: Alternatives.Place?
        /// True for a field of the message's header that sealing can take off the outside.
        var isOutside = false
        /// True for the message's own Subject.
        var isSubject = false
    }

    private struct Spot: Hashable {
        let piece: Int
        let form: Int

        func precedes(_ other: Spot) -> Bool { (piece, form) < (other.piece, other.form) }

        /// True where it is among some, which stand in order.
        func isAmong(_ spots: [Spot]?) -> Bool {
            guard let spots else { return false }
            var low = 0
            var high = spots.count
            while low < high {
                let middle = (low + high) / 2
                if spots[middle].precedes(self) { low = middle + 1 } else { high = middle }
            }
            return low < spots.count && spots[low] == self
        }
    }

    /// Places in one form of a piece, with the values of those that have one.
    private struct Places {
        var ranges: [Range<Int>] = []
        var values: [[UInt8]] = []
        /// Why there may be more; nil: there are no more.
        var gap: UnknownReason?

        /// What a detector found.
        /// - Returns: false where that is enough.
        mutating func add(_ value: [UInt8], _ range: Range<Int>) -> Bool {
            guard ranges.count < Occurrences.limit else {
                gap = ContentCorpus.tooManyPlaces
                return false
            }
            ranges.append(range)
            values.append(value)
            return true
        }

        /// A detector has done its work.
        mutating func end(_ detector: Detector, _ work: DetectorWork) {
            guard work.isSpent else { return }
            gap = UnknownReason(
                "too much of a text looks like what detector \(detector.rawValue) looks for, so it was not searched to"
                    + " its end; divided among several messages it can be")
        }
    }

    fileprivate static let tooManyPlaces: UnknownReason = "too many near matches of a pattern"

    /// What the scan met, by ``Matchers/number(of:)``; nil before the scan, where it failed, and where something is
    /// hidden.
    private(set) var met: [Bool]?

    private struct Scan {
        /// Normalised, by piece and form.
        var forms: [[String]] = []
        var patterns: [Int: [Spot]] = [:]
        var detectors: [Detector: [Spot]] = [:]
    }

    private struct Key: Hashable {
        let search: ContentSearch.Sought
        let spot: Spot
    }

    private let pieces: [Piece]
    private let hidden: Truth
    private let matchers: Matchers
    private lazy var scan: Result<Scan, HyperscanError> = scanAll()
    private var known: [Key: Places] = [:]
    private var madeSigns: [Detector: [Spot]]?

    init(_ pieces: [Piece], hidden: Truth, _ matchers: Matchers) {
        self.pieces = pieces
        self.hidden = hidden
        self.matchers = matchers
    }

    /// Whether what a condition looks for occurs so often.
    func answer(_ condition: ContentSearch) -> Truth {
        do throws(HyperscanError) {
            let spots = try spots(condition.sought)
            guard !spots.isEmpty else { return hidden }
            if case .pattern(let pattern) = condition.sought, condition.atLeast == 1, condition.near == nil {
                let spec = matchers.spec(.content, pattern)
                if !spec.needsSecondLook || spec.table != nil { return .yes }
            }
            let (count, gap) = try self.count(condition, spots)
            if count >= condition.atLeast { return .yes }
            return hidden.or(gap.map { .unknown(.permanent($0)) } ?? .no)
        } catch {
            return .unknown(.temporary("\(error.message)"))
        }
    }

    /// What was found, masked, and what could not be searched.
    func samples(_ condition: ContentSearch) -> [String] {
        var lines: [String] = []
        for spot in (try? spots(condition.sought)) ?? [] {
            guard lines.count < 5 else { break }
            guard let places = try? places(condition, spot) else {
                lines.append("\(pieces[spot.piece].name): found, but not where")
                continue
            }
            let piece = pieces[spot.piece]
            guard let (source, form) = Self.forms(piece.sources)[safe: spot.form] else { continue }
            let octets = Array(source.utf8)
            for range in places.ranges.prefix(5) where lines.count < 5 {
                let written = form.original(range).clamped(to: 0..<octets.count)
                let line = "\(piece.name): \(Masking.masked(String(decoding: octets[written], as: UTF8.self)))"
                if !lines.contains(line) { lines.append(line) }
            }
        }
        if lines.isEmpty { lines.append("nothing in \(pieces.count.counted("text"))") }
        if let why = hidden.unknown { lines.append(why.reason) }
        return lines
    }

    /// True where something of what a condition looks for stands in one of some pieces.
    func stands(_ condition: ContentSearch, where isMeant: (Piece) -> Bool) -> Bool {
        guard pieces.contains(where: isMeant), let spots = try? spots(condition.sought) else { return false }
        return spots.contains { spot in
            guard isMeant(pieces[spot.piece]) else { return false }
            // What cannot be looked at again was found all the same, and what was not searched to its end may be there.
            return (try? places(condition.sought, spot)).map { !$0.ranges.isEmpty || $0.gap != nil } ?? true
        }
    }

    /// How many different values a detector finds; nil where a text was not searched to its end and there may be more.
    func count(of detector: Detector) -> Int? {
        let condition = ContentSearch(.detector(detector), atLeast: ContentTexts.valueLimit)
        guard let found = try? count(condition, spots(condition.sought)) else { return nil }
        let count = min(found.count, ContentTexts.valueLimit)
        return found.gap == nil || count == ContentTexts.valueLimit ? count : nil
    }

    // MARK: Scanning

    /// The forms in which a text is searched: normalised, and with look-alike letters folded where that makes a
    /// difference.
    private static func forms(_ sources: [String]) -> [(source: String, form: NormalisedText)] {
        sources.flatMap { source in
            let normalised = Normalised.text(source)
            return [normalised, normalised.withoutLookalikes()].compactMap { $0 }.map { (source, $0) }
        }
    }

    private func scanAll() -> Result<Scan, HyperscanError> {
        Result { () throws(HyperscanError) in
            var scan = Scan()
            var met = [Bool](repeating: false, count: matchers.numbers)
            scan.forms = pieces.map { Self.forms($0.sources).map(\.form.text) }
            let silent = try silentPieces(scan.forms)
            for (index, forms) in scan.forms.enumerated() where !silent.contains(index) {
                for (form, text) in forms.enumerated() {
                    let hits = try matchers.hits(.content, in: text)
                    let spot = Spot(piece: index, form: form)
                    for pattern in hits.patterns {
                        scan.patterns[pattern, default: []].append(spot)
                        met[pattern] = true
                    }
                    for detector in hits.detectors {
                        scan.detectors[detector, default: []].append(spot)
                        met[matchers.number(of: .detector(detector))] = true
                    }
                }
            }
            if hidden == .no { self.met = met }
            return scan
        }
    }

    /// A text longer than this is scanned by itself.
    private static let shortBytes = 400

    /// Short texts (subject, names) in which nothing occurs: one scan of all of them together costs as much as that of
    /// one. Where some pattern asks for a text's beginning or end, each is scanned by itself.
    private func silentPieces(_ forms: [[String]]) throws(HyperscanError) -> Set<Int> {
        guard !matchers.asksForEnds else { return [] }
        let short = forms.indices.filter { forms[$0].count == 1 && forms[$0][0].utf8.count <= Self.shortBytes }
        guard short.count > 1 else { return [] }
        let hits = try matchers.hits(.content, in: short.map { forms[$0][0] }.joined(separator: "\n\n"))
        return hits.patterns.isEmpty && hits.detectors.isEmpty ? Set(short) : []
    }

    /// Where something may occur.
    private func spots(_ search: ContentSearch.Sought) throws(HyperscanError) -> [Spot] {
        let scan = try scan.get()
        switch search {
        case .pattern(let pattern): return scan.patterns[pattern] ?? []
        case .detector(let detector):
            return (matchers.looksFor(detector) ? scan.detectors : signs(scan.forms))[detector] ?? []
        }
    }

    /// Where the signs of all detectors occur, for those that no rule looks for: one scan of the texts, made when one
    /// of these is first asked about (the features log, `explain`).
    private func signs(_ forms: [[String]]) -> [Detector: [Spot]] {
        if let madeSigns { return madeSigns }
        var signs: [Detector: [Spot]] = [:]
        for (piece, forms) in forms.enumerated() {
            for (form, text) in forms.enumerated() {
                // Without a scan anything may occur.
                let met = (try? Self.everySign.hits(.content, in: text).detectors) ?? Detector.allCases
                for detector in met { signs[detector, default: []].append(Spot(piece: piece, form: form)) }
            }
        }
        madeSigns = signs
        return signs
    }

    private static let everySign = Matchers([], detectors: Set(Detector.allCases)) { _, _ in }

    // MARK: Counting

    /// Different values where there are values, else places. Of the forms of one text, which say the same, those with
    /// most count; and of places so do the branches of a multipart/alternative, which show the same to different
    /// programs.
    private func count(
        _ condition: ContentSearch, _ spots: [Spot]
    ) throws(HyperscanError) -> (count: Int, gap: UnknownReason?) {
        var values: Set<[UInt8]> = []
        var best: (piece: Int, values: Set<[UInt8]>) = (-1, [])
        var counts: [Int: Int] = [:]
        var sums = Alternatives.Sums()
        var gap: UnknownReason?
        // Spots of one piece stand together: they were found piece by piece.
        for spot in spots {
            if spot.piece != best.piece {
                values.formUnion(best.values)
                best = (spot.piece, [])
                if max(sums.total, values.count) >= condition.atLeast { break }
            }
            let found = try places(condition, spot)
            gap = gap ?? found.gap
            if found.values.isEmpty {
                let former = counts[spot.piece] ?? 0
                counts[spot.piece] = max(former, found.ranges.count)
                sums.add(max(former, found.ranges.count) - former, at: pieces[spot.piece].place)
            } else {
                let found = Set(found.values)
                if found.count > best.values.count { best.values = found }
            }
        }
        values.formUnion(best.values)
        return (max(sums.total, values.count), gap)
    }

    /// The places that a condition counts in one form of a text.
    private func places(_ condition: ContentSearch, _ spot: Spot) throws(HyperscanError) -> Places {
        var found = try places(condition.sought, spot)
        for near in condition.nears {
            var marks: [Range<Int>] = []
            for pattern in near.patterns {
                let places = try places(.pattern(pattern), spot)
                marks += places.ranges
                found.gap = found.gap ?? places.gap
            }
            marks.sort { $0.lowerBound < $1.lowerBound }
            var text = try scan.get().forms[spot.piece][spot.form]
            let kept = text.withUTF8 { text in
                found.ranges.indices.filter { Nearness.holds(found.ranges[$0], marks, text, near.within) }
            }
            found.values = found.values.isEmpty ? [] : kept.map { found.values[$0] }
            found.ranges = kept.map { found.ranges[$0] }
        }
        return found
    }

    private func places(_ search: ContentSearch.Sought, _ spot: Spot) throws(HyperscanError) -> Places {
        let key = Key(search: search, spot: spot)
        if let places = known[key] { return places }
        let places: Places
        switch search {
        case .pattern(let pattern): places = try patternPlaces(pattern, spot)
        case .detector(let detector): places = try detectorPlaces(detector, spot)
        }
        known[key] = places
        return places
    }

    private func patternPlaces(_ pattern: Int, _ spot: Spot) throws(HyperscanError) -> Places {
        let scan = try scan.get()
        guard spot.isAmong(scan.patterns[pattern]) else { return Places() }
        let text = scan.forms[spot.piece][spot.form]
        let found = try matchers.places(.content, pattern, in: text)
        var places = Places(ranges: found.ranges, gap: found.isComplete ? nil : Self.tooManyPlaces)
        if matchers.spec(.content, pattern).checksum != nil {
            let octets = Array(text.utf8)
            places.values = found.ranges.map { Checksum.value(octets[$0]) }
        }
        return places
    }

    /// Kinds of numbers are found together, in one pass, as far as their signs occur there.
    private func detectorPlaces(_ detector: Detector, _ spot: Spot) throws(HyperscanError) -> Places {
        let scan = try scan.get()
        var text = scan.forms[spot.piece][spot.form]
        var together: Set<Detector> = [detector]
        if NumberForms.form(of: detector) != nil {
            for (other, _) in NumberForms.all {
                guard known[Key(search: .detector(other), spot: spot)] == nil else { continue }
                if spot.isAmong(matchers.looksFor(other) ? scan.detectors[other] : madeSigns?[other]) {
                    together.insert(other)
                }
            }
        }
        let found = text.withUTF8 { octets in
            together.count == 1 ? Self.search(detector, octets) : Self.search(together, octets)
        }
        for (other, places) in found { known[Key(search: .detector(other), spot: spot)] = places }
        return found[detector] ?? Places()
    }

    private static func search(_ detector: Detector, _ text: UnsafeBufferPointer<UInt8>) -> [Detector: Places] {
        var places = Places()
        var work = DetectorWork(bytes: text.count)
        detector.find(in: text, &work) { places.add($0, $1) }
        places.end(detector, work)
        return [detector: places]
    }

    private static func search(_ numbers: Set<Detector>, _ text: UnsafeBufferPointer<UInt8>) -> [Detector: Places] {
        var found: [Detector: Places] = [:]
        for detector in numbers { found[detector] = Places() }
        var pass = NumberPass(numbers, bytes: text.count)
        pass.run(text) { found[$0]?.add($1, $2) ?? false }
        for detector in numbers {
            if let work = pass.work(of: detector) { found[detector]?.end(detector, work) }
        }
        return found
    }
}

/// Distances in a text.
enum Nearness {
    /// True where one of some marks (in order, not overlapping one another) overlaps a range or stands within so many
    /// characters of it.
    static func holds(
        _ range: Range<Int>, _ marks: [Range<Int>], _ text: UnsafeBufferPointer<UInt8>, _ within: Int
    ) -> Bool {
        var low = 0
        var high = marks.count
        while low < high {
            let middle = (low + high) / 2
            if marks[middle].lowerBound < range.lowerBound { low = middle + 1 } else { high = middle }
        }
        // The mark that starts at or behind the range's start, and a few before it: marks of two patterns may overlap.
        for index in max(0, low - 4)...low where marks.indices.contains(index) {
            let mark = marks[index]
            if mark.overlaps(range) { return true }
            let gap =
                mark.upperBound <= range.lowerBound
                ? mark.upperBound..<range.lowerBound : range.upperBound..<mark.lowerBound
            if gap.count <= within { return true }
            guard gap.count <= within * 4 else { continue }
            if text[gap].count(where: WordEdge.isScalarStart) <= within { return true }
        }
        return false
    }
}

extension Array {
    fileprivate subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}

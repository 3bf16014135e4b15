// The texts of one message and searching in them: the subject and every part that is text, HTML both as it is written
// and as a reader sees it. One quick scan per text for all patterns; detectors once per text. Nothing is scanned before
// the first content condition asks.

import MIME

/// Texts of one message.
final class ContentTexts {
    /// One text in one or two forms; what occurs in both forms is counted once.
    private struct Piece {
        /// `subject`, `part 1.2`.
        let name: String
        let forms: [String]
        /// Where it stands in a multipart/alternative, or nil.
        var place: Alternatives.Place?
    }
    private struct Spot {
        let piece: Int
        let form: Int
    }
    /// Values of a detector that are kept: the largest `at-least`.
    static let valueLimit = 1000

    private let pieces: [Piece]
    private let hiding: Hiding
    private let matchers: Matchers
    private var detected: [Detector: Set<[UInt8]>] = [:]
    private lazy var hits: Result<[Int: [Spot]], HyperscanError> = scan()

    init(subjects: [String], parts: [Part], hiding: Hiding, matchers: Matchers) {
        var pieces = subjects.map { Piece(name: "subject", forms: [$0]) }
        let alternatives = Alternatives(parts)
        for part in parts {
            guard case .text(let text, let visible) = part.text else { continue }
            let name = part.path.isEmpty ? "body" : "part \(part.path)"
            pieces.append(
                Piece(
                    name: name, forms: visible.map { [$0, text] } ?? [text], place: alternatives.places[part.path]))
        }
        self.pieces = pieces
        self.hiding = hiding
        self.matchers = matchers
    }

    /// Whether a pattern of target `content` occurs at least so often.
    func answer(_ pattern: Int, atLeast: Int) -> Truth {
        do {
            guard let places = try hits.get()[pattern] else { return hiding.content }
            if atLeast == 1, !matchers.spec(.content, pattern).wholeWord { return .yes }
            let (count, isComplete) = try self.count(pattern, places, enough: atLeast)
            if count >= atLeast { return .yes }
            return hiding.content.or(
                isComplete ? .no : .unknown(.permanent("too many near matches of a pattern")))
        } catch {
            return .unknown(.temporary(error.message))
        }
    }

    /// Whether a detector finds at least so many different values.
    func answer(_ detector: Detector, atLeast: Int) -> Truth {
        values(of: detector).count >= atLeast ? .yes : hiding.content
    }

    /// What was found, masked, and what could not be searched.
    func samples(_ search: ContentCondition.Search) -> [String] {
        var lines: [String] = []
        for piece in pieces {
            for text in piece.forms where lines.count < 5 {
                for sample in samples(search, in: text) where lines.count < 5 {
                    let line = "\(piece.name): \(sample)"
                    if !lines.contains(line) { lines.append(line) }
                }
            }
        }
        if lines.isEmpty { lines.append("nothing in \(pieces.count) texts") }
        if let hidden = hiding.content.unknown { lines.append(hidden.reason) }
        return lines
    }

    private func samples(_ search: ContentCondition.Search, in text: String) -> [String] {
        let bytes = Array(text.utf8)
        var ranges: [Range<Int>] = []
        switch search {
        case .pattern(let pattern):
            guard let hit = try? matchers.quickHits(.content, in: text).contains(pattern), hit else { return [] }
            ranges = (try? matchers.occurrences(.content, pattern, in: text).ranges) ?? []
        case .detector(let detector):
            bytes.withUnsafeBufferPointer { buffer in
                detector.find(in: buffer) { _, range in
                    ranges.append(range)
                    return ranges.count < 5
                }
            }
        }
        return ranges.prefix(5).map { Masking.masked(String(decoding: bytes[$0], as: UTF8.self)) }
    }

    /// Occurrences over all texts; of the two forms of one text, and of the branches of a multipart/alternative, which show
    /// the same to different programs, the one with more counts.
    private func count(
        _ pattern: Int, _ places: [Spot], enough: Int
    ) throws(HyperscanError) -> (count: Int, isComplete: Bool) {
        var counts: [Int: Int] = [:]
        var sums = Alternatives.Sums()
        var isComplete = true
        for place in places {
            let found = try matchers.occurrences(.content, pattern, in: pieces[place.piece].forms[place.form])
            let former = counts[place.piece] ?? 0
            counts[place.piece] = max(former, found.ranges.count)
            sums.add(max(former, found.ranges.count) - former, at: pieces[place.piece].place)
            isComplete = isComplete && found.isComplete
            if sums.total >= enough { break }
        }
        return (sums.total, isComplete)
    }

    private func scan() -> Result<[Int: [Spot]], HyperscanError> {
        Result { () throws(HyperscanError) in
            var hits: [Int: [Spot]] = [:]
            guard matchers.hasPatterns(.content) else { return hits }
            for (index, piece) in pieces.enumerated() {
                for (form, text) in piece.forms.enumerated() {
                    for pattern in try matchers.quickHits(.content, in: text) {
                        hits[pattern, default: []].append(Spot(piece: index, form: form))
                    }
                }
            }
            return hits
        }
    }

    /// Different values that a detector finds, at most ``valueLimit``.
    func values(of detector: Detector) -> Set<[UInt8]> {
        if let known = detected[detector] { return known }
        var values: Set<[UInt8]> = []
        for piece in pieces {
            for var text in piece.forms where values.count < Self.valueLimit {
                text.withUTF8 { bytes in
                    detector.find(in: bytes) { value, _ in
                        values.insert(value)
                        return values.count < Self.valueLimit
                    }
                }
            }
        }
        detected[detector] = values
        return values
    }
}

// strip-subject-tag: takes what a rule's own subject patterns matched out of the subject. Pure.

import Detection

/// Cuts matches out of a decoded subject.
enum SubjectTag {
    /// The subject without the matches of some patterns.
    /// - Parameter patterns: numbers of target `subject`.
    /// - Returns: nil where nothing matched (or matching failed: then the tag stays, which gives nothing away).
    static func stripped(_ subject: String, of patterns: [Int], _ matchers: Matchers) -> String? {
        var ranges: [Range<Int>] = []
        for pattern in patterns {
            ranges += (try? matchers.occurrences(.subject, pattern, in: subject).ranges) ?? []
        }
        guard !ranges.isEmpty else { return nil }
        ranges.sort { $0.lowerBound < $1.lowerBound }
        let bytes = Array(subject.utf8)
        var kept: [UInt8] = []
        var next = 0
        for range in ranges where range.upperBound > next {
            kept += bytes[next..<max(next, range.lowerBound)]
            next = range.upperBound
            // The space on one side of the tag goes with it.
            if kept.isEmpty || kept.last == space { while next < bytes.count, bytes[next] == space { next += 1 } }
        }
        kept += bytes[next...]
        while kept.last == space { kept.removeLast() }
        // An encoded word can hold CR and LF: they must not become a header field of their own.
        let oneLine = kept.drop { $0 == space }.map { $0 < 32 || $0 == 127 ? space : $0 }
        return String(decoding: oneLine, as: UTF8.self)
    }

    private static let space = UInt8(ascii: " ")
}

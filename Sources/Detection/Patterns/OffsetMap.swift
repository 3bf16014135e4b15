// From places in a changed text back to places in the text it was made from. Pure.

/// Pairs of byte offsets: where a stretch of the changed text starts, and what it was made from.
struct OffsetMap: Sendable, Equatable {
    private struct Stretch: Sendable, Equatable {
        /// Byte offset in the changed text.
        let changed: UInt32
        /// Byte offset in the original.
        let original: UInt32
        /// False: byte for byte as the original. True: made from the original up to the next stretch, as a whole.
        let isMade: Bool
    }

    private var stretches: [Stretch] = []

    /// Notes that from `changed` on the text is that of the original from `original` on.
    mutating func same(_ changed: Int, _ original: Int) { add(changed, original, isMade: false) }

    /// Notes that what starts at `changed` was made from what starts at `original`.
    mutating func made(_ changed: Int, _ original: Int) { add(changed, original, isMade: true) }

    private mutating func add(_ changed: Int, _ original: Int, isMade: Bool) {
        stretches.append(
            Stretch(changed: UInt32(clamping: changed), original: UInt32(clamping: original), isMade: isMade))
    }

    /// The bytes of the original that a range of the changed text came from.
    func original(_ range: Range<Int>) -> Range<Int> {
        guard !stretches.isEmpty else { return range }
        let lower = place(last { $0.changed <= range.lowerBound }, range.lowerBound, isEnd: false)
        let upper = place(last { $0.changed < range.upperBound }, range.upperBound, isEnd: true)
        return lower..<max(lower, upper)
    }

    private func place(_ index: Int, _ offset: Int, isEnd: Bool) -> Int {
        guard stretches.indices.contains(index) else { return offset }
        let stretch = stretches[index]
        guard stretch.isMade else { return Int(stretch.original) + offset - Int(stretch.changed) }
        guard isEnd, stretches.indices.contains(index + 1) else { return Int(stretch.original) }
        return Int(stretches[index + 1].original)
    }

    /// Index of the last stretch for which a test holds that holds for a beginning of them; -1 where for none.
    private func last(_ holds: (Stretch) -> Bool) -> Int {
        var low = 0
        var high = stretches.count
        while low < high {
            let middle = (low + high) / 2
            if holds(stretches[middle]) { low = middle + 1 } else { high = middle }
        }
        return low - 1
    }
}

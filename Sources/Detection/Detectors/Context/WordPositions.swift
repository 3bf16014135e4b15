// Where the words of a set stand in one text: found once, from left to right, as far as anybody asked, so that numbers
// that stand close together do not each look through what surrounds them. In a text that is full of them they are not
// kept: there one is near wherever one looks. Pure.

/// The places of some words in a text.
struct WordPositions {
    private struct Place {
        let start: Int
        /// Where the shortest word ends that starts there.
        let end: Int
    }

    /// Places that are kept at most.
    private static let most = 65_536

    private let words: WordSet
    /// True where there were more places than are kept.
    private(set) var isCrowded = false
    private var places: [Place] = []
    private var scanned = 0

    init(_ words: WordSet) { self.words = words }

    /// As ``WordSet/occurs(in:_:)`` of the same text.
    mutating func occurs(in range: Range<Int>, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard !range.isEmpty else { return false }
        if !isCrowded { scan(upTo: range.upperBound, text) }
        if isCrowded { return words.occurs(in: range, text) }
        var low = 0
        var high = places.count
        while low < high {
            let middle = (low + high) / 2
            if places[middle].start < range.lowerBound { low = middle + 1 } else { high = middle }
        }
        while low < places.count, places[low].start < range.upperBound {
            if places[low].end <= range.upperBound { return true }
            low += 1
        }
        return false
    }

    /// True where none of the words stands anywhere in the text.
    mutating func isEmpty(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        if words.isEmpty { return true }
        while places.isEmpty, !isCrowded, scanned < text.count { scan(upTo: min(text.count, scanned + 65_536), text) }
        return places.isEmpty && !isCrowded
    }

    private mutating func scan(upTo end: Int, _ text: UnsafeBufferPointer<UInt8>) {
        var index = scanned
        while let start = words.nextStart(text, from: index, upTo: end) {
            if let last = words.shortest(at: start, text) { places.append(Place(start: start, end: last)) }
            index = start + 1
            if places.count > Self.most {
                isCrowded = true
                places = []
                return
            }
        }
        scanned = max(scanned, end)
    }
}

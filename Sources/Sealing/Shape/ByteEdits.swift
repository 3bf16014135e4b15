// Changes of a message at places that are named by byte ranges: everything between them stays as it is, byte for byte.

import Mail

/// Replacements that do not overlap.
struct ByteEdits {
    private var edits: [(range: Range<Int>, with: MessageBytes)] = []

    /// True where nothing is changed.
    var isEmpty: Bool { edits.isEmpty }

    /// Puts bytes in the place of others; an empty range inserts. In the order in which they are added where they meet.
    mutating func replace(_ range: Range<Int>, with bytes: MessageBytes) { edits.append((range, bytes)) }

    /// Replaces with text.
    mutating func replace(_ range: Range<Int>, with text: String) { replace(range, with: MessageBytes(text)) }

    /// The message after the changes. A change that would reach into another is left out: the first one stands.
    func applied(to bytes: MessageBytes) -> MessageBytes {
        let sorted = edits.enumerated().sorted {
            // What is inserted before a place comes before what replaces it.
            ($0.element.range.lowerBound, $0.element.range.count, $0.offset)
                < ($1.element.range.lowerBound, $1.element.range.count, $1.offset)
        }
        var pieces: [MessageBytes] = []
        var kept = 0
        for (range, with) in sorted.map(\.element) where range.lowerBound >= kept && range.upperBound <= bytes.count {
            pieces.append(bytes.slice(kept..<range.lowerBound))
            pieces.append(with)
            kept = range.upperBound
        }
        pieces.append(bytes.slice(kept..<bytes.count))
        return MessageBytes(joining: pieces)
    }
}

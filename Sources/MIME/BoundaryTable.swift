// The boundaries that are open at one moment, as a tree of their bytes (RFC 2046 section 5.1.1). A line is compared
// with all of them in one walk that never looks at a byte twice, however deep the nesting is.

/// What a line that starts with two hyphens is to the open multiparts.
enum BoundaryMatch: Equatable {
    case none
    /// A delimiter of these frames, outermost first (several when a boundary was used twice).
    case delimiter(frames: [Int])
    /// A closing delimiter of these frames.
    case close(frames: [Int])
    /// It begins with an open boundary and goes on. By RFC 2046 that may count as a delimiter; mail programs differ.
    case ambiguous
}

/// Open boundaries.
struct BoundaryTable {
    private struct Node {
        var children: [UInt8: Int] = [:]
        var uses = 0
        var frames: [Int] = []
    }

    private var nodes = [Node()]
    private var free: [Int] = []

    var isEmpty: Bool { nodes[0].children.isEmpty }

    /// True where this boundary is open already.
    func contains(_ boundary: [UInt8]) -> Bool {
        var node = 0
        for octet in boundary {
            guard let next = nodes[node].children[octet] else { return false }
            node = next
        }
        return !nodes[node].frames.isEmpty
    }

    /// Opens a boundary; frames are opened in rising order and closed in falling order.
    mutating func open(_ boundary: [UInt8], frame: Int) {
        var node = 0
        for octet in boundary {
            let next = nodes[node].children[octet] ?? makeNode()
            nodes[node].children[octet] = next
            nodes[next].uses += 1
            node = next
        }
        nodes[node].frames.append(frame)
    }

    /// Closes a boundary that was opened last among those with the same bytes.
    mutating func close(_ boundary: [UInt8]) {
        var node = 0
        for octet in boundary {
            guard let next = nodes[node].children[octet] else { return }
            nodes[next].uses -= 1
            if nodes[next].uses == 0 {
                nodes[node].children[octet] = nil
                free.append(next)
            }
            node = next
        }
        if !nodes[node].frames.isEmpty { nodes[node].frames.removeLast() }
    }

    private mutating func makeNode() -> Int {
        if let index = free.popLast() {
            nodes[index] = Node()
            return index
        }
        nodes.append(Node())
        return nodes.count - 1
    }

    /// - Parameters:
    ///   - line: a line that starts with two hyphens, without its LF; at least its first bytes.
    ///   - isWhole: false where the line goes on behind what is given.
    func match(_ line: UnsafeRawBufferPointer, isWhole: Bool, work: inout WorkCounter) -> BoundaryMatch {
        var node = 0
        var isPrefix = false
        var found = BoundaryMatch.none
        var place = 2
        while place < line.count, let next = nodes[node].children[line[place]] {
            work.steps += 1
            node = next
            place += 1
            guard !nodes[node].frames.isEmpty else { continue }
            isPrefix = true
            // The longest boundary that fits exactly wins: "abc" must not end a part of "abcdef".
            let rest = Self.ending(line, from: place, work: &work)
            guard isWhole, let rest else { continue }
            if rest.isEmpty { found = .delimiter(frames: nodes[node].frames) }
            if rest.elementsEqual("--".utf8) { found = .close(frames: nodes[node].frames) }
        }
        return found == .none && isPrefix ? .ambiguous : found
    }

    /// What follows a boundary where it is nothing or two hyphens, and white space at most; else nil.
    private static func ending(
        _ line: UnsafeRawBufferPointer, from place: Int, work: inout WorkCounter
    ) -> Slice<UnsafeRawBufferPointer>? {
        var end = place
        if line.count - place >= 2, line[place] == 45, line[place + 1] == 45 { end += 2 }
        for index in end..<line.count {
            work.steps += 1
            guard line[index] == 32 || line[index] == 9 || line[index] == 13 else { return nil }
        }
        return line[place..<end]
    }
}

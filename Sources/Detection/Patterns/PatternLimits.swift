// How large a pattern becomes once its repeats are written out, told before the engine sees it: the engine is linear
// when it scans, but compiling has to be bounded too. Pure; linear in the pattern.

/// Bounds of one expression.
package enum PatternLimits {
    /// Length of an expression, in bytes.
    static let longestBytes = 4096
    /// Characters once all repeats are written out.
    static let mostCharacters = 10_000
    /// The same where the places of matches matter: there the engine takes a thousand times as long to refuse.
    static let mostCharactersWithPlaces = 1500
    /// The same for all expressions of a ruleset together.
    static let mostCharactersOfAll = 2_000_000

    /// What is wrong, or nil.
    package static func problem(_ expression: String) -> String? {
        let length = expression.utf8.count
        guard length <= longestBytes else { return "is refused: it has \(length) bytes, limit \(longestBytes)" }
        let size = size(of: expression)
        guard size <= mostCharacters else {
            return "is refused: with its repeats written out it has \(size == .max ? "far too many" : "\(size)") "
                + "characters, limit \(mostCharacters)"
        }
        return nil
    }

    /// True where an expression is too large for its places to be found.
    static func isTooLargeForPlaces(_ spec: PatternSpec) -> Bool {
        guard case .expression(let text) = spec.source else { return false }
        return size(of: text) > mostCharactersWithPlaces
    }

    /// Characters that an expression stands for once its repeats are written out, at least; `.max` beyond counting.
    static func size(of expression: String) -> Int {
        let octets = Array(expression.utf8)
        var reader = SizeReader(octets)
        return reader.read()
    }
}

/// Reads an expression and adds up. Mistakes in it are for the engine to find.
private struct SizeReader {
    private let octets: [UInt8]
    private var index = 0
    /// Per open group: what it has so far, and the last item in it.
    private var groups: [(sum: Int, last: Int)] = [(0, 0)]

    init(_ octets: [UInt8]) { self.octets = octets }

    mutating func read() -> Int {
        while index < octets.count {
            let octet = octets[index]
            index += 1
            switch octet {
            case UInt8(ascii: "("): groups.append((0, 0))
            case UInt8(ascii: ")"):
                if groups.count > 1 {
                    let group = groups.removeLast()
                    item(plus(group.sum, group.last))
                }
            case UInt8(ascii: "["): takeClass()
            case UInt8(ascii: "{"): takeRepeat()
            case UInt8(ascii: "\\"): takeEscape()
            case UInt8(ascii: "."): item(3)
            case UInt8(ascii: "|"), UInt8(ascii: "?"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "^"),
                UInt8(ascii: "$"):
                break
            case 0x80...0xBF: break
            default: item(1)
            }
        }
        return groups.reduce(0) { plus($0, plus($1.sum, $1.last)) }
    }

    private mutating func item(_ size: Int) {
        let top = groups.count - 1
        groups[top].sum = plus(groups[top].sum, groups[top].last)
        groups[top].last = size
    }

    /// A class; one that is negated or goes beyond ASCII has many byte sequences.
    private mutating func takeClass() {
        var size = index < octets.count && octets[index] == UInt8(ascii: "^") ? 3 : 1
        if size == 3 { index += 1 }
        var isFirst = true
        while index < octets.count {
            let octet = octets[index]
            index += 1
            if octet == UInt8(ascii: "]"), !isFirst { break }
            if octet == UInt8(ascii: "\\") { index += 1 }
            if octet >= 0x80 { size = 3 }
            isFirst = false
        }
        item(size)
    }

    private mutating func takeEscape() {
        guard index < octets.count else { return }
        let octet = octets[index]
        index += 1
        guard octet == UInt8(ascii: "p") || octet == UInt8(ascii: "P") || octet == UInt8(ascii: "x") else {
            item(1)
            return
        }
        item(octet == UInt8(ascii: "x") ? 1 : 10)
        guard index < octets.count, octets[index] == UInt8(ascii: "{") else { return }
        while index < octets.count, octets[index] != UInt8(ascii: "}") { index += 1 }
        index += 1
    }

    /// `{n}`, `{n,}`, `{n,m}`; anything else in braces is literal text.
    private mutating func takeRepeat() {
        var numbers: [Int] = []
        var number: Int?
        var end = index
        while end < octets.count, octets[end] != UInt8(ascii: "}") {
            let octet = octets[end]
            if octet &- 48 < 10 {
                number = plus(times(number ?? 0, 10), Int(octet - 48))
            } else if octet == UInt8(ascii: ",") {
                numbers.append(number ?? 0)
                number = nil
            } else {
                return item(1)
            }
            end += 1
        }
        guard end < octets.count else { return item(1) }
        if let number { numbers.append(number) }
        index = end + 1
        let top = groups.count - 1
        groups[top].last = times(groups[top].last, max(1, numbers.max() ?? 1))
    }

    private func plus(_ left: Int, _ right: Int) -> Int {
        let (sum, overflow) = left.addingReportingOverflow(right)
        return overflow ? .max : sum
    }

    private func times(_ left: Int, _ right: Int) -> Int {
        let (product, overflow) = left.multipliedReportingOverflow(by: right)
        return overflow ? .max : product
    }
}

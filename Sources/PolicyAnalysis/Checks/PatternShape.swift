// What can be seen of a regular expression without running it: its literal text, what every match begins with. Not a
// parser of the dialect: where it is not sure, it says nothing. Pure; linear but for nested groups.

import Detection
import Policy

/// The shape of a pattern.
struct PatternShape {
    private let scalars: [Unicode.Scalar]
    private let start: Int

    init(_ pattern: String) {
        scalars = Array(pattern.unicodeScalars)
        start = Self.afterFlags(scalars)
    }

    /// Runs of literal characters outside of classes.
    var literals: [String] {
        var runs: [String] = []
        var run = String.UnicodeScalarView()
        var place = start
        while place < scalars.count {
            if let (scalar, next) = literal(at: place) {
                run.append(scalar)
                place = next
                continue
            }
            if !run.isEmpty { runs.append(String(run)) }
            run = String.UnicodeScalarView()
            place = afterSpecial(place)
        }
        if !run.isEmpty { runs.append(String(run)) }
        return runs
    }

    /// A class that names characters one by one: no ranges, escapes or `^`.
    struct NamedClass {
        let inner: String
        /// Nothing, an anchor, a space or `|` on either side, and no quantifier.
        let standsAlone: Bool
        /// True where there is nothing else in its alternative: a text with any of its characters matches.
        let isWhole: Bool
        /// True where the whole text is one of its characters.
        let isAnchored: Bool
        /// The first character of its quantifier: `{`, `*`, `+`, `?`.
        let quantifier: Unicode.Scalar?
    }

    /// All of them, in order.
    var classes: [NamedClass] {
        var classes: [NamedClass] = []
        var place = start
        while place < scalars.count {
            guard scalars[place] == "[" else {
                place = literal(at: place)?.next ?? afterSpecial(place)
                continue
            }
            let end = afterClass(place)
            let inner = scalars[min(place + 1, end)..<max(place + 1, end - 1)]
            if inner.first != "^", !inner.contains(where: { "-\\[".unicodeScalars.contains($0) }) {
                classes.append(named(string(inner), string(scalars[start..<place]), string(scalars[end...])))
            }
            place = end
        }
        return classes
    }

    private func named(_ inner: String, _ before: String, _ behind: String) -> NamedClass {
        let isAlone =
            (before.isEmpty || ["^", "|", " ", "\\s", ".*", "\\s*", "\\s+"].contains { before.hasSuffix($0) })
            && (behind.isEmpty || ["$", "|", " ", "\\s", ".*"].contains { behind.hasPrefix($0) })
        let mine = before.split(separator: "|", omittingEmptySubsequences: false).last.map(String.init) ?? ""
        let rest = behind.split(separator: "|", omittingEmptySubsequences: false).first.map(String.init) ?? ""
        return NamedClass(
            inner: inner, standsAlone: isAlone,
            isWhole: ["", "^", ".*", "\\s*", "^.*", "^\\s*"].contains(mine) && ["", ".*", ".*$"].contains(rest),
            isAnchored: mine == "^" && rest == "$",
            quantifier: behind.unicodeScalars.first.flatMap { "{*+?".unicodeScalars.contains($0) ? $0 : nil })
    }

    /// True where the pattern can match at the start of the text only.
    var isAnchored: Bool { start < scalars.count && scalars[start] == "^" && !hasTopLevelAlternatives }

    /// Flags at the start, as written.
    var flags: String { string(scalars[..<start]) }

    /// The pattern behind its `^`.
    var behindAnchor: String { string(scalars[min(start + 1, scalars.count)...]) }

    /// Texts of which every match of an anchored pattern begins with one; nil where that cannot be said.
    var beginnings: [String]? { isAnchored ? beginnings(at: start + 1, upTo: scalars.count) : nil }

    /// True where the pattern begins or ends with `.*`.
    var hasIdleWildcard: Bool {
        let ends = scalars.suffix(2).elementsEqual(".*".unicodeScalars) && !isEscaped(scalars.count - 2)
        return ends || scalars[start...].starts(with: ".*".unicodeScalars)
    }

    private func beginnings(at place: Int, upTo end: Int) -> [String]? {
        var run = String.UnicodeScalarView()
        var place = place
        while place < end, let (scalar, next) = literal(at: place) {
            // A character that may be missing or repeated is no certain one.
            if next < end, "*?{".unicodeScalars.contains(scalars[next]) { break }
            run.append(scalar)
            place = next
        }
        if !run.isEmpty { return [String(run)] }
        guard place < end, scalars[place] == "(", let close = closing(place), close < end else { return nil }
        if close + 1 < end, "*?{".unicodeScalars.contains(scalars[close + 1]) { return nil }
        let inner = string(scalars[(place + 1)...]).hasPrefix("?:") ? place + 3 : place + 1
        guard inner < scalars.count, scalars[inner] != "?" else { return nil }
        var all: [String] = []
        for (from, to) in alternatives(inner, close) {
            guard let some = beginnings(at: from, upTo: to) else { return nil }
            all += some
        }
        return all
    }

    /// The ranges between `|` on the top level of a group.
    private func alternatives(_ from: Int, _ end: Int) -> [(Int, Int)] {
        var ranges: [(Int, Int)] = []
        var start = from
        var place = from
        while place < end {
            if scalars[place] == "(", let close = closing(place) {
                place = close + 1
            } else if scalars[place] == "|" {
                ranges.append((start, place))
                place += 1
                start = place
            } else {
                place = literal(at: place)?.next ?? afterSpecial(place)
            }
        }
        return ranges + [(start, end)]
    }

    private var hasTopLevelAlternatives: Bool { alternatives(start, scalars.count).count > 1 }

    /// The `)` of a `(`.
    private func closing(_ open: Int) -> Int? {
        var depth = 0
        var place = open
        while place < scalars.count {
            switch scalars[place] {
            case "(":
                depth += 1
                place += 1
            case ")":
                depth -= 1
                if depth == 0 { return place }
                place += 1
            default: place = literal(at: place)?.next ?? afterSpecial(place)
            }
        }
        return nil
    }

    /// A character that stands for itself, and the place behind it.
    private func literal(at place: Int) -> (scalar: Unicode.Scalar, next: Int)? {
        let scalar = scalars[place]
        if scalar == "\\" {
            guard place + 1 < scalars.count else { return nil }
            let escaped = scalars[place + 1]
            if escaped == "x", place + 2 < scalars.count, scalars[place + 2] == "{" { return hexadecimal(place + 3) }
            let isWord = escaped.isASCII && (escaped.properties.isAlphabetic || ("0"..."9").contains(escaped))
            return isWord ? nil : (escaped, place + 2)
        }
        return "^$.|()[]*+?{".unicodeScalars.contains(scalar) ? nil : (scalar, place + 1)
    }

    /// `\x{200b}` from behind its brace.
    private func hexadecimal(_ place: Int) -> (scalar: Unicode.Scalar, next: Int)? {
        guard let end = scalars[place...].firstIndex(of: "}"),
            let value = UInt32(string(scalars[place..<end]), radix: 16), let scalar = Unicode.Scalar(value)
        else { return nil }
        return (scalar, end + 1)
    }

    /// The place behind something that is no literal: a class, an escape, a quantifier, the head of a group.
    private func afterSpecial(_ place: Int) -> Int {
        switch scalars[place] {
        case "\\":
            let brace = place + 2
            if brace < scalars.count, scalars[brace] == "{", let end = scalars[brace...].firstIndex(of: "}") {
                return end + 1
            }
            return min(place + 2, scalars.count)
        case "[": return afterClass(place)
        case "{": return scalars[place...].firstIndex(of: "}").map { $0 + 1 } ?? place + 1
        case "(":
            guard place + 1 < scalars.count, scalars[place + 1] == "?" else { return place + 1 }
            let head = scalars[place...].firstIndex { ":>)".unicodeScalars.contains($0) }
            return head.map { scalars[$0] == ")" ? $0 : $0 + 1 } ?? scalars.count
        default: return place + 1
        }
    }

    private func afterClass(_ open: Int) -> Int {
        var place = open + 1
        if place < scalars.count, scalars[place] == "^" { place += 1 }
        if place < scalars.count, scalars[place] == "]" { place += 1 }
        while place < scalars.count, scalars[place] != "]" { place += scalars[place] == "\\" ? 2 : 1 }
        return min(place + 1, scalars.count)
    }

    private func isEscaped(_ place: Int) -> Bool {
        scalars[..<place].reversed().prefix { $0 == "\\" }.count % 2 == 1
    }

    /// Behind `(*UCP)` and `(?i)` at the start.
    private static func afterFlags(_ scalars: [Unicode.Scalar]) -> Int {
        var place = 0
        while place + 2 < scalars.count, scalars[place] == "(", let close = scalars[place...].firstIndex(of: ")") {
            let inner = scalars[(place + 1)..<close]
            let isVerb = inner.first == "*"
            let isFlags = inner.first == "?" && inner.dropFirst().allSatisfy { "imsx-".unicodeScalars.contains($0) }
            guard isVerb || isFlags else { break }
            place = close + 1
        }
        return place
    }

    private func string(_ part: ArraySlice<Unicode.Scalar>) -> String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: part)
        return String(text)
    }
}

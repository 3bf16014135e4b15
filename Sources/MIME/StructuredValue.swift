// Reads `token; name=value; …` as Content-Type and Content-Disposition have it (RFC 2045 section 5.1, RFC 2183), with
// comments, quoted strings and the continuations and charsets of RFC 2231. Reads what mail programs read: where they
// would not agree, a value has several readings. Pure; linear.

/// The parts of a structured field value.
struct StructuredValue {
    /// What stands before the first semicolon, in lower case, without quotes.
    private(set) var token = ""
    /// Parameters by lower-case name; an RFC 2231 form wins over the plain one. The first of several equals counts.
    private(set) var parameters: [String: String] = [:]
    /// Every reading of a parameter's value, in whatever form it was written, best first.
    private(set) var candidates: [String: [String]] = [:]
    /// Parameters that programs read differently, in a way that ``candidates`` may not cover; "" is one without a name.
    private(set) var doubtful: Set<String> = []
    /// Some programs may not see the token, or no parameter: a comment in front, a missing semicolon.
    private(set) var mayGoUnseen = false

    init(_ unfolded: String, work: inout WorkCounter) {
        var scan = ValueScanner(Array(unfolded.utf8))
        work.steps += scan.octets.count
        token = scan.head()
        var collected = ParameterCollector()
        while scan.moveToParameter() {
            switch scan.parameter() {
            case .value(let parameter): collected.add(parameter)
            case .junk(let octets, let isBehindBlank): collected.addJunk(octets, isBehindBlank: isBehindBlank)
            }
        }
        mayGoUnseen = scan.mayGoUnseen
        collected.decode(work: &work)
        (parameters, candidates, doubtful) = (collected.parameters, collected.candidates, collected.doubtful)
        if scan.hasTrickyComment { doubtful.formUnion(["", "boundary", "charset", "name", "filename"]) }
    }
}

/// One parameter as written.
struct RawParameter {
    let name: String
    /// Readings of its value, best first; never empty.
    var values: [[UInt8]]
    /// True where its quotes are not closed.
    var isOpen = false
}

/// Walks the octets of a value.
struct ValueScanner {
    enum Piece {
        case value(RawParameter)
        /// Something without `=`. Behind a blank it may belong to the value before, whose readings have it already.
        case junk(ArraySlice<UInt8>, isBehindBlank: Bool)
    }

    let octets: [UInt8]
    private(set) var mayGoUnseen = false
    /// A comment holds what a program that knows no comments would take for a parameter.
    private(set) var hasTrickyComment = false
    private var place = 0
    /// True where the next parameter begins behind a blank instead of a semicolon.
    private var isBehindBlank = false
    /// Where the next semicolon is, as far as it has been looked for.
    private var knownEnd = 0
    /// Of what follows a value without a semicolon as much may belong to it.
    private static let restBytes = 300

    init(_ octets: [UInt8]) { self.octets = octets }

    private var current: UInt8? { place < octets.count ? octets[place] : nil }
    private static func isBlank(_ octet: UInt8) -> Bool { octet == 32 || octet == 9 || octet == 13 || octet == 10 }

    /// Passes over white space and comments. Comments are legal and rare, and many programs do not know them.
    /// - Returns: true where there was a comment.
    @discardableResult private mutating func skipBlank() -> Bool {
        var hasComment = false
        while let octet = current {
            if Self.isBlank(octet) {
                place += 1
            } else if octet == UInt8(ascii: "(") {
                hasComment = true
                skipComment()
            } else {
                break
            }
        }
        return hasComment
    }

    private mutating func skipComment() {
        let start = place
        var depth = 0
        while let octet = current {
            place += 1
            switch octet {
            case UInt8(ascii: "\\"): place = min(place + 1, octets.count)
            case UInt8(ascii: "("): depth += 1
            case UInt8(ascii: ")"): depth -= 1
            default: break
            }
            if depth == 0 { break }
        }
        if depth > 0 || octets[start..<place].contains(where: { ";=\"".utf8.contains($0) }) { hasTrickyComment = true }
    }

    /// The token before the first semicolon, in lower case, quotes around it taken off.
    mutating func head() -> String {
        if skipBlank() { mayGoUnseen = true }
        let start = place
        while let octet = current, octet != UInt8(ascii: ";"), octet != UInt8(ascii: "("), !Self.isBlank(octet) {
            place += 1
        }
        var head = octets[start..<min(place, octets.count)]
        if head.count > 1, let first = head.first, head.last == first, first == UInt8(ascii: "\"") || first == 39 {
            head = head.dropFirst().dropLast()
            mayGoUnseen = true
        }
        if skipBlank() { mayGoUnseen = true }
        if let octet = current, octet != UInt8(ascii: ";") { mayGoUnseen = true }
        return String(decoding: head, as: UTF8.self).lowercased()
    }

    /// Moves behind the next semicolons; false at the end.
    mutating func moveToParameter() -> Bool {
        isBehindBlank = true
        while let octet = current, octet == UInt8(ascii: ";") || octet == UInt8(ascii: "(") || Self.isBlank(octet) {
            if octet == UInt8(ascii: ";") {
                isBehindBlank = false
                place += 1
            } else {
                skipBlank()
            }
        }
        return current != nil
    }

    /// One `name=value`, blanks around `=` allowed, or what is none. Always moves on.
    mutating func parameter() -> Piece {
        let start = place
        while let octet = current, octet != UInt8(ascii: "="), octet != UInt8(ascii: ";"), !Self.isBlank(octet) {
            place += 1
        }
        let nameEnd = place
        skipBlank()
        guard current == UInt8(ascii: "=") else {
            // `boundary "x"`: nothing a program could agree on. In an unquoted value each word is looked at alone, for
            // a semicolon may be missing before one of them.
            if isBehindBlank {
                place = nameEnd
            } else {
                while let octet = current, octet != UInt8(ascii: ";") { place += 1 }
            }
            return .junk(octets[start..<max(place, nameEnd)], isBehindBlank: isBehindBlank)
        }
        let name = String(decoding: octets[start..<nameEnd], as: UTF8.self).lowercased()
        place += 1
        let valueStart = place
        let hasComment = skipBlank()
        var parameter =
            current == UInt8(ascii: "\"") ? quoted(name) : RawParameter(name: name, values: unquoted(name))
        if hasComment { parameter.values.append(trimmed(rest(from: valueStart, isWhole: false))) }
        return .value(parameter)
    }

    // MARK: Values

    /// The next semicolon's place; looked for once, however many values there are before it.
    private mutating func segmentEnd(from start: Int) -> Int {
        if knownEnd <= start, start < octets.count {
            knownEnd = octets[start...].firstIndex(of: UInt8(ascii: ";")) ?? octets.count
        }
        return max(knownEnd, start)
    }

    /// The rest of the segment, or its beginning where it goes on for long.
    private mutating func rest(from start: Int, isWhole: Bool) -> Range<Int> {
        let start = min(start, octets.count)
        let end = segmentEnd(from: start)
        return start..<(isWhole ? end : min(end, start + Self.restBytes))
    }

    private func trimmed(_ range: Range<Int>) -> [UInt8] {
        var range = range
        while let first = range.first, Self.isBlank(octets[first]) { range = range.dropFirst() }
        while let last = range.last, Self.isBlank(octets[last]) { range = range.dropLast() }
        return Array(octets[range])
    }

    /// A quoted string. Not every program takes a backslash off (Windows paths), nor sees that it guards a quote.
    private mutating func quoted(_ name: String) -> RawParameter {
        let start = place + 1
        var value: [UInt8] = []
        var hasBackslash = false
        place += 1
        while let octet = current, octet != UInt8(ascii: "\"") {
            place += 1
            if octet == UInt8(ascii: "\\"), let escaped = current {
                hasBackslash = true
                value.append(escaped)
                place += 1
            } else {
                value.append(octet)
            }
        }
        let end = min(place, octets.count)
        guard current != nil else { return openQuoted(name, from: start) }
        var values = [value]
        if hasBackslash {
            values.append(Array(octets[start..<end]))
            let literal = octets[start...].firstIndex(of: UInt8(ascii: "\"")) ?? end
            values.append(Array(octets[start..<literal]))
        }
        place += 1
        skipBlank()
        if let octet = current, octet != UInt8(ascii: ";") {
            // `"a"b`: the rest is part of the value, or nothing. Behind a blank a semicolon may be missing.
            values.append(value + trimmed(rest(from: end + 1, isWhole: false)))
        }
        return RawParameter(name: name, values: values)
    }

    /// Quotes that are not closed: up to the semicolon, or all that follows; parameters in it may count too.
    private mutating func openQuoted(_ name: String, from start: Int) -> RawParameter {
        let end = segmentEnd(from: start)
        place = end
        let values = end == octets.count ? [trimmed(start..<end)] : [trimmed(start..<end), Array(octets[start...])]
        return RawParameter(name: name, values: values, isOpen: true)
    }

    /// Up to the semicolon. With white space inside, a file name goes on to the semicolon, anything else to the space;
    /// what follows is looked at again, as a semicolon may be missing.
    private mutating func unquoted(_ name: String) -> [[UInt8]] {
        let start = place
        // Where a semicolon is missing before this one too, what follows has been looked at for its sake.
        let whole = trimmed(rest(from: start, isWhole: !isBehindBlank))
        let word = whole.prefix { !Self.isBlank($0) }
        place = start + word.count
        guard word.count < whole.count else {
            place = min(octets.count, start + whole.count)
            return [whole]
        }
        guard name.contains("name") else { return [Array(word), whole] }
        var values = [whole, Array(word)]
        // `a.txt (draft)`: a comment, or part of the name.
        if let comment = whole.indices.first(where: {
            whole[$0] == UInt8(ascii: "(") && $0 > 0 && Self.isBlank(whole[$0 - 1])
        }) {
            values.append(trimmed(start..<(start + comment)))
        }
        return values
    }
}

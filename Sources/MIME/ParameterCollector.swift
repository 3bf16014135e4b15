// Puts parameter values together: plain ones, RFC 2231 charsets and continuations, and RFC 2047 words where they do not
// belong but mail programs decode them. Of a file name every reading is kept. Pure; linear.

/// Gathers the parameters of one field.
struct ParameterCollector {
    private struct Segment {
        let index: Int
        let isEncoded: Bool
        let value: [UInt8]
    }
    /// Readings of one file name that are kept; further ones are doubts.
    static let nameReadings = 32
    /// A longer name is not put together over semicolons.
    static let nameBytes = 512

    private(set) var parameters: [String: String] = [:]
    private(set) var candidates: [String: [String]] = [:]
    private(set) var doubtful: Set<String> = []
    private var names: [String] = []
    private var plain: [String: [RawParameter]] = [:]
    private var segments: [String: [Segment]] = [:]
    private var last: String?

    mutating func add(_ parameter: RawParameter) {
        let pieces = parameter.name.split(separator: "*", omittingEmptySubsequences: false)
        let name = String(pieces.first ?? "")
        last = name
        if parameter.isOpen, name.contains("name"), parameter.values.count > 1 { doubtful.insert(name) }
        if plain[name] == nil, segments[name] == nil { names.append(name) }
        guard pieces.count > 1 else {
            plain[name, default: []].append(parameter)
            return
        }
        // name*  name*0  name*0*
        let isEncoded = pieces.last == ""
        let digits = pieces[1]
        let index = digits.isEmpty ? 0 : Int(digits)
        guard let index, index >= 0, pieces.count <= 3, pieces.count == 2 || isEncoded else {
            doubtful.insert(name)
            return
        }
        for value in parameter.values.prefix(1) {
            segments[name, default: []].append(Segment(index: index, isEncoded: isEncoded, value: value))
        }
        if parameter.values.count > 1 { doubtful.insert(name) }
    }

    /// What has no `=`: the rest of a file name with a semicolon in it, or a parameter without its sign.
    mutating func addJunk(_ octets: ArraySlice<UInt8>, isBehindBlank: Bool) {
        let text = String(decoding: octets, as: UTF8.self).lowercased()
        for name in ["boundary", "charset", "filename", "name"] where text.hasPrefix(name) { doubtful.insert(name) }
        guard !isBehindBlank, let last, last.contains("name"), var before = plain[last], let value = before.popLast()
        else { return }
        var longer = value
        let rest = octets.filter { $0 != UInt8(ascii: "\"") }
        guard let whole = value.values.last, whole.count + rest.count <= Self.nameBytes, longer.values.count < 6 else {
            doubtful.insert(last)
            return
        }
        longer.values.append(whole + [UInt8(ascii: ";")] + rest)
        plain[last] = before + [longer]
    }

    /// Makes ``parameters``, ``candidates`` and ``doubtful`` of what was gathered.
    mutating func decode(work: inout WorkCounter) {
        for name in names {
            let isFileName = name.contains("name")
            var values: [String] = []
            if let segments = segments[name] {
                values += joined(segments, name, isFileName, &work)
                // A program that knows RFC 2231 and one that does not would differ; for a file name both are tried.
                if !isFileName, plain[name] != nil { doubtful.insert(name) }
                if name == "boundary" || name == "charset" { doubtful.insert(name) }
            }
            let written = plain[name] ?? []
            for parameter in written {
                for value in isFileName ? parameter.values[...] : parameter.values.prefix(1) {
                    for decoded in decodedWords(value, name, &work)
                    where values.count < Self.nameReadings && !values.contains(decoded) {
                        values.append(decoded)
                    }
                }
            }
            if !isFileName, differ(written, name) { doubtful.insert(name) }
            if values.count >= Self.nameReadings { doubtful.insert(name) }
            guard let first = values.first else { continue }
            parameters[name] = first
            candidates[name] = values
        }
    }

    /// Whether programs may take different values. A boundary that only begins another reading is no doubt: a line that
    /// goes on behind a boundary is noticed where it stands.
    private func differ(_ written: [RawParameter], _ name: String) -> Bool {
        guard let first = written.first?.values.first else { return false }
        if name == "boundary" {
            return written.contains { parameter in parameter.values.contains { !$0.starts(with: first) } }
                || written.dropFirst().contains { $0.values.first != first }
        }
        let text = String(decoding: first, as: UTF8.self).lowercased()
        return written.dropFirst().contains {
            $0.values.first.map { String(decoding: $0, as: UTF8.self).lowercased() } != text
        }
    }

    /// - Returns: of a file name every reading, of all else one; the likeliest first.
    private mutating func decodedWords(_ value: [UInt8], _ name: String, _ work: inout WorkCounter) -> [String] {
        let text = String(decoding: value, as: UTF8.self)
        // A boundary is compared as it is written: `=?` inside one is no encoded word.
        guard name != "boundary", value.contains(UInt8(ascii: "=")) else {
            return [EncodedWords.withoutControls(text)]
        }
        if name.contains("name") {
            let names = EncodedWords.names(text, work: &work)
            if !names.isSure { doubtful.insert(name) }
            return names.texts
        }
        let decoded = EncodedWords.decode(text, work: &work)
        if !decoded.problems.isEmpty { doubtful.insert(name) }
        return [EncodedWords.withoutControls(decoded.text)]
    }

    // MARK: RFC 2231

    /// Readings of continued or encoded values, best first. Segments go in the order of their numbers; decoding comes
    /// after joining, for a character may be cut in two. Where encoded words stand in them, mail programs decode those
    /// too.
    private mutating func joined(
        _ segments: [Segment], _ name: String, _ isFileName: Bool, _ work: inout WorkCounter
    ) -> [String] {
        let sorted = segments.sorted { $0.index < $1.index }.reduce(into: [Segment]()) { kept, segment in
            if kept.last.map({ $0.index == segment.index && $0.value == segment.value }) != true {
                kept.append(segment)
            }
        }
        let unbroken = zip(sorted, sorted.indices).prefix { $0.index == $1 }.count
        // Of a name, programs take what stands before a gap, or all of it: both are tried.
        if unbroken < sorted.count,
            !isFileName || zip(sorted, sorted.dropFirst()).contains(where: { $0.index == $1.index })
        {
            doubtful.insert(name)
        }
        var charset: String?
        var octets: [UInt8] = []
        var beforeGap: [UInt8] = []
        var words = ""
        for (position, segment) in sorted.enumerated() {
            var value = segment.value[...]
            if position == 0, segment.isEncoded {
                let quotes = value.indices.filter { value[$0] == UInt8(ascii: "'") }.prefix(2)
                if quotes.count == 2, let first = quotes.first, let second = quotes.last {
                    charset = String(decoding: value[..<first], as: UTF8.self)
                    value = value[(second + 1)...]
                }
            }
            let piece = segment.isEncoded ? Self.percentDecoded(value) : Array(value)
            octets += piece
            if position < unbroken { beforeGap += piece }
            if isFileName, piece.contains(UInt8(ascii: "=")) {
                words += EncodedWords.decode(String(decoding: piece, as: UTF8.self), work: &work).text
            } else if isFileName {
                words += String(decoding: piece, as: UTF8.self)
            }
        }
        var values: [String] = []
        let label = charset?.isEmpty == true ? nil : charset
        if CharsetNames.encoding(label) == nil, !isFileName || CharsetNames.hidesLetters(charset ?? "") {
            doubtful.insert(name)
        }
        let readings = CharsetReadings(octets, declared: label).texts.map(EncodedWords.withoutControls)
        values += isFileName ? readings : Array(readings.prefix(1))
        if isFileName, !beforeGap.isEmpty, beforeGap.count < octets.count {
            values.append(EncodedWords.withoutControls(String(decoding: beforeGap, as: UTF8.self)))
        }
        guard isFileName, octets.contains(UInt8(ascii: "=")) else { return values }
        // Words that some programs decode piece by piece and some as a whole are the name; as written comes last.
        let whole = decodedWords(octets, name, &work)
        return (whole + [EncodedWords.withoutControls(words)] + values).reduce(into: []) {
            if !$0.contains($1) { $0.append($1) }
        }
    }

    static func percentDecoded(_ value: ArraySlice<UInt8>) -> [UInt8] {
        var decoded: [UInt8] = []
        var place = value.startIndex
        while place < value.endIndex {
            if value[place] == UInt8(ascii: "%"), place + 2 < value.endIndex,
                let high = hexValue(value[place + 1]), let low = hexValue(value[place + 2])
            {
                decoded.append(high << 4 | low)
                place += 3
            } else {
                decoded.append(value[place])
                place += 1
            }
        }
        return decoded
    }
}

/// The value of a hexadecimal digit, either case.
func hexValue(_ octet: UInt8) -> UInt8? {
    switch octet {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): octet - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): octet - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): octet - UInt8(ascii: "A") + 10
    default: nil
    }
}

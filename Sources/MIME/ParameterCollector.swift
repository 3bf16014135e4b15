// Puts parameter values together: plain ones, RFC 2231 charsets and continuations, and RFC 2047 words where they do not
// belong but mail programs decode them. Pure; linear.

/// Gathers the parameters of one field.
struct ParameterCollector {
    private struct Segment {
        let index: Int
        let isEncoded: Bool
        let value: [UInt8]
    }
    private var names: [String] = []
    private var plain: [String: [[UInt8]]] = [:]
    private var segments: [String: [Segment]] = [:]
    private var isMalformed = false

    mutating func add(_ parameter: RawParameter) {
        let pieces = parameter.name.split(separator: "*", omittingEmptySubsequences: false)
        let name = String(pieces.first ?? "")
        guard pieces.count > 1 else {
            if plain[name] == nil, segments[name] == nil { names.append(name) }
            plain[name, default: []].append(parameter.value)
            return
        }
        // name*  name*0  name*0*
        let isEncoded = pieces.last == ""
        let digits = pieces[1]
        let index = digits.isEmpty ? 0 : Int(digits)
        guard let index, index >= 0, pieces.count <= 3, pieces.count == 2 || isEncoded else {
            isMalformed = true
            return
        }
        if plain[name] == nil, segments[name] == nil { names.append(name) }
        segments[name, default: []].append(Segment(index: index, isEncoded: isEncoded, value: parameter.value))
    }

    func decode(
        isAmbiguous: inout Bool, work: inout WorkCounter
    ) -> (parameters: [String: String], candidates: [String: [String]]) {
        var parameters: [String: String] = [:]
        var candidates: [String: [String]] = [:]
        if isMalformed { isAmbiguous = true }
        for name in names {
            var values: [String] = []
            if let segments = segments[name] {
                values.append(join(segments, isAmbiguous: &isAmbiguous))
                // For a file name both forms side by side are usual; elsewhere a program that knows RFC 2231 and one
                // that does not would differ.
                if !name.contains("name"), plain[name] != nil { isAmbiguous = true }
                if name == "boundary" || name == "charset" { isAmbiguous = true }
            }
            for value in plain[name] ?? [] { values.append(decodeWords(value, name, &isAmbiguous, &work)) }
            if plain[name, default: []].count > 1 { isAmbiguous = true }
            parameters[name] = values.first
            candidates[name] = values
        }
        return (parameters, candidates)
    }

    private func decodeWords(
        _ value: [UInt8], _ name: String, _ isAmbiguous: inout Bool, _ work: inout WorkCounter
    ) -> String {
        let text = String(decoding: value, as: UTF8.self)
        // A boundary is compared as it is written: `=?` inside one is no encoded word.
        guard name != "boundary", value.contains(UInt8(ascii: "=")) else { return EncodedWords.withoutControls(text) }
        let decoded = EncodedWords.decode(text, work: &work)
        if !decoded.problems.isEmpty { isAmbiguous = true }
        return EncodedWords.withoutControls(decoded.text)
    }

    /// Joins segments in the order of their numbers; decoding comes after joining, for a character may be cut in two.
    private func join(_ segments: [Segment], isAmbiguous: inout Bool) -> String {
        let sorted = segments.sorted { $0.index < $1.index }
        if zip(sorted, sorted.indices).contains(where: { $0.index != $1 }) { isAmbiguous = true }
        var charset: String?
        var octets: [UInt8] = []
        for (position, segment) in sorted.enumerated() {
            var value = segment.value[...]
            if position == 0, segment.isEncoded {
                let quotes = value.indices.filter { value[$0] == UInt8(ascii: "'") }.prefix(2)
                if quotes.count == 2, let first = quotes.first, let second = quotes.last {
                    charset = String(decoding: value[..<first], as: UTF8.self)
                    value = value[(second + 1)...]
                } else {
                    isAmbiguous = true
                }
            }
            octets += segment.isEncoded ? Self.percentDecoded(value) : Array(value)
        }
        guard let decoded = Charset.decode(octets, declared: charset?.isEmpty == true ? nil : charset) else {
            isAmbiguous = true
            return EncodedWords.withoutControls(String(decoding: octets, as: UTF8.self))
        }
        return EncodedWords.withoutControls(decoded.text)
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

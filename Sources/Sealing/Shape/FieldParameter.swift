// Changes of single parameters in a Content-Type field, everything else byte for byte (RFC 2045 section 5.1). Pure;
// linear.

import Mail

/// The parameters of one field and where they stand.
struct FieldParameter {
    private let octets: [UInt8]
    /// From the semicolon to the end of the value.
    private var places: [(name: String, range: Range<Int>)] = []

    /// - Parameter field: the whole field, name and line end included.
    /// - Throws: a ``Refusal`` of cause `storage` where the bytes cannot be read back.
    init(_ field: MessageBytes) throws(Refusal) {
        octets = try field.copy()
        var place = octets.firstIndex(of: UInt8(ascii: ":")).map { $0 + 1 } ?? octets.count
        var start: Int?
        while place < octets.count {
            switch octets[place] {
            case UInt8(ascii: "\""): place = Self.behindQuoted(octets, place)
            case UInt8(ascii: "("): place = Self.behindComment(octets, place)
            case UInt8(ascii: ";"):
                if let start { add(start..<place) }
                start = place
                place += 1
            default: place += 1
            }
        }
        var end = octets.count
        while end > 0, octets[end - 1] == 10 || octets[end - 1] == 13 { end -= 1 }
        if let start, start < end { add(start..<end) }
    }

    private static func behindQuoted(_ octets: [UInt8], _ start: Int) -> Int {
        var place = start + 1
        while place < octets.count, octets[place] != UInt8(ascii: "\"") {
            place += octets[place] == UInt8(ascii: "\\") ? 2 : 1
        }
        return min(octets.count, place + 1)
    }

    private static func behindComment(_ octets: [UInt8], _ start: Int) -> Int {
        var place = start + 1
        var depth = 1
        while place < octets.count, depth > 0 {
            switch octets[place] {
            case UInt8(ascii: "\\"): place += 1
            case UInt8(ascii: "("): depth += 1
            case UInt8(ascii: ")"): depth -= 1
            default: break
            }
            place += 1
        }
        return min(octets.count, place)
    }

    private mutating func add(_ range: Range<Int>) {
        let name = octets[range].dropFirst().prefix { $0 != UInt8(ascii: "=") }.filter { $0 > 32 }
        places.append((String(decoding: name, as: UTF8.self).lowercased(), range))
    }

    /// The field without some parameters.
    func removing(_ names: [String]) -> MessageBytes {
        var out: [UInt8] = []
        var kept = 0
        for (name, range) in places where names.contains(name) {
            out += octets[kept..<range.lowerBound]
            kept = range.upperBound
        }
        return MessageBytes(bytes: out + octets[kept...])
    }

    /// The field with one parameter of another value, in whatever form it stood there; behind the others where it was
    /// not.
    func setting(_ wanted: String, to value: String) -> MessageBytes {
        let isForm = { (name: String) in name == wanted || name.hasPrefix("\(wanted)*") }
        let parameter = Array("; \(wanted)=\(value)".utf8)
        var out: [UInt8] = []
        var kept = 0
        var isDone = false
        for (name, range) in places where isForm(name) {
            out += octets[kept..<range.lowerBound]
            if !isDone { out += parameter }
            isDone = true
            kept = range.upperBound
        }
        var end = octets.count
        if !isDone {
            while end > kept, octets[end - 1] == 10 || octets[end - 1] == 13 || octets[end - 1] == 32 { end -= 1 }
            if end > kept, octets[end - 1] == UInt8(ascii: ";") { end -= 1 }
            out += octets[kept..<end] + parameter + Array("\r\n".utf8)
            return MessageBytes(bytes: out)
        }
        return MessageBytes(bytes: out + octets[kept...])
    }
}

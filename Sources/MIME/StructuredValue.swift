// Reads `token; name=value; …` as Content-Type and Content-Disposition have it (RFC 2045 section 5.1, RFC 2183), with
// comments, quoted strings and the continuations and charsets of RFC 2231. Reads what mail programs read, and says where
// they would not agree. Pure; linear.

/// The parts of a structured field value.
struct StructuredValue {
    /// What stands before the first semicolon, in lower case.
    private(set) var token = ""
    /// Parameters by lower-case name; an RFC 2231 form wins over the plain one. The first of several equals counts.
    private(set) var parameters: [String: String] = [:]
    /// Every decoded value of a parameter, in whatever form it was written.
    private(set) var candidates: [String: [String]] = [:]
    /// Programs may read this differently: comments, a missing semicolon, a repeated or malformed parameter.
    private(set) var isAmbiguous = false

    private var scan: ValueScanner

    init(_ unfolded: String, work: inout WorkCounter) {
        scan = ValueScanner(Array(unfolded.utf8))
        work.steps += scan.octets.count
        scan.skipBlank()
        token = scan.head()
        var collected = ParameterCollector()
        while scan.moveToParameter() {
            if let parameter = scan.parameter() { collected.add(parameter) }
        }
        isAmbiguous = scan.isAmbiguous
        (parameters, candidates) = collected.decode(isAmbiguous: &isAmbiguous, work: &work)
    }
}

/// One parameter as written.
struct RawParameter {
    let name: String
    let value: [UInt8]
}

/// Walks the octets of a value.
struct ValueScanner {
    let octets: [UInt8]
    private(set) var isAmbiguous = false
    private var place = 0

    init(_ octets: [UInt8]) { self.octets = octets }

    private var current: UInt8? { place < octets.count ? octets[place] : nil }
    private static func isBlank(_ octet: UInt8) -> Bool { octet == 32 || octet == 9 || octet == 13 || octet == 10 }

    /// Passes over white space and comments. Comments are legal and rare, and many programs do not know them.
    mutating func skipBlank() {
        while let octet = current {
            if Self.isBlank(octet) {
                place += 1
            } else if octet == UInt8(ascii: "(") {
                isAmbiguous = true
                skipComment()
            } else {
                return
            }
        }
    }

    private mutating func skipComment() {
        var depth = 0
        while let octet = current {
            place += 1
            switch octet {
            case UInt8(ascii: "\\"): place = min(place + 1, octets.count)
            case UInt8(ascii: "("): depth += 1
            case UInt8(ascii: ")"):
                depth -= 1
                if depth == 0 { return }
            default: break
            }
        }
    }

    /// The token before the first semicolon, in lower case.
    mutating func head() -> String {
        let start = place
        while let octet = current, octet != UInt8(ascii: ";"), octet != UInt8(ascii: "("), !Self.isBlank(octet) {
            place += 1
        }
        let head = String(decoding: octets[start..<min(place, octets.count)], as: UTF8.self).lowercased()
        skipBlank()
        if let octet = current, octet != UInt8(ascii: ";") { isAmbiguous = true }
        return head
    }

    /// Moves behind the next semicolons; false at the end.
    mutating func moveToParameter() -> Bool {
        while let octet = current, octet == UInt8(ascii: ";") || octet == UInt8(ascii: "(") || Self.isBlank(octet) {
            if octet == UInt8(ascii: ";") { place += 1 } else { skipBlank() }
        }
        return current != nil
    }

    /// One `name=value`, or nil for junk, which is passed over. Always moves on.
    mutating func parameter() -> RawParameter? {
        let start = place
        while let octet = current, octet != UInt8(ascii: "="), octet != UInt8(ascii: ";"), !Self.isBlank(octet) {
            place += 1
        }
        let name = String(decoding: octets[start..<place], as: UTF8.self).lowercased()
        if let octet = current, Self.isBlank(octet) {
            isAmbiguous = true
            skipBlank()
        }
        guard current == UInt8(ascii: "=") else {
            isAmbiguous = true
            // `boundary "x"`: nothing a program could agree on; go on behind the next semicolon.
            skipToSemicolon()
            return nil
        }
        place += 1
        if let octet = current, Self.isBlank(octet) || octet == UInt8(ascii: "(") {
            isAmbiguous = true
            skipBlank()
        }
        if name.isEmpty { isAmbiguous = true }
        let value = current == UInt8(ascii: "\"") ? quoted() : unquoted(isName: name.contains("name"))
        return RawParameter(name: name, value: value)
    }

    private mutating func skipToSemicolon() {
        while let octet = current, octet != UInt8(ascii: ";") {
            // A comment or a quoted string may hold a semicolon.
            place += 1
        }
    }

    private mutating func quoted() -> [UInt8] {
        var value: [UInt8] = []
        place += 1
        while let octet = current, octet != UInt8(ascii: "\"") {
            place += 1
            if octet == UInt8(ascii: "\\"), let escaped = current {
                // Windows paths and the like: not every program takes the backslash off.
                if escaped != UInt8(ascii: "\\"), escaped != UInt8(ascii: "\"") { isAmbiguous = true }
                value.append(escaped)
                place += 1
            } else {
                value.append(octet)
            }
        }
        if current == nil { isAmbiguous = true } else { place += 1 }
        skipBlank()
        if let octet = current, octet != UInt8(ascii: ";") { isAmbiguous = true }
        return value
    }

    /// Up to the semicolon. With white space inside, a file name goes on to the semicolon, anything else to the space.
    private mutating func unquoted(isName: Bool) -> [UInt8] {
        let start = place
        var firstBlank: Int?
        while let octet = current, octet != UInt8(ascii: ";") {
            if octet == UInt8(ascii: "("), firstBlank != nil {
                let end = place
                skipBlank()
                return Array(octets[start..<(isName ? end : firstBlank ?? end)])
            }
            if Self.isBlank(octet), firstBlank == nil { firstBlank = place }
            place += 1
        }
        var end = place
        while end > start, Self.isBlank(octets[end - 1]) { end -= 1 }
        guard let firstBlank, firstBlank < end else { return Array(octets[start..<end]) }
        isAmbiguous = true
        if !isName {
            // Perhaps a semicolon is missing: what follows may be the next parameter.
            place = firstBlank
            end = firstBlank
        }
        return Array(octets[start..<end])
    }
}

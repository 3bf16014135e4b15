// Takes the bytes of one header section apart into fields (RFC 5322 sections 2.2 and 4, with what mail really holds).
// Pure; a line that is no field is a problem, never an error. Linear: each byte is looked at a fixed number of times.

/// Reads fields out of a header section.
struct HeaderParser {
    /// Fields kept of one message; more would cost many times the message's size. Real mail has below 200 per entity.
    static let messageFields = 20_000

    private(set) var fields: [HeaderField] = []
    private(set) var problems: Set<ReadProblem.Kind> = []
    private let bytes: [UInt8]
    private let base: Int
    private let fieldLimit: Int

    /// - Parameters:
    ///   - bytes: the section's lines with their ends (CRLF or LF), without the empty line.
    ///   - base: offset of the first byte in the message.
    ///   - fieldLimit: fields that may still be kept.
    init(_ bytes: [UInt8], base: Int, fieldLimit: Int, work: inout WorkCounter) {
        self.bytes = bytes
        self.base = base
        self.fieldLimit = fieldLimit
        work.steps += bytes.count
        var start = 0
        var isFirst = true
        while start < bytes.count {
            let end = fieldEnd(from: start)
            takeField(start..<end, isFirst: isFirst, work: &work)
            isFirst = false
            start = end
        }
        findDuplicates()
    }

    /// The end of the field that starts here: its line and all lines after it that start with white space.
    private func fieldEnd(from start: Int) -> Int {
        var end = lineEnd(from: start)
        while end < bytes.count, bytes[end] == 32 || bytes[end] == 9 { end = lineEnd(from: end) }
        return end
    }

    private func lineEnd(from start: Int) -> Int {
        (bytes[start...].firstIndex(of: 10) ?? bytes.count - 1) + 1
    }

    private mutating func takeField(_ range: Range<Int>, isFirst: Bool, work: inout WorkCounter) {
        guard let colon = bytes[range].firstIndex(of: UInt8(ascii: ":")), let name = name(range.lowerBound..<colon)
        else {
            // The envelope line of an mbox file, kept by accident, is known to everyone and harmless.
            let isMailboxLine = bytes[range].starts(with: "From ".utf8) || bytes[range].starts(with: ">From ".utf8)
            if !isFirst || !isMailboxLine { problems.insert(.badFieldLine) }
            return
        }
        guard fields.count < fieldLimit else {
            problems.insert(.headerTooLong)
            return
        }
        let value = (colon + 1)..<withoutLineEnd(range)
        // For some programs a field ends at NUL, or a line at a lone CR.
        if bytes[value].contains(0) || hasLoneReturn(value) { problems.insert(.badFieldLine) }
        let unfolded = unfold(value)
        var text = unfolded
        if unfolded.utf8.contains(UInt8(ascii: "=")) {
            let decoded = EncodedWords.decode(unfolded, work: &work)
            text = decoded.text
            problems.formUnion(decoded.problems)
        } else {
            text = EncodedWords.withoutControls(unfolded)
        }
        fields.append(
            HeaderField(
                name: name, range: (base + range.lowerBound)..<(base + range.upperBound),
                valueRange: (base + value.lowerBound)..<(base + value.upperBound), text: text, unfolded: unfolded))
    }

    private func hasLoneReturn(_ range: Range<Int>) -> Bool {
        range.contains { bytes[$0] == 13 && ($0 + 1 >= range.upperBound || bytes[$0 + 1] != 10) }
    }

    /// The field's name, or nil where these bytes are none (RFC 5322 section 3.6.8). White space before the colon is
    /// obsolete syntax (section 4.5); some programs see a field there and some do not.
    private mutating func name(_ range: Range<Int>) -> String? {
        var end = range.upperBound
        while end > range.lowerBound, bytes[end - 1] == 32 || bytes[end - 1] == 9 { end -= 1 }
        let name = bytes[range.lowerBound..<end]
        guard !name.isEmpty, name.allSatisfy({ $0 > 32 && $0 < 127 }) else { return nil }
        if end != range.upperBound { problems.insert(.badFieldLine) }
        return String(decoding: name, as: UTF8.self)
    }

    private func withoutLineEnd(_ range: Range<Int>) -> Int {
        var end = range.upperBound
        if end > range.lowerBound, bytes[end - 1] == 10 { end -= 1 }
        if end > range.lowerBound, bytes[end - 1] == 13 { end -= 1 }
        return end
    }

    /// Takes the line ends out; a TAB behind one becomes a space, as mail programs show it. White space at both ends goes.
    private mutating func unfold(_ range: Range<Int>) -> String {
        var value = bytes[range]
        if value.contains(10) { value = unfoldLines(value)[...] }
        while let first = value.first, Self.isWhiteSpace(first) { value.removeFirst() }
        while let last = value.last, Self.isWhiteSpace(last) { value.removeLast() }
        return String(decoding: value, as: UTF8.self)
    }

    private mutating func unfoldLines(_ value: ArraySlice<UInt8>) -> [UInt8] {
        var unfolded: [UInt8] = []
        unfolded.reserveCapacity(value.count)
        var isFirst = true
        for line in value.split(separator: 10, omittingEmptySubsequences: false) {
            var line = line
            if line.last == 13 { line.removeLast() }
            if !isFirst {
                // A line of white space only ends the header for some programs (RFC 5322 section 4.2 forbids it).
                if line.allSatisfy(Self.isWhiteSpace) { problems.insert(.badFieldLine) }
                if line.first == 9 {
                    unfolded.append(32)
                    line.removeFirst()
                }
            }
            unfolded.append(contentsOf: line)
            isFirst = false
        }
        return unfolded
    }

    private static func isWhiteSpace(_ octet: UInt8) -> Bool { octet == 32 || octet == 9 || octet == 13 || octet == 10 }

    /// Fields that may stand once (RFC 5322 section 3.6, RFC 2045 section 3). Where copies of a structural field differ,
    /// two programs see two messages.
    private mutating func findDuplicates() {
        var seen: [String: String] = [:]
        for field in fields where field.name.utf8.count <= 25 {
            let name = field.name.lowercased()
            guard Self.singleFields.contains(name) else { continue }
            guard let before = seen.updateValue(field.unfolded, forKey: name) else { continue }
            problems.insert(.duplicateField)
            guard before != field.unfolded else { continue }
            if name == "content-type" || name == "content-disposition" { problems.insert(.badContentType) }
            if name == "content-transfer-encoding" { problems.insert(.badTransferEncoding) }
        }
    }

    private static let singleFields: Set<String> = [
        "date", "from", "sender", "reply-to", "to", "cc", "bcc", "message-id", "in-reply-to", "references", "subject",
        "mime-version", "content-type", "content-transfer-encoding", "content-disposition", "content-id",
    ]
}

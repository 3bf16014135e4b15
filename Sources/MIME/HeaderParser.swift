// Takes the bytes of one header section apart into fields (RFC 5322 sections 2.2 and 4, with what mail really holds).
// Pure; a line that is no field is a problem, never an error. Linear: each byte is looked at a fixed number of times.

/// Fields that some programs do not see, by their places in a header section.
struct HiddenFields {
    /// Fields behind a line that ends the header for some programs.
    var from: Int?
    /// Fields with white space before the colon.
    var spaced: Set<Int> = []

    func contains(_ place: Int) -> Bool { from.map { place >= $0 } == true || spaced.contains(place) }
}

/// Reads fields out of a header section.
struct HeaderParser {
    /// Fields kept of one message; more would cost many times the message's size. Real mail has below 200 per entity.
    static let messageFields = 20_000

    private(set) var fields: [HeaderField] = []
    private(set) var problems: Set<ReadProblem.Kind> = []
    private(set) var hidden = HiddenFields()
    /// The lines from the first one on that ends the header for some programs: they show them as text. nil where all is
    /// well.
    private(set) var linesAsText: ArraySlice<UInt8>?
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
            // Some programs join it to the field before.
            let start = fields.last.map { $0.range.lowerBound - base } ?? range.lowerBound
            if !isFirst || !isMailboxLine { endsForSome(at: start) }
            return
        }
        guard fields.count < fieldLimit else {
            problems.insert(.headerTooLong)
            return
        }
        let value = (colon + 1)..<withoutLineEnd(range)
        // For some programs a field ends at NUL, or a line at a lone CR.
        if hasLoneReturn(value) || (bytes[value].contains(0) && isStructural(name)) { problems.insert(.badFieldLine) }
        if colon > range.lowerBound, bytes[colon - 1] == 32 || bytes[colon - 1] == 9 {
            hidden.spaced.insert(fields.count)
            problems.insert(.oddFieldLine)
        }
        if hasBlankLine(value) { endsForSome(at: range.lowerBound) }
        let octets = unfold(value)
        let unfolded = String(decoding: octets, as: UTF8.self)
        // Parameters are decoded on their own, piece by piece.
        let readings = readings(octets, unfolded, notesProblems: !isStructural(name), work: &work)
        fields.append(
            HeaderField(
                name: name, range: (base + range.lowerBound)..<(base + range.upperBound),
                valueRange: (base + value.lowerBound)..<(base + value.upperBound), text: readings.texts[0],
                unfolded: unfolded, otherTexts: Array(readings.texts.dropFirst().prefix(Self.otherTexts)),
                isReadable: readings.isRead))
    }

    /// Readings of one field kept beside the likeliest.
    private static let otherTexts = 3

    /// The decoded text as programs may show it, the likeliest first, at least one.
    private mutating func readings(
        _ octets: ArraySlice<UInt8>, _ unfolded: String, notesProblems: Bool, work: inout WorkCounter
    ) -> (texts: [String], isRead: Bool) {
        let isASCII = octets.allSatisfy { $0 < 128 }
        // Almost every field.
        if isASCII, !octets.contains(UInt8(ascii: "=")) { return ([EncodedWords.withoutControls(unfolded)], true) }
        var raw = [unfolded]
        // Raw octets that are no UTF-8: mail programs that take them for windows-1252 show other words.
        if !isASCII { raw += CharsetReadings(Array(octets), declared: "utf-8").texts.dropFirst() }
        var texts: [String] = []
        var isRead = true
        for (index, text) in raw.enumerated() {
            if text.utf8.contains(UInt8(ascii: "=")) {
                let decoded = EncodedWords.readings(text, work: &work)
                texts += decoded.texts.filter { !texts.contains($0) }
                if notesProblems { problems.formUnion(decoded.problems) }
                if index == 0 { isRead = decoded.isRead }
            } else {
                texts.append(EncodedWords.withoutControls(text))
            }
        }
        if !isASCII || texts[0] != unfolded {
            let turned = texts.compactMap(DirectionOverride.visual)
            texts.insert(contentsOf: turned, at: min(1, texts.count))
        }
        return (texts, isRead)
    }

    /// Notes a line that ends the header for some programs. A delimiter among what follows would begin a part that
    /// nobody else sees.
    private mutating func endsForSome(at start: Int) {
        problems.insert(.oddFieldLine)
        guard linesAsText == nil else { return }
        hidden.from = fields.count
        linesAsText = bytes[start...]
        if bytes[start...].split(separator: 10).contains(where: { $0.starts(with: [45, 45]) }) {
            problems.insert(.badFieldLine)
        }
    }

    private func isStructural(_ name: String) -> Bool { name.lowercased().hasPrefix("content-") }

    /// True where a folded line is of white space only (RFC 5322 section 4.2 forbids it): it ends the header for some
    /// programs.
    private func hasBlankLine(_ range: Range<Int>) -> Bool {
        guard let first = bytes[range].firstIndex(of: 10) else { return false }
        var isBlank = true
        for octet in bytes[(first + 1)..<range.upperBound] {
            if octet == 10 {
                if isBlank { return true }
                isBlank = true
            } else if !Self.isWhiteSpace(octet) {
                isBlank = false
            }
        }
        return isBlank
    }

    private func hasLoneReturn(_ range: Range<Int>) -> Bool {
        range.contains { bytes[$0] == 13 && ($0 + 1 >= range.upperBound || bytes[$0 + 1] != 10) }
    }

    /// The field's name, or nil where these bytes are none (RFC 5322 section 3.6.8). White space before the colon is
    /// obsolete syntax (section 4.5); some programs see a field there and some do not.
    private func name(_ range: Range<Int>) -> String? {
        var end = range.upperBound
        while end > range.lowerBound, bytes[end - 1] == 32 || bytes[end - 1] == 9 { end -= 1 }
        let name = bytes[range.lowerBound..<end]
        guard !name.isEmpty, name.allSatisfy({ $0 > 32 && $0 < 127 }) else { return nil }
        return String(decoding: name, as: UTF8.self)
    }

    private func withoutLineEnd(_ range: Range<Int>) -> Int {
        var end = range.upperBound
        if end > range.lowerBound, bytes[end - 1] == 10 { end -= 1 }
        if end > range.lowerBound, bytes[end - 1] == 13 { end -= 1 }
        return end
    }

    /// Takes the line ends out; a TAB behind one becomes a space, as mail programs show it. White space at both ends
    /// goes.
    private func unfold(_ range: Range<Int>) -> ArraySlice<UInt8> {
        var value = bytes[range]
        if value.contains(10) { value = unfoldLines(value)[...] }
        while let first = value.first, Self.isWhiteSpace(first) { value.removeFirst() }
        while let last = value.last, Self.isWhiteSpace(last) { value.removeLast() }
        return value
    }

    private func unfoldLines(_ value: ArraySlice<UInt8>) -> [UInt8] {
        var unfolded: [UInt8] = []
        unfolded.reserveCapacity(value.count)
        var isFirst = true
        for line in value.split(separator: 10, omittingEmptySubsequences: false) {
            var line = line
            if line.last == 13 { line.removeLast() }
            if !isFirst {
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

    /// Fields that may stand once (RFC 5322 section 3.6, RFC 2045 section 3). ``ContentFields`` compares copies of
    /// structural ones.
    private mutating func findDuplicates() {
        var seen: Set<String> = []
        for field in fields where field.name.utf8.count <= 25 {
            let name = field.name.lowercased()
            guard Self.singleFields.contains(name) else { continue }
            if !seen.insert(name).inserted { problems.insert(.duplicateField) }
        }
    }

    private static let singleFields: Set<String> = [
        "date", "from", "sender", "reply-to", "to", "cc", "bcc", "message-id", "in-reply-to", "references", "subject",
        "mime-version", "content-type", "content-transfer-encoding", "content-disposition", "content-id",
    ]
}

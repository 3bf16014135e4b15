// What a hop on the way may change in a message, so that a signature over it breaks: RFC 3156 section 3 asks for 7-bit
// lines without blanks at their end and without `From ` at their beginning, RFC 5322 section 2.1.1 for at most 998
// octets. Linear.

package import Mail

/// Something in a body or a header that does not survive transport as it is.
package enum TransportHarm: String, Sendable, Equatable {
    case highOctet = "octets above 127"
    case longLine = "a line of more than 998 octets"
    case trailingBlank = "a line that ends in a blank"
    case fromLine = "a line that begins with \"From \""
    case bareLineEnd = "a line end that is not CRLF"
    case nul = "a NUL octet"
    case paddedBreak = "blanks behind a soft line break"

    /// Longest line without its CRLF, in octets (RFC 5322 section 2.1.1).
    package static let lineOctets = 998

    /// The first harm in a stretch of whole lines, or nil.
    /// - Parameter ignored: what does no harm there.
    /// - Throws: a ``Refusal`` of cause `storage` where the bytes cannot be read back.
    package static func first(
        in bytes: MessageBytes, ignoring ignored: Set<TransportHarm> = []
    ) throws(Refusal) -> TransportHarm? {
        var scan = LineScan(ignored: ignored)
        try bytes.read { chunk in
            guard scan.harm == nil else { return }
            for octet in chunk { scan.take(octet) }
        }
        return scan.finish()
    }

    private struct LineScan {
        let ignored: Set<TransportHarm>
        private(set) var harm: TransportHarm?
        private var count = 0
        private var last: UInt8 = 0
        private var isFrom = true
        private static let from = Array("From ".utf8)

        init(ignored: Set<TransportHarm>) { self.ignored = ignored }

        mutating func take(_ octet: UInt8) {
            if last == 13, octet != 10 { note(.bareLineEnd) }
            if octet == 10 {
                if last != 13 { note(.bareLineEnd) }
                count = 0
                isFrom = true
                last = 10
                return
            }
            if octet == 13 {
                if last == 32 || last == 9, count > 0 { note(.trailingBlank) }
                last = 13
                return
            }
            if octet > 127 { note(.highOctet) }
            if octet == 0 { note(.nul) }
            if isFrom {
                isFrom = count < 5 && Self.from[count] == octet
                if isFrom, count == 4 { note(.fromLine) }
            }
            count += 1
            if count > TransportHarm.lineOctets { note(.longLine) }
            last = octet
        }

        mutating func finish() -> TransportHarm? {
            if last == 13 { note(.bareLineEnd) }
            if last == 32 || last == 9 { note(.trailingBlank) }
            return harm
        }

        private mutating func note(_ found: TransportHarm) {
            if harm == nil, !ignored.contains(found) { harm = found }
        }
    }
}

/// What of a message stands between its signature and its way: bodies that may be encoded anew, and all the rest.
package struct TransportParts: Sendable {
    /// Leaves whose body may get another transfer encoding.
    package private(set) var encodable: [Part] = []
    /// Header sections of parts, the message's own fields left out: blanks at the end of a line may go.
    package private(set) var headers: [(path: String, range: Range<Int>)] = []
    /// Lines around parts: delimiters and what stands before the first and behind the last. Blanks may go here too.
    package private(set) var between: [Range<Int>] = []
    /// What must stay as it is: signed already, of an encoding that is not known, or of a type that takes none (RFC
    /// 2045 section 6.4).
    package private(set) var fixed: [(path: String, range: Range<Int>)] = []
    /// Multiparts and messages, not those inside of something signed.
    package private(set) var containers: [Part] = []

    /// - Parameter root: a message as read.
    package init(_ root: Part) {
        take(root, isRoot: true)
    }

    private mutating func take(_ part: Part, isRoot: Bool) {
        if isRoot {
            headers += part.header.fields.filter { $0.name.lowercased().hasPrefix("content-") }.map { ("", $0.range) }
        } else {
            headers.append((part.path, part.header.range))
        }
        let isEncoded = part.header.all("Content-Transfer-Encoding").count > 1
        guard part.type.essence != "multipart/signed", !part.children.isEmpty || !isEncoded else {
            return fixed.append((part.path, part.bodyRange))
        }
        guard !part.children.isEmpty else {
            if case .unknown = part.transferEncoding { return fixed.append((part.path, part.bodyRange)) }
            if part.type.isMultipart || part.type.type == "message" {
                return fixed.append((part.path, part.bodyRange))
            }
            return encodable.append(part)
        }
        switch part.transferEncoding {
        case .base64, .quotedPrintable, .unknown:
            // Forbidden, and read in two ways.
            return fixed.append((part.path, part.bodyRange))
        case .sevenBit, .eightBit, .binary: containers.append(part)
        }
        var place = part.bodyRange.lowerBound
        for child in part.children where child.range.lowerBound >= place {
            between.append(place..<child.range.lowerBound)
            take(child, isRoot: false)
            place = child.range.upperBound
        }
        between.append(place..<max(place, part.bodyRange.upperBound))
    }

    /// What cannot be mended and would void a signature on its way: the part's number and the harm, or nil.
    /// - Throws: a ``Refusal`` of cause `storage` where the bytes cannot be read back.
    package func obstacle(in bytes: MessageBytes) throws(Refusal) -> (path: String, harm: TransportHarm)? {
        // Bare line ends come from files only: no door takes them. Blanks at line ends outside of leaves are taken off.
        for part in encodable {
            if let harm = try Self.damage(of: part, in: bytes) { return (part.path, harm) }
        }
        for (path, range) in fixed {
            if let harm = try TransportHarm.first(in: bytes.slice(range), ignoring: [.bareLineEnd]) {
                return (path, harm)
            }
        }
        for (path, range) in headers {
            let ignored: Set<TransportHarm> = [.bareLineEnd, .trailingBlank]
            if let harm = try TransportHarm.first(in: bytes.slice(range), ignoring: ignored) { return (path, harm) }
        }
        for range in between {
            let ignored: Set<TransportHarm> = [.bareLineEnd, .trailingBlank]
            if let harm = try TransportHarm.first(in: bytes.slice(range), ignoring: ignored) { return ("", harm) }
        }
        return nil
    }

    /// The harm in a leaf that is encoded, but so that programs read it in several ways: it cannot be encoded anew.
    private static func damage(of part: Part, in bytes: MessageBytes) throws(Refusal) -> TransportHarm? {
        switch part.transferEncoding {
        case .sevenBit, .eightBit, .binary, .unknown: return nil
        case .base64, .quotedPrintable: break
        }
        let body = bytes.slice(part.bodyRange)
        guard let harm = try TransportHarm.first(in: body, ignoring: [.bareLineEnd]) else { return nil }
        let isClean: Bool
        do {
            isClean = try TransferDecoder.decode(body, part.transferEncoding).isClean
        } catch {
            throw error as? Refusal ?? Refusal(.storage, "temporary fault while reading the message")
        }
        guard isClean else { return harm }
        guard part.transferEncoding == .quotedPrintable else { return nil }
        return try hasPaddedBreak(body) ? .paddedBreak : nil
    }

    /// True where blanks stand behind a soft line break: RFC 2045 section 6.7 reads over them, many programs do not.
    private static func hasPaddedBreak(_ body: MessageBytes) throws(Refusal) -> Bool {
        var isFound = false
        var isBehindEquals = false
        var hasBlank = false
        try body.read { chunk in
            for octet in chunk {
                switch octet {
                case UInt8(ascii: "="): (isBehindEquals, hasBlank) = (true, false)
                case 32, 9: hasBlank = true
                case 13, 10:
                    if isBehindEquals, hasBlank { isFound = true }
                    isBehindEquals = false
                default: isBehindEquals = false
                }
            }
        }
        return isFound || isBehindEquals && hasBlank
    }
}

extension ParsedMessage {
    /// Why a signature over this message would not survive transport, whatever is encoded before, in words; nil where
    /// it would. What cannot be read back is no reason: then nothing can be signed either.
    package var signingObstacle: String? {
        guard let (path, harm) = try? TransportParts(root).obstacle(in: received.bytes) else { return nil }
        let part = path.isEmpty ? "the message" : "part \(path)"
        return "\(part) has \(harm.rawValue), and cannot be encoded"
    }
}

// CRLF for every line of what was decrypted, for mail has no other line end (RFC 5322 section 2.1); but for parts of
// encoding binary, whose octets are what they are (RFC 2045 section 2.9). Linear.

import MIME
import Mail

/// Line ends.
enum LineEnds {
    /// An entity with CRLF at the end of every line; itself where it has no other.
    /// - Parameter root: the entity as read.
    /// - Throws: a ``Refusal`` of cause `storage` where bytes cannot be read back.
    static func canonical(_ bytes: MessageBytes, root: Part) throws(Refusal) -> MessageBytes {
        guard try hasBareFeed(bytes) else { return bytes }
        var pieces: [MessageBytes] = []
        var done = 0
        for part in root.all where part.transferEncoding == .binary && part.children.isEmpty {
            guard !part.type.isMultipart, part.bodyRange.lowerBound >= done else { continue }
            pieces.append(try canonical(bytes.slice(done..<part.bodyRange.lowerBound)))
            pieces.append(bytes.slice(part.bodyRange))
            done = part.bodyRange.upperBound
        }
        pieces.append(try canonical(bytes.slice(done..<bytes.count)))
        return MessageBytes(joining: pieces)
    }

    /// Octets with CRLF at the end of every line; a lone CR stays.
    static func canonical(_ octets: [UInt8]) -> [UInt8] {
        guard !areCanonical(octets) else { return octets }
        var out: [UInt8] = []
        out.reserveCapacity(octets.count + octets.count / 32)
        var last: UInt8 = 0
        for octet in octets {
            if octet == 10, last != 13 { out.append(13) }
            out.append(octet)
            last = octet
        }
        return out
    }

    /// True where no LF stands without a CR before it.
    static func areCanonical(_ octets: [UInt8]) -> Bool {
        var last: UInt8 = 0
        for octet in octets {
            if octet == 10, last != 13 { return false }
            last = octet
        }
        return true
    }

    private static func canonical(_ bytes: MessageBytes) throws(Refusal) -> MessageBytes {
        var builder = MessageBytes.Builder(derivedFrom: bytes)
        var last: UInt8 = 0
        try bytes.read { chunk in
            var out: [UInt8] = []
            out.reserveCapacity(chunk.count + chunk.count / 32)
            for octet in chunk {
                if octet == 10, last != 13 { out.append(13) }
                out.append(octet)
                last = octet
            }
            out.withUnsafeBytes { builder.append($0) }
        }
        return try builder.finish()
    }

    private static func hasBareFeed(_ bytes: MessageBytes) throws(Refusal) -> Bool {
        var last: UInt8 = 0
        var found = false
        try bytes.read { chunk in
            guard !found else { return }
            for octet in chunk {
                if octet == 10, last != 13 { found = true }
                last = octet
            }
        }
        return found
    }

    /// True where a line begins with two hyphens and one of these boundaries: it would end the part that it stands in.
    static func holdsDelimiter(_ bytes: MessageBytes, of boundaries: [String]) throws(Refusal) -> Bool {
        let marks = boundaries.map { Array("--\($0)".utf8) }
        guard let longest = marks.map(\.count).max() else { return false }
        var line: [UInt8] = []
        var found = false
        func check() { found = found || marks.contains { line.starts(with: $0) } }
        try bytes.read { chunk in
            guard !found else { return }
            for octet in chunk {
                if octet == 10 {
                    if line.first == UInt8(ascii: "-") { check() }
                    line.removeAll(keepingCapacity: true)
                } else if line.count < longest {
                    line.append(octet)
                }
            }
        }
        if line.first == UInt8(ascii: "-") { check() }
        return found
    }
}

// A message that survives transport octet for octet, so that a signature over it stays good: leaves that a hop might
// change are encoded, blanks at the end of header and delimiter lines go. What is signed already is never touched.
// Source: RFC 3156 sections 3 and 5, RFC 2045 section 6.

import MIME
import Mail
import SettingValues

enum TransportForm {
    /// The message with leaves encoded that need it; itself where none does.
    /// - Throws: a ``Refusal`` of cause `storage` where bytes cannot be read back.
    static func make(_ parsed: ParsedMessage, limits: Limits) throws(Refusal) -> ParsedMessage {
        let bytes = parsed.received.bytes
        let parts = TransportParts(parsed.root)
        var edits = ByteEdits()
        for part in parts.encodable { try encode(part, bytes, &edits) }
        for part in parts.containers where part.transferEncoding != .sevenBit {
            // What a container says of its parts is no longer so.
            label(part, "7bit", &edits)
        }
        for (_, range) in parts.headers { try strip(range, bytes, isHeader: true, &edits) }
        for range in parts.between { try strip(range, bytes, isHeader: false, &edits) }
        return try ShapedMessage.reread(parsed, edits, limits)
    }

    private static func label(_ part: Part, _ encoding: String, _ edits: inout ByteEdits) {
        PartFields.replace(
            "Content-Transfer-Encoding", with: "Content-Transfer-Encoding: \(encoding)\r\n", of: part, &edits)
    }

    // MARK: Leaves

    private static func encode(_ part: Part, _ bytes: MessageBytes, _ edits: inout ByteEdits) throws(Refusal) {
        let body = bytes.slice(part.bodyRange)
        guard try TransportHarm.first(in: body) != nil else {
            // Hops convert by what a part says, not by what is in it.
            if [.eightBit, .binary].contains(part.transferEncoding) { label(part, "7bit", &edits) }
            return
        }
        let octets: [UInt8]
        do {
            let decoded = try TransferDecoder.decode(body, part.transferEncoding)
            // Damaged: what one program reads of it another may not.
            guard decoded.isClean else { return }
            octets = decoded.octets
        } catch {
            throw error as? Refusal ?? Refusal(.storage, "temporary fault while reading the message")
        }
        if part.transferEncoding != .base64, TransportEncoding.isReadable(octets, isText: part.type.isText) {
            edits.replace(part.bodyRange, with: MessageBytes(bytes: TransportEncoding.quotedPrintable(octets)))
            if part.transferEncoding != .quotedPrintable { label(part, "quoted-printable", &edits) }
        } else {
            let end = part.path.isEmpty || octets.isEmpty ? "\r\n" : ""
            edits.replace(part.bodyRange, with: "\(Base64Lines.encode(octets))\(end)")
            if part.transferEncoding != .base64 { label(part, "base64", &edits) }
        }
    }

    // MARK: Lines that are no leaf's

    /// Takes blanks off the end of lines. In a header a line of blanks goes altogether: an empty one would end it.
    private static func strip(
        _ range: Range<Int>, _ bytes: MessageBytes, isHeader: Bool, _ edits: inout ByteEdits
    ) throws(Refusal) {
        let lines = bytes.slice(range)
        guard try TransportHarm.first(in: lines, ignoring: [.highOctet]) != nil else { return }
        let octets = try lines.copy()
        var start = 0
        while start < octets.count {
            let feed = octets[start...].firstIndex(of: 10)
            let next = feed.map { $0 + 1 } ?? octets.count
            var end = feed ?? octets.count
            if end > start, octets[end - 1] == 13 { end -= 1 }
            var kept = end
            while kept > start, octets[kept - 1] == 32 || octets[kept - 1] == 9 { kept -= 1 }
            if kept < end {
                let goes = isHeader && kept == start ? start..<next : kept..<end
                edits.replace((range.lowerBound + goes.lowerBound)..<(range.lowerBound + goes.upperBound), with: "")
            }
            start = next
        }
    }
}

/// Quoted-printable that every hop leaves alone (RFC 2045 section 6.7, RFC 3156 section 3), exact to the octet.
enum TransportEncoding {
    private static let hex = Array("0123456789ABCDEF".utf8)

    /// True where quoted-printable leaves most of it readable: base64 is for the rest.
    static func isReadable(_ octets: [UInt8], isText: Bool) -> Bool {
        let odd = octets.reduce(0) { $0 + ($1 > 126 || ($1 < 32 && $1 != 9 && $1 != 10 && $1 != 13) ? 1 : 0) }
        return isText ? odd <= octets.count / 2 : odd == 0
    }

    /// Lines of at most 76 characters. CRLF is a line end, every other CR or LF an octet.
    static func quotedPrintable(_ octets: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(octets.count + octets.count / 8)
        var width = 0
        var isContinued = false
        var place = 0
        while place < octets.count {
            if endsLine(octets, place) {
                out += [13, 10]
                width = 0
                isContinued = false
                place += 2
                continue
            }
            let isLast = place + 1 == octets.count || endsLine(octets, place + 1)
            var token = token(octets, place, isLast: isLast, isFirst: width == 0, isContinued: isContinued)
            if width + token.count > (isLast ? 76 : 75) {
                out += [UInt8(ascii: "="), 13, 10]
                width = 0
                isContinued = true
                token = self.token(octets, place, isLast: isLast, isFirst: true, isContinued: true)
            }
            out += token
            width += token.count
            place += 1
        }
        return out
    }

    private static func endsLine(_ octets: [UInt8], _ place: Int) -> Bool {
        octets[place] == 13 && place + 1 < octets.count && octets[place + 1] == 10
    }

    /// - Parameter isContinued: true in a line that we broke: there a hyphen might make a delimiter where there was
    ///   none.
    private static func token(
        _ octets: [UInt8], _ place: Int, isLast: Bool, isFirst: Bool, isContinued: Bool
    ) -> [UInt8] {
        let octet = octets[place]
        var isPlain = octet > 32 && octet < 127 && octet != UInt8(ascii: "=")
        if octet == 32 || octet == 9 { isPlain = !isLast }
        if isFirst {
            if octet == UInt8(ascii: "F") { isPlain = !octets[place...].starts(with: "From ".utf8) }
            if octet == UInt8(ascii: "."), isLast { isPlain = false }
            if octet == UInt8(ascii: "-"), isContinued { isPlain = false }
        }
        return isPlain ? [octet] : [UInt8(ascii: "="), hex[Int(octet >> 4)], hex[Int(octet & 15)]]
    }
}

// Puts footers below one text part. The part's bytes stay as they are wherever its charset and transfer encoding can
// take the new lines; else the part is encoded anew with the same text. Pure.
// Source: RFC 2045 section 6 (transfer encodings), RFC 3676 (flowed text).

import MIME
import Mail
import Policy

/// One text part and what goes below it.
struct FooterWriter {
    let parsed: ParsedMessage
    let part: Part
    let footers: [Effects.Footer]

    private var bytes: MessageBytes { parsed.received.bytes }
    private var isHTML: Bool { part.type.essence == "text/html" }
    private var charset: String { (part.type.parameters["charset"] ?? "us-ascii").lowercased() }

    /// Adds the edits. A part that cannot be read to its end, or of an encoding that is not known, is left alone.
    func write(_ edits: inout ByteEdits) throws(Refusal) {
        let fields = part.header
        guard fields.all("Content-Type").count < 2, fields.all("Content-Transfer-Encoding").count < 2 else { return }
        let isASCII = isHTML || block.utf8.allSatisfy { $0 < 128 }
        guard charset == "utf-8" || (isASCII && Self.extendsASCII(charset)) else { return try transcode(&edits) }
        switch part.transferEncoding {
        case .quotedPrintable: try append(QuotedPrintable.encode(block), &edits)
        case .sevenBit where !isASCII: try transcode(&edits)
        case .sevenBit, .eightBit, .binary: try append(Self.crlf(block), &edits)
        case .base64: try reencode(&edits)
        case .unknown: return
        }
    }

    // MARK: - What is written

    /// The lines of all footers, ended by LF but for the last.
    private var block: String { footers.map(isHTML ? Self.html : text).joined(separator: isHTML ? "\n" : "\n\n") }

    /// Flowed text gives trailing spaces a meaning, and starts of lines that quote; so no line ends in a space, and
    /// such starts are stuffed (RFC 3676 section 4.4).
    private func text(_ footer: Effects.Footer) -> String {
        let isFlowed = part.type.parameters["format"]?.lowercased() == "flowed"
        return footer.text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            var line = line
            while line.last == " " { line.removeLast() }
            let isStuffed = isFlowed && (line.hasPrefix(" ") || line.hasPrefix(">") || line.hasPrefix("From "))
            return isStuffed ? " \(line)" : String(line)
        }.joined(separator: "\n")
    }

    /// ASCII in any charset: characters beyond it are written by number.
    private static func html(_ footer: Effects.Footer) -> String {
        let written =
            footer.html
            ?? "<div>\(HTML.escape(footer.text).replacing("\n", with: "<br>\n"))</div>"
        var out = ""
        for scalar in written.unicodeScalars {
            if scalar.value < 128 { out.unicodeScalars.append(scalar) } else { out += "&#\(scalar.value);" }
        }
        return out
    }

    // MARK: - Where it is written

    /// Into the bytes as they stand.
    private func append(_ encoded: String, _ edits: inout ByteEdits) throws(Refusal) {
        let body = try bytes.slice(part.bodyRange).copy()
        if isHTML, let place = Self.htmlEnd(body) {
            let offset = part.bodyRange.lowerBound + place
            return edits.replace(offset..<offset, with: "\r\n\(encoded)\r\n")
        }
        let end = part.bodyRange.upperBound
        let isEnded = body.last == 10
        // A soft line break at the very end would swallow the first of the new ones.
        let tail = body.suffix(3).filter { $0 != 13 && $0 != 10 }.last
        let isSoft = part.transferEncoding == .quotedPrintable && tail == UInt8(ascii: "=")
        var gap = body.isEmpty ? "" : isEnded ? "\r\n" : "\r\n\r\n"
        if isSoft { gap += "\r\n" }
        edits.replace(end..<end, with: "\(gap)\(encoded)\(isEnded || part.path.isEmpty ? "\r\n" : "")")
    }

    /// Base64 anew: the same octets and the footers.
    private func reencode(_ edits: inout ByteEdits) throws(Refusal) {
        guard let decoded = try decoded() else { return }
        let joined = join(decoded, Array(Self.crlf(block).utf8))
        edits.replace(part.bodyRange, with: "\(Base64Lines.encode(joined))\r\n")
    }

    /// The whole text in UTF-8, quoted-printable: where the charset has no letters for the footer.
    private func transcode(_ edits: inout ByteEdits) throws(Refusal) {
        guard let octets = try decoded(),
            let text = Charset.decode(octets, declared: part.type.parameters["charset"]), text.isClean
        else { return }
        let joined = join(Array(text.text.utf8), Array(Self.crlf(block).utf8))
        let encoded = QuotedPrintable.encode(Self.lf(joined))
        edits.replace(part.bodyRange, with: part.path.isEmpty && joined.last != 10 ? "\(encoded)\r\n" : encoded)
        var type = "Content-Type: \(part.type.essence); charset=utf-8"
        for name in ["format", "delsp"] {
            if let value = part.type.parameters[name]?.lowercased(), ["flowed", "fixed", "yes", "no"].contains(value) {
                type += "; \(name)=\(value)"
            }
        }
        PartFields.replace("Content-Type", with: "\(type)\r\n", of: part, &edits)
        PartFields.replace(
            "Content-Transfer-Encoding", with: "Content-Transfer-Encoding: quoted-printable\r\n", of: part, &edits)
        if part.path.isEmpty, part.header.first("MIME-Version") == nil {
            PartFields.replace("MIME-Version", with: "MIME-Version: 1.0\r\n", of: part, &edits)
        }
    }

    /// nil where the encoding is damaged: what one program reads of it another may not.
    private func decoded() throws(Refusal) -> [UInt8]? {
        do {
            let decoded = try TransferDecoder.decode(bytes.slice(part.bodyRange), part.transferEncoding)
            return decoded.isClean ? decoded.octets : nil
        } catch {
            throw error as? Refusal ?? Refusal(.storage, "temporary fault while reading the message")
        }
    }

    private func join(_ body: [UInt8], _ footer: [UInt8]) -> [UInt8] {
        if isHTML, let place = Self.htmlEnd(body) {
            return body[..<place] + [13, 10] + footer + [13, 10] + body[place...]
        }
        let gap: [UInt8] = body.isEmpty ? [] : body.last == 10 ? [13, 10] : [13, 10, 13, 10]
        return body + gap + footer + (body.last == 10 ? [13, 10] : [])
    }

    // MARK: - Octets

    /// Where the last `</body` stands, else `</html`.
    private static func htmlEnd(_ octets: [UInt8]) -> Int? {
        last("</body", in: octets) ?? last("</html", in: octets)
    }

    private static func last(_ tag: String, in octets: [UInt8]) -> Int? {
        let tag = Array(tag.utf8)
        var place = octets.count - tag.count
        while place >= 0 {
            if octets[place] == tag[0], zip(octets[place...], tag).allSatisfy({ $0 == $1 || $0 | 0x20 == $1 }) {
                return place
            }
            place -= 1
        }
        return nil
    }

    private static func crlf(_ text: String) -> String { text.replacing("\n", with: "\r\n") }

    /// CRLF as LF; a bare CR stays what it is.
    private static func lf(_ octets: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(octets.count)
        for octet in octets {
            if octet == 10, out.last == 13 { out.removeLast() }
            out.append(octet)
        }
        return out
    }

    /// Charsets in which octets below 128 are ASCII wherever they stand.
    private static func extendsASCII(_ charset: String) -> Bool {
        ["us-ascii", "ascii", "koi8-r", "koi8-u"].contains(charset)
            || ["iso-8859-", "windows-125", "euc-"].contains { charset.hasPrefix($0) }
    }
}

/// Fields of a part's own header.
enum PartFields {
    /// Puts a field in the place of the one of this name, or below the others.
    static func replace(_ name: String, with field: String, of part: Part, _ edits: inout ByteEdits) {
        let end = part.header.range.upperBound
        edits.replace(part.header.first(name)?.range ?? end..<end, with: field)
    }
}

/// Base64 in lines of 76 characters (RFC 2045 section 6.8).
enum Base64Lines {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encode(_ octets: [UInt8]) -> String {
        var out: [UInt8] = []
        out.reserveCapacity(octets.count / 3 * 4 + octets.count / 28 + 8)
        var column = 0
        for start in stride(from: 0, to: octets.count, by: 3) {
            if column == 76 {
                out += [13, 10]
                column = 0
            }
            let rest = octets[start..<min(start + 3, octets.count)]
            var word = 0
            for octet in rest { word = word << 8 | Int(octet) }
            word <<= 8 * (3 - rest.count)
            for place in 0..<4 {
                out.append(place <= rest.count ? alphabet[word >> (18 - 6 * place) & 63] : UInt8(ascii: "="))
            }
            column += 4
        }
        return String(decoding: out, as: UTF8.self)
    }
}

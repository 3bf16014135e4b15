// A text part with its armored blocks replaced by what was in them. The octets around stay as they are wherever the
// part's charset has the new letters; else the whole becomes UTF-8, with the same text.
// Source: RFC 4880 section 6.2 (text in armor is UTF-8 unless a header says otherwise), RFC 2045 section 6.

import MIME
import Mail

/// One text part, opened.
struct OpenedText {
    /// A stretch of its text, decoded from its transfer encoding.
    enum Piece {
        /// As it stood there.
        case around([UInt8])
        /// What was sealed: its octets, the armor's charset, marks of quotation, and whether tags end lines there.
        case plain([UInt8], charset: String?, quote: [UInt8], breaksByTags: Bool)
    }

    let part: Part
    let bytes: MessageBytes
    let pieces: [Piece]
    /// Boundaries of the multiparts around it.
    let boundaries: [String]

    /// The entity, header and body; nil where the text around cannot be read, so that nothing could be put into it.
    /// - Throws: a ``Refusal`` of cause `storage` where bytes cannot be read back.
    func entity() throws(Refusal) -> MessageBytes? {
        guard let (joined, isUnicode) = isMarkup ? (markup(), false) : plainText() else { return nil }
        let body = part.transferEncoding == .binary ? joined : LineEnds.canonical(joined)
        let holdsDelimiter = try LineEnds.holdsDelimiter(MessageBytes(bytes: body), of: boundaries)
        var pieces = try fields(body, isUnicode: isUnicode, isEncoded: holdsDelimiter)
        pieces.append(MessageBytes("\r\n"))
        pieces.append(holdsDelimiter ? MessageBytes("\(Base64Lines.encode(body))\r\n") : MessageBytes(bytes: body))
        return MessageBytes(joining: pieces)
    }

    private var isMarkup: Bool {
        ["text/html", "application/xhtml+xml", "text/xhtml", "text/xml"].contains(part.type.essence)
    }
    private var charset: String? { part.type.parameters["charset"]?.lowercased() }

    // MARK: Text

    /// The octets, and whether they are UTF-8 now although the part says otherwise.
    private func plainText() -> (octets: [UInt8], isUnicode: Bool)? {
        var texts: [String] = []
        var fits = true
        for case .plain(let octets, let name, _, _) in pieces where Self.isBeyondASCII(octets, name) {
            if charset != nil, name == nil, String(validating: octets, as: UTF8.self) == nil,
                let text = Charset.decode(octets, declared: charset), text.isClean
            {
                continue  // Sealed as it would have stood there.
            }
            fits = false
            texts.append(Self.text(octets, name, charset))
        }
        if fits { return (joined { octets, quote, _ in Self.lines(octets, quote: quote) }, false) }
        let isUnicode = charset == "utf-8" || charset == "utf8"
        if isUnicode {
            return (joined { Self.lines(Array(Self.text($0, $2, nil).utf8), quote: $1) }, false)
        }
        var out: [UInt8] = []
        for piece in pieces {
            switch piece {
            case .around(let octets):
                guard let text = around(octets) else { return nil }
                out += text.utf8
            case .plain(let octets, let name, let quote, _):
                out += Self.lines(Array(Self.text(octets, name, charset).utf8), quote: quote)
            }
        }
        return (out, true)
    }

    /// True where the octets are no ASCII: some are above 127, or a charset that shifts (ISO-2022-JP, UTF-7) makes
    /// other letters of them.
    private static func isBeyondASCII(_ octets: [UInt8], _ armorCharset: String?) -> Bool {
        if octets.contains(where: { $0 > 127 }) { return true }
        guard let armorCharset, let text = Charset.decode(octets, declared: armorCharset), text.isClean else {
            return false
        }
        return !text.text.utf8.elementsEqual(octets)
    }

    private func joined(_ plain: ([UInt8], [UInt8], String?) -> [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        for piece in pieces {
            switch piece {
            case .around(let octets): out += octets
            case .plain(let octets, let name, let quote, _): out += plain(octets, quote, name)
            }
        }
        return out
    }

    /// Text around a block in UTF-8; nil where octets do not fit the charset.
    private func around(_ octets: [UInt8]) -> String? {
        if octets.allSatisfy({ $0 < 128 && $0 != 27 }) { return String(decoding: octets, as: UTF8.self) }
        if charset == nil || charset == "us-ascii" || charset == "ascii" {
            // Programs that say nothing mean one of these two.
            return String(validating: octets, as: UTF8.self)
                ?? Charset.decode(octets, declared: "windows-1252")?.text
        }
        guard let text = Charset.decode(octets, declared: charset), text.isClean else { return nil }
        return text.text
    }

    /// What was sealed, as text: UTF-8 unless the armor or the octets say otherwise.
    private static func text(_ octets: [UInt8], _ armorCharset: String?, _ partCharset: String?) -> String {
        if let armorCharset, let text = Charset.decode(octets, declared: armorCharset), text.isClean {
            return text.text
        }
        if let text = String(validating: octets, as: UTF8.self) { return text }
        if partCharset != nil, let text = Charset.decode(octets, declared: partCharset), text.isClean {
            return text.text
        }
        return Charset.decode(octets, declared: "windows-1252")?.text ?? String(decoding: octets, as: UTF8.self)
    }

    /// Lines ended by CRLF, each behind the marks of quotation but for the first, whose marks stand there.
    private static func lines(_ octets: [UInt8], quote: [UInt8]) -> [UInt8] {
        var out = LineEnds.canonical(octets)
        if out.last != 10, !out.isEmpty { out += [13, 10] }
        guard !quote.isEmpty else { return out }
        var quoted: [UInt8] = []
        quoted.reserveCapacity(out.count + out.count / 16)
        for (place, octet) in out.enumerated() {
            quoted.append(octet)
            if octet == 10, place + 1 < out.count { quoted += quote }
        }
        return quoted
    }

    // MARK: HTML

    /// Letters beyond ASCII by number: they fit any charset that the document names.
    private func markup() -> [UInt8] {
        var out: [UInt8] = []
        for piece in pieces {
            switch piece {
            case .around(let octets): out += octets
            case .plain(let octets, let name, _, let breaksByTags):
                var text = ""
                for scalar in HTML.escape(Self.text(octets, name, charset)).unicodeScalars {
                    if scalar == "\r" { continue }
                    if scalar == "\n" {
                        text += breaksByTags ? "<br>\r\n" : "\r\n"
                    } else if scalar.value < 128 {
                        text.unicodeScalars.append(scalar)
                    } else {
                        text += "&#\(scalar.value);"
                    }
                }
                out += text.utf8
            }
        }
        return out
    }

    // MARK: Fields

    private func fields(_ body: [UInt8], isUnicode: Bool, isEncoded: Bool) throws(Refusal) -> [MessageBytes] {
        let isHigh = body.contains { $0 > 127 }
        let encoding: String? =
            switch part.transferEncoding {
            case _ where isEncoded: "base64"
            case .eightBit, .binary: nil
            case .sevenBit: isHigh ? "8bit" : nil
            case .quotedPrintable, .base64, .unknown: isHigh ? "8bit" : "7bit"
            }
        var fields: [MessageBytes] = []
        var added: [MessageBytes] = []
        let becomesUnicode = isUnicode && body.contains { $0 > 127 }
        for field in part.header.fields {
            let raw = bytes.slice(field.range)
            if encoding != nil, field.isNamed("Content-Transfer-Encoding") { continue }
            let isChanged = becomesUnicode && field.isNamed("Content-Type")
            fields.append(isChanged ? try FieldParameter(raw).setting("charset", to: "utf-8") : raw)
        }
        if becomesUnicode, part.header.first("Content-Type") == nil {
            added.append(MessageBytes("Content-Type: text/plain; charset=utf-8\r\n"))
        }
        if let encoding { added.append(MessageBytes("Content-Transfer-Encoding: \(encoding)\r\n")) }
        if part.path.isEmpty, !added.isEmpty, part.header.first("MIME-Version") == nil {
            added.append(MessageBytes("MIME-Version: 1.0\r\n"))
        }
        return fields + added
    }
}

// Octets in a declared charset to text in valid UTF-8, by the C library's iconv; UTF-8, ASCII and windows-1252 without
// it. Only charsets of the table below are ever opened: names come from strangers. Pure apart from iconv; linear.

import Glibc

/// Decoding of charsets.
package enum Charset {
    /// Decoded text; `isClean` is false where octets did not fit the charset (U+FFFD or windows-1252 stands for them).
    package struct Decoded: Sendable {
        package let text: String
        package let isClean: Bool
    }

    /// - Parameter declared: the name as written, any case, or nil where the mail says nothing.
    /// - Returns: nil where the charset is not known.
    package static func decode(_ octets: [UInt8], declared: String?) -> Decoded? {
        guard let encoding = CharsetNames.encoding(declared) else { return nil }
        return decode(octets, encoding)
    }

    /// - Returns: nil where the C library lacks the charset.
    static func decode(_ octets: [UInt8], _ encoding: CharsetEncoding) -> Decoded? {
        switch encoding {
        case .utf8: utf8(octets)
        case .ascii: ascii(octets)
        case .windows1252: Decoded(text: windows1252(octets), isClean: true)
        case .utf16: utf16(octets)
        case .iconv("HZ"): convert(HZ.asGB2312(octets), from: "GB18030")
        case .iconv(let name): convert(octets, from: name)
        }
    }

    /// The text without its byte order mark, or nil where it is no valid UTF-8.
    static func validUTF8(_ octets: [UInt8]) -> String? {
        let octets = octets.starts(with: [0xEF, 0xBB, 0xBF]) ? octets[3...] : octets[...]
        return octets.withUnsafeBufferPointer { String(validating: $0, as: UTF8.self) }
    }

    /// All names that are known, without hyphens and the like.
    package static var knownNames: [String] { CharsetNames.known }

    /// The label by which browsers decode a charset as it is decoded here (WHATWG Encoding section 4.2).
    /// - Returns: nil where they lack it or may read it otherwise, and for a name that nobody knows.
    package static func webLabel(_ declared: String) -> String? {
        CharsetNames.encoding(declared).flatMap(CharsetNames.webLabel)
    }

    /// The charset that an HTML document names itself, or nil.
    package static func declaredInHTML(_ octets: [UInt8]) -> String? { HTMLCharset.declared(in: octets) }

    private static func utf8(_ octets: [UInt8]) -> Decoded {
        if let valid = validUTF8(octets) { return Decoded(text: valid, isClean: true) }
        let octets = octets.starts(with: [0xEF, 0xBB, 0xBF]) ? octets[3...] : octets[...]
        return Decoded(text: String(decoding: octets, as: UTF8.self), isClean: false)
    }

    /// Nothing or ASCII declared. What is valid UTF-8 is read as such, every other octet as windows-1252: a single odd
    /// octet must not make the words around it unreadable to a rule.
    private static func ascii(_ octets: [UInt8]) -> Decoded {
        if octets.allSatisfy({ $0 < 128 }) {
            return Decoded(text: String(decoding: octets, as: UTF8.self), isClean: true)
        }
        let unicode = utf8(octets)
        return Decoded(text: unicode.isClean ? unicode.text : mixed(octets), isClean: false)
    }

    private static func mixed(_ octets: [UInt8]) -> String {
        var text = String.UnicodeScalarView()
        var rest = octets[...]
        while let first = rest.first {
            let length =
                first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0
            let piece = rest.prefix(length)
            if length > 0, piece.count == length, let valid = String(validating: piece, as: UTF8.self) {
                text.append(contentsOf: valid.unicodeScalars)
                rest.removeFirst(length)
            } else {
                text.append(scalar1252(first))
                rest.removeFirst()
            }
        }
        return String(text)
    }

    private static let upper1252: [Unicode.Scalar] = [
        "\u{20AC}", "\u{81}", "\u{201A}", "\u{192}", "\u{201E}", "\u{2026}", "\u{2020}", "\u{2021}", "\u{2C6}",
        "\u{2030}",
        "\u{160}", "\u{2039}", "\u{152}", "\u{8D}", "\u{17D}", "\u{8F}", "\u{90}", "\u{2018}", "\u{2019}", "\u{201C}",
        "\u{201D}", "\u{2022}", "\u{2013}", "\u{2014}", "\u{2DC}", "\u{2122}", "\u{161}", "\u{203A}", "\u{153}",
        "\u{9D}",
        "\u{17E}", "\u{178}",
    ]

    /// The character that windows-1252 has for an octet of 128 to 159; HTML uses the same table (HTML 13.2.5.84).
    static func scalar1252(_ octet: UInt8) -> Unicode.Scalar {
        (128...159).contains(octet) ? upper1252[Int(octet) - 128] : Unicode.Scalar(octet)
    }

    /// ISO-8859-1 too is read as windows-1252, as every mail program does.
    private static func windows1252(_ octets: [UInt8]) -> String {
        var text = ""
        // Three bytes for the few above 127 at most; a string that grows is copied, and this one may be large.
        text.reserveCapacity(octets.reduce(0) { $0 + ($1 < 128 ? 1 : $1 < 160 ? 3 : 2) })
        for octet in octets { text.unicodeScalars.append(scalar1252(octet)) }
        return text
    }

    /// UTF-16 with a byte order mark, or without: big-endian by RFC 2781 section 4.3 unless the octets say otherwise.
    private static func utf16(_ octets: [UInt8]) -> Decoded? {
        if octets.starts(with: [0xFF, 0xFE]) { return convert(Array(octets.dropFirst(2)), from: "UTF-16LE") }
        if octets.starts(with: [0xFE, 0xFF]) { return convert(Array(octets.dropFirst(2)), from: "UTF-16BE") }
        var zeros = (even: 0, odd: 0)
        for (index, octet) in octets.enumerated() where octet == 0 {
            if index.isMultiple(of: 2) { zeros.even += 1 } else { zeros.odd += 1 }
        }
        let text = convert(octets, from: zeros.odd > zeros.even ? "UTF-16LE" : "UTF-16BE")?.text
        return text.map { Decoded(text: $0, isClean: false) }
    }

    /// - Parameter name: a name from our own table.
    private static func convert(_ octets: [UInt8], from name: String) -> Decoded? {
        guard let converter = iconv_open("UTF-8", name), converter != iconv_t(bitPattern: -1) else { return nil }
        defer { iconv_close(converter) }
        var output: [UInt8] = []
        output.reserveCapacity(octets.count * 2)
        var isClean = true
        octets.withUnsafeBytes { source in
            isClean = run(converter, source, into: &output)
        }
        return Decoded(text: String(decoding: output, as: UTF8.self), isClean: isClean)
    }

    /// Converts to the end; an octet that fits nothing becomes U+FFFD.
    private static func run(
        _ converter: iconv_t, _ source: UnsafeRawBufferPointer, into output: inout [UInt8]
    ) -> Bool {
        var isClean = true
        // iconv moves the pointer and never writes through it (iconv(3); the type is historical).
        var from = source.baseAddress.map { UnsafeMutablePointer(mutating: $0.assumingMemoryBound(to: CChar.self)) }
        var left = source.count
        withUnsafeTemporaryAllocation(byteCount: 16 * 1024, alignment: 1) { room in
            var isFlushing = left == 0
            while true {
                var to = room.baseAddress?.assumingMemoryBound(to: CChar.self)
                var free = room.count
                let result =
                    isFlushing ? iconv(converter, nil, nil, &to, &free) : iconv(converter, &from, &left, &to, &free)
                let reason = errno
                output.append(contentsOf: room[..<(room.count - free)])
                if result != -1 {
                    if isFlushing { return }
                    isFlushing = true
                    continue
                }
                if reason == E2BIG { continue }
                isClean = false
                output.append(contentsOf: "\u{FFFD}".utf8)
                if isFlushing { return }
                // EINVAL: a character cut off by the end of the text. EILSEQ: go on behind the octet.
                if reason == EINVAL || left == 0 {
                    isFlushing = true
                    continue
                }
                from = from.map { $0 + 1 }
                left -= 1
            }
        }
        return isClean
    }
}

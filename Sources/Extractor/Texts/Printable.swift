// Whether octets are text, whatever a type or a mark at their beginning says. Pure; linear.

import MIME

/// Octets as text.
enum Printable {
    /// True where at least 95 % of the octets are characters that a text is made of: ASCII without most controls, and
    /// what is valid UTF-8; or where that is true of UTF-16.
    static func isText(_ octets: [UInt8]) -> Bool {
        guard !octets.isEmpty else { return false }
        let isUnicode = octets.withUnsafeBufferPointer { String(validating: $0, as: UTF8.self) } != nil
        let odd = octets.count { isControl($0) || $0 >= 0x80 && !isUnicode }
        if odd * 20 <= octets.count { return true }
        guard let name = wideCharset(octets), let wide = Charset.decode(octets, declared: name) else { return false }
        return isReadable(wide.text)
    }

    /// The same of decoded characters.
    static func isReadable(_ text: String) -> Bool {
        var count = 0
        var odd = 0
        for scalar in text.unicodeScalars {
            count += 1
            if scalar == "\u{FFFD}" || scalar.value < 0x80 && isControl(UInt8(truncatingIfNeeded: scalar.value))
                || (0xE000...0xF8FF).contains(scalar.value) || (0x80..<0xA0).contains(scalar.value)
            {
                odd += 1
            }
        }
        return odd * 20 <= count
    }

    private static func isControl(_ octet: UInt8) -> Bool {
        octet < 32 && octet != 9 && octet != 10 && octet != 12 && octet != 13 && octet != 27 || octet == 127
    }

    /// UTF-16 and UTF-32 by their mark, or by the zeros of ASCII text in them.
    static func wideCharset(_ octets: [UInt8]) -> String? {
        if octets.starts(with: [0xFF, 0xFE, 0, 0]) { return "utf-32" }
        if octets.starts(with: [0, 0, 0xFE, 0xFF]) { return "utf-32" }
        if octets.starts(with: [0xFF, 0xFE]) || octets.starts(with: [0xFE, 0xFF]) { return "utf-16" }
        let sample = octets.prefix(512)
        guard sample.count >= 4, sample.count(where: { $0 == 0 }) * 5 > sample.count * 2 else { return nil }
        return sample.first == 0 ? "utf-16be" : "utf-16le"
    }

    /// True where every charset but the odd ones reads the same.
    static func isPlainASCII(_ octets: [UInt8]) -> Bool {
        octets.allSatisfy { $0 < 0x80 && $0 != 0 && $0 != 27 }
    }
}

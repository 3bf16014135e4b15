// Base64 in its two alphabets (RFC 4648 sections 4 and 5), strict: each value has one spelling. Pure; cannot trap.

/// Base64 with padding, as AUTH (RFC 4954 section 4), SCRAM and pinned keys have it: no white space.
package enum Base64 {
    private static let padding = UInt8(ascii: "=")

    /// The text of some bytes; "" for none.
    package static func encode(_ bytes: some Collection<UInt8>) -> String {
        let text = Base64Alphabet.standard.encode(bytes)
        return text + String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
    }

    /// Reads what ``encode(_:)`` writes and nothing else.
    /// - Returns: nil for a foreign octet, missing padding, or bits left over.
    package static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        guard text.count % 4 == 0 else { return nil }
        let digits = text.prefix { $0 != padding }
        let padded = text.count - digits.count
        guard padded <= 2, text.suffix(padded).allSatisfy({ $0 == padding }) else { return nil }
        return Base64Alphabet.standard.decode(digits)
    }

    /// As ``decode(_:)-(Collection<UInt8>)``, of a text.
    package static func decode(_ text: some StringProtocol) -> [UInt8]? { decode(Array(text.utf8)) }
}

/// base64url without padding: what ids, secrets and sealed keys look like in links and in the portal's JSON.
package enum Base64URL {
    /// The text of some bytes, without padding.
    package static func encode(_ bytes: some Collection<UInt8>) -> String { Base64Alphabet.url.encode(bytes) }

    /// The bytes of a text, or nil: padding, other characters, an impossible length and left-over bits that are not
    /// zero are all refused.
    package static func decode(_ text: some StringProtocol) -> [UInt8]? { Base64Alphabet.url.decode(text.utf8) }
}

/// One alphabet, without padding.
private struct Base64Alphabet {
    private static let common = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    static let standard = Base64Alphabet("+/")
    static let url = Base64Alphabet("-_")

    private let digits: [UInt8]
    /// The value of each octet; 64 where it is no digit.
    private let values: [UInt8]

    private init(_ last: String) {
        digits = Array((Self.common + last).utf8)
        var values = [UInt8](repeating: 64, count: 256)
        for (value, digit) in digits.enumerated() { values[Int(digit)] = UInt8(value) }
        self.values = values
    }

    func encode(_ bytes: some Collection<UInt8>) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count * 4 + 2) / 3)
        var bits: UInt32 = 0
        var held = 0
        for byte in bytes {
            bits = (bits << 8 | UInt32(byte)) & 0xffff
            held += 8
            while held >= 6 {
                held -= 6
                text.append(digits[Int(bits >> UInt32(held)) & 63])
            }
        }
        if held > 0 { text.append(digits[Int(bits << UInt32(6 - held)) & 63]) }
        return String(decoding: text, as: UTF8.self)
    }

    func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3 + 2)
        var bits: UInt32 = 0
        var held = 0
        for character in text {
            let value = UInt32(values[Int(character)])
            guard value < 64 else { return nil }
            bits = (bits << 6 | value) & 0xffff
            held += 6
            if held >= 8 {
                held -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(held)))
            }
        }
        guard held < 6, bits & ((1 << UInt32(held)) - 1) == 0 else { return nil }
        return bytes
    }
}

// Kinds of octets that detectors ask for. Pure.

/// Kinds of octets.
enum Octet {
    static func isDigit(_ octet: UInt8) -> Bool { octet &- 48 < 10 }
    static func isLetter(_ octet: UInt8) -> Bool { (octet | 0x20) &- 97 < 26 }
    static func isWord(_ octet: UInt8) -> Bool { isDigit(octet) || isLetter(octet) }
    static func upper(_ octet: UInt8) -> UInt8 { isLetter(octet) ? octet & 0xDF : octet }
    static func lower(_ octet: UInt8) -> UInt8 { octet &- 65 < 26 ? octet | 0x20 : octet }

    /// The offset of the first digit at or behind one, or the text's length.
    static func nextDigit(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        var index = start
        // Eight at a time: prose has a digit now and then. Those from 0x30 to 0x3F are looked at one by one.
        let raw = UnsafeRawBufferPointer(text)
        while index + 8 <= text.count {
            let high =
                (raw.loadUnaligned(fromByteOffset: index, as: UInt64.self) ^ 0x3030_3030_3030_3030)
                & 0xF0F0_F0F0_F0F0_F0F0
            if (high &- 0x0101_0101_0101_0101) & ~high & 0x8080_8080_8080_8080 == 0 {
                index += 8
                continue
            }
            let end = index + 8
            while index < end {
                if isDigit(text[index]) { return index }
                index += 1
            }
        }
        while index < text.count, !isDigit(text[index]) { index += 1 }
        return index
    }
}

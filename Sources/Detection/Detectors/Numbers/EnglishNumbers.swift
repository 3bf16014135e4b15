// Numbers of the United Kingdom and the United States. NHS number: NHS Data Dictionary (modulus 11, weights 10 to 2).
// NINO: HMRC National Insurance Manual NIM39110 (letters that are not used, suffix A to D). SSN: Social Security
// Administration, POMS RM 10201.035 and 20 CFR 422.103 (area not 000, 666 or 900 and above, group not 00, serial not
// 0000); numbers known from advertisements are none. Pure.

/// NHS number, NINO, SSN.
enum EnglishNumbers {
    /// 3-3-4 is how telephone numbers are written too: a word is needed always.
    static let nhs = NumberForm(
        ways: [.init("nnn nnn nnnn", needsWord: true), .init("nnnnnnnnnn", needsWord: true)],
        words: ["nhs", "national health", "patient"],
        isValid: { value in
            let check = 11 - value.weighted(0..<9, from: 10) % 11
            return check % 11 == Int(value[9] & 0x0F) && check != 10 && value.number(0..<10) > 0
        })

    /// In pairs it is sure; in one piece it looks like a part number, so a word is needed.
    static let nino = NumberForm(
        ways: [.init("aa nn nn nn a"), .init("aa?nnnnnn?a", needsWord: true)],
        words: ["nino", "national insurance", "ni number", "ni no", "ni:", "insurance number"], isValid: isNINO)

    /// With hyphens it is sure; else a word is needed, for there is no check digit.
    static let ssn = NumberForm(
        ways: [.init("nnn nn nnnn", needsWord: true), .init("nnnnnnnnn", needsWord: true)],
        words: ["ssn", "social security", "soc sec", "soc. sec", "social sec", "taxpayer"], isValid: isSSN,
        isSure: { text, range, _ in hasHyphens(text, range) })

    /// `536-22-8726`, with hyphens of any kind: word processors write ones that do not break.
    private static func hasHyphens(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
        var index = range.lowerBound
        for digits in [3, 2] {
            guard let gap = DigitGap.read(text, index + digits),
                gap.kind == .sign(UInt8(ascii: "-")) || gap.kind == .spacedSign(UInt8(ascii: "-"))
            else { return false }
            index += digits + gap.length
        }
        return index + 4 == range.upperBound
    }

    @Sendable private static func isNINO(_ value: NumberValue) -> Bool {
        guard (UInt8(ascii: "A")...UInt8(ascii: "D")).contains(value[8]), value[1] != UInt8(ascii: "O"),
            !"DFIQUV".utf8.contains(value[0]), !"DFIQUV".utf8.contains(value[1])
        else { return false }
        let prefix = String(decoding: value[..<2], as: UTF8.self)
        return !["BG", "GB", "NK", "KN", "TN", "NT", "ZZ"].contains(prefix)
    }

    @Sendable private static func isSSN(_ value: NumberValue) -> Bool {
        let area = value.number(0..<3)
        guard area > 0, area != 666, area < 900, value.number(3..<5) > 0, value.number(5..<9) > 0
        else { return false }
        switch value.number(0..<9) {
        case 78_051_120, 219_099_999, 123_456_789: return false
        default: return true
        }
    }
}

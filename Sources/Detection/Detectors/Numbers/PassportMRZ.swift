// Machine readable zones of passports and identity cards: ICAO Doc 9303, parts 4 (TD3), 5 (TD1) and 6 (TD2). A zone is
// known by the check digits over number, birth, expiry and the whole (weights 7, 3, 1). The value is the document's
// number. Pure.

/// Finds machine readable zones.
enum PassportMRZ {
    /// See ``Detector/find(in:_:)``.
    static func find(
        in text: UnsafeBufferPointer<UInt8>, _ work: inout DetectorWork, _ found: Detector.Found
    ) {
        var index = 0
        var former: Range<Int>?
        while index + leastLength <= text.count {
            // A line that begins here holds the last octet of its least length, too: in most texts that is a space.
            if let gap = lastGap(text, index..<index + leastLength) {
                index = gap + 1
                continue
            }
            let start = index
            index += leastLength
            while index < text.count, isZone(text[index]) { index += 1 }
            let line = start..<index
            if !work.step() { return }
            if let value = value(text, line, former: former), !found(value, line) { return }
            former = line
        }
    }

    private static let leastLength = 30

    /// Where the last octet stands in a range that no zone has.
    private static func lastGap(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Int? {
        var index = range.upperBound
        while index > range.lowerBound {
            index -= 1
            if !isZone(text[index]) { return index }
        }
        return nil
    }

    private static func value(
        _ text: UnsafeBufferPointer<UInt8>, _ line: Range<Int>, former: Range<Int>?
    ) -> [UInt8]? {
        let octets = text[line].map(Octet.upper)
        switch octets.count {
        case 44:
            let isWhole =
                checks(octets, 0..<9) && checks(octets, 13..<19) && checks(octets, 21..<27)
                && (checks(octets, 28..<42) || octets[42] == filler && octets[28..<42].allSatisfy { $0 == filler })
                && check(Array(octets[0..<10] + octets[13..<20] + octets[21..<43])) == octets[43]
            return isWhole && isSex(octets[20]) ? Array(octets[0..<9]) : nil
        case 36:
            let isWhole =
                checks(octets, 0..<9) && checks(octets, 13..<19) && checks(octets, 21..<27)
                && check(Array(octets[0..<10] + octets[13..<20] + octets[21..<35])) == octets[35]
            return isWhole && isSex(octets[20]) ? Array(octets[0..<9]) : nil
        case 30:
            guard let former, former.count == 30, line.lowerBound - former.upperBound <= 8,
                !text[former.upperBound..<line.lowerBound].contains(where: isZone)
            else { return nil }
            let first = text[former].map(Octet.upper)
            let isWhole =
                checks(first, 5..<14) && checks(octets, 0..<6) && checks(octets, 8..<14)
                && check(Array(first[5..<30] + octets[0..<7] + octets[8..<15] + octets[18..<29])) == octets[29]
            return isWhole && isSex(octets[7]) ? Array(first[5..<14]) : nil
        default: return nil
        }
    }

    private static let filler = UInt8(ascii: "<")
    private static func isZone(_ octet: UInt8) -> Bool { Octet.isWord(octet) || octet == filler }
    private static func isSex(_ octet: UInt8) -> Bool { "MFX<".utf8.contains(octet) }

    /// True where the digit behind a field is its check digit.
    private static func checks(_ octets: [UInt8], _ field: Range<Int>) -> Bool {
        check(Array(octets[field])) == octets[field.upperBound]
    }

    /// Doc 9303 part 3, section 4.9.
    private static func check(_ field: [UInt8]) -> UInt8 {
        let weights = [7, 3, 1]
        let sum = field.enumerated().reduce(0) { sum, item in
            let value =
                Octet.isDigit(item.element)
                ? Int(item.element & 0x0F) : item.element == filler ? 0 : Int(item.element) - 55
            return sum + value * weights[item.offset % 3]
        }
        return UInt8(ascii: "0") + UInt8(sum % 10)
    }
}

// Letters of other scripts that look like Latin ones, folded in words that mix scripts: `DЕ89…` with a Cyrillic Е is an
// account number to every reader. Words of one script stay, so that Russian and Greek texts do. Pure; linear.

/// Folds look-alike letters.
enum Lookalikes {
    /// The text with such letters folded and the way back; nil where no word mixes scripts.
    static func folded(_ source: String) -> (octets: [UInt8], map: OffsetMap)? {
        var source = source
        return source.withUTF8 { octets -> ([UInt8], OffsetMap)? in
            guard holdsGreekOrCyrillic(octets) else { return nil }
            var output: [UInt8] = []
            var map = OffsetMap()
            var copied = 0
            var index = 0
            while index < octets.count {
                guard isWord(octets[index]) else {
                    index += 1
                    continue
                }
                let start = index
                while index < octets.count, isWord(octets[index]) { index += 1 }
                guard let word = foldedWord(octets, start..<index) else { continue }
                map.same(output.count, copied)
                output.append(contentsOf: octets[copied..<start])
                for (letter, offset, isMade) in word {
                    if isMade { map.made(output.count, offset) } else { map.same(output.count, offset) }
                    output.append(letter)
                }
                copied = index
            }
            guard copied > 0 else { return nil }
            map.same(output.count, copied)
            output.append(contentsOf: octets[copied...])
            return (output, map)
        }
    }

    /// True where an octet begins a letter of these scripts (CD to D4). Every text with an accent in it comes here, so
    /// ASCII is passed over eight octets at a time.
    private static func holdsGreekOrCyrillic(_ octets: UnsafeBufferPointer<UInt8>) -> Bool {
        let raw = UnsafeRawBufferPointer(octets)
        var index = 0
        while index < raw.count {
            if index + 8 <= raw.count,
                raw.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
            {
                index += 8
                continue
            }
            if (0xCD...0xD4).contains(raw[index]) { return true }
            index += 1
        }
        return false
    }

    private static func isWord(_ octet: UInt8) -> Bool {
        octet >= 0x80 || octet &- 48 < 10 || (octet | 0x20) &- 97 < 26
    }

    /// The letters of a word that has Latin letters or digits and look-alikes and nothing else; else nil.
    private static func foldedWord(
        _ octets: UnsafeBufferPointer<UInt8>, _ range: Range<Int>
    ) -> [(letter: UInt8, offset: Int, isMade: Bool)]? {
        var hasLatin = false
        var hasOther = false
        for octet in octets[range] {
            if octet < 0x80 { hasLatin = true } else { hasOther = true }
        }
        guard hasLatin, hasOther else { return nil }
        var word: [(UInt8, Int, Bool)] = []
        var index = range.lowerBound
        while index < range.upperBound {
            let (scalar, length) = UTF8Reading.scalar(octets, index)
            if scalar.isASCII {
                word.append((octets[index], index, false))
            } else if let latin = table[scalar] {
                word.append((latin, index, true))
            } else {
                return nil
            }
            index += length
        }
        return word
    }

    private static let table: [Unicode.Scalar: UInt8] = {
        let cyrillic = zip("АВЕЅІЈКМНОРСТУХҮԚԜаеоѕіјрсухһԁԛԝ".unicodeScalars, "ABESIJKMHOPCTYXYQWaeosijpcyxhdqw".utf8)
        let greek = zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧοιν".unicodeScalars, "ABEZHIKMNOPTYXoiv".utf8)
        return Dictionary(Array(cyrillic) + Array(greek), uniquingKeysWith: { first, _ in first })
    }()
}

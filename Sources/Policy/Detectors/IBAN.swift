// International bank account numbers (ISO 13616): country, two check digits, and an account in the country's form, with
// the check of ISO 7064 MOD 97-10. Forms are those of the SWIFT IBAN registry. Pure.

/// Finds IBANs, in one piece or in groups.
enum IBAN {
    /// See ``Detector/find(in:_:)``.
    static func find(in text: UnsafeBufferPointer<UInt8>, _ found: ([UInt8], Range<Int>) -> Bool) {
        var index = 2
        while index + 1 < text.count {
            defer { index += 1 }
            // Two letters, two digits: the digits are the rarer sight.
            guard isDigit(text[index]), isDigit(text[index + 1]) else { continue }
            guard isLetter(text[index - 1]), isLetter(text[index - 2]), startsHere(text, index - 2) else { continue }
            guard let (value, end) = read(text, from: index - 2), isValid(value) else { continue }
            if !found(value, index - 2..<end) { return }
        }
    }

    /// Not in the middle of a word, but right behind the letters `IBAN`.
    private static func startsHere(_ text: UnsafeBufferPointer<UInt8>, _ start: Int) -> Bool {
        guard start > 0, isLetter(text[start - 1]) || isDigit(text[start - 1]) else { return true }
        return start >= 4 && text[start - 4..<start].map { $0 | 0x20 }.elementsEqual("iban".utf8)
    }

    /// Reads as many letters and digits as the country's IBAN has, over single separators.
    private static func read(
        _ text: UnsafeBufferPointer<UInt8>, from start: Int
    ) -> (value: [UInt8], end: Int)? {
        let country = [upper(text[start]), upper(text[start + 1])]
        guard let form = forms[UInt16(country[0]) << 8 | UInt16(country[1])] else { return nil }
        var value = country
        value.reserveCapacity(34)
        var index = start + 2
        var isWrapped = false
        var kinds = Array("nn".utf8) + form
        kinds.reverse()
        while let kind = kinds.popLast() {
            // Country and check digits stand together: else every `de 2024` would be looked at.
            if value.count >= 4 {
                let wrap = isWrapped ? 0 : Separator.lineBreak(text, index)
                isWrapped = isWrapped || wrap > 0
                index += wrap > 0 ? wrap : Separator.length(text, index)
            }
            guard index < text.count, fits(text[index], kind) else { return nil }
            value.append(upper(text[index]))
            index += 1
        }
        if index < text.count, isLetter(text[index]) || isDigit(text[index]) { return nil }
        return (value, index)
    }

    private static func fits(_ octet: UInt8, _ kind: UInt8) -> Bool {
        switch kind {
        case UInt8(ascii: "n"): isDigit(octet)
        case UInt8(ascii: "a"): isLetter(octet)
        default: isDigit(octet) || isLetter(octet)
        }
    }

    private static func isValid(_ value: [UInt8]) -> Bool {
        var rest = 0
        for octet in value[4...] + value[..<4] {
            rest =
                isDigit(octet)
                ? (rest * 10 + Int(octet & 0x0F)) % 97
                : (rest * 100 + Int(octet - UInt8(ascii: "A")) + 10) % 97
        }
        return rest == 1
    }

    private static func isDigit(_ octet: UInt8) -> Bool { octet &- UInt8(ascii: "0") < 10 }
    private static func isLetter(_ octet: UInt8) -> Bool { (octet | 0x20) &- UInt8(ascii: "a") < 26 }
    private static func upper(_ octet: UInt8) -> UInt8 { isLetter(octet) ? octet & 0xDF : octet }

    /// The account's form by country, one letter per character: n digit, a letter, c either.
    private static let forms: [UInt16: [UInt8]] = {
        var table: [UInt16: [UInt8]] = [:]
        for entry in registry.split(separator: " ") {
            let octets = Array(entry.utf8)
            var form: [UInt8] = []
            var count = 0
            for octet in octets.dropFirst(3) {
                if isDigit(octet) {
                    count = count * 10 + Int(octet & 0x0F)
                } else {
                    form += repeatElement(octet, count: count)
                    count = 0
                }
            }
            table[UInt16(octets[0]) << 8 | UInt16(octets[1])] = form
        }
        return table
    }()

    /// SWIFT IBAN registry, column "BBAN structure".
    private static let registry = """
        AD:8n12c AE:19n AL:8n16c AT:16n AZ:4a20c BA:16n BE:12n BG:4a6n8c BH:4a14c BI:23n BR:23n1a1c BY:4c4n16c \
        CH:5n12c CR:18n CY:8n16c CZ:20n DE:18n DJ:23n DK:14n DO:4c20n EE:16n EG:25n ES:20n FI:14n FK:2a12n FO:14n \
        FR:10n11c2n GB:4a14n GE:2a16n GI:4a15c GL:14n GR:7n16c GT:24c HN:4a20n HR:17n HU:24n IE:4a14n IL:19n IQ:4a15n \
        IS:22n IT:1a10n12c JO:4a4n18c KW:4a22c KZ:3n13c LB:4n20c LC:4a24c LI:5n12c LT:16n LU:3n13c LV:4a13c LY:21n \
        MC:10n11c2n MD:20c ME:18n MK:3n10c2n MN:16n MR:23n MT:4a5n18c MU:4a19n3a NI:4a20n NL:4a10n NO:11n OM:3n16c \
        PK:4a16c PL:24n PS:4a21c PT:21n QA:4a21c RO:4a16c RS:18n RU:14n15c SA:2n18c SC:4a20n3a SD:14n SE:20n SI:15n \
        SK:20n SM:1a10n12c SO:19n ST:21n SV:4a20n TL:19n TN:20n TR:5n1n16c UA:6n19c VA:18n VG:4a16n XK:16n YE:4a4n18c
        """
}

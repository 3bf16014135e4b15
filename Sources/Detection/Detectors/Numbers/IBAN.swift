// International bank account numbers (ISO 13616): country, two check digits, and an account in the country's form, with
// the check of ISO 7064 MOD 97-10. Forms are those of the SWIFT IBAN registry. Pure.

/// Finds IBANs, in one piece, in groups, and with one character a box.
enum IBAN {
    /// See ``Detector/sign``. Country and check digits with eleven more; or apart from each other, with digits soon
    /// behind: two letters before two digits stand before every telephone number, and to ask for them here would cost
    /// more than to look.
    static let sign = #"[a-z]{2}\d\d(?:[^0-9a-z]*[0-9a-z]){11}|(?:\d[^0-9a-z]*){9}"#

    /// See ``Detector/find(in:_:)``.
    static func find(
        in text: UnsafeBufferPointer<UInt8>, _ work: inout DetectorWork, _ found: Detector.Found
    ) {
        var index = 2
        while index + 1 < text.count {
            // Two letters, two digits: the digits are the rarer sight.
            index = Octet.nextDigit(text, from: index)
            guard index + 1 < text.count else { return }
            guard !isDigit(text[index - 1]), hasLetterBefore(index, text) else {
                index = end(ofDigitsAt: index, text)
                continue
            }
            guard work.step() else { return }
            guard let (value, range) = together(text, index) ?? apart(text, index) ?? boxes(text, index) else {
                index += 1
                continue
            }
            if !found(Array(value), range) { return }
            index = range.upperBound
        }
    }

    /// True where a letter stands before an offset, or before the few gaps that do.
    private static func hasLetterBefore(_ digit: Int, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
        var letter = digit - 1
        while letter > 0, digit - letter < 4, isGap(text[letter]) { letter -= 1 }
        return isLetter(text[letter])
    }

    private static func end(ofDigitsAt start: Int, _ text: UnsafeBufferPointer<UInt8>) -> Int {
        var index = start + 1
        while index < text.count, isDigit(text[index]) { index += 1 }
        return index
    }

    /// `FR76…`: country and check digits in one piece.
    private static func together(_ text: UnsafeBufferPointer<UInt8>, _ digit: Int) -> (NumberValue, Range<Int>)? {
        let start = digit - 2
        guard isLetter(text[digit - 1]), isLetter(text[start]), isDigit(text[digit + 1]), startsHere(text, start),
            let (value, end) = read(text, from: start, digits: digit), isValid(value)
        else { return nil }
        return (value, start..<end)
    }

    /// `FR 76 …`: in capitals, because `de 20…` is written everywhere.
    private static func apart(_ text: UnsafeBufferPointer<UInt8>, _ digit: Int) -> (NumberValue, Range<Int>)? {
        var letter = digit - 1
        while letter > 0, digit - letter < 3,
            text[letter] == 32 || text[letter] == 9 || text[letter] == UInt8(ascii: "-")
        {
            letter -= 1
        }
        let start = letter - 1
        guard letter < digit - 1, start >= 0, isCapital(text[start]), isCapital(text[letter]), isDigit(text[digit + 1]),
            startsHere(text, start), let (value, end) = read(text, from: start, digits: digit), hasDigits(value),
            isValid(value)
        else { return nil }
        return (value, start..<end)
    }

    /// `F R 7 6 3 0 …`: one character a box.
    private static func boxes(_ text: UnsafeBufferPointer<UInt8>, _ digit: Int) -> (NumberValue, Range<Int>)? {
        var letter = digit - 1
        while letter > 0, digit - letter < 4,
            text[letter] == 32 || text[letter] == 9 || text[letter] == UInt8(ascii: "|")
        {
            letter -= 1
        }
        let start = letter - (digit - letter)
        guard letter < digit - 1, isLetter(text[letter]), start >= 0, isLetter(text[start]) else { return nil }
        var value = NumberValue()
        guard let end = Boxes.read(text, start, &value), value.count > 14, fits(value), hasDigits(value), isValid(value)
        else { return nil }
        return (value, start..<end)
    }

    /// True where nine digits stand in a row soon behind the check digits: the sign asks for them.
    private static func hasDigits(_ value: NumberValue) -> Bool {
        (4...9).contains { start in start + 9 <= value.count && value[start..<start + 9].allSatisfy(isDigit) }
    }

    private static func fits(_ value: NumberValue) -> Bool {
        guard let form = forms[UInt16(value[0]) << 8 | UInt16(value[1])], form.count + 4 == value.count else {
            return false
        }
        return isDigit(value[2]) && isDigit(value[3]) && zip(value[4...], form).allSatisfy { fits($0, $1) }
    }

    /// Not in the middle of a word, but right behind the letters `IBAN` and right behind a BIC.
    private static func startsHere(_ text: UnsafeBufferPointer<UInt8>, _ start: Int) -> Bool {
        guard start > 0, isLetter(text[start - 1]) || isDigit(text[start - 1]) else { return true }
        if start >= 4, text[start - 4..<start].map({ $0 | 0x20 }).elementsEqual("iban".utf8) { return true }
        var first = start
        while first > 0, start - first < 12, Octet.isWord(text[first - 1]) { first -= 1 }
        return isBIC(text, first..<start)
    }

    /// Eight or eleven characters, six letters in front.
    private static func isBIC(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
        (range.count == 8 || range.count == 11) && text[range.prefix(6)].allSatisfy(isLetter)
    }

    /// True where a word ends, or where `BIC` or a BIC follows that was glued to the number.
    private static func endsHere(_ text: UnsafeBufferPointer<UInt8>, _ end: Int) -> Bool {
        guard end < text.count, Octet.isWord(text[end]) else { return true }
        if Literal.end("BIC", text, end) != nil || Literal.end("SWIFT", text, end) != nil { return true }
        var last = end
        while last < text.count, last - end < 12, Octet.isWord(text[last]) { last += 1 }
        return isBIC(text, end..<last)
    }

    /// Reads as many letters and digits as the country's IBAN has, over separators.
    private static func read(
        _ text: UnsafeBufferPointer<UInt8>, from start: Int, digits: Int
    ) -> (value: NumberValue, end: Int)? {
        let country = (upper(text[start]), upper(text[start + 1]))
        guard let form = forms[UInt16(country.0) << 8 | UInt16(country.1)] else { return nil }
        var value = NumberValue()
        value.append(country.0)
        value.append(country.1)
        value.append(text[digits])
        value.append(text[digits + 1])
        var index = digits + 2
        var isWrapped = false
        for kind in form {
            let wrap = isWrapped ? 0 : Separator.lineBreak(text, index)
            isWrapped = isWrapped || wrap > 0
            index += wrap > 0 ? wrap : separators(text, index)
            guard index < text.count, fits(text[index], kind) else { return nil }
            value.append(upper(text[index]))
            index += 1
        }
        return endsHere(text, index) ? (value, index) : nil
    }

    /// Length of up to three separators, or of one slash or underscore.
    private static func separators(_ text: UnsafeBufferPointer<UInt8>, _ index: Int) -> Int {
        let run = Separator.run(text, index)
        guard run == 0, index < text.count else { return run }
        return text[index] == UInt8(ascii: "/") || text[index] == UInt8(ascii: "_") ? 1 : 0
    }

    private static func fits(_ octet: UInt8, _ kind: UInt8) -> Bool {
        switch kind {
        case UInt8(ascii: "n"): isDigit(octet)
        case UInt8(ascii: "a"): isLetter(octet)
        default: isDigit(octet) || isLetter(octet)
        }
    }

    private static func isValid(_ value: NumberValue) -> Bool {
        guard value.count > 4 else { return false }
        var rest = 0
        for place in 0..<value.count {
            let octet = value[(place + 4) % value.count]
            rest =
                isDigit(octet)
                ? (rest * 10 + Int(octet & 0x0F)) % 97
                : (rest * 100 + Int(octet) - 55) % 97
        }
        return rest == 1
    }

    /// What may stand between the country and the check digits.
    private static func isGap(_ octet: UInt8) -> Bool {
        octet == 32 || octet == 9 || octet == UInt8(ascii: "-") || octet == UInt8(ascii: "|")
    }
    private static func isDigit(_ octet: UInt8) -> Bool { octet &- UInt8(ascii: "0") < 10 }
    private static func isLetter(_ octet: UInt8) -> Bool { (octet | 0x20) &- UInt8(ascii: "a") < 26 }
    private static func isCapital(_ octet: UInt8) -> Bool { octet &- UInt8(ascii: "A") < 26 }
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

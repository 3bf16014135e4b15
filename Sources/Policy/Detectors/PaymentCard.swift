// Payment card numbers (ISO/IEC 7812-1): 13 to 19 digits, in one piece or in groups, of a known brand and length, with
// a right Luhn check digit. Brands and lengths as their networks publish them. Pure.

/// Finds payment card numbers.
enum PaymentCard {
    private struct Group {
        /// Index of its first digit among the digits of the chain.
        var first: Int
        /// Byte range.
        var start: Int
        var end: Int
        /// True where it can be the fraction of a decimal number.
        var followsPoint: Bool
        /// True where a line end stands before it.
        var followsLineEnd = false
    }

    /// Digits that belong together, and the groups they are written in; reused from chain to chain.
    private struct Chain {
        var digits: [UInt8] = []
        var groups: [Group] = []
    }

    /// Groups of one chain looked at together; a longer chain is a table, and goes on as the next chain.
    private static let groupLimit = 512

    /// See ``Detector/find(in:_:)``.
    static func find(in text: UnsafeBufferPointer<UInt8>, _ found: ([UInt8], Range<Int>) -> Bool) {
        var chain = Chain()
        var index = 0
        while index < text.count {
            guard isDigit(text[index]) else {
                index += 1
                continue
            }
            index = read(&chain, text, from: index)
            if chain.digits.count >= 13, !judge(chain, found) { return }
        }
    }

    /// Reads one chain of digit groups, each at most three separators from the next.
    /// - Returns: where to go on.
    private static func read(_ chain: inout Chain, _ text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        chain.digits.removeAll(keepingCapacity: true)
        chain.groups.removeAll(keepingCapacity: true)
        var index = start
        var isWrapped = false
        while chain.groups.count < groupLimit {
            let first = index
            let follows = index > 1 && text[index - 1] == UInt8(ascii: ".") && isDigit(text[index - 2])
            chain.groups.append(
                Group(
                    first: chain.digits.count, start: first, end: first, followsPoint: follows,
                    followsLineEnd: isWrapped))
            isWrapped = false
            while index < text.count, isDigit(text[index]) {
                // A run of more digits than any card has is kept as too long, not in full.
                if index - first < 32 { chain.digits.append(text[index] & 0x0F) }
                index += 1
            }
            chain.groups[chain.groups.count - 1].end = index
            let gap = Separator.run(text, index)
            if gap > 0, index + gap < text.count, isDigit(text[index + gap]) {
                index += gap
                continue
            }
            let wrap = Separator.lineBreak(text, index)
            guard wrap > 0, index + wrap < text.count, isDigit(text[index + wrap]) else { return index }
            index += wrap
            isWrapped = true
        }
        // The chain was cut: the next one starts early enough for a number that lies across the cut.
        let back = chain.groups[chain.groups.count - min(19, chain.groups.count - 1)].start
        return max(back, start + 1)
    }

    /// Tries every run of whole groups as a number.
    /// - Returns: false where `found` asked to stop.
    private static func judge(_ chain: Chain, _ found: ([UInt8], Range<Int>) -> Bool) -> Bool {
        var group = 0
        while group < chain.groups.count {
            let first = chain.groups[group].first
            var hit: Int?
            for last in group..<chain.groups.count {
                let end = last + 1 < chain.groups.count ? chain.groups[last + 1].first : chain.digits.count
                let count = end - first
                if count > 19 { break }
                let wraps = last == group ? 0 : chain.groups[group + 1...last].count { $0.followsLineEnd }
                if wraps > 1 { break }
                if wraps == 1, !isWrittenAsCard(chain, group...last) { continue }
                if count < 13 || (last == group && chain.groups[group].followsPoint) { continue }
                if isCard(chain.digits[first..<end]) { hit = last }
            }
            guard let hit else {
                group += 1
                continue
            }
            let end = hit + 1 < chain.groups.count ? chain.groups[hit + 1].first : chain.digits.count
            let value = chain.digits[first..<end].map { $0 + UInt8(ascii: "0") }
            if !found(value, chain.groups[group].start..<chain.groups[hit].end) { return false }
            group = hit + 1
        }
        return true
    }

    /// Over a line end only what is grouped as cards are printed (4-4-4-4, 4-6-5, 4-6-4) is one number: lists of other
    /// numbers, one below the other, are not.
    private static func isWrittenAsCard(_ chain: Chain, _ range: ClosedRange<Int>) -> Bool {
        let sizes = range.map { chain.groups[$0].end - chain.groups[$0].start }
        return sizes == [4, 4, 4, 4] || sizes == [4, 6, 5] || sizes == [4, 6, 4] || sizes == [4, 4, 4, 4, 3]
    }

    private static func isDigit(_ octet: UInt8) -> Bool { octet &- UInt8(ascii: "0") < 10 }

    private static func isCard(_ digits: ArraySlice<UInt8>) -> Bool {
        hasKnownBrand(digits) && CheckDigits.luhn(digits)
    }

    /// Brand by the first digits, with the lengths that the brand issues.
    private static func hasKnownBrand(_ digits: ArraySlice<UInt8>) -> Bool {
        let six = digits.prefix(6).reduce(0) { $0 * 10 + Int($1) }
        let four = six / 100
        let count = digits.count
        switch six / 10_000 {
        case 40...49: return count == 13 || count == 16 || count == 19  // Visa
        case 51...55: return count == 16  // Mastercard
        case 22 where (2221...2720).contains(four): return count == 16  // Mastercard
        case 22 where (2200...2205).contains(four): return (16...19).contains(count)  // Mir, UkrCard
        case 23...26: return count == 16  // Mastercard
        case 27 where four <= 2720: return count == 16  // Mastercard
        case 34, 37: return count == 15  // American Express
        case 36, 38, 39: return (14...19).contains(count)  // Diners Club
        case 30 where (3000...3059).contains(four) || four == 3095: return (14...19).contains(count)  // Diners Club
        case 35 where (3528...3589).contains(four): return (16...19).contains(count)  // JCB
        case 60, 64, 65: return (16...19).contains(count)  // Discover, RuPay, Maestro
        case 62, 81, 82: return (16...19).contains(count)  // UnionPay, RuPay
        case 50, 56...59, 61, 63, 66...69: return (13...19).contains(count)  // Maestro
        case 97 where four == 9792: return count == 16  // Troy
        default: return false
        }
    }
}

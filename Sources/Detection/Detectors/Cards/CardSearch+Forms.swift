// The groups that card numbers are written in, and which runs of groups are one. Pure.

extension CardSearch {
    /// Groups that count over a line end, too.
    private static let wrapping: [[Int]] = [[4, 4, 4, 4, 3], [4, 4, 4, 4], [4, 6, 5], [4, 6, 4]]

    /// The card that starts with a group, in groups.
    mutating func form(at first: Int) -> Range<Int>? {
        let packed = GroupSizes.packed(groups, from: first)
        var left = sizes.mayBegin(packed)
        while left != 0 {
            let number = left.trailingZeroBitCount
            left &= left - 1
            let count = sizes.all[number].count
            guard sizes.all[number].begin(packed) else { continue }
            let range = range(first, count)
            guard isCard(range) else { continue }
            if number < sizes.printed && isWritten(first, count, range) || isBesideWord(first, count, range) {
                return range
            }
        }
        return nil
    }

    private func range(_ first: Int, _ count: Int) -> Range<Int> { groups[first].start..<groups[first + count - 1].end }

    /// The one kind of gap between some groups; nil where there are several.
    private func gap(_ first: Int, _ count: Int) -> DigitGap? {
        let kind = groups[first + 1].gap
        for index in first + 1..<first + count where groups[index].gap != kind { return nil }
        return kind
    }

    // MARK: What is written as one

    /// True where groups are a number by themselves: one kind of gap, nothing that goes on, no column of a table.
    mutating func isWritten(_ first: Int, _ count: Int, _ range: Range<Int>) -> Bool {
        guard let gap = gap(first, count), !goesOn(before: first, gap), !goesOn(behind: first + count, gap) else {
            return false
        }
        guard edge(first, count) == .free else { return false }
        let sizes = groups[first..<first + count].map(\.size)
        let around = rows.around(range, sizes: sizes, gap: gap, text, &others)
        guard around.cards * 2 >= around.all else { return false }
        guard gap.isCells else { return true }
        guard CardRows.isAlone(range, text) else { return false }
        return around.all <= 3 || hasWord(range) || CardWords.occur(in: CardRows.line(range.lowerBound, text), text)
            || headings.rowHolds(at: range.lowerBound, text)
    }

    private func edge(_ first: Int, _ count: Int) -> CardEdges.Edge {
        let before =
            groups[first].gap == .none || groups[first].isField ? CardEdges.before(groups[first].start, text) : .free
        return max(before, CardEdges.behind(groups[first + count - 1].end, text))
    }

    /// True where a group stands so near before another that both belong together, and is not the end of a date or an
    /// amount.
    private func goesOn(before first: Int, _ gap: DigitGap) -> Bool {
        let own = groups[first].gap
        if own == .none { return isCut && first == 0 }
        guard own.width <= gap.width else { return false }
        guard own.width > 0 else { return true }
        let former = groups[first - 1]
        if former.gap == .none || former.isField, former.start > 1, text[former.start - 1] == UInt8(ascii: ","),
            former.size == 2
        {
            return !Octet.isDigit(text[former.start - 2])
        }
        guard first >= 2, case .sign = former.gap else { return true }
        return !(groups[first - 2].size <= 2 && [2, 4].contains(former.size))
    }

    /// The same behind it: the beginning of a date (`12/29`) or of an amount (`1.234,56`) is none.
    private func goesOn(behind next: Int, _ gap: DigitGap) -> Bool {
        guard next < groups.count, groups[next].gap.width <= gap.width else { return false }
        let following = groups[next]
        guard following.gap.width > 0 else { return true }
        let end = following.end
        if end + 1 < text.count, text[end] == UInt8(ascii: ","), Octet.isDigit(text[end + 1]) { return false }
        guard next + 1 < groups.count, case .sign(let sign) = groups[next + 1].gap else { return true }
        if sign == UInt8(ascii: "."), groups[next + 1].size == 3 { return false }
        return !(following.size <= 2 && [2, 4].contains(groups[next + 1].size))
    }

    // MARK: What a word is needed for

    /// True where a word of cards stands near, and the groups are not some columns of a row of such groups.
    private mutating func isBesideWord(_ first: Int, _ count: Int, _ range: Range<Int>) -> Bool {
        guard edge(first, count) < .inside, !groups[first + 1..<first + count].contains(where: \.isField) else {
            return false
        }
        if groups[first].gap.width < 4, groups[first - 1].size == 4, groups[first].gap == groups[first + 1].gap {
            return false
        }
        let next = first + count
        if next < groups.count, groups[next].size == 4, groups[next].gap == groups[next - 1].gap { return false }
        return hasWord(range)
    }

    // MARK: One digit a box

    /// A card with one digit a box: one kind of gap, or the same wider one behind every fourth digit.
    /// - Returns: its range, and the group to go on with.
    mutating func boxes(_ first: Int) -> (range: Range<Int>?, next: Int) {
        var end = first + 1
        while end < groups.count, groups[end].size == 1 { end += 1 }
        let count = end - first
        guard (14...19).contains(count) else { return (nil, end) }
        let range = range(first, count)
        guard isCard(range), hasGapsOfBoxes(first, count) else { return (nil, end) }
        let gap = groups[first + 1].gap
        guard !goesOn(before: first, gap), !goesOn(behind: end, gap), edge(first, count) == .free else {
            return (nil, end)
        }
        let sizes = [Int](repeating: 1, count: count)
        let around = rows.around(range, sizes: sizes, gap: gap, text, &others)
        let isOne = around.cards * 2 >= around.all && around.all <= 3 && (!gap.isCells || CardRows.isAlone(range, text))
        return (isOne || hasWord(range) ? range : nil, end)
    }

    private func hasGapsOfBoxes(_ first: Int, _ count: Int) -> Bool {
        let near = groups[first + 1].gap
        let wide = groups[first + 4].gap
        for offset in 1..<count where groups[first + offset].gap != (offset % 4 == 0 ? wide : near) { return false }
        return true
    }

    // MARK: Over a line end

    /// A card whose last groups stand at the beginning of the next line.
    mutating func wrapped() -> Range<Int>? {
        guard let last = groups.last, last.size == 4 || last.size == 6 || last.size == 5 else { return nil }
        let wrap = Separator.lineBreak(text, last.end)
        guard wrap > 0, last.end + wrap < text.count, Octet.isDigit(text[last.end + wrap]) else { return nil }
        let end = DigitGroup.read(text, from: last.end + wrap, atMost: 8, into: &others)
        let more = Separator.lineBreak(text, end)
        if others.count < 6, more > 0, end + more < text.count, Octet.isDigit(text[end + more]) {
            // A third line of digits: columns.
            return nil
        }
        for sizes in Self.wrapping {
            for split in 1..<min(sizes.count, groups.count + 1) where isWrapped(sizes, split) {
                let first = groups.count - split
                let range = groups[first].start..<others[sizes.count - split - 1].end
                if isCard(range) { return range }
            }
        }
        return nil
    }

    private func isWrapped(_ sizes: [Int], _ split: Int) -> Bool {
        let first = groups.count - split
        let count = sizes.count - split
        guard others.count >= count else { return false }
        for (offset, size) in sizes.enumerated() {
            guard (offset < split ? groups[first + offset].size : others[offset - split].size) == size else {
                return false
            }
        }
        var gap: DigitGap?
        for own in groups[(first + 1)...].map(\.gap) + others[1..<max(1, count)].map(\.gap) {
            guard gap == nil || gap == own, !own.isCells else { return false }
            gap = own
        }
        let kind = gap ?? .space
        guard !goesOn(before: first, kind),
            CardEdges.before(groups[first].start, text) == .free || groups[first].gap != .none
        else { return false }
        if groups[first].gap == .none, startsBelowDigits(groups[first].start) { return false }
        guard count < others.count else { return CardEdges.behind(others[count - 1].end, text) == .free }
        let isDate = count + 1 < others.count && others[count].size <= 2 && others[count + 1].gap.width == 0
        return others[count].gap.width > kind.width || isDate
    }

    /// True where the line before ends with a digit and this one begins with the number.
    private func startsBelowDigits(_ start: Int) -> Bool {
        var index = start
        while index > 0, text[index - 1] == 32 || text[index - 1] == 9 || text[index - 1] == UInt8(ascii: ">") {
            index -= 1
        }
        guard index > 0, text[index - 1] == 10 else { return false }
        index -= 1
        if index > 0, text[index - 1] == 13 { index -= 1 }
        return index > 0 && Octet.isDigit(text[index - 1])
    }
}

// What detectors read in a fast way, beside slow and plain ways to read the same: lines of tables, sizes of groups,
// gaps between digits, first looks at words, check sums, positions of words.

import Foundation
import Testing

@testable import Detection

struct FastReadingTests {
    // MARK: Lines

    private static func gaps(of line: some Sequence<UInt8>) -> Int {
        var (gaps, spaces, isBlank) = (0, 0, true)
        for octet in line {
            if octet == 32 {
                spaces += 1
                continue
            }
            if spaces > 1, !isBlank { gaps += 1 }
            spaces = 0
            if octet != 13, octet != UInt8(ascii: ">") { isBlank = false }
        }
        return gaps
    }

    @Test func linesAreCountedOctetByOctet() {
        var dice = Dice(21)
        for _ in 0..<3000 {
            let octets = (0..<dice.below(900)).map { _ in dice.pick(Array("   \t;|,12aZ>\r-.é€\n".utf8)) }
            octets.withUnsafeBufferPointer { text in
                let start = dice.below(text.count + 1)
                let (line, end) = TableLine.read(text, from: start)
                let plain = octets[start...].prefix { $0 != 10 }
                #expect(end == plain.endIndex)
                func count(_ holds: (UInt8) -> Bool) -> Int { plain.count(where: holds) }
                #expect(line.tabs == count { $0 == 9 })
                #expect(line.semicolons == count { $0 == UInt8(ascii: ";") })
                #expect(line.bars == count { $0 == UInt8(ascii: "|") })
                #expect(line.commas == count { $0 == UInt8(ascii: ",") })
                #expect(line.digits == count(Octet.isDigit))
                #expect(line.letters == count(Octet.isLetter))
                #expect(line.isBlank == plain.allSatisfy { $0 == 32 || $0 == 13 || $0 == UInt8(ascii: ">") })
                #expect(line.gaps == Self.gaps(of: plain))
            }
        }
    }

    // MARK: Groups of cards

    @Test func groupsHaveTheSizesThatTheyHave() {
        let sizes: [[Int]] = [
            [4, 4, 4, 4, 3], [4, 4, 4, 4, 2], [4, 4, 4, 4, 1], [4, 4, 4, 4], [4, 6, 5], [4, 6, 4], [6, 13],
            [4, 4, 4, 3],
            [4, 4, 4, 2], [8, 8], [8, 4, 4], [4, 8, 4], [4, 4, 8], [12, 4], [4, 12],
        ]
        #expect(CardSizes.known.all.count == sizes.count)
        var dice = Dice(22)
        for round in 0..<20_000 {
            // Half of them are nearly a card's.
            var own = (0..<dice.below(7)).map { _ in dice.pick([1, 2, 3, 4, 4, 4, 5, 6, 8, 12, 13, 16, 20]) }
            if round % 2 == 0 { own = dice.pick(sizes) + own.prefix(dice.below(3)) }
            let groups = own.map { DigitGroup(start: 0, end: $0, gap: .space) }
            let first = dice.below(own.count + 1)
            let packed = GroupSizes.packed(groups, from: first)
            let bits = CardSizes.known.mayBegin(packed)
            for (number, plain) in sizes.enumerated() {
                let known = CardSizes.known.all[number]
                let isSo = own[first...].starts(with: plain)
                #expect(known.begin(packed) == isSo, "\(own[first...]) as \(plain)")
                #expect(!isSo || bits >> UInt16(number) & 1 == 1)
                #expect(known.count == plain.count)
            }
        }
    }

    /// One octet between digits is read as it is where something else follows it.
    @Test func gapsOfOneOctetAreReadAsLongerOnes() {
        for octet in UInt8.min...UInt8.max where !Octet.isDigit(octet) {
            let (short, long) = ([octet, 53], [octet, 97])
            let gaps = [short, long].map { octets in
                octets.withUnsafeBufferPointer { DigitGap.read($0, 0).map { "\($0.kind) \($0.length)" } }
            }
            #expect(gaps[0] == gaps[1], "octet \(octet)")
        }
    }

    // MARK: Words

    @Test func aFirstLookLeavesNoWordOut() {
        let sets = NumberForms.all.map(\.form.words) + [CardWords.table, Neighbours.keys]
        let texts = CardWords.words + ["BSN", "Clé", "CLÉ", "établissement", "ÉTABLISSEMENT", "MÉDICO", "Siren", "key"]
        var dice = Dice(23)
        for _ in 0..<400 {
            var text = dice.lines(12, separator: " ") { dice, _ in
                let word = dice.pick(texts).replacing("*", with: "")
                return dice.pick([word, word.uppercased(), word.capitalized, String(word.dropLast())])
            }
            text.withUTF8 { text in
                for set in sets {
                    var first: Int?
                    for index in text.indices where set.longest(at: index, text) != nil {
                        #expect(set.mayStart(at: index, text))
                        if first == nil, set.nextStart(text, from: index, upTo: index + 1) != nil { first = index }
                    }
                    #expect(set.first(text) == first)
                }
            }
        }
    }

    /// Where there are more words than are kept, each place is asked about as if nothing were kept.
    @Test func placesOfWordsAreThoseOfTheText() {
        let words = WordSet(["bsn*", "burgerservice*"])
        var dice = Dice(24)
        for count in [0, 10, 70_000] {
            let gap = String(repeating: "- ", count: 100)
            let end = "\(gap)bsn\(gap)burgerservicenummer\(gap)xbsn\(gap)"
            var text = String(repeating: "bsn ", count: count) + end
            text.withUTF8 { text in
                var positions = WordPositions(words)
                var answers: [Bool: Int] = [:]
                let last = text.count - end.utf8.count
                for _ in 0..<2000 {
                    let start = last + dice.below(end.utf8.count)
                    let range = start..<min(text.count, start + dice.below(90))
                    let answer = positions.occurs(in: range, text)
                    #expect(answer == words.occurs(in: range, text), "\(range) behind \(last)")
                    answers[answer, default: 0] += 1
                }
                #expect(positions.isCrowded == (count > 65_536))
                #expect(answers[true, default: 0] > 50 && answers[false, default: 0] > 50)
            }
        }
    }

    // MARK: Check sums

    @Test func checkSumsAreThoseOfDigits() {
        var dice = Dice(25)
        for _ in 0..<2000 {
            let digits = dice.digits(dice.number(1...18))
            var value = NumberValue()
            for octet in digits.utf8 { value.append(octet) }
            let (start, end) = (dice.below(digits.count), dice.number(0...digits.count))
            let range = min(start, end)..<max(start, end)
            let slice = Array(digits.utf8)[range]
            #expect(value.number(range) == Int(String(decoding: slice, as: UTF8.self)) ?? 0)
            #expect(value.luhn(range) == CheckDigits.luhn(slice))
            let weights = slice.enumerated().map { Int($0.element & 0x0F) * (10 - $0.offset) }
            #expect(value.weighted(range, from: 10) == weights.reduce(0, +))
        }
    }

    @Test func aValueHoldsNoMoreThanItCan() {
        var value = NumberValue()
        for _ in 0..<100 { value.append(49) }
        #expect(value.count == NumberValue.longest)
        #expect(value.number(0..<18) == 111_111_111_111_111_111)
    }

    // MARK: Machine readable zones

    /// Wherever a zone begins; and of two lines, with nothing like a third between them.
    @Test func zonesAreFoundBehindAnything() {
        let passport = "L898902C36UTO7408122F1204159ZE184226B<<<<<10"
        let card = ("I<UTOD231458907<<<<<<<<<<<<<<<", "7408122F1204159UTO<<<<<<<<<<<6")
        func find(_ text: String) -> [String] {
            var text = text
            return text.withUTF8 { text in
                var (found, work) = ([String](), DetectorWork(bytes: text.count))
                PassportMRZ.find(in: text, &work) { value, _ in
                    found.append(String(decoding: value, as: UTF8.self))
                    return true
                }
                return found
            }
        }
        var dice = Dice(26)
        for length in 0..<200 {
            var before = ""
            while before.count < length { before += dice.word(dice.number(1...28)) + " " }
            before = String(before.prefix(max(0, length - 1))) + (length > 0 ? " " : "")
            #expect(find(before + passport) == ["L898902C3"])
            #expect(find(before + passport + "\n" + before) == ["L898902C3"])
            #expect(find("\(before)\(card.0)\n\(card.1) \(before)") == ["D23145890"])
            #expect(find("\(before)\(card.0)\r\n> \(card.1)") == ["D23145890"])
            #expect(find("\(before)\(card.0)\na\n\(card.1)") == [])
        }
    }
}

// The pass over runs of digits and letters finds what a search finds that tries every form at every run: its automaton
// leaves no number out.

import Testing

@testable import Detection

struct NumberShapesTests {
    /// What a form finds that is tried at every run, in each of its ways: slow and plain.
    private static func everywhere(
        _ form: NumberForm, _ text: UnsafeBufferPointer<UInt8>
    ) -> [String] {
        var search = NumberSearch(form, bytes: text.count)
        var found: [String] = []
        for start in text.indices where Octet.isWord(text[start]) {
            let (isAfterDigit, isAfterLetter) =
                start == 0 ? (false, false) : (Octet.isDigit(text[start - 1]), Octet.isLetter(text[start - 1]))
            if Octet.isDigit(text[start]) ? isAfterDigit : isAfterLetter { continue }
            if isAfterDigit || isAfterLetter, !form.startsWithDigits { continue }
            _ = search.look(at: start, .max, BoxedNumber(text, start), text) { value, range in
                found.append("\(value) \(range)")
                return true
            }
        }
        return found
    }

    private static func together(_ text: UnsafeBufferPointer<UInt8>) -> [Detector: [String]] {
        var found: [Detector: [String]] = [:]
        var pass = NumberPass(Set(NumberForms.all.map(\.detector)), bytes: text.count)
        pass.run(text) { detector, value, range in
            found[detector, default: []].append("\(value) \(range)")
            return true
        }
        return found
    }

    /// Compares both ways on a text.
    /// - Returns: how many numbers there are.
    private static func compare(_ text: String) -> Int {
        var text = text
        return text.withUTF8 { text in
            let found = together(text)
            for (detector, form) in NumberForms.all {
                let slow = everywhere(form, text)
                #expect(
                    slow == found[detector] ?? [],
                    "\(detector) in \(String(decoding: text, as: UTF8.self).debugDescription)")
            }
            return found.values.reduce(0) { $0 + $1.count }
        }
    }

    private static let gaps = [
        " ", "-", ".", "/", "  ", " - ", "\t", "|", " | ", "\u{A0}", "\u{202F}", "\u{2013}", "_", ",", ";", ", ", "\n",
        "", ": ", "(", "é", "   ", "    ", " \t", "\u{3000}", " clé ", " clé n° ", ", ", "\u{AD}", "/ ", "..",
    ]
    private static let words = [
        "bsn ", "patient ", "siren: ", "siret ", "clé ", "ssn ", "nino ", "TVA FR", "BIC ", "E11.9", "DEUTDEFF", "nir",
        "RSSMRA85T10A562S", "RSS MRA 85T10 A562S", "X1234567L", "Y 1 234 567 X", "12345678Z", "12 345 678 Z", "IdNr",
        "AB 12 34 56 C", "536-22-8726", "1 84 12 76 451 089 46", "184127645108946", "111222333", "123456782",
        "943 476 5919", "9434765919", "404833048", "86095742719", "65929970489", "85 07 30 033 28", "732829320",
        "73282932000074", "732 829 320 00074", "1 2 3 4 5 6 7 8 2", "1|8|4|1|2|7|6|4|5|1|0|8|9|4|6", "naam;bsn\n",
    ]

    @Test func everyFormIsFoundAsIfTriedAtEveryRun() {
        var dice = Dice(11)
        var count = 0
        for _ in 0..<1500 {
            var text = ""
            for _ in 0..<dice.number(2...40) {
                switch dice.below(4) {
                case 0: text += dice.digits(dice.number(1...15))
                case 1: text += dice.pick(Self.words)
                case 2: text += dice.word(dice.number(1...3))
                default: text += dice.pick(Self.gaps)
                }
            }
            count += Self.compare(text)
        }
        // So many that the texts were not without numbers.
        #expect(count > 250)
    }

    @Test func writtenNumbersAreFoundAsIfTriedAtEveryRun() {
        for (index, kind) in WrittenNumber.kinds.enumerated() {
            var dice = Dice(UInt64(7000 + index))
            for _ in 0..<3 { _ = Self.compare(Normalised.text(kind.make(&dice).text).text) }
        }
        for (mail, _) in EverydayMail.all(ofEach: 2) { _ = Self.compare(Normalised.text(mail.text).text) }
    }

    /// Each has a bit of its own.
    @Test func thereAreBitsForAllWays() {
        #expect(NumberForms.formOfWay.count <= 64)
        #expect(NumberForms.bits.reduce(0) { $0 + $1.mask.nonzeroBitCount } == NumberForms.formOfWay.count)
        // No way has more runs than are kept while one is looked at.
        for (_, form) in NumberForms.all { #expect(form.ways.allSatisfy { $0.kinds.count < RunReader.kept }) }
        print("\(NumberForms.formOfWay.count) ways, \(NumberForms.shapes.states) states")
        #expect(NumberForms.shapes.states < Int(UInt16.max))
    }

    /// Most runs begin no number: they cost one look at a table, and no step.
    @Test func digitsThatAreNoNumberTakeNoSteps() {
        var dice = Dice(12)
        for text in [
            dice.lines(2000, separator: " ") { dice, _ in dice.digits(4) },
            dice.lines(2000, separator: " ") { dice, _ in dice.digits(1) },
            dice.lines(2000, separator: ";") { dice, _ in dice.digits(7) },
        ] {
            var text = text
            text.withUTF8 { text in
                var pass = NumberPass(Set(NumberForms.all.map(\.detector)), bytes: text.count)
                pass.run(text) { _, _, _ in true }
                for (detector, _) in NumberForms.all { #expect(pass.work(of: detector)?.steps == 0, "\(detector)") }
            }
        }
    }
}

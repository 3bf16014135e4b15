// What detectors have to do, counted: never more than the bound, and the bound is far from what mail takes. What is
// beyond it is unknown, for that detector and that text alone. And what normalising remembers is what Foundation says.

import Foundation
import MIME
import Mail
import Policy
import Testing

@testable import Detection

struct DetectorWorkTests {
    private static func work(_ text: String) -> [Detector: Int] {
        var text = Normalised.text(text).text
        return text.withUTF8 { octets in
            var steps: [Detector: Int] = [:]
            for detector in Detector.allCases {
                var work = DetectorWork(bytes: octets.count)
                detector.find(in: octets, &work) { _, _ in true }
                steps[detector] = work.steps
            }
            return steps
        }
    }

    /// The same texts again and again, as one of a MiB.
    private static func mebibyte(_ texts: [String]) -> String {
        var all = ""
        var index = 0
        while all.utf8.count < 1 << 20, !texts.isEmpty {
            all += texts[index % texts.count] + "\n"
            index += 1
        }
        return all
    }

    @Test func theBoundIsTenTimesWhatEverydayMailTakes() {
        let kinds = Dictionary(grouping: EverydayMail.all(ofEach: 2)) { $0.mail.kind }
        var most = 0
        for (kind, mails) in kinds {
            let worst = Self.work(Self.mebibyte(mails.map(\.mail.text))).max { $0.value < $1.value }
            most = max(most, worst?.value ?? 0)
            print("\(kind): at most \(worst?.value ?? 0) steps for a MiB, \(worst?.key.rawValue ?? "")")
        }
        print("bound: \(DetectorWork.stepsPerMiB), most: \(most)")
        #expect(most > 0 && DetectorWork.stepsPerMiB >= 10 * most)
    }

    @Test func whatIsMadeToBeWorkIsUnknownForThatDetectorAlone() throws {
        let rules = try ruleset(
            """
            version: 1
            rules:
              - {id: token, when: {content: {detector: api-token}}, then: {protect: preferred}}
              - {id: card, when: {content: {detector: payment-card}}, then: {protect: preferred}}
              - {id: word, when: {content: nightjar}, then: {protect: preferred}}
            """)
        // Each looks like the beginning of a long web token.
        let tokens = String(repeating: "eyJ-", count: 12_000)
        let record = explain(
            try plain(subject: "x", tokens), known: KnownKeys(), rules: rules, nowSeconds: 0)
        let traces = try #require(record.recipients.first?.rules)
        let answers = Dictionary(uniqueKeysWithValues: traces.map { ($0.rule.id, $0.when?.result) })
        #expect(answers["word"] == .no)
        #expect(answers["card"] == .no)
        let why = try #require(answers["token"]??.unknown)
        #expect(why.reason.contains("api-token") && why.reason.contains("divided among several messages"))
        // A few are looked at to the end.
        let few = explain(
            try plain(subject: "x", String(tokens.prefix(2000))), known: KnownKeys(), rules: rules, nowSeconds: 0)
        #expect(few.recipients.first?.rules.first?.when?.result == .no)
    }

    private static func rule(_ detector: String) throws -> Ruleset {
        try ruleset(
            """
            version: 1
            rules:
              - { id: it, when: { content: { detector: \(detector) } }, then: { protect: preferred } }
            """)
    }

    /// What was not searched to its end may stand there: it is not repeated in clear, nor recorded as if it were not.
    @Test func aSubjectThatWasNotSearchedToItsEndIsPrivate() throws {
        let rules = try Self.rule("api-token")
        for (count, isSpent) in [(2, false), (800, true)] {
            // Encoded words, which keep lines short and which reading joins.
            let word = "=?utf-8?q?\(String(repeating: "eyJ-", count: 15))?="
            let parsed = try plain(subject: Array(repeating: word, count: count).joined(separator: "\n "))
            let (decided, features) = decideAndRecord(
                parsed, known: KnownKeys(), rules: rules, nowSeconds: 0, recorder: FeatureRecorder(rules) { $0 })
            #expect(decided.decisions.first?.rules == (isSpent ? ["it"] : []))
            #expect(decided.decisions.first?.subjectIsPrivate == isSpent)
            #expect(features.detectors["api-token"] == (isSpent ? nil : 0))
            #expect(features.detectors["iban"] == 0)
        }
    }

    /// Where there are more words than are kept, each number still looks for its own. The numbers stand in sentences
    /// far apart: no heading speaks for them, and none for the other.
    @Test func aTextFullOfWordsHidesNoNumber() throws {
        let rules = try Self.rule("nl-bsn, at-least: 2")
        let far = "This sentence says nothing of any number and is long enough to keep what stands around it apart.\n"
        for (word, answer) in [("bsn", ["it"]), ("xyz", [])] {
            let sentences = ["123456782", "111222333"].map {
                "\n\(far)\nAs we said in our letter of last week, the \(word) \($0) is what we have in our files.\n"
            }
            let body = String(repeating: "bsn\n", count: 70_000) + sentences.joined() + far
            let decided = decide(try plain(subject: "x", body), known: KnownKeys(), rules: rules, nowSeconds: 0)
            #expect(decided.decisions.first?.rules == answer, "\(word)")
        }
    }

    @Test func aTableOfTwentyFiveMebibytesStaysKnown() throws {
        var dice = Dice(3)
        let rows = (0..<2000).map { row in
            "\(row);\(dice.pick(["Berlin", "Lyon", "Gent"]));2026-0\(1 + row % 9)-1\(row % 10);\(100_000 + row * 37);"
                + "\(row % 97),\(10 + row % 90);order \(row * 11)"
        }
        for (detector, steps) in Self.work(Self.mebibyte(rows)) {
            #expect(steps <= DetectorWork.stepsPerMiB, "\(detector)")
        }
    }

    @Test func numbersAreFoundTogetherAsByThemselves() {
        for (mail, _) in EverydayMail.all(ofEach: 10) {
            var text = Normalised.text(mail.text).text
            text.withUTF8 { octets in
                var together: [Detector: [String]] = [:]
                var pass = NumberPass(Set(NumberForms.all.map(\.detector)), bytes: octets.count)
                pass.run(octets) { detector, value, range in
                    together[detector, default: []].append("\(value) \(range)")
                    return true
                }
                for (detector, _) in NumberForms.all {
                    var alone: [String] = []
                    var work = DetectorWork(bytes: octets.count)
                    detector.find(in: octets, &work) { value, range in
                        alone.append("\(value) \(range)")
                        return true
                    }
                    #expect(alone == together[detector] ?? [], "\(detector) in \(mail.kind)")
                }
            }
        }
    }

    /// Shapes leave nothing out: a form that is tried at every run finds the same.
    @Test func everyFormIsTriedWhereItMayBegin() {
        for (detector, form) in NumberForms.all {
            for way in form.ways {
                let text = String(
                    decoding: way.kinds.flatMap { kind -> [UInt8] in
                        switch kind {
                        case UInt8(ascii: "n"): [49]
                        case UInt8(ascii: "a"), UInt8(ascii: "c"): [65]
                        case UInt8(ascii: "?"): []
                        case UInt8(ascii: " "), UInt8(ascii: "k"): [32]
                        default: [kind]
                        }
                    }, as: UTF8.self)
                for separator in ["", " ", "-"] {
                    var written = text.replacing(" ", with: separator.isEmpty ? " " : separator)
                    written.withUTF8 { octets in
                        var pass = NumberPass([detector], bytes: octets.count)
                        pass.run(octets) { _, _, _ in true }
                        #expect(pass.work(of: detector)?.steps ?? 0 > 0, "\(detector) as \(text)")
                    }
                }
            }
        }
    }

    @Test func emojiAskFoundationOnceForEachLetter() {
        var forms = NormalForms()
        let marked = Array("e\u{301}".utf8)
        for _ in 0..<1000 { _ = marked.withUnsafeBufferPointer { forms.made(of: $0) } }
        #expect(forms.asked == 1)
        let stay = "😀🎉✅".unicodeScalars.allSatisfy { forms.stays($0) }
        #expect(stay)
        #expect(forms.asked == 1)
    }

    @Test func whatStaysIsWhatFoundationLeavesAlone() {
        var forms = NormalForms()
        for value in Array(UInt32(0x80)..<0x3400) + Array(UInt32(0xA000)..<0xAC00) + Array(UInt32(0xF900)..<0x10000)
            + Array(UInt32(0x1F000)..<0x1FB00)
        {
            guard let scalar = Unicode.Scalar(value), !CharacterKinds.isLeftOut(scalar) else { continue }
            let (joins, stays) = (forms.joins(scalar), forms.stays(scalar))
            #expect(joins == CharacterKinds.joinsFormer(scalar))
            guard CharacterKinds.plain(scalar) == nil, !CharacterKinds.joinsFormer(scalar) else { continue }
            let text = String(scalar)
            let made = text.precomposedStringWithCompatibilityMapping
            let isDigit = CharacterKinds.digit(scalar) != nil
            #expect(
                stays == (!isDigit && made.unicodeScalars.elementsEqual(text.unicodeScalars)),
                "U+\(String(value, radix: 16))")
        }
    }
}

// Ways of passwords: reading them, choosing one, and what a sender writes into a message for us.

import Foundation
import MIME
import Mail
import Policy
import PolicyLanguage
import SettingValues
import Testing

struct PasswordTests {
    private static let carol = "carol@elsewhere.example"

    private static func rules(
        _ then: [String], passwords: [PasswordMode] = [.toSender], unattended: [String] = [], texts: Bool = true,
        protect: String = "required"
    ) throws -> Ruleset {
        let yaml =
            "version: 1\nrules:\n"
            + then.enumerated().map {
                "  - id: r\($0.offset)\n    then: { protect: \(protect), with: [pgp, link]\($0.element) }\n"
            }
            .joined()
        let result = Ruleset.load(
            files: [PolicyFile(name: "rules.yaml", text: yaml)],
            surroundings: Surroundings(
                inside: DomainList(["example.org"]), unattended: DomainList(unattended), linksAvailable: true,
                passwords: passwords, textsAvailable: texts))
        return try #require(result.ruleset, "\(result.diagnostics.map(\.description))")
    }

    private static func judge(
        _ rules: Ruleset, subject: String = "hello", from: String = "alice@example.org", to: [String] = [carol],
        extra: String = "", standing: Set<String> = [], phones: [String: String] = [:], known: KnownKeys = KnownKeys(),
        isAnswer: Bool = false, released: Bool = false, readers: Set<String> = []
    ) throws -> DecidedMessage {
        let text =
            "From: Alice Nightjar <\(from)>\nTo: \(to.joined(separator: ", "))\nSubject: \(subject)\n\(extra)\nbody\n"
        return decide(
            try message(text, from: from, to: to), known: known, rules: rules, nowSeconds: 0,
            contacts: KnownContacts(standing: standing, phones: phones.compactMapValues { PhoneNumber($0) }),
            released: released, isAnswer: isAnswer, readers: readers)
    }

    // MARK: - Rules

    @Test(arguments: [
        ("mail", "'mail'"), ("[to-sender, to-sender]", "twice"), ("[]", "empty list"), ("{ a: b }", "password"),
        ("[to-sender, pigeon]", "'pigeon'"),
    ])
    func whatIsNoWayIsAnError(written: String, words: String) throws {
        let result = load(
            "version: 1\nrules:\n  - id: r\n    then: { protect: required, link: { password: \(written) } }\n")
        #expect(result.ruleset == nil)
        #expect(result.diagnostics.contains { $0.message.contains(words) }, "\(result.diagnostics)")
    }

    @Test func textMessagesWithoutAHookAreAWarning() throws {
        let result = load("version: 1\nrules:\n  - id: r\n    then: { protect: required, link: { password: sms } }\n")
        #expect(result.ruleset != nil)
        #expect(result.diagnostics.contains { $0.severity == .warning && $0.message.contains("'sms'") })
    }

    @Test func theFirstWayThatCanBeUsedIs() throws {
        let all: [PasswordMode] = [.standing, .fromSender, .sms, .toSender]
        let rules = try Self.rules([""], passwords: all)
        func mode(_ decided: DecidedMessage) -> PasswordMode? { decided.decisions.first?.password?.mode }
        #expect(mode(try Self.judge(rules)) == .toSender)
        #expect(mode(try Self.judge(rules, phones: [Self.carol: "+33612345678"])) == .sms)
        #expect(mode(try Self.judge(rules, subject: "[sms: +33 612345678] x")) == .sms)
        #expect(mode(try Self.judge(rules, subject: "[pw: kestrel on the roof 7] x")) == .fromSender)
        #expect(
            mode(try Self.judge(rules, subject: "[pw: kestrel on the roof 7] x", standing: [Self.carol])) == .standing)
    }

    @Test func rulesIntersectInTheOrderOfTheFirst() throws {
        let rules = try Self.rules([
            ", link: { password: [sms, standing, to-sender] }", ", link: { password: [to-sender, standing] }", "",
        ])
        let both = try Self.judge(rules, standing: [Self.carol], phones: [Self.carol: "+33612345678"])
        #expect(both.decisions.first?.password == .standing)
        #expect(both.decisions.first?.effects.link.passwords == [.standing, .toSender])
        let apart = try Self.rules([", link: { password: sms }", ", link: { password: standing }"])
        let refused = try Self.judge(apart, standing: [Self.carol], phones: [Self.carol: "+33612345678"])
        #expect(refused.decisions.first?.verdict == .refuse)
        #expect(refused.refusal?.publicText.contains("no common way") == true)
    }

    @Test(arguments: ["required", "preferred"]) func withoutAWayNothingGoesAtAll(protect: String) throws {
        for ways in ["standing", "sms", "from-sender", "[standing, sms]"] {
            let rules = try Self.rules([", link: { password: \(ways) }"], protect: protect)
            let decided = try Self.judge(rules)
            #expect(decided.decisions.first?.verdict == .refuse, "\(ways)")
        }
    }

    @Test func mailboxesThatNobodyReadsHaveTheOtherWays() throws {
        let robot = "noreply@example.org"
        let plain = try Self.rules([""], unattended: [robot])
        #expect(try Self.judge(plain, from: robot).decisions.first?.verdict == .refuse)
        let preferred = try Self.rules([""], unattended: [robot], protect: "preferred")
        #expect(try Self.judge(preferred, from: robot).decisions.first?.verdict == .pass, "there never was a way")
        let more = try Self.rules([""], passwords: [.standing, .sms, .toSender], unattended: [robot])
        #expect(try Self.judge(more, from: robot).decisions.first?.verdict == .refuse)
        #expect(try Self.judge(more, from: robot, standing: [Self.carol]).decisions.first?.password == .standing)
        let phones = [Self.carol: "+33612345678"]
        #expect(try Self.judge(more, from: robot, phones: phones).decisions.first?.password?.mode == .sms)
    }

    /// Whatever lists of ways rules have: one more never lets out what was refused, nor in clear what was sealed.
    @Test func oneMoreRuleNeverWeakens() throws {
        var random = SystemRandomNumberGenerator()
        let strength = ["pass": 0, "seal": 1, "refuse": 2]
        for _ in 0..<300 {
            func ways() -> String {
                let chosen = PasswordMode.allCases.filter { _ in Bool.random(using: &random) }.shuffled(using: &random)
                return chosen.isEmpty ? "" : ", link: { password: [\(chosen.map(\.rawValue).joined(separator: ", "))] }"
            }
            let robot = "noreply@example.org"
            let settings = PasswordMode.allCases.filter { _ in Bool.random(using: &random) }
            let from = Bool.random(using: &random) ? robot : "alice@example.org"
            let protect = Bool.random(using: &random) ? "required" : "preferred"
            let standing: Set<String> = Bool.random(using: &random) ? [Self.carol] : []
            let few = (0..<Int.random(in: 0...2, using: &random)).map { _ in ways() }
            func verdict(_ then: [String]) throws -> Int {
                let rules = try Self.rules(then, passwords: settings, unattended: [robot], protect: protect)
                let decided = try Self.judge(rules, from: from, standing: standing)
                return try #require(strength[decided.decisions.first?.verdict.rawValue ?? ""])
            }
            guard !few.isEmpty else { continue }
            let more = few + [ways()]
            // As with the methods: the settings hold only where no rule speaks, so the first that does may open a way;
            // but never to clear text.
            let before = try verdict(few)
            let floor = few.allSatisfy(\.isEmpty) ? min(before, 1) : before
            #expect(try verdict(more) >= floor, "\(more) \(settings) \(from)")
        }
    }

    // MARK: - Marks

    @Test(arguments: [
        ("[pw: abc] hello", "hello", ["abc"]), ("hello [PW:abc]", "hello", ["abc"]),
        ("[ pW : a b ]hello", "hello", ["a b"]),
        ("Re: AW: [pw: abc] hello", "Re: AW: hello", ["abc"]), ("[secure] [pw: abc] hello", "[secure] hello", ["abc"]),
        ("hello [pw: abc] [secure]", "hello [secure]", ["abc"]), ("Fwd[2]: [pw: abc] x", "Fwd[2]: x", ["abc"]),
        ("[pw: abc]", "", ["abc"]), ("[pw: a][pw: b] x", "x", ["a", "b"]), ("Réf: [pw: x] y", "Réf: y", ["x"]),
        ("[pw:[pw:x] y", "y", ["[pw:x"]), ("x [p\u{200B}w: abc]", "x", ["abc"]), ("[pw\u{AD}: abc] x", "x", ["abc"]),
        ("\u{3010}pw: abc\u{3011} x", "x", ["abc"]), ("x \u{3014}PW\u{FF1A}abc\u{3015}", "x", ["abc"]),
        ("\u{FF3B}pw\u{FF1A} abc\u{FF3D} hello", "hello", ["abc"]), ("[pw\u{FF1A}abc\u{FF3D}x", "x", ["abc"]),
        ("hello \u{FF3B}\u{FF30}\u{FF37}:abc] \u{FF3B}secure\u{FF3D}", "hello \u{FF3B}secure\u{FF3D}", ["abc"]),
        ("\u{FF3B}secure\u{FF3D} \u{FF3B}\u{FF50}\u{FF57}\u{FE55}abc\u{FF3D} x", "\u{FF3B}secure\u{FF3D} x", ["abc"]),
    ])
    func marksAreFound(subject: String, left: String, passwords: [String]) {
        let marks = SubjectMarks(subject, [.password])
        #expect(marks.subject == left)
        #expect(marks.values[.password] == passwords)
        #expect(!marks.isMisplaced)
    }

    @Test(arguments: [
        "our [pw: abc] hello", "[pw: abc", "hello [pw:", "[pw:]] a [pw:b] c", "[ PW:x",
        "our \u{FF3B}pw: abc\u{FF3D} hello",
        "\u{FF3B}pw\u{FF1A}abc",
    ])
    func marksInTheWrongPlaceAreTold(subject: String) { #expect(SubjectMarks(subject, [.password]).isMisplaced) }

    @Test(arguments: ["[pwx: abc] hello", "pw: abc", "[sms: 12] a", "[p w: x]", "[password: x]"])
    func whatIsNoMarkStays(subject: String) {
        let marks = SubjectMarks(subject, [.password])
        #expect(marks.subject == subject && marks.values.isEmpty && !marks.isMisplaced)
    }

    @Test func hostileSubjectsCostLittle() {
        let start = ContinuousClock.now
        for piece in ["[pw:", "[pw:a]", "[", "[pw:x] Re: ", "a [sms:1] ", "[     "] {
            let marks = SubjectMarks(String(repeating: piece, count: 60_000), [.password, .number])
            #expect(marks.isMisplaced || piece == "[" || piece == "[     ")
        }
        #expect(ContinuousClock.now - start < .seconds(5))
    }

    @Test func theMessageThatIsJudgedHasNoneLeft() throws {
        let rules = try Self.rules([""], passwords: [.fromSender])
        let decided = try Self.judge(
            rules, subject: "[pw: kestrel on the roof 7] hello",
            extra:
                """
                X-Letterlock-Password: kestrel on the roof 7
                Thread-Topic: [pw: kestrel on the roof 7] hello
                DKIM-Signature: v=1

                """
        )
        let text = String(decoding: try decided.parsed.received.bytes.copy(), as: UTF8.self)
        #expect(!text.contains("kestrel") && !text.contains("Letterlock") && !text.contains("DKIM"))
        #expect(String(decoding: try decided.original.bytes.copy(), as: UTF8.self).contains("kestrel"))
        #expect(decided.parsed.subject == "hello")
        #expect(decided.decisions.first?.password == .fromSender(Secret("kestrel on the roof 7")))
        // Everything is where reading the new bytes finds it.
        let again = try read(decided.parsed.received, limits: Limits())
        #expect(again.root.header.fields.map(\.range) == decided.parsed.root.header.fields.map(\.range))
        #expect(again.root.header.fields.map(\.valueRange) == decided.parsed.root.header.fields.map(\.valueRange))
        #expect(again.root.header.fields.map(\.text) == decided.parsed.root.header.fields.map(\.text))
        #expect(again.root.bodyRange == decided.parsed.root.bodyRange && again.root.range == decided.parsed.root.range)
        #expect(again.root.header.range == decided.parsed.root.header.range)
    }

    @Test func rulesDoNotSeeIt() throws {
        let rules = try ruleset(
            "version: 1\nrules:\n  - id: r\n    when: { subject: kestrel }\n    then: { refuse: seen }\n"
                + "  - id: s\n    then: { protect: required, with: [link], link: { password: from-sender } }\n")
        let decided = try Self.judge(rules, subject: "[pw: kestrel on the roof 7] hello")
        #expect(decided.decisions.first?.rules == ["s", "sender-mark"])
        // Where nobody speaks of the way, nor do they.
        let plain = try Self.judge(try Self.rules([""]), subject: "[pw: kestrel on the roof 7] hello")
        #expect(plain.parsed.subject == "hello")
        #expect(plain.refusal?.publicText.contains("no setting or rule") == true)
    }

    @Test func aNumberIsForOneReader() throws {
        let rules = try Self.rules([""], passwords: [.sms])
        let subject = "[sms:+33 6.12-34 56 78] x"
        let one = try Self.judge(rules, subject: subject, to: [Self.carol, "bob@example.org"])
        #expect(one.decisions.first?.password == .sms(try #require(PhoneNumber("+33612345678"))))
        let two = try Self.judge(rules, subject: subject, to: [Self.carol, "dora@elsewhere.example"])
        #expect(two.decisions.allSatisfy { $0.verdict == .refuse })
        #expect(two.refusal?.publicText.contains("separately") == true)
        #expect(!String(describing: one.decisions).contains("+33612345678"), "numbers are masked")
    }

    @Test func aNumberThatIsKnownBeatsTheOneInTheMessage() throws {
        let rules = try Self.rules([""], passwords: [.sms])
        let decided = try Self.judge(
            rules, subject: "[sms:+33 6.12-34 56 78] x", phones: [Self.carol: "+33699999911"])
        #expect(decided.decisions.first?.password == .sms(try #require(PhoneNumber("+33699999911"))))
    }

    // MARK: - Strength

    @Test(arguments: [
        "kurz12", "password12", "Password123!", "1234567890", "qwertyuiop", "aaaaaaaaaaaa", "Summer2026!",
        "abcdefghijkl",
        "12345612345", "abcabcabcabc", "p@ssw0rd2020", "carol-elsewhere", "nightjar2026", "alicealice", "14071789xx",
        "drowssap12", "zxcvbnm,.2026", "mustang1999", "AZERTYUIOP12", "1qaz2wsx3edc",
    ])
    func weakPasswordsAreRefused(password: String) {
        let names = ["alice@example.org", "carol@elsewhere.example", "Alice Nightjar"]
        let problem = PasswordStrength.problem(of: Secret(password), names: names)
        #expect(problem != nil, "\(password): \(PasswordStrength.bits(of: password, names: names))")
        #expect(problem?.contains(password) != true)
    }

    @Test(arguments: [
        "correct horse battery staple", "kestrel on the 7th roof", "vK7-qm2-ZZp-4", "unsere Gans fliegt um 9",
        "x8Qp2vLk9w", "日本語の合言葉です七",
    ])
    func goodPasswordsAreTaken(password: String) {
        #expect(PasswordStrength.problem(of: Secret(password), names: ["alice@example.org"]) == nil, "\(password)")
    }

    /// Capitals, spaces and other spellings are nothing to guess: they are not derived.
    @Test(arguments: [
        ("kestrel on the roof", "KESTREL  on\u{a0}the ROOF"), ("x8qp2vlk9w", "X8Qp2vLk9W"),
        ("it's 'odd'-ish now", "it\u{2019}s \u{2018}odd\u{2019}\u{2013}ish\u{3000}now"),
    ])
    func spellingsAreWorthNothing(plain: String, dressed: String) {
        #expect(PasswordStrength.bits(of: plain) == PasswordStrength.bits(of: dressed))
    }

    @Test func whatIsNotSeenMakesNoPasswordLonger() {
        let short = "x8Qp2vLk9" + String(repeating: "\u{200b}", count: 20)
        #expect(PasswordStrength.problem(of: Secret(short), names: [])?.contains("short") == true)
        let names = ["\u{39f}\u{394}\u{3a5}\u{3a3}\u{3a3}\u{395}\u{3a5}\u{3a3} <x@y.z>"]
        let name = "\u{3bf}\u{3b4}\u{3c5}\u{3c3}\u{3c3}\u{3b5}\u{3c5}\u{3c2}"
        #expect(PasswordStrength.bits(of: name, names: names) < 4)
    }

    @Test func longPasswordsCostLittle() {
        let start = ContinuousClock.now
        for piece in ["a", "ab", "word", "é"] {
            _ = PasswordStrength.problem(of: Secret(String(repeating: piece, count: 200 / piece.count)), names: [])
            #expect(PasswordStrength.problem(of: Secret(String(repeating: piece, count: 500)), names: []) != nil)
        }
        #expect(ContinuousClock.now - start < .seconds(5))
    }

    @Test(arguments: [
        ("+33612345678", true), ("+33 6 12-34.56 78", true), ("0612345678", false), ("+0612345678", false),
        ("+33", false),
        ("+1234567890123456", false), ("+33612345678;x", false), ("+336\u{0661}2345678", false), ("", false),
        ("++3361234567", false),
    ])
    func numbersAreStrict(text: String, isOne: Bool) {
        let number = PhoneNumber(text)
        #expect((number != nil) == isOne)
        if let number { #expect("\(number)" == "+33…78" && number.e164 == "+33612345678") }
    }
}

struct PasswordConflictTests {
    private static func findings(_ rules: String) -> [String] {
        Ruleset.check(
            files: [PolicyFile(name: "rules.yaml", text: "version: 1\nrules:\n\(rules)")],
            surroundings: Surroundings(inside: DomainList(["example.org"]), linksAvailable: true, textsAvailable: true),
            nowSeconds: 0
        ).diagnostics.compactMap(\.code)
    }

    @Test func waysWithNothingInCommonAreTold() {
        func rule(_ id: String, _ when: String, _ ways: String) -> String {
            "  - id: \(id)\n    when: \(when)\n    then: { protect: required, link: { password: \(ways) } }\n"
        }
        let size = "{ size: { over: 5 } }"
        let apart = rule("a", size, "[sms, standing]") + rule("b", "{ subject: x }", "[to-sender]")
        #expect(Self.findings(apart).contains("no-common-password"))
        let together = rule("a", size, "[sms, standing]") + rule("b", "{ subject: x }", "[to-sender, standing]")
        #expect(!Self.findings(together).contains("no-common-password"))
        let never =
            rule("a", "{ recipient: { in: [a.example] } }", "sms")
            + rule("b", "{ recipient: { in: [b.example] } }", "standing")
        #expect(!Self.findings(never).contains("no-common-password"), "they never meet")
    }
}

// The built-in rule about what a sender writes into a message for us, marks in answers, and the conditions `password`
// and `conversation`.

import Detection
import MIME
import Mail
import Policy
import PolicyLanguage
import SettingValues
import Testing

struct SenderMarkTests {
    private static let good = "kestrel on the roof 7"
    private static let nothing = "version: 1\nrules: []\n"

    private static func rules(
        _ yaml: String = nothing, passwords: [PasswordMode] = [.fromSender, .sms], links: Bool = true
    ) throws -> Ruleset {
        let result = Ruleset.load(
            files: [PolicyFile(name: "rules.yaml", text: yaml)],
            surroundings: Surroundings(
                inside: DomainList(["example.org"]), linksAvailable: links, quarantineAvailable: true,
                passwords: passwords, textsAvailable: true))
        return try #require(result.ruleset, "\(result.diagnostics.map(\.description))")
    }

    private static func judge(
        _ rules: Ruleset, subject: String = "hello", extra: String = "", from: String? = "alice@example.org",
        to: [String] = ["carol@elsewhere.example"], known: KnownKeys = KnownKeys(), isAnswer: Bool = false,
        released: Bool = false, readers: Set<String> = []
    ) throws -> DecidedMessage {
        decide(
            try plain(subject: subject, from: from, to: to, extra: extra), known: known, rules: rules, nowSeconds: 0,
            released: released, isAnswer: isAnswer, readers: readers)
    }

    private static func text(_ received: ReceivedMessage) throws -> String {
        String(decoding: try received.bytes.copy(), as: UTF8.self)
    }

    // MARK: - The rule

    @Test(arguments: [
        ("[pw: kestrel on the roof 7] x", "", "from-sender"), ("x [sms:+33612345678]", "", "sms"),
        ("x", "X-Letterlock-Password: kestrel on the roof 7\n", "from-sender"),
        ("x", "X-Letterlock-SMS: +33612345678\n", "sms"),
    ])
    func marksProtectWithoutARule(subject: String, extra: String, way: String) throws {
        for yaml in [Self.nothing, "version: 1\ndefaults: { protect: preferred }\nrules: []\n"] {
            let decided = try Self.judge(
                try Self.rules(yaml), subject: subject, extra: extra,
                to: ["carol@elsewhere.example", "dave@example.org"])
            let carol = try #require(decided.decisions.first)
            #expect(carol.outcome == .seal(.link) && carol.password?.mode.rawValue == way)
            #expect(carol.rules == ["sender-mark"] && carol.isProtected && !carol.isMarkUnused)
            let dave = try #require(decided.decisions.last)
            #expect(dave.rules.isEmpty && !dave.isMarkUnused)
            #expect(decided.parsed.subject == "x")
            #expect(!(try Self.text(decided.parsed.received).contains("Letterlock")))
        }
    }

    @Test func aKeyIsUsedAndThePasswordIsNotNeeded() throws {
        for passwords in [[PasswordMode.fromSender], [.toSender]] {
            let decided = try Self.judge(
                try Self.rules(passwords: passwords), subject: "[pw: \(Self.good)] x",
                known: usable("carol@elsewhere.example"))
            let decision = try #require(decided.decisions.first)
            #expect(decision.method == .pgp && decision.isMarkUnused && decision.rules == ["sender-mark"])
        }
        // So it is for a reader under an earlier link.
        let later = try Self.judge(
            try Self.rules(), subject: "[pw: \(Self.good)] x", readers: ["carol@elsewhere.example"])
        #expect(later.decisions.first?.outcome == .seal(.link) && later.decisions.first?.isMarkUnused == true)
    }

    @Test func whatNothingAllowsIsRefusedWithWhatToDo() throws {
        for (subject, passwords) in [
            ("[pw: \(Self.good)] x", [PasswordMode.toSender, .standing, .sms]),
            ("[sms:+33612345678] x", [.toSender, .fromSender]),
        ] {
            let decided = try Self.judge(try Self.rules(passwords: passwords), subject: subject)
            let refusal = try #require(decided.refusal)
            #expect(refusal.publicText.contains("no setting or rule") && refusal.publicText.contains("take [pw: ...]"))
            #expect(refusal.replyCode == 550 && !refusal.publicText.contains("kestrel"))
        }
        // A rule that allows another way only says no to this one.
        let narrow = try Self.rules(
            "version: 1\nrules:\n  - id: r\n    then: { protect: preferred, link: { password: to-sender } }\n")
        #expect(try Self.judge(narrow, subject: "[pw: \(Self.good)] x").refusal?.replyCode == 550)
        // One that allows it does so for mail that the settings say nothing of.
        let wide = try Self.rules(
            "version: 1\nrules:\n  - id: r\n    then: { protect: none, link: { password: from-sender } }\n",
            passwords: [.toSender])
        #expect(try Self.judge(wide, subject: "[pw: \(Self.good)] x").decisions.first?.password?.mode == .fromSender)
    }

    @Test func withoutLinksTheFieldMeansProtectionAllTheSame() throws {
        let rules = try Self.rules(links: false)
        let field = "X-Letterlock-Password: \(Self.good)\n"
        let refused = try Self.judge(rules, extra: field)
        #expect(refused.refusal?.publicText.contains("links are not set up") == true)
        #expect(
            try Self.judge(rules, extra: field, known: usable("carol@elsewhere.example")).decisions.first?.method
                == .pgp)
        // A subject is a subject there.
        #expect(try Self.judge(rules, subject: "[pw: \(Self.good)] x").parsed.subject?.contains("kestrel") == true)
    }

    @Test func itNeverWeakens() throws {
        let subject = "[pw: \(Self.good)] x"
        let refuse = try Self.rules("version: 1\nrules:\n  - { id: r, then: { refuse: stays } }\n")
        #expect(try Self.judge(refuse, subject: subject).refusal?.publicText.contains("stays") == true)
        let held = try Self.rules("version: 1\nrules:\n  - { id: r, then: { quarantine: look } }\n")
        let decided = try Self.judge(held, subject: subject)
        #expect(decided.decisions.first?.verdict == .quarantine && decided.holdsWishes)
        #expect(try Self.text(decided.original).contains("kestrel"), "a release plans anew")
        #expect(try Self.judge(held, subject: subject, released: true).decisions.first?.password?.mode == .fromSender)
        let pgp = try Self.rules("version: 1\nrules:\n  - { id: r, then: { protect: preferred, with: [pgp] } }\n")
        #expect(try Self.judge(pgp, subject: subject).refusal != nil)
    }

    @Test func itsIdIsReserved() {
        let result = load("version: 1\nrules:\n  - { id: sender-mark, then: { protect: required } }\n")
        #expect(result.ruleset == nil)
        #expect(result.diagnostics.contains { $0.message.contains("built-in") && $0.line == 3 })
    }

    @Test func explainShowsItWhereThereIsAMark() throws {
        let rules = try Self.rules("version: 1\nrules:\n  - { id: r, then: { protect: none } }\n")
        let mail = try plain(subject: "[pw: \(Self.good)] x", to: ["carol@elsewhere.example", "dave@example.org"])
        let shown = explain(mail, known: KnownKeys(), rules: rules, nowSeconds: 0)
        #expect(shown.recipients.map { $0.rules.map(\.rule.id) } == [["r", "sender-mark"], ["r", "sender-mark"]])
        #expect(shown.recipients.map { $0.rules.last?.application == .applies } == [true, false])
        #expect(shown.recipients.map(\.level) == [.required, .none])
        #expect(!String(describing: shown).contains("kestrel"))
        let none = explain(try plain(), known: KnownKeys(), rules: rules, nowSeconds: 0)
        #expect(none.recipients.first?.rules.map(\.rule.id) == ["r"])
    }

    // MARK: - Whose words

    @Test func othersWriteNothingForUsAndTheirFieldsGo() throws {
        let fields = "X-Letterlock-Password: \(Self.good)\nx-LETTERLOCK-sms: +33612345678\n"
        for (from, isAnswer) in [
            ("x@outside.example", false), (nil, false), ("x@outside.example", true), ("alice@example.org", true),
        ] {
            let decided = try Self.judge(
                try Self.rules(), subject: "[pw: a] [sms: b] x", extra: fields, from: from, to: ["dave@example.org"],
                isAnswer: isAnswer)
            let decision = try #require(decided.decisions.first)
            #expect(decision.outcome == .pass && decision.rules.isEmpty)
            #expect(decided.parsed.subject == "[pw: a] [sms: b] x", "a subject like any other")
            #expect(!(try Self.text(decided.parsed.received).lowercased().contains("x-letterlock")))
            #expect(!decided.holdsWishes, "the quarantine keeps it without them")
        }
    }

    @Test func signaturesOfOthersGoOnlyWhereTheyAreVoid() throws {
        func left(_ extra: String) throws -> String {
            try Self.text(
                Self.judge(try Self.rules(), extra: extra, from: "x@outside.example").parsed.received)
        }
        let field = "X-Letterlock-SMS: 1\n"
        #expect(try left("\(field)DKIM-Signature: h=From:\n X-Letterlock-SMS; b=x\n").contains("DKIM") == false)
        #expect(try left("\(field)DKIM-Signature: h=From; b=x\n").contains("DKIM"))
        #expect(try left("DKIM-Signature: h=From:X-Letterlock-SMS; b=x\n").contains("DKIM"), "nothing went")
    }

    @Test(arguments: [
        ("Re: [pw: kestrel on the roof 7] x", ""), ("Re: x [pw: kestrel on the roof 7]", ""),
        ("AW: [secure] [pw: kestrel on the roof 7] x", ""), ("[EXT] Fwd: x [sms:+33612345678]", ""),
        ("RE\u{FF1A}[sms:+33612345678] x", ""), ("Xyzzy: [pw: kestrel on the roof 7] x", ""),
        ("Re[2]: x [pw: kestrel on the roof 7]", ""), ("R\u{E9}p : x [pw: kestrel on the roof 7]", ""),
        ("\u{56DE}\u{590D}: x \u{FF3B}pw\u{FF1A}kestrel on the roof 7\u{FF3D}", ""),
        ("\u{FF32}\u{FF25}\u{FF1A} x [pw: kestrel on the roof 7]", ""),
        ("[pw: kestrel on the roof 7] x", "In-Reply-To: <1@x.example>\n"),
        ("[sms:+33612345678] x", "References: <1@x.example>\n <2@x.example>\n"),
        ("Accepted: x [pw: kestrel on the roof 7]", ""), ("Automatic reply: x [sms:+33612345678]", ""),
        ("R\u{E9}ponse automatique : x [pw: kestrel on the roof 7]", ""),
        ("*EXT* RE: x [pw: kestrel on the roof 7]", ""),
        ("Re-2: x [pw: kestrel on the roof 7]", ""), ("\u{130}LT: x [pw: kestrel on the roof 7]", ""),
        ("(Fwd) x [pw: kestrel on the roof 7]", ""), ("[Fwd] x [pw: kestrel on the roof 7]", ""),
        ("**SPAM** Re: x [sms:+33612345678]", ""), ("x [pw: kestrel on the roof 7]", "Auto-Submitted: auto-replied\n"),
    ])
    func marksInAnswersAreRefused(subject: String, extra: String) throws {
        for known in [KnownKeys(), usable("carol@elsewhere.example")] {
            let decided = try Self.judge(
                try Self.rules(), subject: subject, extra: extra, to: ["carol@elsewhere.example", "dave@example.org"],
                known: known)
            let texts = decided.decisions.compactMap { $0.outcome.refusal?.publicText }
            #expect(
                texts.count == 2
                    && texts.allSatisfy { $0.contains("who wrote first") && $0.contains("X-Letterlock-Password") })
            #expect(texts.allSatisfy { $0.hasSuffix("begin a new message") }, "whole: \(texts)")
        }
    }

    @Test(arguments: [
        ("[pw: kestrel on the roof 7] Re: x", ""), ("x [pw: kestrel on the roof 7]", "In-Reply-To:\n"),
        ("Question: x [pw: kestrel on the roof 7]", ""), ("Your ref: 12 [pw: kestrel on the roof 7]", ""),
        ("Please read: x [pw: kestrel on the roof 7]", ""), ("(draft) x [pw: kestrel on the roof 7]", ""),
        ("x [pw: kestrel on the roof 7]", "Auto-Submitted: auto-generated\n"),
        ("Re: x", "In-Reply-To: <1@x.example>\nX-Letterlock-Password: kestrel on the roof 7\n"),
    ])
    func whatIsTheSendersOwnIsTaken(subject: String, extra: String) throws {
        let decided = try Self.judge(try Self.rules(), subject: subject, extra: extra)
        #expect(decided.decisions.first?.password?.mode == .fromSender, "\(decided.decisions)")
    }

    /// Mail that is passed on under an address of ours.
    @Test(arguments: [
        ("[sms:+33612345678] x", ""), ("x [pw: kestrel on the roof 7]", ""), ("x", "X-Letterlock-SMS: +33612345678\n"),
    ])
    func marksOfAnotherAuthorAreRefused(subject: String, extra: String) throws {
        let decided = try Self.judge(
            try Self.rules(), subject: subject, extra: extra + "From: Mallory <mallory@outside.example>\n")
        #expect(
            decided.decisions.first?.outcome.refusal?.publicText.contains("its From field is not one of ours") == true)
        let plain = try Self.judge(try Self.rules(), extra: "From: Mallory <mallory@outside.example>\n")
        #expect(plain.decisions.first?.verdict == .pass)
    }

    @Test func aSlipOfThePenInAFieldIsRefused() throws {
        let decided = try Self.judge(try Self.rules(), extra: "x-letterlock-passwort: kestrel on the roof 7\n")
        let text = try #require(decided.decisions.first?.outcome.refusal?.publicText)
        #expect(text.contains("X-Letterlock-Password") && !text.contains("kestrel"))
    }

    // MARK: - Conditions

    @Test func passwordGivenIsTrueForMarkAndField() throws {
        let rules = try Self.rules(
            """
            version: 1
            rules:
              - { id: r, when: { password: given }, then: { protect: required, link: { expire: 7d } } }

            """
        )
        func applied(_ subject: String, _ extra: String = "", from: String = "alice@example.org") throws -> Bool {
            try Self.judge(rules, subject: subject, extra: extra, from: from).decisions.first?.rules.contains("r")
                == true
        }
        let field = "X-Letterlock-Password: \(Self.good)\n"
        #expect(
            try applied("[pw: \(Self.good)] x") && applied("x", field) && applied("x \u{FF3B}pw: \(Self.good)\u{FF3D}"))
        #expect(try !applied("x") && !applied("[sms:+33612345678] x"))
        #expect(try !applied("[pw: \(Self.good)] x", field, from: "x@outside.example"))
    }

    @Test func aConversationIsAFact() throws {
        let rules = try Self.rules(
            "version: 1\nrules:\n  - { id: r, when: { conversation: protected }, then: { protect: required } }\n",
            passwords: [.toSender])
        #expect(rules.asksConversation)
        #expect(!(try Self.rules().asksConversation))
        let mail = try plain()
        func decision(_ conversation: KnownConversation) throws -> Decision {
            try #require(
                decide(mail, known: KnownKeys(), rules: rules, nowSeconds: 0, conversation: conversation).decisions
                    .first)
        }
        #expect(try decision(.protected).rules == ["r"] && decision(.protected).isProtected)
        #expect(try decision(.unprotected).outcome == .pass && decision(.notKnownHere).outcome == .pass)
        #expect(try decision(.unknown(reason: "x")).outcome.refusal?.replyCode == 451)
        func saw(_ conversation: KnownConversation) -> String {
            explain(mail, known: KnownKeys(), rules: rules, nowSeconds: 0, conversation: conversation).recipients.first?
                .rules.first?.when?.saw.joined() ?? ""
        }
        #expect(saw(.notKnownHere) == "not known here" && saw(.protected) == "a message that it names was protected")
    }

    @Test(arguments: [
        ("conversation: protcted", "protected"), ("password: giveen", "given"), ("conversation: [protected]", ""),
    ])
    func otherWordsAreErrorsWithAHint(condition: String, hint: String) {
        let result = load("version: 1\nrules:\n  - { id: r, when: { \(condition) }, then: { protect: required } }\n")
        #expect(result.ruleset == nil)
        #expect(
            hint.isEmpty || result.diagnostics.contains { $0.hint?.contains("'\(hint)'") == true },
            "\(result.diagnostics)")
    }

    /// A line of the features log is enough to judge again, by rules that are new too.
    @Test func theFeaturesLogKnowsThem() throws {
        let yaml =
            """
            version: 1
            rules:
              - { id: c, when: { conversation: protected }, then: { protect: required, with: [pgp] } }

            """
        let old = try Self.rules(yaml)
        let new = try Self.rules(
            yaml + "  - { id: p, when: { password: given }, then: { refuse: no } }\n"
                + "  - { id: n, when: { not: { conversation: protected } }, then: { refuse: no } }\n")
        let recorder = FeatureRecorder(old) { $0 }
        for conversation in [KnownConversation.protected, .unprotected, .unknown(reason: "x")] {
            for subject in ["x", "[pw: \(Self.good)] x", "[sms:+33612345678] x"] {
                let mail = try plain(subject: subject)
                let (_, line) = decideAndRecord(
                    mail, known: KnownKeys(), rules: old, nowSeconds: 0, conversation: conversation, recorder: recorder)
                for rules in [old, new, try Self.rules(yaml, passwords: [.toSender])] {
                    let replayed = try #require(FeatureReplay(rules) { $0 }.decisions(line)?.first)
                    let judged = try #require(
                        decide(mail, known: KnownKeys(), rules: rules, nowSeconds: 0, conversation: conversation)
                            .decisions.first)
                    #expect(replayed.untold.isEmpty)
                    #expect(replayed.most.rules == judged.rules && replayed.least.rules == judged.rules)
                    #expect(replayed.most.verdict == judged.verdict, "\(conversation) \(subject)")
                }
            }
        }
        // A log of rules that did not ask does not say.
        let silent = try Self.rules()
        let (_, line) = decideAndRecord(
            try plain(), known: KnownKeys(), rules: silent, nowSeconds: 0, recorder: FeatureRecorder(silent) { $0 })
        #expect(FeatureReplay(old) { $0 }.decisions(line)?.first?.untold == ["c"])
    }
}

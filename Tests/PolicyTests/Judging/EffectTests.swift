// Effects beside protection: what is read, what is refused to be read, how rules join, and what the plan makes sure of.

import MIME
import Mail
import Policy
import PolicyAnalysis
import SettingValues
import Testing

struct EffectTests {
    private func decision(
        _ then: String, _ parsed: ParsedMessage? = nil, _ known: KnownKeys = KnownKeys(), more: String = ""
    ) throws -> Decision {
        let rules = try ruleset("version: 1\nrules:\n  - id: r\n    then: \(then)\n\(more)")
        return try rules.decision(try parsed ?? plain(), known)
    }

    @Test func eachIsRead() throws {
        let effects = try decision(
            """
            { sign: true, receipt: true, add-header: { X-Classification: internal }, remove-header: [X-Ticket],
              footer: { text: "one\\ntwo", html: "<p>one</p>" }, link: { expire: 7d, password: to-sender } }
            """
        ).effects
        var wanted = Effects()
        wanted.signs = true
        wanted.receipt = true
        wanted.headers = [.remove(name: "X-Ticket"), .add(name: "X-Classification", value: "internal")]
        wanted.footers = [.init(text: "one\ntwo", html: "<p>one</p>")]
        wanted.link = .init(expireSeconds: 7 * 86_400, passwords: [.toSender])
        #expect(effects == wanted)
        #expect(effects.words.contains("add-header X-Classification") && !"\(effects.words)".contains("internal"))
    }

    @Test(arguments: [
        ("{ add-header: { From: x@y.example } }", "not for rules to change"),
        ("{ add-header: { content-type: text/plain } }", "not for rules to change"),
        ("{ remove-header: [DKIM-Signature] }", "not for rules to change"),
        ("{ remove-header: [Received] }", "not for rules to change"),
        ("{ add-header: { 'X Y': z } }", "cannot be the name"),
        ("{ add-header: { X-Y: \"a\\nBcc: b\" } }", "no single line"),
        ("{ add-header: {} }", "names no field"), ("{ add-header: [X] }", "must be a map"),
        ("{ redirect: nobody }", "not a mail address"), ("{ redirect: 'a%b@example.org' }", "not a mail address"),
        ("{ copy-to: [archive] }", "not a mail address"), ("{ footer: { html: x } }", "has no 'text'"),
        ("{ footer: '' }", "empty"), ("{ link: { replies: maybe } }", "replies in"),
        ("{ link: { password: smoke } }", "known: to-sender, from-sender, standing, sms"),
        ("{ link: { expire: 7 } }", "must be a duration"),
        ("{ link: { expire: 5m } }", "must be a duration"), ("{ strip-attachment: { nmae: x } }", "nmae"),
        ("{ receipt: perhaps }", "true or false"), ("{ refuse: no, footer: x }", "no meaning beside 'refuse'"),
        ("{ refuse: no, copy-to: a@example.org }", "no meaning beside 'refuse'"), ("{ footr: x }", "footer"),
    ])
    func mistakesAreErrors(then: String, says: String) {
        let result = load("version: 1\nrules:\n  - id: r\n    then: \(then)\n")
        #expect(result.ruleset == nil)
        #expect(result.diagnostics.contains { $0.description.contains(says) && $0.line == 4 }, "\(result.diagnostics)")
    }

    @Test func rulesJoin() throws {
        let effects = try decision(
            "{ footer: one, add-header: { X-A: a }, redirect: box@example.org, link: { expire: 2d } }", nil,
            more: """
                  - id: s
                    then: { footer: two, add-header: { X-A: a }, redirect: other@example.org, link: { expire: 1d }, \
                sign: true }

                """
        ).effects
        #expect(effects.footers.map(\.text) == ["one", "two"] && effects.headers.count == 1 && effects.signs)
        #expect(effects.redirect == Mailbox("box@example.org") && effects.link.expireSeconds == 86_400)
    }

    /// One `no` counts, whatever the others say.
    @Test(arguments: [("yes", "no", false), ("no", "yes", false), ("true", "yes", true), ("no", "false", false)])
    func repliesJoin(one: String, other: String, joined: Bool) throws {
        let effects = try decision(
            "{ link: { replies: \(one) } }", nil,
            more: """
                  - id: s
                    then: { link: { replies: \(other) } }

                """
        ).effects
        #expect(effects.link.replies == joined)
    }

    // MARK: Redirection

    private static let redirecting =
        "version: 1\nrules:\n  - id: move\n    when: { recipient: { in: elsewhere.example } }\n"

    @Test func redirectedMailIsSealedToTheOneWhoGetsIt() throws {
        let rules = try ruleset(
            Self.redirecting + "    then: { protect: required, with: [pgp], redirect: box@example.org }\n")
        let decision = try rules.decision(plain(), usable("box@example.org"))
        #expect(
            decision.outcome == .seal(.pgp([bobsCertificate]))
                && decision.effects.redirect == Mailbox("box@example.org"))
        #expect(decision.recipient == Mailbox("carol@elsewhere.example") && !decision.isVisible)
        // The recipient's own key is of no use to the other.
        #expect(
            try rules.decision(plain(), usable("carol@elsewhere.example")).outcome.refusal?.cause == .noUsableMethod)
        #expect(rules.destinations.map(\.description) == ["box@example.org"])
    }

    @Test func theRulesOfBothCountAndTheSecondRedirectionDoesNot() throws {
        let rules = try ruleset(
            Self.redirecting + """
                    then: { redirect: box@example.org }
                  - id: boxes
                    when: { recipient: { in: [box@example.org] } }
                    then: { protect: required, with: [pgp], redirect: third@example.org, footer: x }
                  - id: third
                    when: { recipient: { in: [third@example.org] } }
                    then: { refuse: no }

                """)
        let decision = try rules.decision(plain(), usable("box@example.org"))
        #expect(decision.rules == ["move", "boxes"] && decision.effects.redirect == Mailbox("box@example.org"))
        #expect(decision.outcome.isSeal && decision.effects.footers.count == 1)
        #expect(try rules.decision(plain()).outcome.refusal != nil)
    }

    @Test func whatWouldBeSealedDoesNotPassInClearToAnother() throws {
        let rules = try ruleset(
            Self.redirecting + "    then: { protect: preferred, with: [pgp], redirect: box@example.org }\n")
        #expect(try rules.decision(plain()).outcome == .pass)
        let decision = try rules.decision(plain(), usable("carol@elsewhere.example"))
        #expect(decision.outcome.refusal?.cause == .noUsableMethod && decision.effects.isEmpty)
    }

    @Test func aRefusalIsNotRedirected() throws {
        let decision = try decision("{ redirect: box@example.org }", more: "  - id: s\n    then: { refuse: no }\n")
        #expect(decision.outcome.refusal?.cause == .policy && decision.effects.isEmpty)
    }

    // MARK: Archives

    @Test func anArchiveWithoutAKeyRefuses() throws {
        let then = "{ copy-to: archive@example.org }"
        #expect(try decision(then).outcome.refusal?.isPermanent == true)
        let unusable = keys(["archive@example.org": .unusable(reasons: ["expired"])])
        #expect(try decision(then, nil, unusable).outcome.refusal?.isPermanent == true)
        let unknown = keys(["archive@example.org": .unknown(reason: "unreadable")])
        #expect(try decision(then, nil, unknown).outcome.refusal?.isPermanent == false)
        let planned = try decision(then, nil, usable("archive@example.org"))
        #expect(planned.outcome == .pass && planned.effects.archives.map(\.description) == ["archive@example.org"])
    }

    // MARK: Attachments and texts

    private func mixed(_ inner: String, type: String = "multipart/mixed") throws -> ParsedMessage {
        try message(
            "From: a@example.org\nTo: carol@elsewhere.example\nMIME-Version: 1.0\nContent-Type: \(type); boundary=b\n\n"
                + "--b\nContent-Type: text/plain\n\nhello\n--b\n\(inner)\n--b--\n")
    }

    @Test func attachmentsThatFitAreNamedByPath() throws {
        let parsed = try mixed("Content-Type: application/x-a; name=\"run.exe\"\n\nMZ")
        #expect(try decision("{ strip-attachment: { kind: program } }", parsed).effects.strippedParts == ["2"])
        #expect(try decision("{ strip-attachment: { extension: pdf } }", parsed).effects.strippedParts.isEmpty)
    }

    @Test func whatCannotBeTakenOutDoesNotLeave() throws {
        let then = "{ strip-attachment: { kind: program } }"
        #expect(try decision(then, try message(SealedMail.pgp())).outcome.refusal?.cause == .policy)
        let signed = try mixed(
            "Content-Type: application/x-a; name=run.exe\n\nMZ",
            type: "multipart/signed; protocol=\"application/pgp-signature\"")
        #expect(try decision(then, signed).outcome.refusal?.cause == .policy)
        let inside = try mixed(
            """
            Content-Type: multipart/signed; boundary=c

            --c
            Content-Type: application/x-a; name=run.exe

            MZ
            --c

            --c--
            """
        )
        #expect(try decision(then, inside).outcome.refusal?.cause == .policy)
    }

    @Test func footersAndSignaturesAreLeftOutOfWhatCameSealedWithANote() throws {
        let parsed = try message(SealedMail.pgp())
        let decision = try decision("{ footer: x, sign: true }", parsed)
        #expect(decision.outcome == .pass && decision.effects.isEmpty)
        #expect(
            decision.notes.contains { $0.contains("no footer") }
                && decision.notes.contains { $0.contains("not signed") })
        let picture = try message("Content-Type: image/png\nContent-Transfer-Encoding: base64\n\nAAAA\n")
        #expect(try self.decision("{ footer: x }", picture).notes.contains { $0.contains("no text") })
    }

    // MARK: Watching

    private static func watching(_ mode: String) -> String {
        "version: 1\nrules:\n  - id: w\n    \(mode)\n    then: { refuse: no }\n"
    }

    @Test func aWatchingRuleIsNamedAndDoesNotAct() throws {
        let rules = try ruleset(Self.watching("mode: watch"))
        let decision = try rules.decision(plain())
        #expect(decision.outcome == .pass && decision.rules.isEmpty && decision.watched == ["w"])
    }

    @Test(
        arguments: [
            ("2027-01-31", 1_801_353_600), ("2027-01-31T18:00:00+01:00", 1_801_414_800),
            ("2027-01-31T17:00:00.25Z", 1_801_414_800), ("2028-02-29", 1_835_395_200),
        ] as [(String, Int64)])
    func itActsFromItsDateOn(until: String, seconds: Int64) throws {
        let rules = try ruleset(Self.watching("mode: watch\n    until: \(until)"))
        let parsed = try plain()
        let before = decide(parsed, known: KnownKeys(), rules: rules, nowSeconds: seconds - 1).decisions[0]
        let after = decide(parsed, known: KnownKeys(), rules: rules, nowSeconds: seconds).decisions[0]
        #expect(before.outcome == .pass && before.watched == ["w"])
        #expect(after.outcome.refusal != nil && after.watched.isEmpty && after.rules == ["w"])
    }

    @Test(arguments: [
        ("until: 2027-01-31", "without 'mode: watch'"), ("mode: look", "unknown mode"),
        ("mode: watch\n    until: soon", "must be a date"), ("mode: watch\n    until: 2027-02-29", "must be a date"),
        ("mode: watch\n    until: 2027-01-31T25:00:00Z", "must be a date"),
        ("mode: watch\n    until: 2027-01-31T10:00:00", "must be a date"),
    ])
    func badModesAreErrors(mode: String, says: String) {
        let result = load(Self.watching(mode))
        #expect(
            result.ruleset == nil && result.diagnostics.contains { $0.description.contains(says) },
            "\(result.diagnostics)")
    }

    @Test func checkWarnsOfNearAndPastDates() throws {
        let rules = try ruleset(Self.watching("mode: watch\n    until: 2027-01-31"))
        let until: Int64 = 1_801_353_600
        #expect(WatchDates.findings(rules, nowSeconds: until - 15 * 86_400).isEmpty)
        let near = WatchDates.findings(rules, nowSeconds: until - 13 * 86_400)
        #expect(near.count == 1 && near[0].message.contains("watches until 2027-01-31") && near[0].line == 3)
        #expect(WatchDates.findings(rules, nowSeconds: until).first?.message.contains("acts since 2027-01-31") == true)
        #expect(WatchDates.findings(try ruleset(Self.watching("mode: watch")), nowSeconds: until).isEmpty)
    }
}

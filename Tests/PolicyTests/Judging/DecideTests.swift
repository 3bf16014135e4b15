// From rules to verdicts: the join, the choice of a method, clear text only where every rule allows it, mail that is
// encrypted already, effects.

import Mail
import Policy
import Testing

struct DecideTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let thens: [String]
        var defaults = "{}"
        var key: KnownKeys.Status = .none
        var from: String? = "alice@example.org"
        var links = true
        let expected: String
        var testDescription: String {
            "\(thens.joined(separator: " + ")) \(defaults) key \(key) from \(from ?? "<>"): \(expected)"
        }
    }

    static let hasKey = KnownKeys.Status.usable([bobsCertificate])
    static let expired = KnownKeys.Status.unusable(reasons: ["expired on 2025-01-02 (file carol.asc)"])
    static let unknown = KnownKeys.Status.unknown(reason: "keys folder unreadable")
    static let none = "{protect: none}"
    static let preferred = "{protect: preferred}"
    static let required = "{protect: required}"
    static let refuse = "{refuse: not today}"
    static let keyOnly = "{protect: required, with: [pgp]}"
    static let linkOnly = "{protect: required, with: [link]}"
    static let ifKey = "{protect: preferred, with: [pgp]}"
    static let ifLink = "{protect: preferred, with: [link]}"

    static let cases: [Case] = [
        // The join.
        .init(thens: [], expected: "pass"), .init(thens: [none], expected: "pass"),
        .init(thens: [none, required], expected: "seal link"), .init(thens: [required, refuse], expected: "refuse"),
        .init(thens: [none, preferred, required, refuse], key: hasKey, expected: "refuse"),
        .init(thens: [none], defaults: "{protect: required}", expected: "seal link"),
        .init(thens: [], defaults: "{protect: preferred, with: [pgp]}", expected: "pass"),
        .init(thens: [], defaults: "{protect: preferred, with: [pgp]}", key: hasKey, expected: "seal pgp"),
        // Order of preference.
        .init(thens: [required], key: hasKey, expected: "seal pgp"),
        .init(thens: [required], defaults: "{with: [link, pgp]}", key: hasKey, expected: "seal link"),
        .init(thens: ["{protect: required, with: [link, pgp]}"], key: hasKey, expected: "seal pgp"),
        .init(
            thens: ["{protect: required, with: [link, pgp]}"], defaults: "{with: [link]}", key: hasKey,
            expected: "seal link"),
        .init(thens: [keyOnly], defaults: "{with: [link]}", key: hasKey, expected: "seal pgp"),
        .init(thens: [required], defaults: "{with: [pgp]}", expected: "refuse"),
        // Intersection.
        .init(thens: [keyOnly, required], expected: "refuse"),
        .init(thens: [keyOnly, required], key: hasKey, expected: "seal pgp"),
        .init(thens: [keyOnly, linkOnly], key: hasKey, expected: "refuse"),
        .init(thens: [ifKey, linkOnly], expected: "refuse"), .init(thens: [ifKey, ifLink], expected: "refuse"),
        .init(thens: [ifKey, ifLink], key: hasKey, expected: "refuse"),
        .init(thens: [ifKey, ifLink], from: nil, expected: "pass"),
        // Keys that are no keys.
        .init(thens: [required], key: expired, expected: "seal link"),
        .init(thens: [keyOnly], key: expired, expected: "refuse"),
        .init(thens: [preferred], key: expired, from: nil, expected: "refuse"),
        .init(thens: [ifKey], key: expired, expected: "refuse"),
        .init(thens: [ifKey], expected: "pass"), .init(thens: [ifKey, none], expected: "pass"),
        .init(thens: [preferred], expected: "seal link"), .init(thens: [preferred], from: nil, expected: "pass"),
        .init(thens: [none], key: expired, expected: "pass"),
        // Keys that nobody knows of: try again later.
        .init(thens: [required], key: unknown, expected: "tempfail"),
        .init(thens: [ifKey], key: unknown, expected: "tempfail"),
        .init(thens: [linkOnly], key: unknown, expected: "seal link"),
        .init(thens: [none], key: unknown, expected: "pass"),
        .init(thens: [required, refuse], key: unknown, expected: "refuse"),
        .init(thens: [ifKey, ifLink], key: unknown, from: nil, expected: "tempfail"),
        .init(thens: [required], defaults: "{with: [link, pgp]}", key: unknown, expected: "seal link"),
        // Links need an inside sender who reads mail.
        .init(thens: [required], from: nil, expected: "refuse"),
        .init(thens: [required], from: "x@elsewhere.example", expected: "refuse"),
        .init(thens: [required], from: "noreply@example.org", expected: "refuse"),
        .init(thens: [required], links: false, expected: "refuse"),
        .init(thens: [preferred], links: false, expected: "pass"),
        .init(thens: [required], key: hasKey, links: false, expected: "seal pgp"),
    ]

    @Test(arguments: cases)
    func verdictsFollowFromTheRules(_ item: Case) throws {
        let list = item.thens.enumerated().map { index, then in
            "  - {id: r\(index), when: {size: {under: \(1_000_000 + index)}}, then: \(then)}\n"
        }.joined()
        let defaults = item.defaults == "{}" ? "" : "defaults: \(item.defaults)\n"
        let yaml = "version: 1\n\(defaults)" + (list.isEmpty ? "" : "rules:\n\(list)")
        let rules = try ruleset(yaml, links: item.links, unattended: ["noreply@example.org"])
        let decision = try rules.decision(plain(from: item.from), keys(["carol@elsewhere.example": item.key]))
        #expect(decision.way == item.expected, "\(decision)")
        #expect(decision.rules == item.thens.indices.map { "r\($0)" })
        if let refusal = decision.outcome.refusal {
            #expect(refusal.publicText.contains("<carol@elsewhere.example>"))
            #expect(!refusal.publicText.contains("carol.asc") && !refusal.publicText.contains("r0"))
            #expect(refusal.publicText.utf8.allSatisfy { (32..<127).contains($0) })
        }
    }

    @Test func theReasonToRefuseReachesTheSender() throws {
        let rules = try oneRule(when: "{ subject: lunch }", then: "{ refuse: 'pièces jointes refusées – « non »' }")
        let refusal = try #require(rules.decision(plain()).outcome.refusal)
        #expect(refusal.publicText == "<carol@elsewhere.example>: pieces jointes refusees - \" non \"")
        #expect(refusal.cause == .policy && refusal.replyCode == 550)
        let message = decide(
            try plain(to: ["a@x.example", "b@y.example"]), known: KnownKeys(), rules: rules, nowSeconds: 0)
        #expect(message.refusal?.publicText.hasPrefix("<a@x.example>: ") == true)
    }

    @Test func theNotesTellTheWay() throws {
        let rules = try oneRule(when: "{ subject: lunch }")
        let decision = try rules.decision(plain(), keys(["carol@elsewhere.example": Self.expired]))
        #expect(decision.notes == ["pgp: expired on 2025-01-02 (file carol.asc)", "fell to link"])
    }

    @Test func whatNarrowedTheMethodsIsNamed() throws {
        let yaml = """
            version: 1
            defaults: { with: [pgp, link] }
            rules:
              - { id: by-key, when: { subject: lunch }, then: { protect: required, with: [pgp] } }
              - { id: silent, when: { size: { under: 1MB } }, then: { protect: required } }
            """
        let decision = try ruleset(yaml, links: true).decision(plain(subject: "lunch"), KnownKeys())
        #expect(decision.verdict == .refuse)
        #expect(decision.notes == ["pgp: no key", "link: not allowed by rule \"by-key\" (with: pgp)"])
        let refusal = try #require(decision.outcome.refusal)
        #expect(refusal.detail.contains("link: not allowed by rule \"by-key\" (with: pgp)"))
        // Who writes from outside is told no names.
        #expect(refusal.publicText.hasSuffix("(no key of the recipient is known; the policy allows only pgp here)"))
        let several = yaml.replacing("{ protect: required } }", with: "{ protect: required, with: [link] } }")
        let none = try ruleset(several, links: true).decision(plain(subject: "lunch"), KnownKeys())
        #expect(none.notes.contains("pgp: not allowed by rule \"silent\" (with: link)"))
        #expect(none.notes.contains("link: not allowed by rule \"by-key\" (with: pgp)"))
        let defaults =
            """
            version: 1
            defaults: { with: [pgp] }
            rules: [{ id: a, when: { subject: lunch }, then: { protect: required } }]
            """
        let byDefault = try ruleset(defaults, links: true).decision(plain(subject: "lunch"), KnownKeys())
        #expect(byDefault.notes == ["pgp: no key", "link: not allowed by defaults.with"])
    }

    @Test func whoIsNotInToOrCcIsBlind() throws {
        let rules = try ruleset("version: 1\n")
        let parsed = try message(
            "From: a@example.org\nTo: \"B, Bob\" <Bob@Friend.example>, team: carol@x.example, <dan@x.example>;\n"
                + "Cc: =?utf-8?Q?E?= <e@x.example>\n"
                + "Bcc: f@x.example\n\nx\n",
            to: ["bob@friend.example", "carol@x.example", "dan@x.example", "e@x.example", "f@x.example", "g@x.example"])
        let decisions = decide(parsed, known: KnownKeys(), rules: rules, nowSeconds: 0).decisions
        #expect(decisions.map(\.isVisible) == [true, true, true, true, false, false])
    }

    @Test(arguments: [
        ("\\[secure\\]", "[secure] Results", "Results"), ("\\[secure\\]", "Re: [Secure] Results", "Re: Results"),
        ("\\[secure\\]", "Results [SECURE]", "Results"), ("\\[secure\\]", "[secure]", ""),
        ("\\[secure\\]", "a [secure] b [secure] c", "a b c"),
        ("^((re|fwd?|aw)\\s?:\\s*)*\\[(secure|x)\\]", "Re: AW: [secure] Hello", "Hello"),
        ("\\[(secure|geheim)\\]", "[geheim] Größe", "Größe"),
        ("s+ecure", "a ssssecure b", "a b"),
    ])
    func theTagIsTakenOut(_ pattern: String, _ subject: String, _ expected: String) throws {
        let rules = try oneRule(
            when: "{ subject: '\(pattern)' }", then: "{ protect: required, strip-subject-tag: true }")
        #expect(try rules.decision(plain(subject: subject)).rewrittenSubject == expected)
    }

    @Test func onlyTheMatchingRulesOwnTagIsTakenOut() throws {
        let rules = try ruleset(
            "version: 1\nrules:\n"
                + "  - {id: a, when: {subject: '\\[a\\]', recipient: {in: x.example}}, then: {protect: none, "
                + "strip-subject-tag: true}}\n"
                + "  - {id: b, when: {subject: '\\[b\\]', not: {subject: '\\[c\\]'}}, then: {protect: none, "
                + "strip-subject-tag: true}}\n"
        )
        let parsed = try plain(subject: "[a] [b] [d]", to: ["one@x.example", "two@y.example"])
        let decisions = decide(parsed, known: KnownKeys(), rules: rules, nowSeconds: 0).decisions
        #expect(decisions.map(\.rewrittenSubject) == ["[d]", "[a] [d]"])
        #expect(decisions.map(\.verdict) == [.pass, .pass])
        #expect(try rules.decision(plain(subject: "[c]")).rewrittenSubject == nil)
    }

    @Test func noHeaderCanBePutInByAnEncodedSubject() throws {
        let rules = try oneRule(when: "{ subject: secure }", then: "{ protect: required, strip-subject-tag: true }")
        let decision = try rules.decision(plain(subject: "=?utf-8?Q?secure_a=0D=0ABcc:_eve@evil.example?="))
        #expect(decision.rewrittenSubject?.utf8.allSatisfy { $0 >= 32 } == true)
    }

    @Test func theSubjectIsHiddenOnlyWhereItIsSealed() throws {
        let rules = try oneRule(
            when: "{ subject: lunch }", then: "{ protect: preferred, with: [pgp], hide-subject: true }")
        #expect(try rules.decision(plain(), usable("carol@elsewhere.example")).hidesSubject)
        #expect(try !rules.decision(plain()).hidesSubject)
        let tag = try oneRule(when: "{ subject: lunch }", then: "{ protect: required }")
        #expect(try !tag.decision(plain(), usable("carol@elsewhere.example")).hidesSubject)
    }
}

// What `policy check` says of rules that load: every kind of finding has a policy that has it and one, as like as can
// be, that has not.

import Foundation
import Mail
import Policy
import PolicyLanguage
import Testing

struct AnalysisTests {
    struct Sample: Sendable, CustomTestStringConvertible {
        let code: String
        /// What is found, `rules:` and all above it.
        let bad: String
        /// Line of the finding.
        let line: Int
        /// In the message or the hint.
        let says: String
        /// What is not.
        let good: [String]
        var severity = Diagnostic.Severity.warning
        var testDescription: String { "\(code): \(bad.prefix(60))" }
    }

    private static func check(
        _ yaml: String, links: Bool = true, inside: [String] = ["example.org", ".example.org"],
        unattended: [String] = []
    ) -> [Diagnostic] {
        Ruleset.check(
            files: [PolicyFile(name: "rules.yaml", text: "version: 1\n\(yaml)\n")],
            surroundings: Surroundings(
                inside: DomainList(inside), unattended: DomainList(unattended), linksAvailable: links),
            nowSeconds: 1_795_649_400
        ).diagnostics
    }

    /// Rules from their inner parts: the first stands on line 3.
    private static func rules(_ parts: String...) -> String {
        "rules:\n" + parts.enumerated().map { "  - {id: r\($0.offset + 1), \($0.element)}" }.joined(separator: "\n")
    }
    private static let act = "then: {protect: required}"

    static let contradictions: [Sample] = [
        .init(
            code: "never-true", bad: rules("when: {recipient: {in: inside, not-in: example.org}}, \(act)"), line: 3,
            says: "",
            good: []),
        .init(
            code: "never-true", bad: rules("when: {recipient: {in: example.org, not-in: inside}}, \(act)"), line: 3,
            says: "'in' names is in 'not-in' too",
            good: [
                rules("when: {recipient: {in: [example.org, x.example], not-in: inside}}, \(act)"),
                rules("when: {recipient: {in: .example.org, not-in: example.org}}, \(act)"),
            ]),
        .init(
            code: "never-true",
            bad: rules("when: {all: [{recipient: {in: inside}}, {recipient: {not-in: inside}}]}, \(act)"), line: 3,
            says: "contradict each other",
            good: [
                rules("when: {any: [{recipient: {in: inside}}, {recipient: {not-in: inside}}]}, \(act)"),
                rules("when: {sender: {in: inside}, recipient: {not-in: inside}}, \(act)"),
            ]),
        .init(
            code: "never-true", bad: rules("when: {all: [{size: {over: 2MB}}, {size: {under: 1MB}}]}, \(act)"), line: 3,
            says: "contradict", good: [rules("when: {all: [{size: {over: 1MB}}, {size: {under: 2MB}}]}, \(act)")]),
        .init(
            code: "never-true",
            bad: rules(
                "when: {all: [{time: {between: '08:00-12:00'}}, {time: {between: '12:00-18:00'}}]}, \(act)"), line: 3,
            says: "contradict",
            good: [
                rules("when: {all: [{time: {between: '08:00-12:01'}}, {time: {between: '12:00-18:00'}}]}, \(act)"),
                rules(
                    """
                    when: {all: [{time: {between: '08:00-12:00'}}, {time: \
                    {between: '12:00-18:00', zone: Asia/Tokyo}}]}, \(act)
                    """
                ),
            ]),
        .init(
            code: "never-true", bad: rules("when: {encrypted: true, not: {encrypted: true}}, \(act)"), line: 3,
            says: "contradict", good: [rules("when: {encrypted: true, not: {encrypted: pgp}}, \(act)")]),
        .init(
            code: "never-true", bad: rules("when: {all: [{encrypted: pgp}, {encrypted: false}]}, \(act)"), line: 3,
            says: "contradict", good: [rules("when: {all: [{encrypted: pgp}, {signed: false}]}, \(act)")]),
        .init(
            code: "never-true",
            bad: rules("when: {all: [{key: {is: usable}}, {key: {is: [none, expired]}}]}, \(act)"), line: 3,
            says: "contradict",
            good: [rules("when: {all: [{key: {is: usable}}, {key: {of: sender, is: none}}]}, \(act)")]),
        .init(
            code: "never-true",
            bad: rules("when: {subject: x}, unless: {all: [{subject: y}, {not: {subject: y}}]}, \(act)"), line: 3,
            says: "'unless' of rule 'r1'", good: [rules("when: {subject: x}, unless: {not: {subject: y}}, \(act)")]),
        .init(
            code: "never-true",
            bad: rules(
                "when: {all: [{recipients: {count: {over: 5}}}, {recipients: {count: {under: 6}}}]}, \(act)"), line: 3,
            says: "contradict",
            good: [
                rules("when: {all: [{recipients: {count: {over: 5}}}, {recipients: {domains: {under: 6}}}]}, \(act)")
            ]),
        .init(
            code: "never-true",
            bad: rules("when: {all: [{listener: '127.0.0.1:1'}, {listener: '127.0.0.1:2'}]}, \(act)"), line: 3,
            says: "contradict",
            good: [rules("when: {any: [{listener: '127.0.0.1:1'}, {listener: '127.0.0.1:2'}]}, \(act)")]),
        .init(
            code: "never-true",
            bad: rules("when: {all: [{date-range: {until: 2026-01-01}}, {date-range: {from: 2026-01-02}}]}, \(act)"),
            line: 3, says: "contradict",
            good: [
                rules(
                    """
                    when: {all: [{date-range: {until: 2026-01-01}}, {date-range: {from: 2026-01-01}}]}, \(act)
                    """)
            ]),
        .init(
            code: "never-applies",
            bad: rules("when: {subject: x, size: {over: 2MB}}, unless: {size: {over: 1MB}}, \(act)"), line: 3,
            says: "can never apply",
            good: [
                rules("when: {subject: x, size: {over: 1MB}}, unless: {size: {over: 2MB}}, \(act)"),
                rules("unless: {subject: x}, \(act)"),
            ]),
        .init(
            code: "never-applies",
            bad: rules("when: {subject: x}, unless: {any: [{subject: x}, {subject: y}]}, \(act)"), line: 3,
            says: "can never apply",
            good: [rules("when: {subject: x}, unless: {all: [{subject: x}, {subject: y}]}, \(act)")]),
        .init(
            code: "idle-exception",
            bad: rules("when: {recipient: {not-in: inside}}, unless: {recipient: {in: example.org}}, \(act)"), line: 3,
            says: "never matters",
            good: [rules("when: {recipient: {not-in: inside}}, unless: {recipient: {in: x.example}}, \(act)")],
            severity: .info),
    ]

    static let shadows: [Sample] = [
        .init(
            code: "shadowed-rule",
            bad: rules(
                "when: {recipient: {not-in: inside}}, \(act)", "when: {recipient: {not-in: inside}, subject: x}, \(act)"
            ),
            line: 4, says: "'r1' (rules.yaml:3)",
            good: [
                rules(
                    "when: {recipient: {not-in: inside}}, \(act)",
                    "when: {recipient: {not-in: inside}, subject: x}, then: {protect: required, hide-subject: true}"),
                rules(
                    "when: {recipient: {not-in: inside}}, then: {protect: preferred}",
                    "when: {recipient: {not-in: inside}, subject: x}, \(act)"),
                rules(
                    "when: {recipient: {not-in: inside}}, \(act)",
                    "when: {recipient: {not-in: inside}, subject: x}, then: {protect: required, with: [pgp]}"),
                rules(
                    "when: {recipient: {not-in: inside}}, unless: {subject: y}, \(act)",
                    "when: {recipient: {not-in: inside}, subject: x}, \(act)"),
                rules("when: {subject: x}, \(act)", "when: {subject: y}, \(act)"),
            ]),
        .init(
            code: "shadowed-rule",
            bad: rules(
                "when: {recipient: {in: [a.example, b.example]}}, \(act)",
                "when: {recipient: {in: u@b.example}}, \(act)"),
            line: 4, says: "r1",
            good: [
                rules(
                    "when: {recipient: {in: [a.example, b.example]}}, \(act)",
                    "when: {recipient: {in: .b.example}}, \(act)")
            ]),
        .init(
            code: "shadowed-rule",
            bad: rules(
                "when: {recipient: {not-in: inside}}, unless: {encrypted: pgp}, \(act)",
                "when: {recipient: {not-in: inside}, subject: x}, unless: {encrypted: true}, \(act)"), line: 4,
            says: "r1",
            good: [
                rules(
                    "when: {recipient: {not-in: inside}}, unless: {encrypted: true}, \(act)",
                    "when: {recipient: {not-in: inside}, subject: x}, unless: {encrypted: pgp}, \(act)")
            ]),
        .init(
            code: "shadowed-rule",
            bad: rules("when: {any: [{subject: x}, {subject: y}]}, then: {refuse: no}", "when: {subject: y}, \(act)"),
            line: 4,
            says: "r1",
            good: [rules("when: {all: [{subject: x}, {subject: y}]}, then: {refuse: no}", "when: {subject: y}, \(act)")]
        ),
        .init(
            code: "shadowed-rule",
            bad: rules(
                "when: {subject: x}, \(act)", "when: {subject: x, size: {over: 1MB}}, then: {protect: preferred}",
                "when: {size: {over: 1KB}}, then: {protect: preferred, hide-subject: true}"),
            line: 4, says: "r1", good: []),
        .init(
            code: "shadowed-rule",
            bad: rules(
                "when: {subject: x}, then: {refuse: first}",
                "when: {subject: x, size: {over: 1MB}}, then: {refuse: second}"),
            line: 4, says: "r1",
            good: [
                rules(
                    "when: {subject: x, size: {over: 1MB}}, then: {refuse: second}",
                    "when: {subject: x}, then: {refuse: first}")
            ]),
        .init(
            code: "duplicate-rule",
            bad: rules(
                "when: {subject: x, size: {over: 1KB}}, \(act)",
                "when: {all: [{size: {over: 1KB}}, {subject: x}]}, \(act)"),
            line: 4, says: "says the same as 'r1'",
            good: [
                rules(
                    "when: {subject: x, size: {over: 1KB}}, \(act)",
                    "when: {subject: x, size: {over: 2KB}}, then: {refuse: no}")
            ]),
        .init(
            code: "no-effect", bad: rules("when: {subject: x}, then: {protect: none}"), line: 3, says: "defaults",
            good: [rules("when: {subject: x}, then: {protect: none, hide-subject: true}")], severity: .info),
        .init(
            code: "no-effect",
            bad: "defaults: {protect: required}\n" + rules("when: {subject: x}, then: {protect: preferred}"),
            line: 4, says: "defaults",
            good: [
                // Clear text must be fine for every rule alone: this one would have a link.
                "defaults: {protect: preferred, with: [pgp]}\n"
                    + rules("when: {subject: x}, then: {protect: preferred, with: [pgp, link]}")
            ], severity: .info),
    ]

    static let fallbacks: [Sample] = [
        .init(
            code: "no-fallback", bad: rules("when: {subject: x}, then: {protect: required, with: [pgp]}"), line: 3,
            says: "without a usable key will be refused",
            good: [
                rules("when: {subject: x}, \(act)"),
                rules("when: {subject: x}, then: {protect: preferred, with: [pgp]}"),
                rules("when: {subject: x, key: {is: usable}}, then: {protect: required, with: [pgp]}"),
            ], severity: .info),
        .init(
            code: "no-fallback", bad: "defaults: {with: [pgp]}\n" + rules("when: {subject: x}, \(act)"), line: 4,
            says: "refused",
            good: ["defaults: {with: [link, pgp]}\n" + rules("when: {subject: x}, \(act)")], severity: .info),
        .init(
            code: "link-needs-inside-sender", bad: rules("when: {subject: x}, then: {protect: required, with: [link]}"),
            line: 3, says: "sender: { in: inside }",
            good: [
                rules("when: {sender: {in: inside}, subject: x}, then: {protect: required, with: [link]}"),
                rules("when: {sender: {in: boss@example.org}}, then: {protect: required, with: [link]}"),
                rules("when: {subject: x}, then: {protect: preferred, with: [link]}"),
            ]),
        .init(
            code: "link-needs-inside-sender",
            bad: "defaults: {protect: required, with: [link]}\n" + rules("when: {subject: x}, then: {refuse: no}"),
            line: 2,
            says: "will be refused",
            good: ["defaults: {protect: required}\n" + rules("when: {subject: x}, then: {refuse: no}")]),
    ]

    static let patterns: [Sample] = [
        .init(
            code: "unmatchable-pattern", bad: rules("when: {content: 'o\u{FB03}ce'}, \(act)"), line: 3, says: "office",
            good: [
                rules("when: {content: 'o(\u{FB03}|ffi)?ce[\u{FB01}]'}, \(act)").replacing("\u{FB03}", with: "f"),
                rules("when: {content: 'café'}, \(act)"),
            ]),
        .init(
            code: "unmatchable-pattern", bad: rules("when: {content: 'night\\x{200b}jar'}, \(act)"), line: 3,
            says: "nightjar",
            good: [rules("when: {content: 'night\\x{e9}jar'}, \(act)")]),
        .init(
            code: "unmatchable-pattern", bad: rules("when: {subject: 'cafe\u{301}'}, \(act)"), line: 3,
            says: "caf\\x{e9}",
            good: [rules("when: {subject: 'caf[e\u{301}]'}, \(act)")]),
        .init(
            code: "unmatchable-pattern", bad: rules("when: {content: '\u{FF11}\u{FF12}3'}, \(act)"), line: 3,
            says: "'123'",
            good: [rules("when: {content: '\\d{3}\\p{Nd}'}, \(act)")]),
        .init(
            code: "matches-everything", bad: rules("when: {subject: '(re:)?'}, \(act)"), line: 3,
            says: "matches every text",
            good: [rules("when: {subject: '(re:)'}, \(act)")], severity: .error),
        .init(
            code: "reply-prefix", bad: rules("when: {subject: '^\\[secure\\]'}, \(act)"), line: 3,
            says: #"'^((re|fwd?|aw|wg|tr)\s?:\s*)*\[secure\]'"#,
            good: [
                rules("when: {subject: '\\[secure\\]'}, \(act)"),
                rules("when: {subject: '^((re|fwd?|aw|wg|tr)\\s?:\\s*)*\\[secure\\]'}, \(act)"),
                rules("when: {subject: '^(re: )?\\[secure\\]'}, \(act)"), rules("when: {subject: '^re:'}, \(act)"),
                rules("when: {subject: '^\\[a\\]|\\[b\\]'}, \(act)"),
                rules("when: {subject: '^.*\\[secure\\]'}, \(act)"),
                rules("when: {header: {name: X-Tag, matches: '^\\[secure\\]'}}, \(act)"),
            ]),
        .init(
            code: "reply-prefix", bad: rules("when: {subject: '^(?:\\[secure\\]|\\[chiffrer])'}, \(act)"), line: 3,
            says: "Re: [secure]",
            good: [rules("when: {subject: '^(?:\\[secure\\]|re:)'}, \(act)")]),
        .init(
            code: "reply-prefix", bad: rules("when: {subject: '(?-i)^Invoice'}, \(act)"), line: 3, says: "Re: Invoice",
            good: [rules("when: {subject: '(?-i)Invoice'}, \(act)")], severity: .info),
        .init(
            code: "idle-wildcard", bad: rules("when: {subject: 'secret.*'}, \(act)"), line: 3, says: "does nothing",
            good: [
                rules("when: {subject: 'secret\\.*x'}, \(act)"), rules("when: {subject: 'secret.*word'}, \(act)"),
                rules("when: {subject: 'secret\\.*'}, \(act)"),
                rules("when: {subject: {matches: 'secret.*', whole-word: true}}, \(act)"),
                rules("when: {subject: '\\[x.*'}, then: {protect: required, strip-subject-tag: true}"),
            ], severity: .info),
        .init(
            code: "idle-wildcard", bad: rules("when: {content: '(?i).*secret'}, \(act)"), line: 3, says: "does nothing",
            good: [rules("when: {content: 'a.*secret'}, \(act)")], severity: .info),
    ]

    static let names: [Sample] = [
        .init(
            code: "unused-list", bad: "lists: {p: [a.example]}\n" + rules("when: {subject: x}, \(act)"), line: 2,
            says: "'p'",
            good: ["lists: {p: [a.example]}\n" + rules("when: {recipients: {all-in: [p]}}, \(act)")]),
        .init(
            code: "unused-detector", bad: "detectors: {d: {words: [x]}}\n" + rules("when: {subject: x}, \(act)"),
            line: 2,
            says: "'d'", good: ["detectors: {d: {words: [x]}}\n" + rules("when: {content: {detector: d}}, \(act)")]),
        .init(
            code: "covered-entry",
            bad: "lists:\n  p:\n    - a.example\n    - bob@A.example\n" + rules("when: {recipient: {in: p}}, \(act)"),
            line: 5,
            says: "covered by 'a.example'",
            good: [
                "lists: {p: [a.example, .a.example, bob@b.example]}\n" + rules("when: {recipient: {in: p}}, \(act)")
            ],
            severity: .info),
        .init(
            code: "covered-entry",
            bad: "lists: {p: [.x.example, .a.x.example]}\n" + rules("when: {recipient: {in: p}}, \(act)"), line: 2,
            says: "covered by '.x.example'",
            good: ["lists: {p: [.x.example, .ax.example]}\n" + rules("when: {recipient: {in: p}}, \(act)")],
            severity: .info),
        .init(
            code: "covered-entry",
            bad: "lists: {p: [a.example, A.example]}\n" + rules("when: {recipient: {in: p}}, \(act)"), line: 2,
            says: "twice",
            good: [], severity: .info),
        .init(
            code: "covered-entry",
            bad: "lists: {p: [bücher.example, xn--bcher-kva.example]}\n" + rules("when: {recipient: {in: p}}, \(act)"),
            line: 2, says: "twice",
            good: [
                "lists: {p: [bücher.example, bucher.example]}\n" + rules("when: {recipient: {in: p}}, \(act)")
            ], severity: .info),
        .init(
            code: "covered-entry", bad: rules("when: {recipient: {not-in: [inside, mail.example.org]}}, \(act)"),
            line: 3,
            says: "'mail.example.org'", good: [rules("when: {recipient: {not-in: [inside, x.example]}}, \(act)")],
            severity: .info),
        .init(
            code: "covered-entry", bad: rules("when: {recipient: {in: a.example, not-in: b.example}}, \(act)"), line: 3,
            says: "does nothing", good: [rules("when: {recipient: {in: a.example, not-in: b@a.example}}, \(act)")],
            severity: .info),
        .init(
            code: "unknown-header", bad: rules("when: {header: {name: Sensitivty, is: x}}, \(act)"), line: 3,
            says: "'Sensitivity'",
            good: [
                rules("when: {header: {name: sensitivity, is: x}}, \(act)"),
                rules("when: {header: {name: X-Our-Own, is: x}}, \(act)"),
            ], severity: .info),
        .init(
            code: "outside-only", bad: rules("when: {attachment: {kind: program}}, then: {refuse: no}"), line: 3,
            says: "inside: true",
            good: [
                rules("when: {attachment: {kind: program, inside: true}}, then: {refuse: no}"),
                rules("when: {attachment: {kind: program, inside: false}}, then: {refuse: no}"),
                rules("when: {attachment: {kind: image}}, then: {refuse: no}"),
            ], severity: .info),
        .init(
            code: "network-host-bits", bad: rules("when: {client: {in: 10.1.0.0/8}}, \(act)"), line: 3,
            says: "10.1.0.0/8",
            good: [rules("when: {client: {in: [10.0.0.0/8, 10.1.2.3, '2001:db8::/32']}}, \(act)")]),
    ]

    static let effects: [Sample] = [
        .init(
            code: "watch-over", bad: rules("mode: watch, until: 2026-11-01, when: {subject: x}, \(act)"), line: 3,
            says: "is past", good: [rules("mode: watch, until: 2027-11-01, when: {subject: x}, \(act)")]),
        .init(
            code: "watch-ends-soon", bad: rules("mode: watch, until: 2026-12-01, when: {subject: x}, \(act)"), line: 3,
            says: "then it acts", good: [rules("mode: watch, until: 2027-11-01, when: {subject: x}, \(act)")]),
        .init(
            code: "watch-without-end", bad: rules("mode: watch, when: {subject: x}, \(act)"), line: 3, says: "for ever",
            good: [rules("when: {subject: x}, \(act)")], severity: .info),
        .init(
            code: "two-redirects",
            bad: rules(
                "when: {subject: x}, then: {redirect: a@example.org}",
                "when: {subject: y}, then: {redirect: b@example.org}"),
            line: 4, says: "that of 'r1'",
            good: [
                rules(
                    "when: {subject: x}, then: {redirect: a@example.org}",
                    "when: {subject: y}, unless: {subject: x}, then: {redirect: b@example.org}"),
                rules(
                    "when: {subject: x}, then: {redirect: a@example.org}",
                    "when: {subject: y}, then: {redirect: A@example.org}"),
            ]),
        .init(
            code: "shadowed-rule",
            bad: rules(
                "when: {subject: x}, then: {protect: required, receipt: true}",
                "when: {subject: x, size: {over: 1MB}}, then: {receipt: true}"), line: 4, says: "r1",
            good: [
                rules("when: {subject: x}, \(act)", "when: {subject: x, size: {over: 1MB}}, then: {receipt: true}"),
                rules(
                    "when: {subject: x}, then: {redirect: a@example.org}",
                    "when: {subject: x, size: {over: 1MB}}, then: {redirect: b@example.org}"),
                rules(
                    "mode: watch, until: 2027-11-01, when: {subject: x}, \(act)",
                    "when: {subject: x, size: {over: 1MB}}, \(act)"),
                rules(
                    "when: {subject: x}, \(act)",
                    "when: {subject: x, size: {over: 1MB}}, then: {strip-attachment: {extension: exe}}"),
            ]),
    ]

    @Test(arguments: contradictions + shadows + fallbacks + patterns + names + effects)
    func everyKindIsFoundAndNothingElse(_ sample: Sample) throws {
        let findings = Self.check(sample.bad)
        let shown = findings.map(\.description).joined(separator: "\n")
        let found = findings.filter { $0.code == sample.code }
        if sample.says.isEmpty {
            // A look-alike that is fine.
            #expect(found == [], "\(shown)")
        } else {
            let finding = try #require(found.first, "not found: \(shown)")
            #expect(finding.line == sample.line && finding.column > 0, "\(shown)")
            #expect(finding.severity == sample.severity, "\(shown)")
            #expect("\(finding.message) \(finding.hint ?? "")".contains(sample.says), "\(shown)")
            #expect(found.count == 1, "\(shown)")
        }
        for good in sample.good {
            let findings = Self.check(good)
            #expect(!findings.contains { $0.code == sample.code }, "\(good)\n\(findings)")
            #expect(!findings.contains { $0.severity == .error }, "\(good)\n\(findings)")
        }
    }

    @Test func rulesWithoutAnythingOddHaveNoFindings() {
        let yaml = """
            lists: {partners: [a.example, .a.example]}
            detectors: {codename: {words: [NIGHTJAR]}}
            rules:
              - {id: a, when: {recipient: {in: partners}}, then: {protect: required}}
              - {id: b, when: {sender: {in: inside}, recipient: {not-in: inside}, subject: '\\[secure\\]'}, then: \
            {protect: required, strip-subject-tag: true}}
              - {id: c, when: {content: {detector: codename}, recipient: {not-in: inside}}, unless: {recipient: {in: \
            partners}}, then: {refuse: no}}
            """
        #expect(Self.check(yaml) == [])
    }

    @Test func unattendedSendersAreNamed() {
        let rule = Self.rules("when: {sender: {in: inside}}, then: {protect: required, with: [link]}")
        let unattended = ["noreply@example.org"]
        #expect(Self.check(rule, unattended: unattended).map(\.code) == ["link-needs-reader"])
        #expect(Self.check(rule) == [])
        let spared = Self.rules(
            """
            when: {sender: {in: inside}}, unless: {sender: {in: \
            noreply@example.org}}, then: {protect: required, with: [link]}
            """
        )
        #expect(Self.check(spared, unattended: unattended) == [])
        let apart = Self.rules("when: {sender: {in: boss@example.org}}, then: {protect: required, with: [link]}")
        #expect(Self.check(apart, unattended: unattended) == [])
    }

    @Test func withoutLinksTheKeyDecides() {
        let rule = Self.rules("when: {subject: x}, then: {protect: required}")
        #expect(Self.check(rule, links: false).map(\.code) == ["no-fallback"])
        #expect(Self.check(rule, links: true) == [])
    }

    @Test func nothingIsConcludedFromAnEmptyInside() {
        let rule = Self.rules("when: {recipient: {in: inside, not-in: example.org}}, then: {protect: required}")
        #expect(Self.check(rule, inside: []) == [])
    }

    @Test func aLoadForJudgingDoesNotAnalyse() {
        let yaml = "version: 1\nlists: {p: [a.example]}\n" + Self.rules("when: {subject: x}, then: {protect: none}")
        #expect(load(yaml).diagnostics == [])
    }

    @Test func thePolicyThatComesWithLetterlockGivesNoWarning() throws {
        let folder = StartingPolicyTests.folder
        let text = try String(contentsOf: folder.appending(path: "rules.yaml"), encoding: .utf8)
        let findings = Ruleset.check(
            files: [PolicyFile(name: "rules.yaml", text: text)],
            surroundings: Surroundings(inside: DomainList(["example.org", ".example.org"]), linksAvailable: true),
            nowSeconds: 1_795_649_400
        ).diagnostics
        #expect(findings.filter { $0.severity != .info }.map(\.description) == [])
    }

    @Test func aThousandRulesAreCheckedInSeconds() {
        let rules = (0..<1000).map { number in
            "  - id: r\(number)\n    when: { recipient: { not-in: inside }, sender: { in: [d\(number).example, "
                + "u@e\(number).example] }, "
                + "any: [ { size: { over: \(number + 1)KB } }, { header: { name: X-N, is: v\(number) } } ] }\n"
                + "    then: { protect: required, with: [\(number % 2 == 0 ? "pgp" : "link")] }\n"
        }
        let clock = ContinuousClock()
        var findings: [Diagnostic] = []
        let time = clock.measure { findings = Self.check("rules:\n\(rules.joined())") }
        #expect(!findings.contains { $0.severity == .error })
        // Quiet: well under a second. The rest is for a machine that does other things.
        #expect(time < .seconds(20), "\(time)")
        print("1000 rules checked in \(time), \(findings.count) findings")
    }
}

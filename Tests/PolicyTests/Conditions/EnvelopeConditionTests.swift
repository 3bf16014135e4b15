// Conditions on addresses, on all recipients together, on how a message came in, on keys and on the time. Each is tried
// true, false and, where it can be, unknown.

import Detection
import MIME
import Mail
import Policy
import SettingValues
import Testing

struct EnvelopeConditionTests {
    /// A message by a door.
    private func arrived(_ change: (inout ReceivedMessage.Origin) -> Void) throws -> ParsedMessage {
        let sample = try plain().received
        var origin = sample.origin
        change(&origin)
        return try read(
            ReceivedMessage(envelope: sample.envelope, bytes: sample.bytes, origin: origin, receivedAtSeconds: 0),
            limits: Limits())
    }

    private func answer(
        _ when: String, _ parsed: ParsedMessage, _ known: KnownKeys = KnownKeys(), at now: Int64 = 0
    ) throws -> Truth {
        let rules = try oneRule(when: "{ \(when) }", extra: "lists: { partners: [acme.example, .acme.example] }")
        let record = explain(parsed, known: known, rules: rules, nowSeconds: now)
        let trace = try #require(record.recipients.first?.rules.first?.when)
        #expect(!trace.saw.isEmpty)
        return trace.result
    }

    @Test(arguments: [
        ("sender: { matches: '^alice@' }", true), ("sender: { matches: '^ALICE@EXAMPLE' }", true),
        ("sender: { matches: '^bob@' }", false), ("sender: { in: inside, matches: '^bob@' }", false),
        ("recipient: { matches: '@elsewhere' }", true), ("recipient: { not-in: inside, matches: 'x' }", true),
        ("recipient: { matches: '[0-9]' }", false),
    ])
    func addressesMatchPatterns(_ when: String, _ expected: Bool) throws {
        #expect(try answer(when, plain()) == Truth(expected))
    }

    /// Whichever form stands in the rule or in the mail.
    @Test(arguments: [
        ("bücher.example", "b@xn--bcher-kva.example", true), ("xn--bcher-kva.example", "b@bücher.example", true),
        ("bob@bücher.example", "Bob@XN--bcher-kva.example", true),
        (".bücher.example", "b@a.xn--bcher-kva.example", true),
        ("strasse.example", "b@straße.example", false), ("bucher.example", "b@bücher.example", false),
    ])
    func domainsCompareAsTheDNSHasThem(_ entry: String, _ address: String, _ expected: Bool) throws {
        let when = "recipient: { in: '\(entry)' }"
        #expect(try answer(when, plain(to: [address])) == Truth(expected))
        let from = try message("From: \(address)\nSubject: x\n\nhello\n")
        #expect(try answer("from: { in: '\(entry)' }", from) == Truth(expected))
        #expect(
            load("version: 1\nlists: { p: ['\(entry)'] }\nrules: []\n").diagnostics.allSatisfy {
                !$0.message.contains("DNS")
            })
    }

    @Test func spellingsOfOneDomainAreCountedOnce() throws {
        let parsed = try plain(to: ["a@bücher.example", "b@xn--bcher-kva.example"])
        #expect(try answer("recipients: { domains: { over: 1 } }", parsed) == .no)
        let same = try message("From: a@Bücher.example\nSubject: x\n\nhello\n", from: "a@xn--bcher-kva.example")
        #expect(try answer("sender-matches-from: true", same) == .yes)
    }

    @Test func aDomainThatTheDNSCannotHaveIsWarnedOf() throws {
        let found = load("version: 1\nlists: { p: ['a⒈b.example'] }\nrules: []\n").diagnostics
        #expect(found.contains { $0.message.contains("'a⒈b.example' has a domain that the DNS cannot have") })
    }

    @Test func theNullSenderMatchesNoPattern() throws {
        #expect(try answer("sender: { matches: '.' }", plain(from: nil)) == .no)
    }

    @Test func aPatternSeesTheAddressFolded() throws {
        #expect(try answer("sender: { matches: '^(?-i)bob@x' }", plain(from: "\"bob\"@X.org")) == .yes)
    }

    @Test(arguments: [
        ("in: inside", "From: Alice <alice@example.org>\n", "true"),
        ("in: inside", "From: mallory@evil.example\n", "false"),
        ("not-in: inside", "From: mallory@evil.example\n", "true"),
        ("matches: '^alice'", "From: alice@example.org\n", "true"),
        ("in: inside", "", "unknown"), ("in: inside", "From: nobody at all\n", "unknown"),
        ("in: inside", "From: alice@example.org, bob@example.org\n", "true"),
        ("in: inside", "From: alice@example.org, m@evil.example\n", "unknown"),
        ("in: inside", "From: alice@example.org\nFrom: m@evil.example\n", "unknown"),
        ("not-in: inside", "From: alice@example.org, m@evil.example\n", "unknown"),
        // Programs read these in different ways: unknown only where the answers differ.
        ("in: inside", "From: m@evil.example <alice@example.org>\n", "unknown"),
        ("in: inside", "From: bob@example.org <alice@example.org>\n", "true"),
        ("in: inside", "From: <m@evil.example> <alice@example.org>\n", "unknown"),
        ("matches: '^alice'", "From: <bob@example.org> <alice@example.org>\n", "unknown"),
        ("in: inside", "From: <bob@example.org> <alice@example.org>\n", "true"),
        ("in: inside", "From: Smith, Alice <alice@example.org>\n", "true"),
        ("in: inside", "From: \"m@evil.example\" <alice@example.org>\n", "true"),
        ("in: inside", "From: alice\\@example.org\n", "true"),
        ("in: inside", "From: Alice alice@example.org\n", "true"),
        ("in: inside", "From: <bob>, alice@example.org\n", "unknown"),
        ("not-in: inside", "From: m@evil.example.\n", "true"),
    ])
    func fromIsUnknownWhereItCannotBeToldForCertain(_ test: String, _ header: String, _ expected: String) throws {
        let parsed = try message("\(header)Subject: x\n\nhello\n")
        #expect(try answer("from: { \(test) }", parsed).word == expected)
    }

    @Test(arguments: [
        ("Reply-To: m@evil.example\nFrom: alice@example.org\n", "true"),
        ("From: alice@example.org\n", "false"), ("From: m@evil.example\n", "true"),
        ("Reply-To: nothing\nFrom: alice@example.org\n", "unknown"),
        ("Reply-To: m@evil.example <alice@example.org>\nFrom: alice@example.org\n", "unknown"),
        ("Reply-To: m@evil.example <n@evil.example>\nFrom: alice@example.org\n", "true"),
    ])
    func replyToIsWhereAnswersGo(_ header: String, _ expected: String) throws {
        #expect(try answer("reply-to: { not-in: inside }", message("\(header)\nhello\n")).word == expected)
    }

    @Test(arguments: [
        ("From: Alice <Alice@Example.org>\n", "alice@example.org", "true"),
        ("From: bob@example.org\n", "alice@example.org", "false"), ("From: bob@example.org\n", nil, "false"),
        ("", "alice@example.org", "unknown"),
        ("From: alice@example.org, bob@example.org\n", "alice@example.org", "unknown"),
        ("From: <alice@example.org> <bob@example.org>\n", "alice@example.org", "unknown"),
        ("From: <alice@example.org> <bob@example.org>\n", "carol@example.org", "false"),
        ("From: alice@example.org <Alice@example.org>\n", "alice@example.org", "true"),
    ])
    func theSenderIsComparedWithFrom(_ header: String, _ sender: String?, _ expected: String) throws {
        let parsed = try message("\(header)Subject: x\n\nhello\n", from: sender)
        let found = try answer("sender-matches-from: true", parsed)
        #expect(found.word == expected)
        #expect(try answer("sender-matches-from: false", parsed) == !found)
    }

    @Test(arguments: [
        ("count: { over: 2 }", true), ("count: { over: 3 }", false), ("count: { under: 4 }", true),
        ("outside-count: { over: 1 }", true), ("outside-count: { over: 2 }", false),
        ("domains: { over: 2 }", true), ("domains: { over: 3 }", false), ("any-in: inside", true),
        ("any-in: other.example", false), ("all-in: [inside, partners, x.example]", true), ("all-in: inside", false),
        ("count: { over: 2 }, any-in: other.example", false),
    ])
    func recipientsAreCountedTogether(_ test: String, _ expected: Bool) throws {
        let parsed = try plain(to: ["a@example.org", "b@eu.acme.example", "c@x.example"])
        #expect(try answer("recipients: { \(test) }", parsed) == Truth(expected))
    }

    @Test(arguments: [
        ("in: alice", "Alice", "true"), ("in: [bob, carol]", "alice", "false"), ("not-in: alice", "alice", "false"),
        ("in: inside", "alice@example.org", "true"), ("in: partners", "alice@example.org", "false"),
        ("in: jane.doe", "jane.doe", "true"), ("authenticated: true", "alice", "true"),
        ("authenticated: false", "alice", "false"), ("authenticated: true", nil, "false"),
        ("authenticated: false", nil, "true"), ("in: alice", nil, "false"), ("not-in: alice", nil, "true"),
    ])
    func usersAreThoseWhoLoggedIn(_ test: String, _ user: String?, _ expected: String) throws {
        let parsed = try arrived { $0.user = user }
        #expect(try answer("user: { \(test) }", parsed).word == expected)
    }

    @Test func doorsWithoutLogInDoNotKnowTheUser() throws {
        for door in [ReceivedMessage.Door.lmtp, .commandLine] {
            for test in ["in: alice", "not-in: alice", "authenticated: true", "authenticated: false"] {
                #expect(try answer("user: { \(test) }", arrived { $0.door = door }).word == "unknown")
            }
        }
    }

    @Test(arguments: [
        ("127.0.0.1:10025", "127.0.0.1:10025", "true"), ("127.0.0.1:10025", "127.0.0.1:25", "false"),
        ("[127.0.0.1:25, 'unix:/run/x']", "unix:/run/x", "true"), ("127.0.0.1:25", "", "unknown"),
    ])
    func listenersAreCompared(_ test: String, _ listener: String, _ expected: String) throws {
        #expect(try answer("listener: \(test)", arrived { $0.listener = listener }).word == expected)
    }

    @Test(arguments: [
        ("in: 10.0.0.0/8", "10.200.1.2", "true"), ("in: 10.0.0.0/8", "11.0.0.1", "false"),
        ("in: 10.0.0.0/8", "::ffff:10.0.0.1", "true"), ("in: '2001:db8::/33'", "2001:db8:7fff::1", "true"),
        ("in: '2001:db8::/33'", "2001:db8:8000::1", "false"), ("not-in: [192.0.2.1, 10.0.0.0/9]", "192.0.2.2", "true"),
        ("not-in: [192.0.2.1, 10.0.0.0/9]", "192.0.2.1", "false"), ("in: 0.0.0.0/0", "::1", "false"),
        ("in: 10.0.0.0/8, not-in: 10.1.0.0/16", "10.1.2.3", "false"), ("in: 10.0.0.0/8", "", "unknown"),
        ("not-in: 10.0.0.0/8", "", "unknown"), ("not-in: 10.0.0.0/8", "not an address", "unknown"),
    ])
    func clientsAreComparedByNetwork(_ test: String, _ address: String, _ expected: String) throws {
        #expect(try answer("client: { \(test) }", arrived { $0.clientAddress = address }).word == expected)
    }

    static let knownKeys = keys([
        "a@x.example": .usable([bobsCertificate]), "b@x.example": .unusable(reasons: ["expired"]),
        "d@x.example": .unknown(reason: "time-out"), "alice@example.org": .usable([bobsCertificate]),
    ])

    @Test(arguments: [
        ("is: usable", ["a@x.example"], "true"), ("is: usable", ["b@x.example"], "false"),
        ("is: expired", ["b@x.example"], "true"), ("is: none", ["c@x.example"], "true"),
        ("is: [none, expired]", ["b@x.example"], "true"), ("is: none", ["d@x.example"], "unknown"),
        ("is: unknown", ["d@x.example"], "true"), ("is: unknown", ["a@x.example"], "false"),
        ("of: sender, is: usable", ["c@x.example"], "true"), ("of: sender, is: none", ["c@x.example"], "false"),
        ("of: any-recipient, is: usable", ["c@x.example", "a@x.example"], "true"),
        ("of: any-recipient, is: usable", ["c@x.example", "d@x.example"], "unknown"),
        ("of: any-recipient, is: usable", ["a@x.example", "d@x.example"], "true"),
        ("of: all-recipients, is: usable", ["a@x.example", "c@x.example"], "false"),
        ("of: all-recipients, is: usable", ["a@x.example", "d@x.example"], "unknown"),
        ("of: all-recipients, is: usable", ["a@x.example"], "true"),
    ])
    func keysAreAskedFor(_ test: String, _ recipients: [String], _ expected: String) throws {
        let found = try answer("key: { \(test) }", plain(to: recipients), Self.knownKeys)
        #expect(found.word == expected)
        if expected == "unknown" { #expect(found.isTemporary) }
    }

    @Test func theNullSenderHasNoKey() throws {
        #expect(try answer("key: { of: sender, is: none }", plain(from: nil)) == .yes)
    }

    /// 2026-11-25 was a Wednesday; 23:30 UTC is 00:30 of Thursday in Paris.
    static let wednesdayNight: Int64 = 1_795_649_400

    @Test(arguments: [
        ("between: '23:00-24:00'", true), ("between: '08:00-18:00'", false), ("between: '22:00-06:00'", true),
        ("between: '22:00-06:00', days: [wed]", true), ("between: '22:00-06:00', days: [thu]", false),
        ("between: '22:00-06:00', days: [wed], zone: Europe/Paris", true),
        ("between: '22:00-06:00', days: [thu], zone: Europe/Paris", false),
        ("between: '00:00-06:00', days: [thu], zone: Europe/Paris", true), ("days: [wed]", true),
        ("days: [thu], zone: Europe/Paris", true), ("days: [sat, sun]", false),
        ("between: '08:30-18:00', zone: Asia/Tokyo", true), ("between: '08:30-18:00', zone: America/New_York", false),
        ("between: '18:30-19:00', zone: America/New_York", true),
    ])
    func timesAreThoseOfTheZone(_ test: String, _ expected: Bool) throws {
        #expect(try answer("time: { \(test) }", plain(), at: Self.wednesdayNight) == Truth(expected))
    }

    @Test func summerTimeCounts() throws {
        // 2026-07-01 06:30 UTC is 08:30 in Paris.
        let july: Int64 = 1_782_887_400
        #expect(try answer("time: { between: '08:00-09:00', zone: Europe/Paris }", plain(), at: july) == .yes)
        #expect(try answer("time: { between: '07:00-08:00', zone: Europe/Paris }", plain(), at: july) == .no)
        #expect(try answer("time: { between: '00:00-01:00' }", plain(), at: -1) == .no)
    }

    @Test(arguments: [
        ("from: 2026-11-25", true), ("from: 2026-11-26", false), ("until: 2026-11-25", true),
        ("until: 2026-11-24", false), ("from: 2026-11-26, zone: Europe/Paris", true),
        ("until: 2026-11-25, zone: Europe/Paris", false), ("from: 2026-11-01, until: 2026-11-30", true),
    ])
    func dateRangesHoldBothDays(_ test: String, _ expected: Bool) throws {
        #expect(try answer("date-range: { \(test) }", plain(), at: Self.wednesdayNight) == Truth(expected))
    }

    static let day: Int64 = 86_400

    @Test(arguments: [
        ("older-than: 30d", "Date: Wed, 25 Nov 2026 23:30:00 +0000\n", "false"),
        ("older-than: 30d", "Date: Mon, 1 Jun 2026 10:00:00 +0200\n", "true"),
        ("newer-than: 2h", "Date: 25 Nov 2026 23:00 GMT\n", "true"),
        ("newer-than: 2h", "Date: 25 Nov 2026 15:00 -0500 (EST)\n", "false"),
        ("newer-than: 5h", "Date: 25 Nov 26 15:00 EST\n", "true"), ("older-than: 1h", "", "unknown"),
        ("older-than: 1h, missing: true", "", "true"), ("older-than: 1h, missing: false", "", "false"),
        ("missing: true", "", "true"), ("missing: true", "Date: x\n", "false"),
        ("older-than: 1h", "Date: yesterday\n", "unknown"),
        ("older-than: 1h", "Date: 31 Nov 2026 00:00 +0000\n", "unknown"),
        ("older-than: 1w", "Date: 1 Jun 2026 10:00:00 +0200\nDate: 25 Nov 2026 23:00 GMT\n", "unknown"),
    ])
    func datesOfHeadersAreComparedWithNow(_ test: String, _ header: String, _ expected: String) throws {
        let parsed = try message("From: a@example.org\n\(header)Subject: x\n\nhello\n")
        let when = "header: { name: Date, date: { \(test) } }"
        #expect(try answer(when, parsed, at: Self.wednesdayNight).word == expected)
    }

    @Test(arguments: [
        ("over: 1", true), ("over: 2", false), ("under: 3", true), ("over: 1, under: 3", true), ("under: 2", false),
    ])
    func headersAreCounted(_ test: String, _ expected: Bool) throws {
        let parsed = try plain(extra: "X-A: 1\nX-A: 2\n")
        #expect(try answer("header: { name: x-a, count: { \(test) } }", parsed) == Truth(expected))
    }

    @Test func opaqueSignaturesAreTold() throws {
        let opaque = try message(
            "Subject: x\nMIME-Version: 1.0\nContent-Type: application/pkcs7-mime; smime-type=signed-data; "
                + "name=smime.p7m\n"
                + "Content-Transfer-Encoding: base64\n\nAAAA\n")
        #expect(try answer("signed: opaque", opaque) == .yes)
        #expect(try answer("signed: smime", opaque) == .yes)
        #expect(try answer("signed: pgp", opaque) == .no)
        #expect(try answer("signed: opaque", plain()) == .no)
        #expect(try answer("signed: opaque", message(SealedMail.pgp())).word == "unknown")
    }

    @Test(arguments: [
        ("recipients: {}", "asks for nothing"), ("recipients: { count: 3 }", "must be a map"),
        ("recipients: { count: { over: 3, under: 4 } }", "can never be true"),
        ("recipients: { any-in: partner }", "unknown list"), ("user: { authenticated: perhaps }", "true or false"),
        ("user: { in: alice, authenticated: false }", "can never be true"), ("listener: '10025'", "not the address"),
        ("client: { in: 10.0.0.0/33 }", "neither an IP address nor"), ("client: { in: example.org }", "neither an IP"),
        ("key: { of: recipient }", "has no 'is'"), ("key: { is: valid }", "unknown state 'valid'"),
        ("key: { of: recipents, is: none }", "unknown of of 'key'"),
        ("time: { zone: Europe/Paris }", "neither 'between' nor"), ("time: { between: '08:00' }", "window of the day"),
        ("time: { between: '25:00-26:00' }", "window of the day"),
        ("time: { between: '08:00-08:00' }", "window of the day"),
        ("time: { days: [monday] }", "unknown day"), ("time: { days: [mon], zone: Europe/Pari }", "unknown time zone"),
        ("date-range: { from: 2026-02-30 }", "must be a day"),
        ("date-range: { from: 2026-02-02, until: 2026-02-01 }", "can never be true"),
        ("header: { name: Date, date: { older-than: 30 } }", "length of time"),
        ("header: { name: Date, date: { older-than: 2d, newer-than: 1d } }", "can never be true"),
        ("header: { name: Date, date: {} }", "asks for nothing"), ("sender-matches-from: yes", "true or false"),
        ("from: inside", "must be a map of keys"), ("attachment: { inside: true }", "nothing of the files inside"),
        ("attachment: { real-type: pdf }", "not a media type"), ("attachment: { mismatch: x }", "true or false"),
    ])
    func mistakesAreErrors(_ when: String, _ expected: String) {
        let findings = load("version: 1\nrules:\n  - {id: r, when: { \(when) }, then: {refuse: no}}\n").diagnostics
        #expect(findings.first?.severity == .error)
        #expect(findings.first?.message.contains(expected) == true, "\(findings)")
        #expect(findings.first?.line == 3)
    }
}

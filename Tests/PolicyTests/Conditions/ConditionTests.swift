// Conditions on the envelope, the header, attachments, sizes and what is encrypted or signed; and their combinations.

import Detection
import MIME
import Mail
import Policy
import Testing

struct ConditionTests {
    @Test(arguments: [
        ("{ in: inside }", "alice@example.org", true), ("{ in: inside }", "alice@sub.example.org", false),
        ("{ in: .example.org }", "alice@sub.example.org", true),
        ("{ in: [inside, .example.org] }", "a@x.example.org", true),
        ("{ in: inside }", "ALICE@EXAMPLE.ORG", true), ("{ not-in: inside }", "alice@example.org", false),
        ("{ not-in: inside }", "alice@evilexample.org", true),
        ("{ in: alice@example.org }", "Alice+x@example.org", true),
        ("{ in: alice@example.org }", "bob@example.org", false), ("{ in: p }", "x@acme.example", true),
        ("{ in: p }", "bob@bank.example", true), ("{ in: p }", "eve@bank.example", false),
        ("{ in: inside, not-in: p }", "boss@example.org", false),
        ("{ in: inside, not-in: p }", "alice@example.org", true),
    ])
    func addressesAreCompared(_ test: String, _ address: String, _ expected: Bool) throws {
        let lists = "lists: { p: [acme.example, bob@bank.example, boss@example.org] }"
        let sender = try oneRule(when: "{ sender: \(test) }", extra: lists)
        #expect(try sender.matches(plain(from: address)) == expected)
        let recipient = try oneRule(when: "{ recipient: \(test) }", extra: lists)
        #expect(try recipient.matches(plain(to: [address])) == expected)
    }

    @Test func theNullSenderIsInNoList() throws {
        #expect(try !oneRule(when: "{ sender: { in: inside } }").matches(plain(from: nil)))
        #expect(try oneRule(when: "{ sender: { not-in: inside } }").matches(plain(from: nil)))
    }

    @Test func aRecipientRuleIsJudgedPerRecipient() throws {
        let rules = try oneRule(when: "{ recipient: { not-in: inside } }")
        let decided = decide(
            try plain(to: ["a@example.org", "b@x.example", "c@example.org"]), known: usable("b@x.example"),
            rules: rules,
            nowSeconds: 0)
        #expect(decided.decisions.map(\.verdict) == [.pass, .seal, .pass])
        #expect(decided.decisions.map(\.rules) == [[], ["r"], []])
    }

    @Test(arguments: [
        ("{ name: Sensitivity, is: Company-Confidential }", true),
        ("{ name: sensitivity, is: ' company-confidential' }", false),
        ("{ name: Sensitivity, is: company-confidential, case: exact }", false),
        ("{ name: Sensitivity, matches: '^company' }", true),
        ("{ name: Sensitivity, exists: true }", true), ("{ name: Sensitivity, exists: false }", false),
        ("{ name: X-Other, exists: false }", true), ("{ name: X-Other, exists: true }", false),
        ("{ name: X-Twice, is: two }", true),
        ("{ name: X-Twice, words: [tw] }", false), ("{ name: X-Word, is: Grüße }", true),
        ("{ name: X-Word, matches: 'gr.+e$' }", true),
    ])
    func headersAreCompared(_ test: String, _ expected: Bool) throws {
        let parsed = try plain(
            extra: "Sensitivity: Company-Confidential\nX-Twice: one\nX-Twice: two\nX-Word: =?iso-8859-1?Q?Gr=FC=DFe?=\n"
        )
        #expect(try oneRule(when: "{ header: \(test) }").matches(parsed) == expected)
    }

    @Test func everySubjectFieldCounts() throws {
        let parsed = try message("Subject: one\nSubject: [secure] two\n\nx\n")
        #expect(try oneRule(when: "{ subject: '\\[secure\\]' }").matches(parsed))
    }

    @Test func sizesAreExclusive() throws {
        let bytes = try plain().received.bytes.count
        #expect(try !oneRule(when: "{ size: { over: \(bytes) } }").matches(plain()))
        #expect(try oneRule(when: "{ size: { over: \(bytes - 1)B, under: \(bytes + 1) B } }").matches(plain()))
        #expect(try oneRule(when: "{ size: { under: 1MiB } }").matches(plain()))
        #expect(try !oneRule(when: "{ size: { over: 1 kb } }").matches(plain()))
    }

    static func withAttachment(_ type: String, _ name: String, _ body: String = "TVo=") throws -> String {
        "Subject: x\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n"
            + "Content-Type: text/plain\n\nhello\n"
            + "--b\nContent-Type: \(type)\nContent-Disposition: attachment; filename=\"\(name)\"\n"
            + "Content-Transfer-Encoding: base64\n\n\(body)\n--b--\n"
    }

    @Test(arguments: [
        ("kind: program", "application/octet-stream", "setup.exe", true),
        ("kind: program", "application/x-msdownload", "a.txt", true),
        ("kind: program", "application/octet-stream", "SETUP.EXE. ", true),
        ("kind: program", "application/octet-stream", "a.exe::$DATA", true),
        ("kind: program", "application/octet-stream", "=?utf-8?Q?txt=E2=80=AE.e=E2=80=8Bxe?=", true),
        ("kind: program", "text/csv", "values.csv", false),
        ("kind: [archive, document]", "text/csv", "values.csv", true),
        ("kind: archive", "application/zip", "a", true),
        ("kind: macro-document", "application/octet-stream", "a.docm", true),
        ("kind: image", "image/x-new", "a", true), ("extension: exe", "a/b", "A.EXE", true),
        ("extension: .exe", "a/b", "a.exe.txt", false),
        ("extension: [tar.gz, zip]", "a/b", "x.tar.gz", true), ("extension: gz", "a/b", "agz", false),
        ("type: application/pdf", "Application/PDF", "a", true), ("type: [image/*, text/csv]", "image/png", "a", true),
        ("type: image/*", "imagex/png", "a", false), ("name: '^report'", "a/b", "Report 2026.pdf", true),
        ("name: '^report', extension: pdf", "a/b", "report.txt", false), ("size: { over: 1 }", "a/b", "x", true),
        ("size: { over: 2 }", "a/b", "x", false), ("name: 'pdf$', size: { under: 1KB }", "a/b", "x.pdf", true),
    ])
    func attachmentsAreCompared(_ test: String, _ type: String, _ name: String, _ expected: Bool) throws {
        let rules = try oneRule(when: "{ attachment: { \(test) } }")
        #expect(try rules.answer(message(Self.withAttachment(type, name))) == (expected ? .yes : .no))
    }

    @Test func oneAttachmentMustHaveAllProperties() throws {
        let rules = try oneRule(when: "{ attachment: { extension: pdf, name: secret } }")
        let two =
            "Subject: x\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
            + ["secret.txt", "public.pdf"].map {
                "--b\nContent-Type: a/b\nContent-Disposition: attachment; filename=\($0)\n\nx\n"
            }.joined() + "--b--\n"
        #expect(try rules.answer(message(two)) == .no)
        #expect(try rules.answer(message(two.replacing("public.pdf", with: "secret.pdf"))) == .yes)
    }

    @Test func bothNamesOfAnAttachmentCount() throws {
        let rules = try oneRule(when: "{ attachment: { kind: program } }")
        let text = try Self.withAttachment("application/octet-stream; name=\"a.exe\"", "a.txt")
        #expect(try rules.answer(message(text)) == .yes)
    }

    @Test(arguments: [
        ("{ subject: lunch, size: { under: 1MB } }", true), ("{ subject: lunch, size: { over: 1MB } }", false),
        ("{ any: [ { subject: dinner }, { subject: lunch } ] }", true),
        ("{ any: [ { subject: dinner }, { subject: tea } ] }", false),
        ("{ all: [ { subject: lunch }, { subject: '^l' } ] }", true),
        ("{ all: [ { subject: lunch }, { subject: '^d' } ] }", false),
        ("{ not: { subject: dinner } }", true), ("{ not: { subject: lunch, size: { over: 1MB } } }", true),
        ("{ not: { any: [ { subject: lunch } ] } }", false),
    ])
    func combinationsNest(_ when: String, _ expected: Bool) throws {
        #expect(try oneRule(when: when).matches(plain()) == expected)
    }

    @Test func unlessMakesAnException() throws {
        let rules = try ruleset(
            "version: 1\nrules:\n  - id: r\n    when: {subject: lunch}\n    unless: {sender: {in: boss@example.org}}\n"
                + "    then: {refuse: no}\n")
        #expect(try rules.decision(plain()).verdict == .refuse)
        #expect(try rules.decision(plain(from: "boss@example.org")).verdict == .pass)
    }

    @Test func aRuleWithoutWhenMatchesEverything() throws {
        let rules = try ruleset(
            "version: 1\nrules:\n  - {id: r, then: {protect: required}, unless: {recipient: {in: inside}}}\n")
        #expect(try rules.decision(plain()).verdict == .seal)
        #expect(try rules.decision(plain(to: ["a@example.org"])).verdict == .pass)
    }

    @Test(arguments: [
        ("encrypted: true", "no", "yes", "unknown", "yes"), ("encrypted: false", "yes", "no", "unknown", "no"),
        ("encrypted: pgp", "no", "yes", "unknown", "no"), ("encrypted: smime", "no", "no", "no", "yes"),
        ("signed: true", "no", "unknown", "unknown", "unknown"), ("content: hello", "yes", "unknown", "yes", "unknown"),
        ("content: goodbye", "no", "unknown", "unknown", "unknown"),
        ("attachment: { kind: program }", "no", "unknown", "unknown", "unknown"),
        ("subject: x", "yes", "yes", "yes", "yes"),
    ])
    func whatIsEncryptedCannotBeSeen(_ when: String, _ clear: String, _ pgp: String, _ partial: String, _ smime: String)
        throws
    {
        let rules = try oneRule(when: "{ \(when) }")
        let texts = [
            "Subject: x\n\nhello\n", SealedMail.pgp(), "Subject: x\n\nhello\n\(SealedMail.armor)\n",
            "Subject: x\nMIME-Version: 1.0\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data; "
                + "name=smime.p7m\n"
                + "Content-Transfer-Encoding: base64\n\nAAAA\n",
        ]
        for (text, expected) in zip(texts, [clear, pgp, partial, smime]) {
            let answer = try rules.answer(message(text))
            let word =
                switch answer {
                case .yes: "yes"
                case .no: "no"
                case .unknown: "unknown"
                }
            #expect(word == expected, "\(when) in \(text.prefix(40)): \(answer)")
        }
    }

    @Test(arguments: [
        "multipart/signed; protocol=\"application/pgp-signature\"; micalg=pgp-sha256; boundary=b",
        "multipart/mixed; boundary=b",
    ])
    func signaturesAreSeen(_ type: String) throws {
        let text =
            "Subject: x\nMIME-Version: 1.0\nContent-Type: \(type)\n\n--b\n\nhello\n--b\n"
            + "Content-Type: application/pgp-signature\n\n-----BEGIN PGP SIGNATURE-----\n\nabcd\n"
            + "-----END PGP SIGNATURE-----\n--b--\n"
        #expect(try oneRule(when: "{ signed: pgp }").answer(message(text)) == Truth(type.contains("signed")))
    }

    @Test func whatCannotBeReadIsUnknown() throws {
        let content = try oneRule(when: "{ content: nightjar }")
        let attachment = try oneRule(when: "{ attachment: { kind: program } }")
        let charset =
            "Subject: x\nMIME-Version: 1.0\nContent-Type: text/plain; charset=x-unheard-of\n"
            + "Content-Transfer-Encoding: quoted-printable\n\n"
        // Octets that are text without the label are read as that.
        #expect(try content.answer(message(charset + "h=E4llo")) == .no)
        #expect(try content.answer(message(charset + "nightjar h=E4llo")) == .yes)
        #expect(try content.answer(message(charset + "=95=89=87=88=A3=91=81=99")).unknown != nil)
        #expect(try attachment.answer(message(charset)) == .no)
        let boundary = "Subject: x\nMIME-Version: 1.0\nContent-Type: multipart/mixed\n\n--b\n\nhello\n--b--\n"
        #expect(try content.answer(message(boundary)).unknown != nil)
        #expect(try attachment.answer(message(boundary)).unknown != nil)
        for type in [
            "application/ms-tnef", "application/pkcs7-mime; smime-type=signed-data", "message/partial; id=a; number=1",
        ] {
            #expect(try content.answer(message(Self.withAttachment(type, "a"))).unknown != nil, "\(type)")
            #expect(try attachment.answer(message(Self.withAttachment(type, "a"))).unknown != nil, "\(type)")
        }
        // A damaged picture hides no text, and its name is known.
        let picture = try Self.withAttachment("image/png", "a.png", "!!!not base64!!!")
        #expect(try content.answer(message(picture)) == .no)
        #expect(try attachment.answer(message(picture)) == .no)
    }
}

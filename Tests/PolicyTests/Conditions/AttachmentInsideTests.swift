// What rules ask of attachments beyond their names: real types, mismatches, encryption, members of archives, counts;
// and what they answer where nobody looked inside.

import Detection
import MIME
import Mail
import Policy
import PolicyLanguage
import Testing

struct AttachmentInsideTests {
    private static func attached(_ files: [(type: String, name: String)]) throws -> ParsedMessage {
        let parts = files.map {
            "--b\nContent-Type: \($0.type)\nContent-Disposition: attachment; filename=\"\($0.name)\"\n"
                + "Content-Transfer-Encoding: base64\n\nAAAAAAAA\n"
        }
        return try message(
            "Subject: x\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n"
                + "Content-Type: text/plain\n\n"
                + "hello\n\(parts.joined())--b--\n")
    }

    private func answer(
        _ test: String, _ parsed: ParsedMessage, _ extracted: ExtractedParts = ExtractedParts()
    ) throws -> Truth {
        let rules = try oneRule(when: "{ attachment: { \(test) } }")
        let record = explain(parsed, known: KnownKeys(), rules: rules, nowSeconds: 0, extracted: extracted)
        return try #require(record.recipients.first?.rules.first?.when?.result)
    }

    private static func done(_ part: ExtractedPart) -> ExtractedParts { ExtractedParts(["2": part], state: .done) }

    private static let zip = ExtractedPart(
        realType: "application/zip",
        members: [
            .init(name: "docs/report.pdf", realType: "application/pdf", bytes: 1000, isEncrypted: false),
            .init(name: "inner.zip/photo.jpg", realType: "application/x-dosexec", bytes: 5000, isEncrypted: false),
        ])

    @Test(arguments: [
        ("real-type: application/pdf", "a.txt", "application/pdf", "true"),
        ("real-type: 'image/*'", "a.png", "image/png", "true"),
        ("real-type: application/pdf", "a.pdf", "text/plain", "false"),
        ("real-type: application/pdf, extension: txt", "a.pdf", "application/pdf", "false"),
        ("mismatch: true", "photo.jpg", "application/x-dosexec", "true"),
        ("mismatch: true", "photo.jpg", "image/jpeg", "false"), ("mismatch: false", "photo.jpg", "image/jpeg", "true"),
        ("mismatch: true", "letter.docx", "application/zip", "false"),
        ("mismatch: true", "letter.docx", "application/pdf", "true"),
        ("mismatch: true", "letter.docx", "application/cdfv2", "false"),
        ("mismatch: true", "old.doc", "text/rtf", "false"),
        ("mismatch: true", "list.csv", "text/plain", "false"),
        ("mismatch: true", "list.csv", "application/zip", "true"),
        ("mismatch: true", "data.xyz", "application/x-dosexec", "false"),
        ("mismatch: true", "a.pdf", "application/octet-stream", "unknown"),
        ("mismatch: true", "a.mp3", "application/octet-stream", "false"),
        ("mismatch: true", "a.pdf", "inode/x-empty", "false"),
        ("mismatch: true", "setup.msi", "application/x-ole-storage", "false"),
        ("mismatch: true", "logo.svg", "image/svg+xml", "false"),
        ("kind: program", "photo.jpg", "application/x-dosexec", "false"),
        ("kind: program, inside: true", "photo.jpg", "application/x-dosexec", "true"),
        ("kind: program, inside: true", "photo.jpg", "image/jpeg", "false"),
        ("kind: archive, inside: true", "letter.docx", "application/zip", "false"),
        ("kind: archive, inside: true", "data", "application/x-7z-compressed", "true"),
    ])
    func realTypesAreCompared(_ test: String, _ name: String, _ real: String, _ expected: String) throws {
        let parsed = try Self.attached([("application/octet-stream", name)])
        #expect(try answer(test, parsed, Self.done(ExtractedPart(realType: real))).word == expected)
    }

    /// As what extraction finds in a scan: no text, but a title that a program has written.
    private static let scan = ExtractedPart(
        realType: "application/pdf",
        texts: [
            .init(name: "", text: " \n\u{0C}"), .init(name: "", forms: ["Scan 2026"], role: .about),
        ])

    @Test func aScanHasNoText() throws {
        let parsed = try Self.attached([("application/pdf", "scan.pdf")])
        #expect(try answer("text: none", parsed, Self.done(Self.scan)) == .yes)
        #expect(try answer("text: none, extension: docx", parsed, Self.done(Self.scan)) == .no)
        var letter = Self.scan
        letter.texts.append(.init(name: "", forms: ["", "hello"]))
        #expect(try answer("text: none", parsed, Self.done(letter)) == .no)
        // Where only a part was read, what was found decides, and what was not found does not.
        letter.problem = .unreadable("damaged")
        #expect(try answer("text: none", parsed, Self.done(letter)) == .no)
        var damaged = Self.scan
        damaged.problem = .unreadable("damaged")
        #expect(try answer("text: none", parsed, Self.done(damaged)).word == "unknown")
    }

    @Test func textThatTheReaderOfMessagesFoundCounts() throws {
        let list = try message(
            "Subject: x\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/csv\n"
                + "Content-Disposition: attachment; filename=a.csv\n\na,b\n--b--\n")
        let read = ExtractedParts(["1": ExtractedPart(realType: "text/plain")], state: .done)
        #expect(try answer("text: none", list, read) == .no)
        let inner = try message(
            "Subject: x\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n"
                + "Content-Type: message/rfc822\n\n"
                + "Subject: inner\n\nhello\n--b--\n")
        #expect(try answer("text: none", inner, ExtractedParts(state: .done)) == .no)
    }

    @Test func membersOfArchivesHaveTextOfTheirOwn() throws {
        let parsed = try Self.attached([("application/zip", "all.zip")])
        var zip = Self.zip
        zip.texts = [.init(name: "docs/report.pdf", text: "hello"), .init(name: "inner.zip/photo.jpgx", text: "other")]
        #expect(try answer("text: none", parsed, Self.done(zip)) == .no)
        #expect(try answer("text: none, extension: pdf, inside: true", parsed, Self.done(zip)) == .no)
        #expect(try answer("text: none, extension: jpg, inside: true", parsed, Self.done(zip)) == .yes)
        zip.members[1].isEncrypted = true
        zip.problem = .unreadable("a file inside is encrypted")
        #expect(try answer("text: none, extension: jpg, inside: true", parsed, Self.done(zip)).word == "unknown")
    }

    @Test func otherValuesOfTextAreNone() throws {
        for value in ["some", "true", "[none]"] {
            let rule =
                """
                version: 1
                rules:
                  - { id: r, when: { attachment: { text: \(value) } }, then: { protect: required } }

                """
            let result = Ruleset.load(
                files: [PolicyFile(name: "r.yaml", text: rule)],
                surroundings: Surroundings(inside: DomainList(["example.org"]), linksAvailable: true))
            #expect(result.ruleset == nil, "\(value)")
        }
    }

    @Test func theClaimedTypeIsAPromiseToo() throws {
        let parsed = try Self.attached([("application/pdf", "document")])
        #expect(try answer("mismatch: true", parsed, Self.done(ExtractedPart(realType: "text/html"))) == .yes)
        #expect(try answer("mismatch: true", parsed, Self.done(ExtractedPart(realType: "application/pdf"))) == .no)
    }

    @Test(arguments: [
        ("kind: program, inside: true", "true"), ("kind: program", "false"), ("extension: jpg, inside: true", "true"),
        ("extension: jpg", "false"), ("name: '^report', inside: true", "true"),
        ("name: '^docs/', inside: true", "true"),
        ("size: { over: 4KB }, inside: true", "true"), ("size: { over: 6KB }, inside: true", "false"),
        ("type: application/pdf, inside: true", "true"), ("real-type: application/x-dosexec, inside: true", "true"),
        ("real-type: application/x-dosexec", "false"), ("mismatch: true, inside: true", "true"),
        ("mismatch: true", "false"), ("encrypted: true, inside: true", "false"),
        ("count: { over: 2 }, inside: true", "true"), ("count: { over: 3 }, inside: true", "false"),
        ("count: { over: 0 }, kind: document, inside: true", "true"),
        ("total-size: { over: 5999 }, inside: true", "true"),
    ])
    func membersAreLookedAtLikeAttachments(_ test: String, _ expected: String) throws {
        let parsed = try Self.attached([("application/zip", "all.zip")])
        #expect(try answer(test, parsed, Self.done(Self.zip)).word == expected)
    }

    @Test func encryptedArchivesAndWhatTheyHideAreFound() throws {
        let parsed = try Self.attached([("application/zip", "all.zip")])
        let locked = Self.done(
            ExtractedPart(
                realType: "application/zip",
                members: [.init(name: "a.txt", realType: nil, bytes: 0, isEncrypted: true)], isEncrypted: true,
                problem: .unreadable("it is encrypted")))
        #expect(try answer("encrypted: true", parsed, locked) == .yes)
        #expect(try answer("encrypted: false", parsed, locked) == .no)
        #expect(try answer("kind: program, inside: true", parsed, locked).word == "unknown")
        #expect(try answer("kind: program", parsed, locked) == .no)
        #expect(try answer("encrypted: true", parsed, Self.done(ExtractedPart(realType: "application/zip"))) == .no)
    }

    @Test(arguments: [
        "real-type: application/pdf", "mismatch: true", "mismatch: false", "encrypted: true", "encrypted: false",
        "text: none",
        "kind: program, inside: true", "count: { over: 1 }, inside: true",
    ])
    func whereNobodyLookedItIsUnknown(_ test: String) throws {
        let parsed = try Self.attached([("application/zip", "all.zip")])
        for state in [ExtractedParts.State.notAsked, .unavailable("no sandbox"), .done] {
            let answer = try answer(test, parsed, ExtractedParts(state: state))
            #expect(answer.word == "unknown" && !answer.isTemporary, "\(state): \(answer)")
        }
        let failed = ExtractedPart(problem: .temporary("no process"))
        #expect(try answer(test, parsed, Self.done(failed)).isTemporary)
        let broken = ExtractedPart(problem: .unreadable("it crashed the reader"))
        #expect(try answer(test, parsed, Self.done(broken)).unknown?.reason.contains("crashed") == true)
        // Without attachments there is nothing to look into.
        #expect(try answer(test, plain()) == .no)
    }

    @Test func attachedMessagesHaveBeenReadAlready() throws {
        let parsed = try message(
            "Subject: x\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n"
                + "Content-Type: message/rfc822\n\n"
                + "Subject: inner\n\nhello\n--b--\n")
        #expect(try answer("kind: program, inside: true", parsed) == .no)
        #expect(try answer("encrypted: true", parsed, ExtractedParts(state: .done)) == .no)
        #expect(try answer("real-type: message/rfc822", parsed) == .yes)
    }

    @Test(arguments: [
        ("count: { over: 1 }", "true"), ("count: { over: 2 }", "false"), ("count: { under: 3 }", "true"),
        ("count: { over: 0 }, extension: pdf", "true"), ("count: { over: 1 }, extension: pdf", "false"),
        ("total-size: { over: 11 }", "true"), ("total-size: { over: 12 }", "false"),
        ("total-size: { over: 6 }, extension: pdf", "false"),
        ("count: { over: 1 }, total-size: { over: 100 }", "false"),
    ])
    func attachmentsAreCountedAndWeighed(_ test: String, _ expected: String) throws {
        let parsed = try Self.attached([("application/pdf", "a.pdf"), ("text/csv", "b.csv")])
        #expect(try answer(test, parsed).word == expected)
    }

    @Test(arguments: [
        ("count: { over: 5 }", "unknown"), ("count: { under: 5 }", "unknown"), ("total-size: { over: 9MB }", "unknown"),
        ("count: { over: 1 }", "true"),
    ])
    func whatIsHiddenMayBeAnyNumber(_ test: String, _ expected: String) throws {
        #expect(try answer(test, message(SealedMail.pgp())).word == expected)
    }

    @Test func aCountIsSureWhereTheDoubtfulOnesDoNotMatter() throws {
        let parsed = try Self.attached([("application/zip", "a.zip"), ("application/zip", "b.zip")])
        let extracted = ExtractedParts(
            ["2": ExtractedPart(realType: "application/pdf"), "3": ExtractedPart(problem: .unreadable("damaged"))],
            state: .done)
        #expect(try answer("real-type: application/pdf, count: { over: 0 }", parsed, extracted) == .yes)
        #expect(try answer("real-type: application/pdf, count: { over: 1 }", parsed, extracted).word == "unknown")
        #expect(try answer("real-type: application/pdf, count: { over: 2 }", parsed, extracted) == .no)
    }

    @Test func explainShowsRealTypesWithDigitsMasked() throws {
        let parsed = try Self.attached([("application/zip", "4111111111111111.zip")])
        let rules = try oneRule(when: "{ attachment: { kind: program, inside: true } }")
        let record = explain(parsed, known: KnownKeys(), rules: rules, nowSeconds: 0, extracted: Self.done(Self.zip))
        let saw = try #require(record.recipients.first?.rules.first?.when?.saw)
        #expect(saw.first == "************1111.zip (application/zip, 6 bytes; really application/zip)")
        #expect(saw.contains("inner.zip/photo.jpg (inside, 5000 bytes; really application/x-dosexec)"))
        let scans = try oneRule(when: "{ attachment: { text: none } }")
        let other = explain(parsed, known: KnownKeys(), rules: scans, nowSeconds: 0, extracted: Self.done(Self.scan))
        let text = other.recipients.first?.rules.first?.when?.saw.first
        #expect(text == "************1111.zip (application/zip, 6 bytes; really application/pdf), no text")
    }
}

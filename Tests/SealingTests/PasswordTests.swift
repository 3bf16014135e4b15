// What is made for each way of a password: the letter, the mails, the text message.

import Cryptography
import Foundation
import Links
import MIME
import Mail
import OpenPGP
import Policy
import PolicyLanguage
import SettingValues
import Support
import Synchronization
import Testing
import Wording

@testable import Sealing

struct PasswordTests {
    private static let to = ["carol@example.net", "jean@example.fr"]

    /// With two files, and a picture that belongs to the text.
    private static let withFiles = """
        Content-Type: multipart/mixed; boundary=m\r
        \r
        --m\r
        Content-Type: multipart/related; boundary=r\r
        \r
        --r\r
        Content-Type: text/html\r
        \r
        <img src="cid:logo">the canary sings\r
        --r\r
        Content-Type: image/png; name=logo.png\r
        Content-ID: <logo>\r
        Content-Disposition: inline; filename=logo.png\r
        \r
        x\r
        --r--\r
        --m\r
        Content-Type: application/pdf; name=secret-name.pdf\r
        Content-Disposition: attachment; filename=secret-name.pdf\r
        \r
        x\r
        --m\r
        Content-Type: text/plain; name=b.txt\r
        Content-Disposition: attachment; filename=b.txt\r
        \r
        x\r
        --m--\r

        """

    private static func message(_ subject: String) -> MessageBytes {
        MessageBytes(
            """
            From: alice@example.org\r\n\
            To: carol@example.net, jean@example.fr\r\n\
            Subject: \(subject)\r\n\
            \r\n\
            the canary sings\r\n
            """
        )
    }

    /// A sealer that counts how often a password is stretched.
    private static func sealer(
        _ fixture: SealingFixture, _ count: Counter, edit: (inout LinkSettings) -> Void = { _ in }
    ) throws -> Sealer {
        var links = SealingFixture.links
        edit(&links)
        var settings = SealerSettings(
            hostname: "gate.example.org", links: EnabledLinks(links), limits: fixture.limits)
        settings.rounds = 1000
        return Sealer(
            engine: fixture.engine, settings: settings,
            stretching: Stretching(
                stretcher: PasswordStretcher { (password, salt, rounds) throws(CryptographyError) in
                    count.add()
                    return try PasswordStretcher.pbkdf2(password, salt: salt, rounds: rounds)
                }))
    }

    final class Counter: Sendable {
        private let value = Mutex(0)
        func add() { value.withLock { $0 += 1 } }
        var count: Int { value.withLock { $0 } }
    }

    private static func plan(
        _ subject: String, _ passwords: [PasswordMode], contacts: KnownContacts = KnownContacts(),
        from: String = "alice@example.org"
    ) throws -> DecidedMessage {
        let loaded = Ruleset.load(
            files: [
                PolicyFile(
                    name: "r.yaml",
                    text: "version: 1\nrules:\n  - id: all\n    then: { protect: required, with: [link] }\n")
            ],
            surroundings: Surroundings(
                inside: DomainList(["example.org"]), unattended: DomainList(["robot@example.org"]),
                linksAvailable: true,
                passwords: passwords, textsAvailable: true))
        let rules = try #require(loaded.ruleset)
        let received = ReceivedMessage(
            envelope: Envelope(sender: Mailbox(from), recipients: to.compactMap { Mailbox($0) }),
            bytes: message(subject),
            origin: .init(id: "t"), receivedAtSeconds: 1_790_000_000)
        return decide(
            try read(received, limits: Limits()), known: KnownKeys(), rules: rules, nowSeconds: 0, contacts: contacts)
    }

    private static func text(_ transmission: OutboundMessage.Transmission) throws -> String {
        let received = ReceivedMessage(
            envelope: Envelope(sender: nil, recipients: []), bytes: transmission.content, origin: .init(id: "t"),
            receivedAtSeconds: 0)
        return try read(received, limits: Limits()).root.all.map {
            if case .text(let text, _) = $0.text { text } else { "" }
        }
        .joined()
    }

    @Test func aStandingPasswordCostsNoRounds() async throws {
        let fixture = try SealingFixture(keys: [])
        let count = Counter()
        let sealer = try Self.sealer(fixture, count)
        let carol = try StandingPassword.make(Secret("our goose flies at 9"), rounds: 1000)
        let standing = [
            Self.to[0]: carol, Self.to[1]: try StandingPassword.make(Secret("un deux trois 456"), rounds: 2000),
        ]
        let decided = try Self.plan("hello", [.standing], contacts: KnownContacts(standing: Set(Self.to)))
        let out = try await sealer.seal(decided, standing: standing)
        #expect(count.count == 0, "no password was stretched")
        let letter = try #require(out.letters.first?.record)
        let known = letter.parameters
        #expect(known.passwordKind == .chosen && known.salt == carol.salt && known.rounds == 1000)
        let note = try Self.text(try #require(out.transmissions.dropFirst().first))
        let link = try #require(note.split(whereSeparator: \.isWhitespace).first { $0.contains("/l/") })
        let secret = String(try #require(link.split(separator: "#").last))
        #expect(carol.opens(linkSecret: secret, verifier: letter.verifiers.auth))
        #expect(!carol.opens(linkSecret: "AAAAAAAAAAAAAAAAAAAAAA", verifier: letter.verifiers.auth))
        let opener = try LetterOpener(
            id: letter.id, linkSecret: secret, password: " our goose flies at 9", kind: .chosen, rounds: 1000,
            salt: known.salt, leastRounds: 1000)
        let keys = try opener.unwrap(letter.wrappedKeys)
        let content = try #require(out.contents.first)
        let opened = try LetterOpener.open(try content.chunks.map { try $0.copy() }, key: keys.content)
        #expect(String(decoding: try opened.message.copy(), as: UTF8.self).contains("the canary sings"))
        // Made ones are stretched, one by one: the count counts.
        _ = try await sealer.seal(try Self.plan("hello", [.toSender]))
        #expect(count.count == 2)
        await fixture.end()
    }

    @Test func oneThatWasForgottenMeanwhilePutsTheMessageOff() async throws {
        let fixture = try SealingFixture(keys: [])
        let decided = try Self.plan("hello", [.standing], contacts: KnownContacts(standing: Set(Self.to)))
        let sealer = try Self.sealer(fixture, Counter())
        let refusal = await #expect(throws: Refusal.self) { try await sealer.seal(decided) }
        #expect(refusal?.isPermanent == false)
        await fixture.end()
    }

    @Test func theSendersOwnIsInNoMail() async throws {
        let fixture = try SealingFixture(keys: [])
        let sealer = try Self.sealer(fixture, Counter())
        let out = try await sealer.seal(try Self.plan("[pw: kestrel on the roof 7] hello", [.fromSender]))
        for transmission in out.transmissions {
            #expect(!(try Self.text(transmission)).contains("kestrel"))
            #expect(!transmission.content.text.contains("kestrel"))
        }
        #expect(out.letters.allSatisfy { $0.record.parameters.passwordKind == .chosen })
        await fixture.end()
    }

    @Test func textMessagesAreShortAndSayWhatTheyReplace() async throws {
        let fixture = try SealingFixture(keys: [])
        let sealer = try Self.sealer(fixture, Counter())
        let phones = [Self.to[0]: PhoneNumber("+33612345689"), Self.to[1]: PhoneNumber("+33612345690")].compactMapValues
        { $0 }
        let decided = try Self.plan("hello", [.sms], contacts: KnownContacts(phones: phones))
        let out = try await sealer.seal(decided, earlier: EarlierTries(passwordMailed: [Self.to[1]]))
        #expect(out.texts.map(\.letterID) == out.letters.map(\.record.id))
        #expect(out.texts.map(\.number.ending) == ["89", "90"])
        #expect(out.texts[0].text.revealed.hasPrefix("Password for the letter from alice@example.org: "))
        #expect(out.texts[1].text.revealed.hasSuffix("Il remplace le précédent."))
        // The sender sees the numbers in full, and nobody else.
        for transmission in out.transmissions {
            let text = transmission.content.text
            let isForSender = if case .passwordMail = transmission.role { true } else { false }
            #expect(text.contains("+33612345689") == isForSender && text.contains("+33612345690") == isForSender)
            #expect(isForSender || !text.contains("12345689") && !text.contains("12345690"))
        }
        // What leaves out a notification leaves out its text message.
        let less = out.only { if case .notification(let id) = $0.role { id == out.letters[0].record.id } else { true } }
        #expect(less.texts.count == 1)
        await fixture.end()
    }

    @Test func everyTextMessageFitsEveryTelephone() throws {
        // 3GPP TS 23.038, the basic alphabet without its extension.
        let alphabet = Set(
            """
            @£$¥èéùìòÇ
            Øø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&'()*+,-./0123456789:;\
            <=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà
            """
        )
        let sender = try #require(Mailbox("\(String(repeating: "a", count: 40))@example.org"))
        let longer = try #require(
            Mailbox("\(String(repeating: "a", count: 60))@\(String(repeating: "b", count: 60)).example.org"))
        for language in Language.allCases {
            for one in [sender, longer] {
                for replaces in [true, false] {
                    let text = ReaderWords.text(
                        password: Secret("ABCD-EFGH-JKMN"), sender: one, replacesFormer: replaces, language
                    ).revealed
                    #expect(text.count <= 160 && text.contains("ABCD-EFGH-JKMN"), "\(text)")
                    #expect(text.allSatisfy(alphabet.contains), "\(text)")
                }
            }
        }
    }

    /// The mail to the sender, decoded.
    private static func told(
        _ plan: DecidedMessage, _ earlier: EarlierTries = .init(), tellsSubject: Bool = false
    ) async throws -> String? {
        let fixture = try SealingFixture(keys: [])
        let out = try await Self.sealer(fixture, Counter()) { $0.notices.subject = tellsSubject }
            .seal(plan, earlier: earlier)
        await fixture.end()
        return try out.transmissions.first { if case .passwordMail = $0.role { true } else { false } }.map(Self.text)
    }

    @Test func theSendersMailSaysWhichMessageItIsAbout() async throws {
        let fixture = try SealingFixture(keys: [])
        let message =
            "From: alice@example.org\r\nTo: carol@example.net\r\nSubject: Quarterly figures\r\nMIME-Version: 1.0\r\n"
            + Self.withFiles
        let plan = try await fixture.plan(message, to: ["carol@example.net"])
        let mail = try #require(try await Self.told(plan))
        #expect(mail.contains("Your message of 21 September 2026 at 14:13 (UTC) was protected."))
        #expect(mail.contains("    carol@example.net\r\n") && mail.contains("Attachments: 2"))
        for content in ["figures", "canary", "secret-name", "logo"] { #expect(!mail.contains(content), "\(content)") }
        let more = try #require(try await Self.told(plan, tellsSubject: true))
        #expect(more.contains("    Subject: Quarterly figures\r\n    Attachments: 2"))
        for content in ["canary", "secret-name", "logo"] { #expect(!more.contains(content), "\(content)") }
        await fixture.end()
    }

    /// Subject and rule; true where the sender's mail may name it.
    static let subjects: [(subject: String, rule: String, isTold: Bool)] = [
        ("figures", "then: { protect: required }", true),
        ("figures", "then: { protect: required, hide-subject: true }", false),
        (
            "card 4111 1111 1111 1111",
            "when: { content: { detector: payment-card } }\n    then: { protect: required }", false
        ),
        (
            "=?utf-8?q?card_4111111111111111?=",
            "when: { content: { detector: payment-card } }\n    then: { protect: required }", false
        ),
        ("card", "when: { content: 'canary' }\n    then: { protect: required }", true),
        ("a canary", "when: { content: 'canary' }\n    then: { protect: required }", false),
        ("salary of Bob", "when: { subject: 'salary' }\n    then: { protect: required }", false),
        (
            "salary of Bob", "when: { header: { name: Subject, matches: 'salary' } }\n    then: { protect: required }",
            false
        ),
        (
            "salary of Bob",
            "when: { any: [{ content: 'canary' }, { subject: 'salary' }] }\n    then: { protect: required }", false
        ),
        (
            "[secure] figures",
            "when: { subject: '[secure]' }\n    then: { protect: required, strip-subject-tag: true }", true
        ),
        ("two\r\nSubject: other", "then: { protect: required }", false),
        ("", "then: { protect: required }", false),
    ]

    @Test(arguments: subjects) func aSubjectThatARuleHidesIsNotTold(
        _ subject: String, _ rule: String, _ isTold: Bool
    ) async throws {
        let fixture = try SealingFixture(keys: [])
        let message =
            "From: alice@example.org\r\nTo: carol@example.net\r\nSubject: \(subject)\r\n\r\nthe canary sings\r\n"
        let plan = try await fixture.plan(message, to: ["carol@example.net"], rules: rule)
        let mail = try #require(try await Self.told(plan, tellsSubject: true))
        #expect(mail.contains("Subject: ") == isTold, "\(mail)")
        if isTold {
            #expect(!mail.contains("[secure]"))
        } else {
            #expect(!mail.contains("4111") && !mail.contains("Bob"))
        }
        await fixture.end()
    }

    /// One line, whatever stands in it.
    @Test func aToldSubjectIsOneLineOfWords() async throws {
        let fixture = try SealingFixture(keys: [])
        let hostile =
            "=?utf-8?q?gpj=E2=80=AEfig=0D=0A=0D=0A____http=3A//evil=E2=80=A8ures=C2=85?= "
            + String(repeating: "x", count: 300)
        let message = "From: alice@example.org\r\nTo: carol@example.net\r\nSubject: \(hostile)\r\n\r\nhello\r\n"
        let plan = try await fixture.plan(message, to: ["carol@example.net"])
        let mail = try #require(try await Self.told(plan, tellsSubject: true))
        let line = try #require(mail.components(separatedBy: "\r\n").first { $0.contains("Subject: ") })
        #expect(
            line.hasPrefix("    Subject: gpjfig http://evil ures xxx") && line.hasSuffix("…") && line.count <= 220,
            "\(line)")
        #expect(mail.unicodeScalars.allSatisfy { !["\u{202e}", "\u{2028}", "\u{85}"].contains($0) })
        await fixture.end()
    }

    @Test func whoIsTold() async throws {
        let fixture = try SealingFixture(keys: [])
        func count(_ subject: String, _ modes: [PasswordMode], from: String = "alice@example.org", tells: Bool)
            async throws -> Int
        {
            let sealer = try Self.sealer(fixture, Counter()) {
                $0.notices.sent = tells
                $0.unattended = DomainList(["robot@example.org"])
            }
            let out = try await sealer.seal(try Self.plan(subject, modes, from: from))
            return out.transmissions.count { if case .passwordMail = $0.role { true } else { false } }
        }
        let own = "[pw: kestrel on the roof 7] hello"
        #expect(try await count(own, [.fromSender], tells: true) == 1)
        #expect(try await count(own, [.fromSender], tells: false) == 0)
        #expect(try await count("hello", [.toSender], tells: false) == 1)
        #expect(try await count(own, [.fromSender], from: "robot@example.org", tells: true) == 0)
        await fixture.end()
    }
}

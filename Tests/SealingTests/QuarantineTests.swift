// What the quarantine keeps, and the mails about it: sealed to the one key, and without anything of the content.

import Foundation
import MIME
import Mail
import OpenPGP
import Sealing
import SettingValues
import Support
import Testing

@Suite struct QuarantineTests {
    private static let message = """
        From: alice@example.org\r
        To: bob@example.net\r
        Subject: nightjar\r
        \r
        the canary sings \u{1}\r

        """

    private func notice(_ kind: HoldNotice.Kind) -> HoldNotice {
        HoldNotice(
            kind: kind, id: "7K2M9-QXD4T", sender: "alice@example.org",
            recipients: [
                .init(address: "bob@example.net", reason: "codenames stay", rules: ["codenames"]),
                .init(address: "carol@example.net", reason: "codenames stay", rules: ["codenames", "far"]),
            ], bytes: 4711, receivedAtSeconds: 1_790_000_000, expiresAtSeconds: 1_792_592_000)
    }

    private func text(_ mail: OutboundMessage) throws -> (subject: String, body: String, raw: String) {
        let content = try #require(mail.transmissions.first).content
        let parsed = try read(
            ReceivedMessage(
                envelope: Envelope(sender: nil, recipients: []), bytes: content, origin: .init(id: "t"),
                receivedAtSeconds: 0), limits: Limits())
        guard case .text(let body, _) = parsed.root.text else { throw SupportError("no text") }
        return (parsed.subject ?? "", body, content.text)
    }

    @Test func theMessageIsKeptWhole() async throws {
        let fixture = try SealingFixture(keys: [])
        let folder = try TemporaryFolder()
        try folder.write("q.asc", try fixture.gpg.makeKey("quarantine@example.org"))
        let key = FileKey(path: folder.file("q.asc"), engine: fixture.engine)
        let certificate = try await key.certificate()
        let received = ReceivedMessage(
            envelope: Envelope(sender: nil, recipients: []), bytes: MessageBytes(Self.message), origin: .init(id: "t"),
            receivedAtSeconds: 0)
        let kept = try await fixture.sealer.quarantine(received, to: certificate)
        #expect(kept.bytes == Self.message.utf8.count && kept.sealedTo == certificate.fingerprint)
        #expect(!kept.sealed.text.contains("canary") && !kept.sealed.text.contains("nightjar"))
        #expect(try fixture.gpg.decrypt(Data(kept.sealed.copy())) == Data(Self.message.utf8))
        await fixture.end()
    }

    @Test func theFileIsLookedAtEachTime() async throws {
        let fixture = try SealingFixture(keys: [])
        let folder = try TemporaryFolder()
        let key = FileKey(path: folder.file("q.asc"), engine: fixture.engine)
        await #expect(throws: Refusal.self) { try await key.certificate() }
        try folder.write("q.asc", try fixture.gpg.makeKey("one@example.org"))
        let first = try await key.certificate()
        #expect(try await key.certificate() == first)
        try folder.write("q.asc", try fixture.gpg.makeKey("two@example.org"))
        #expect(try await key.certificate() != first)
        // Two certificates leave open which one is meant.
        let both = try fixture.gpg.certificate(of: "one@example.org") + fixture.gpg.certificate(of: "two@example.org")
        try folder.write("q.asc", both)
        let problem = await key.report().problem
        #expect(problem?.contains("2 certificates") == true)
        await fixture.end()
    }

    @Test func theSenderIsToldWhyAndWhatComesNext() async throws {
        let fixture = try SealingFixture(keys: [])
        let (alice, officer) = (try #require(Mailbox("alice@example.org")), try #require(Mailbox("o@example.org")))
        let mail = try await fixture.sealer.notice(
            notice(.sender), to: alice, officer: officer, known: KnownKeys(), nowSeconds: 1_790_000_001)
        let sent = try #require(mail.transmissions.first)
        #expect(sent.sender == nil && sent.recipients == [alice])
        let (subject, body, raw) = try text(mail)
        #expect(subject == "Held back: your message to 2 recipients")
        for words in ["7K2M9-QXD4T", "bob@example.net", "carol@example.net", "Reason: codenames stay", "o@example.org"]
        {
            #expect(body.contains(words), "\(words)")
        }
        #expect(!body.contains("Rules:") && !body.contains("letterlock"), "rules and commands are the officer's")
        #expect(raw.contains("Auto-Submitted: auto-generated") && raw.contains("Reply-To: <o@example.org>"))
        await fixture.end()
    }

    @Test func theOfficerIsToldWhatToType() async throws {
        let fixture = try SealingFixture(keys: [])
        let officer = try #require(Mailbox("o@example.fr"))
        let (subject, body, _) = try text(
            try await fixture.sealer.notice(
                notice(.officer), to: officer, officer: officer, known: KnownKeys(), nowSeconds: 1_790_000_001))
        #expect(subject == "Retenu\u{202f}: 7K2M9-QXD4T, à 2 destinataires")
        for words in [
            "letterlock quarantine show 7K2M9-QXD4T", "letterlock quarantine release 7K2M9-QXD4T",
            "letterlock quarantine drop 7K2M9-QXD4T", "Règles\u{202f}: codenames, far", "4711", "alice@example.org",
        ] {
            #expect(body.contains(words), "\(words)")
        }
        let (gone, _, _) = try text(
            try await fixture.sealer.notice(
                notice(.expired), to: officer, officer: officer, known: KnownKeys(), nowSeconds: 1_790_000_001))
        #expect(gone.hasPrefix("Détruit"))
        await fixture.end()
    }

    @Test func withoutKnowingTheKeysNothingIsSent() async throws {
        let fixture = try SealingFixture(keys: [])
        let alice = try #require(Mailbox("alice@example.org"))
        let unknown = KnownKeys([alice.folded: .unknown(reason: "x")])
        await #expect(throws: Refusal.self) {
            try await fixture.sealer.notice(notice(.sender), to: alice, officer: alice, known: unknown, nowSeconds: 1)
        }
        await fixture.end()
    }
}

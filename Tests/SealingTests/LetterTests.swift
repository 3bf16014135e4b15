// Letters behind links: the two mails say what they must and nothing else; blind recipients have a copy of their own.

import Cryptography
import Foundation
import Links
import MIME
import Mail
import Sealing
import SettingValues
import Support
import Testing

struct LetterTests {
    private static let message = """
        Received: by inside.example.org; Sun, 22 Nov 2026 10:00:00 +0000\r
        From: "Alice Exämple" <alice@example.org>\r
        To: carol@example.net, jean@example.fr\r
        Bcc: dora@example.net\r
        Subject: Nightjar results\r
        Message-ID: <77@client.example.org>\r
        Content-Type: text/plain; charset=utf-8\r
        \r
        the canary sings\r

        """
    private static let to = ["carol@example.net", "jean@example.fr", "dora@example.net"]

    private static func read(_ bytes: MessageBytes) throws -> ParsedMessage {
        try MIME.read(
            ReceivedMessage(
                envelope: Envelope(sender: nil, recipients: []), bytes: bytes, origin: .init(id: "t"),
                receivedAtSeconds: 0),
            limits: Limits())
    }

    private static func texts(_ bytes: MessageBytes) throws -> String {
        try read(bytes).root.all.map { if case .text(let text, _) = $0.text { text } else { "" } }.joined()
    }

    private static func secrets(_ text: String) throws -> (id: String, secret: String) {
        let link = try #require(
            text.split(whereSeparator: \.isWhitespace).first { $0.hasPrefix("https://letters.example.org/l/") })
        let parts = link.split(separator: "/").last?.split(separator: "#") ?? []
        return (String(parts[0]), String(parts[1]))
    }

    @Test func oneUnit() async throws {
        let fixture = try SealingFixture(keys: [])
        let out = try await fixture.sealer.seal(try await fixture.plan(Self.message, to: Self.to, with: "[link]"))
        #expect(out.letters.count == 3)
        #expect(out.contents.count == 2, "the blind recipient has a content of its own")
        #expect(Set(out.letters.filter { $0.recipient.localPart != "dora" }.map(\.record.contentID)).count == 1)
        #expect(out.transmissions.count == 4)

        let password = try #require(out.transmissions.first)
        #expect(password.role == .passwordMail(letterIDs: out.letters.map(\.record.id)))
        #expect(password.sender == nil)
        #expect(password.recipients.map(\.description) == ["alice@example.org"])
        let passwordText = try Self.texts(password.content)
        for name in Self.to { #expect(passwordText.contains(name)) }
        #expect(password.content.text.contains("In-Reply-To: <77@client.example.org>\r\n"))
        #expect(!passwordText.contains("/l/"), "the sender's mail has no link")

        for (transmission, letter) in zip(out.transmissions.dropFirst(), out.letters) {
            #expect(transmission.role == .notification(letterID: letter.record.id))
            #expect(transmission.sender?.description == "alice@example.org")
            #expect(transmission.recipients == [letter.recipient])
            let text = try Self.texts(transmission.content)
            #expect(text.contains("Alice Exämple (alice@example.org)"))
            for other in Self.to where other != letter.recipient.description { #expect(!text.contains(other)) }
            let raw = transmission.content.text
            #expect(raw.contains("Auto-Submitted: auto-generated\r\n"))
            #expect(raw.contains("Reply-To: <alice@example.org>\r\n"))
            #expect(raw.split(separator: "\r\n").allSatisfy { $0.utf8.count <= 998 })
        }
        for transmission in out.transmissions {
            let all =
                try transmission.content.text + Self.texts(transmission.content)
                + (Self.read(transmission.content).subject ?? "")
            #expect(!all.contains("Nightjar"))
            #expect(!all.contains("canary"))
        }
        let french = try #require(out.transmissions.first { $0.recipients.first?.localPart == "jean" })
        #expect(try Self.texts(french.content).contains("vous a envoyé une lettre confidentielle"))
        await fixture.end()
    }

    @Test func opens() async throws {
        let fixture = try SealingFixture(keys: [])
        let out = try await fixture.sealer.seal(try await fixture.plan(Self.message, to: Self.to, with: "[link]"))
        let passwords = try Self.texts(try #require(out.transmissions.first).content).split(
            whereSeparator: \.isWhitespace
        ).filter {
            $0.count == 14 && $0.filter { $0 == "-" }.count == 2
        }
        for (number, letter) in out.letters.enumerated() {
            let (id, secret) = try Self.secrets(try Self.texts(out.transmissions[number + 1].content))
            #expect(id == letter.record.id)
            let opener = try LetterOpener(
                id: id, linkSecret: secret, password: passwords[number].lowercased(), kind: .made,
                rounds: letter.record.parameters.rounds,
                salt: letter.record.parameters.salt, leastRounds: 1)
            #expect(try SHA256Digest.of(opener.proof.auth) == letter.record.verifiers.auth)
            let key = try opener.unwrap(letter.record.wrappedKeys).content
            let content = try #require(out.contents.first { $0.id == letter.record.contentID })
            let opened = try LetterOpener.open(try content.chunks.map { try $0.copy() }, key: key)
            let text = opened.message.text
            #expect(text.hasSuffix("\r\n\r\nthe canary sings\r\n"))
            #expect(text.contains("Subject: Nightjar results\r\n"))
            #expect(!text.contains("dora"), "no Bcc field, not even inside")
            #expect(!text.contains("Received:"))
            let index = try #require(try JSONSerialization.jsonObject(with: Data(opened.index)) as? [String: Any])
            #expect(index["subject"] as? String == "Nightjar results")
            let parts = try #require(index["parts"] as? [[String: Any]])
            let start = try #require(parts[0]["start"] as? Int)
            #expect(text.utf8.dropFirst(start).starts(with: "the canary".utf8))
        }
        await fixture.end()
    }

    @Test func nobodyWithADeliveredLetterGetsAnother() async throws {
        let fixture = try SealingFixture(keys: [])
        let plan = try await fixture.plan(Self.message, to: Self.to, with: "[link]")
        let out = try await fixture.sealer.seal(
            plan, earlier: EarlierTries(delivered: ["carol@example.net"], passwordMailed: ["jean@example.fr"]))
        #expect(out.letters.map(\.recipient.description) == ["jean@example.fr", "dora@example.net"])
        let text = try Self.texts(try #require(out.transmissions.first).content)
        #expect(!text.contains("carol@"))
        #expect(text.components(separatedBy: "replaces the one").count == 2, "said of jean, not of dora")
        let none = try await fixture.sealer.seal(plan, earlier: EarlierTries(delivered: Set(Self.to)))
        #expect(none.transmissions.isEmpty && none.letters.isEmpty && none.contents.isEmpty)
        await fixture.end()
    }

    /// What a try has no time for is left, and the try is remembered however little of it leaves.
    @Test func noLetterIsMadeAfterItsTime() async throws {
        let fixture = try SealingFixture(keys: [])
        let plan = try await fixture.plan(Self.message, to: Self.to, with: "[link]")
        let late = try await fixture.sealer.seal(
            plan, lettersUntil: .now - .seconds(1), earlier: EarlierTries(), standing: [:])
        #expect(late.outbound.transmissions.isEmpty)
        #expect(late.outbound.contents.isEmpty, "no content that nobody has a letter of")
        #expect(late.outbound.isRemembered)
        #expect(Set(late.failures.keys.map(\.description)) == Set(Self.to))
        #expect(late.failures.values.allSatisfy { $0.replyCode == 451 })
        let apart = await (try fixture.sealer).sealApart(plan, lettersUntil: .now - .seconds(1))
        #expect(apart.failures == late.failures && apart.outbound.letters.isEmpty)
        let early = try await fixture.sealer.seal(
            plan, lettersUntil: .now + .seconds(600), earlier: EarlierTries(), standing: [:])
        #expect(early.failures.isEmpty && early.outbound.letters.count == Self.to.count)
        await fixture.end()
    }
}

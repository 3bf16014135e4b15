// The non-delivery report: what a person reads, what a program reads, what it must not show, and who may open it.

import Foundation
import MIME
import Mail
import Sealing
import SettingValues
import Support
import Testing

struct ReportTests {
    private static let message = """
        Received: by inside.example.org; Sun, 22 Nov 2026 10:00:00 +0000\r
        From: Alice <alice@example.org>\r
        To: bob@example.net\r
        Bcc: dora@example.net\r
        Subject: Nightjar results\r
        Message-ID: <77@client.example.org>\r
        Content-Type: text/plain; charset=utf-8\r
        \r
        the canary sings\r

        """

    private static func failed(_ address: String, _ said: String = "550 5.1.1 no such user") throws -> FailedRecipient {
        FailedRecipient(recipient: try #require(Mailbox(address)), status: "5.1.1", said: said)
    }

    private static func read(_ text: String) throws -> ParsedMessage {
        try MIME.read(
            ReceivedMessage(
                envelope: Envelope(sender: nil, recipients: []), bytes: MessageBytes(text), origin: .init(id: "t"),
                receivedAtSeconds: 0), limits: Limits())
    }

    /// Type and decoded body of each part.
    private static func parts(_ text: String) throws -> [(type: String, text: String)] {
        let parsed = try read(text)
        return try parsed.root.children.map { part in
            let body = String(decoding: try parsed.received.bytes.slice(part.bodyRange).copy(), as: UTF8.self)
            guard part.transferEncoding == .quotedPrintable else { return (part.type.essence, body) }
            return (part.type.essence, decoded(body))
        }
    }

    private static func decoded(_ text: String) -> String {
        var octets: [UInt8] = []
        var rest = Array(text.replacingOccurrences(of: "=\r\n", with: "").utf8)[...]
        while let octet = rest.popFirst() {
            if octet == UInt8(ascii: "="), let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                octets.append(value)
                rest = rest.dropFirst(2)
            } else {
                octets.append(octet)
            }
        }
        return String(decoding: octets, as: UTF8.self)
    }

    @Test func whatItSays() async throws {
        let fixture = try SealingFixture(keys: ["bob@example.net"])
        let bob = try #require(Mailbox("bob@example.net"))
        let plan = try await fixture.plan(Self.message, to: ["bob@example.net"]) { envelope in
            envelope.envelopeID = "QQ+2B314"
            envelope.requiresTLS = true
            envelope.recipientOptions[bob] = .init(notify: .failure, originalRecipient: "rfc822;rob+40example.net")
        }
        let out = try await fixture.sealer.report(
            [Self.failed("bob@example.net")], of: plan, nowSeconds: 1_790_000_000)
        let only = try #require(out.transmissions.first)
        #expect(out.transmissions.count == 1)
        #expect(only.role == .report)
        #expect(only.sender == nil)
        #expect(only.recipients.map(\.description) == ["alice@example.org"])
        #expect(only.options.requiresTLS)
        #expect(only.options.ret == .headers)
        #expect(only.options.recipientOptions[only.recipients[0]]?.notify == .never)
        #expect(!only.needs8BitMIME)
        let text = only.content.text
        #expect(text.contains("From: Mail Delivery System <MAILER-DAEMON@gate.example.org>\r\n"))
        #expect(text.contains("To: <alice@example.org>\r\n"))
        #expect(text.contains("Auto-Submitted: auto-replied\r\n"))
        #expect(text.contains("In-Reply-To: <77@client.example.org>\r\n"))
        #expect(text.contains("Content-Type: multipart/report; report-type=delivery-status;"))
        let parts = try Self.parts(text)
        #expect(parts.map(\.type) == ["text/plain", "message/delivery-status", "text/rfc822-headers"])
        #expect(parts[0].text.contains("bob@example.net"))
        #expect(parts[0].text.contains("550 5.1.1 no such user"))
        #expect(
            parts[1].text.hasPrefix(
                "Reporting-MTA: dns; gate.example.org\r\nOriginal-Envelope-Id: QQ+314\r\nArrival-Date: "))
        #expect(
            parts[1].text.contains(
                """
                \r\n\r\nOriginal-Recipient: rfc822;rob@example.net\r\nFinal-Recipient: rfc822; bob@example.net\r\n\
                Action: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 no such user\r\n
                """))
        #expect(parts[2].text.contains("Subject: Nightjar results\r\n"))
        #expect(parts[2].text.contains("Received: by inside"))
        #expect(!text.contains("dora"), "no blind recipient")
        #expect(!text.contains("canary"), "no body")
        await fixture.end()
    }

    @Test(arguments: ["[link]", "[pgp], hide-subject: true"])
    func aSubjectThatWasNotToBeSeenIsNotSeen(with: String) async throws {
        let fixture = try SealingFixture(keys: ["bob@example.net"])
        let plan = try await fixture.plan(Self.message, to: ["bob@example.net"], with: with)
        let out = try await fixture.sealer.report([Self.failed("bob@example.net")], of: plan, nowSeconds: 0)
        #expect(out.transmissions.first?.content.text.contains("Nightjar") == false)
        await fixture.end()
    }

    @Test func itIsSealedWhereTheSenderHasAKey() async throws {
        let fixture = try SealingFixture(keys: ["alice@example.org", "bob@example.net"])
        let plan = try await fixture.plan(Self.message, to: ["bob@example.net"])
        let out = try await fixture.sealer.report([Self.failed("bob@example.net")], of: plan, nowSeconds: 0)
        let content = try #require(out.transmissions.first?.content)
        #expect(content.text.contains("Content-Type: multipart/encrypted;"))
        #expect(content.text.contains("Auto-Submitted: auto-replied\r\n"))
        #expect(!content.text.contains("no such user"))
        #expect(!content.text.contains("Nightjar"))
        let opened = try await fixture.open(content)
        #expect(opened.contains("Content-Type: multipart/report; report-type=delivery-status;"))
        #expect(try Self.parts(opened).map(\.type).last == "text/rfc822-headers")
        await fixture.end()
    }

    @Test func withoutGPGItIsNotSentInClear() async throws {
        let fixture = try SealingFixture(keys: ["alice@example.org"])
        let plan = try await fixture.plan(Self.message, to: ["bob@example.net"], with: "[link]")
        await fixture.end()
        try FileManager.default.removeItem(atPath: fixture.folder.file("gnupg"))
        await #expect(throws: Refusal.self) {
            try await fixture.sealer.report([Self.failed("bob@example.net")], of: plan, nowSeconds: 0)
        }
    }

    @Test func internationalAddressesAndHeaders() async throws {
        let fixture = try SealingFixture(keys: [])
        let bob = try #require(Mailbox("bøb@example.net"))
        let message = Self.message.replacingOccurrences(of: "Nightjar results", with: "Ærø")
        let plan = try await fixture.plan(message, to: [bob.description], with: "[pgp]") { envelope in
            envelope.recipientOptions[bob] = .init(originalRecipient: "utf-8;b\\x{F8}b@example.net")
        }
        let out = try await fixture.sealer.report(
            [FailedRecipient(recipient: bob, status: "5.1.1", said: "550 nø \r\nX-Evil: yes")], of: plan, nowSeconds: 0)
        let only = try #require(out.transmissions.first)
        #expect(!only.needs8BitMIME, "all of it is encoded")
        let parts = try Self.parts(only.content.text)
        #expect(parts.map(\.type) == ["text/plain", "message/global-delivery-status", "message/global-headers"])
        #expect(parts[1].text.contains("Original-Recipient: utf-8;b\\x{F8}b@example.net\r\n"))
        #expect(parts[1].text.contains("Final-Recipient: utf-8; bøb@example.net\r\n"))
        #expect(parts[1].text.contains("Diagnostic-Code: smtp; 550 n? ??X-Evil: yes\r\n"))
        #expect(parts[2].text.contains("Subject: Ærø\r\n"))
        await fixture.end()
    }

    @Test(arguments: ["ÿ", "a+0Ab", "a+", "a+4", "+00"]) func whatIsNotFitToBeRepeatedIsLeftOut(id: String) async throws
    {
        let fixture = try SealingFixture(keys: [])
        let bob = try #require(Mailbox("bob@example.net"))
        let plan = try await fixture.plan(Self.message, to: ["bob@example.net"], with: "[link]") { envelope in
            envelope.envelopeID = id
            envelope.recipientOptions[bob] = .init(originalRecipient: "rfc822;\(id)")
        }
        let out = try await fixture.sealer.report([Self.failed("bob@example.net")], of: plan, nowSeconds: 0)
        let text = try #require(out.transmissions.first?.content.text)
        #expect(!text.contains("Original-"))
        await fixture.end()
    }

    @Test func inTheSendersLanguage() async throws {
        let fixture = try SealingFixture(keys: [])
        let plan = try await fixture.plan(
            Self.message, from: "alice@example.fr", to: ["bob@example.net"], with: "[link]")
        let out = try await fixture.sealer.report([Self.failed("bob@example.net")], of: plan, nowSeconds: 0)
        let text = try #require(out.transmissions.first?.content.text)
        #expect(text.contains("Content-Language: fr\r\n"))
        #expect(try Self.parts(text)[0].text.contains("n’a pas pu être remis"))
        await fixture.end()
    }
}

struct TransmissionOptionTests {
    @Test func whatTheEnvelopeAsksForGoesWithEachTransmission() async throws {
        let fixture = try SealingFixture(keys: ["bob@example.net"])
        let bob = try #require(Mailbox("bob@example.net"))
        let carol = try #require(Mailbox("carol@example.net"))
        let plan = try await fixture.plan(
            "From: alice@example.org\r\nTo: bob@example.net\r\n\r\nx\r\n", to: [bob.description, carol.description]
        ) { envelope in
            envelope.ret = .full
            envelope.envelopeID = "id"
            envelope.requiresTLS = true
            envelope.recipientOptions = [bob: .init(notify: .never), carol: .init(notify: [.failure, .delay])]
        }
        let out = try await fixture.sealer.seal(plan)
        #expect(out.transmissions.count == 3)
        for transmission in out.transmissions {
            #expect(transmission.options.requiresTLS)
            #expect(transmission.options.ret == .headers, "what was sealed is not returned whole")
            switch transmission.role {
            case .sealed: #expect(transmission.options.recipientOptions == [bob: .init(notify: .never)])
            case .notification:
                #expect(transmission.options.recipientOptions == [carol: .init(notify: [.failure, .delay])])
                #expect(transmission.options.envelopeID == "id")
            default:
                #expect(transmission.options.recipientOptions.values.map(\.notify) == [.never])
                #expect(transmission.options.envelopeID == nil)
            }
        }
        let untraced = try await fixture.sealer.seal(plan, traced: false)
        #expect(untraced.transmissions.first?.content.text.contains("(Letterlock) with") == false)
        #expect(out.transmissions.first?.content.text.contains("(Letterlock) with") == true)
        // Leaving out is possible, adding is not.
        let sealedOnly = out.only { $0.role == .sealed }
        #expect(sealedOnly.letters.isEmpty)
        #expect(sealedOnly.contents.isEmpty)
        #expect(out.without(0).transmissions.count == 2)
        #expect(out.without(0).letters.count == 1)
        let few = try #require(out.passwords).transmission(for: [])
        #expect(!few.content.text.contains("carol"))
        await fixture.end()
    }

    @Test func aGroupThatFailsKeepsNobodyBack() async throws {
        let fixture = try SealingFixture(keys: ["bob@example.net"])
        let plan = try await fixture.plan(
            "From: alice@example.org\r\n\r\nx\r\n", to: ["bob@example.net", "carol@example.net"])
        await fixture.end()
        try FileManager.default.removeItem(atPath: fixture.folder.file("gnupg"))
        let apart = await (try fixture.sealer).sealApart(plan)
        #expect(apart.failures.keys.map(\.description) == ["bob@example.net"])
        #expect(apart.outbound.letters.map(\.recipient.description) == ["carol@example.net"])
        await #expect(throws: Refusal.self) { try await fixture.sealer.seal(plan) }
    }
}

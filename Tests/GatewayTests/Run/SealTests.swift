// Promises 4, 6 and 8 on the whole way: sealed by the real gpg, opened by the real gpg.

import Foundation
import Mail
import Support
import Testing

struct SealTests {
    /// The armored part of a sealed message.
    static func armor(_ message: ReceivedMessage) throws -> Data {
        let text = String(decoding: try message.bytes.copy(), as: UTF8.self)
        let start = try #require(text.range(of: "-----BEGIN PGP MESSAGE-----"))
        let end = try #require(text.range(of: "-----END PGP MESSAGE-----"))
        return Data(text[start.lowerBound..<end.upperBound].utf8)
    }

    @Test(arguments: ["bob@example.net", "BOB@EXAMPLE.NET", "Bob+lists@example.net"])
    func sealsForWhoeverHasAKey(_ recipient: String) async throws {
        try await withGateway { gateway in
            try gateway.addKey("bob@example.net")
            let message = Samples.attachment(subject: "[secure] results", to: recipient)
            #expect(try await gateway.submit(message, to: recipient).hasPrefix("250 "))
            let sealed = try #require(gateway.sink.messages.first)
            let text = String(decoding: try sealed.bytes.copy(), as: UTF8.self)
            #expect(text.contains("multipart/encrypted"))
            #expect(!text.contains("JVBERi0"))
            let payload = String(decoding: try gateway.gpg.decrypt(Self.armor(sealed)), as: UTF8.self)
            #expect(payload.contains("; hp=\"cipher\""))
            #expect(payload.contains("HP-Outer: Subject: [secure] results\r\n"))
            let body = try #require(message.range(of: "\r\n\r\n"))
            let inner = try #require(payload.range(of: "\r\n\r\n"))
            #expect(payload[inner.upperBound...] == message[body.upperBound...], "body bytes are kept")
        }
    }

    @Test func aKeyComesAndGoes() async throws {
        try await withGateway(TestOptions(links: false)) { gateway in
            let message = Samples.plain(subject: "[secure] x", body: "x")
            #expect(try await gateway.submit(message, to: "bob@example.net").hasPrefix("550 5.7.1"))
            try gateway.addKey("bob@example.net", file: "b")
            #expect(try await gateway.submit(message, to: "bob@example.net").hasPrefix("250"))
            // A second certificate stays, so that the folder is not empty all at once.
            try gateway.addKey("dora@example.net")
            try FileManager.default.removeItem(atPath: gateway.folder.file("keys/b.asc"))
            #expect(try await gateway.submit(message, to: "bob@example.net").hasPrefix("550 5.7.1"))
            #expect(gateway.sink.messages.count == 1)
        }
    }

    @Test func blindRecipientsGetTheirOwn() async throws {
        try await withGateway { gateway in
            for name in ["bob", "carol", "dora"] { try gateway.addKey("\(name)@example.net") }
            let message = Samples.plain(
                subject: "[secure] x", body: "secret", to: "bob@example.net, Carol <carol@example.net>",
                extra: "Bcc: dora@example.net\r\n")
            #expect(
                try await gateway.submit(message, to: "bob@example.net", "carol@example.net", "dora@example.net")
                    .hasPrefix(
                        "250"))
            #expect(
                gateway.sink.messages.map { $0.envelope.recipients.map(\.description) } == [
                    ["bob@example.net", "carol@example.net"], ["dora@example.net"],
                ])
            for sealed in gateway.sink.messages {
                #expect(!String(decoding: try sealed.bytes.copy(), as: UTF8.self).contains("dora"))
                let payload = String(decoding: try gateway.gpg.decrypt(Self.armor(sealed)), as: UTF8.self)
                #expect(!payload.contains("dora"), "not even inside")
            }
        }
    }

    @Test func hidesTheSubject() async throws {
        try await withGateway { gateway in
            try gateway.addKey("bob@example.net")
            let message = Samples.plain(
                subject: "[hide] merger with Nightjar", body: "x",
                extra: "Thread-Topic: merger with Nightjar\r\nDKIM-Signature: v=1; d=example.org\r\n")
            #expect(try await gateway.submit(message, to: "bob@example.net").hasPrefix("250"))
            let sealed = try #require(gateway.sink.messages.first)
            let text = String(decoding: try sealed.bytes.copy(), as: UTF8.self)
            #expect(text.contains("\r\nSubject: [...]\r\n"))
            #expect(!text.contains("Nightjar"))
            #expect(!text.contains("DKIM-Signature"))
            let payload = String(decoding: try gateway.gpg.decrypt(Self.armor(sealed)), as: UTF8.self)
            #expect(payload.contains("\r\nSubject: [hide] merger with Nightjar\r\n"))
            #expect(payload.contains("\r\nHP-Outer: Subject: [...]\r\n"))
        }
    }
}

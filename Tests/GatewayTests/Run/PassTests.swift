// Promise 4: what needs no sealing passes byte for byte, plus one Received field, less Bcc.

import Foundation
import Mail
import Support
import Testing

struct PassTests {
    @Test func passesByteForByte() async throws {
        try await withGateway { gateway in
            let message = Samples.plain(subject: "hello", body: "Grüße\r\n.\r\n..dots\r\n\r\n\tend")
            #expect(
                try await gateway.submit(message, to: "bob@example.net", parameters: " BODY=8BITMIME").hasPrefix("250 ")
            )
            let got = String(decoding: try #require(gateway.sink.messages.first).bytes.copy(), as: UTF8.self)
            #expect(
                got.hasPrefix(
                    "Received: from client.example.org ([127.0.0.1])\r\n\tby gate.example.org (Letterlock) with "))
            let end = try #require(got.range(of: "+0000\r\n"))
            #expect(String(got[end.upperBound...]) == message)
            #expect(!got[..<end.upperBound].contains("for "), "FOR would name recipients to each other")
        }
    }

    @Test func takesBlindRecipientsOut() async throws {
        try await withGateway { gateway in
            let message = Samples.plain(
                subject: "hi", body: "x",
                extra: "Bcc: dora@example.net,\r\n\teve@example.net\r\nResent-Bcc: f@example.net\r\n")
            _ = try await gateway.submit(message, to: "bob@example.net", "dora@example.net")
            let got = String(decoding: try #require(gateway.sink.messages.first).bytes.copy(), as: UTF8.self)
            #expect(!got.lowercased().contains("bcc"))
            #expect(!got.contains("eve@"))
            #expect(got.hasSuffix(Samples.plain(subject: "hi", body: "x")))
            #expect(gateway.sink.messages.first?.envelope.recipients.count == 2)
        }
    }

    @Test(arguments: [
        "carol%evil.example@example.org", "evil.example!carol@example.org", "\"carol@evil.example\"@example.org",
    ])
    func refusesRoutes(_ recipient: String) async throws {
        try await withGateway { gateway in
            let reply = try await gateway.submit(Samples.plain(subject: "hi", body: "x"), to: recipient)
            #expect(reply.hasPrefix("550 5.7.1"), "\(reply)")
            #expect(gateway.sink.messages.isEmpty)
        }
    }

    @Test func dropsAMailboxLineThatWouldEndTheHeader() async throws {
        try await withGateway { gateway in
            let message = Samples.plain(subject: "hi", body: "x")
            let reply = try await gateway.submit(
                "From alice Sun Nov 22 10:00:00 2026\r\n" + message, to: "bob@example.net")
            #expect(reply.hasPrefix("250"))
            let got = String(decoding: try #require(gateway.sink.messages.first).bytes.copy(), as: UTF8.self)
            #expect(!got.contains("From alice Sun"))
            #expect(got.hasSuffix(message))
        }
    }

    @Test func spellingsThatLookAlikeAreTwoRecipients() async throws {
        try await withGateway { gateway in
            let reply = try await gateway.submit(
                Samples.plain(subject: "hi", body: "x"), to: "caf\u{e9}@example.net", "cafe\u{301}@example.net",
                parameters: " SMTPUTF8")
            #expect(reply.hasPrefix("250"), "\(reply)")
            #expect(gateway.sink.messages.first?.envelope.recipients.count == 2)
        }
    }

    @Test func refusesALoop() async throws {
        try await withGateway { gateway in
            let trace = String(repeating: "Received: by x.example.org; Sun, 22 Nov 2026 10:00:00 +0000\r\n", count: 101)
            let reply = try await gateway.submit(trace + Samples.plain(subject: "hi", body: "x"), to: "bob@example.net")
            #expect(reply.hasPrefix("554 5.4.6"))
            #expect(gateway.sink.messages.isEmpty)
            let hundred = String(
                repeating: "Received: by x.example.org; Sun, 22 Nov 2026 10:00:00 +0000\r\n", count: 100)
            #expect(
                try await gateway.submit(hundred + Samples.plain(subject: "hi", body: "x"), to: "bob@example.net")
                    .hasPrefix(
                        "250"))
        }
    }
}

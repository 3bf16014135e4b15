// Promise 2: 250 only when the next hop took everything; a retry sends only what is missing.

import Foundation
import Mail
import Support
import Testing

struct ReplyTests {
    @Test func nextHopDown() async throws {
        var options = TestOptions()
        options.nextHopPort = 1
        try await withGateway(options) { gateway in
            let reply = try await gateway.submit(Samples.plain(subject: "hi", body: "x"), to: "bob@example.net")
            #expect(reply.hasPrefix("451 4.4.1"))
        }
    }

    @Test func aRetrySendsOnlyWhatIsMissing() async throws {
        try await withGateway { gateway in
            try gateway.addKey("bob@example.net")
            let message = Samples.plain(
                subject: "[secure] x", body: "secret", to: "bob@example.net, carol@example.net, dora@example.net")
            // The sealed mail, the password mail and Carol's notification are taken; Dora's is put off.
            gateway.sink.refuse { received, _ in
                received.envelope.recipients.first?.localPart == "dora" ? Refusal(.busy, "come back later") : nil
            }
            let to = ["bob@example.net", "carol@example.net", "dora@example.net"]
            let first = try await SocketClient.submit(
                port: gateway.port, from: "alice@example.org", to: to, message: message)
            #expect(first.hasPrefix("4"), "\(first)")
            gateway.sink.refuse(nil)
            let trace = "Received: by retry.example.org; Sun, 22 Nov 2026 11:00:00 +0000\r\n"
            let second = try await SocketClient.submit(
                port: gateway.port, from: "alice@example.org", to: to, message: trace + message)
            #expect(second.hasPrefix("250"), "\(second)")
            func count(_ name: String) -> Int {
                gateway.sink.messages.filter { $0.envelope.recipients.contains { $0.localPart == name } }.count
            }
            #expect(count("bob") == 1)
            #expect(count("carol") == 1)
            #expect(count("dora") == 1)
            // Alice is told anew, and that Dora's former password no longer opens anything.
            let passwords = gateway.sink.messages.filter { $0.envelope.recipients.first?.localPart == "alice" }
            #expect(passwords.count == 2)
            let last = String(decoding: try #require(passwords.last).bytes.copy(), as: UTF8.self)
            #expect(last.contains("replaces the one"))
            #expect(!last.contains("carol@"))
            // Once answered, the same message is new mail again.
            #expect(
                try await SocketClient.submit(port: gateway.port, from: "alice@example.org", to: to, message: message)
                    .hasPrefix("250"))
            #expect(count("bob") == 2)
        }
    }

    @Test func nothingIsSentWhenOneIsRefusedAtTheNextHop() async throws {
        try await withGateway { gateway in
            try gateway.addKey("bob@example.net")
            gateway.sink.refuse { _, _ in Refusal(.policy, "no such mailbox here") }
            let reply = try await gateway.submit(Samples.plain(subject: "[secure] x", body: "x"), to: "bob@example.net")
            #expect(reply.hasPrefix("550 5.7.1"))
            #expect(reply.contains("no such mailbox here"))
        }
    }
}

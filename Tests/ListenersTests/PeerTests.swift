// Who is named, and what a named peer may tell.

import Listeners
import Mail
import NIOCore
import SMTP
import Testing

struct PeerListTests {
    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.2", false), ("192.0.2.0/24", "192.0.2.255", true),
        ("192.0.2.0/24", "192.0.3.0", false), ("192.0.2.128/25", "192.0.2.127", false),
        ("192.0.2.128/25", "192.0.2.128", true), ("0.0.0.0/0", "203.0.113.9", true),
        ("0.0.0.0/0", "2001:db8::1", false),
        ("10.0.0.0/9", "10.127.0.1", true), ("10.0.0.0/9", "10.128.0.1", false),
        ("2001:db8::/32", "2001:db8:ffff::1", true), ("2001:db8::/32", "2001:db9::1", false), ("::1", "::1", true),
        ("::/0", "2001:db8::1", true), ("::/0", "192.0.2.1", false), ("192.0.2.1", "::ffff:192.0.2.1", true),
        ("::ffff:192.0.2.0/120", "192.0.2.9", true), ("fe80::/10", "fe80::1%eth0", true), ("unix", "", true),
        ("unix", "192.0.2.1", false), ("192.0.2.1", "", false), ("0.0.0.0/0", "", false),
        ("nonsense", "nonsense", false),
    ])
    func contains(entry: String, address: String, expected: Bool) {
        #expect(PeerList([entry]).contains(address) == expected)
        #expect(!PeerList().contains(address))
    }

    @Test(arguments: [
        "", "192.0.2", "192.0.2.1/33", "192.0.2.1/-1", "192.0.2.1/", "::1/129", "::ffff:192.0.2.1/95", "host.example",
        "Unix",
        "192.0.2.1/024x",
    ])
    func entriesThatAreNone(text: String) {
        #expect(!PeerList.isEntry(text))
        #expect(PeerList([text]).isEmpty)
    }
}

@Suite(.timeLimit(.minutes(1)))
struct TrustedPeerTests {
    @Test func aNamedPeerSpeaksForItsClients() async throws {
        let recorder = Recorder()
        try await withListener(recorder, configure: { $0.trustedPeers = PeerList(["127.0.0.1"]) }) { address, _ in
            try await withClient(address) { client in
                _ = try await client.reply()
                _ = try await client.ask("EHLO proxy.example")
                #expect(try await client.ask("XCLIENT ADDR=198.51.100.7 LOGIN=alice HELO=spike").hasPrefix("220 gate"))
                try await client.open(greeted: true)
                #expect(try await client.ask("x\r\n.").hasPrefix("250"))
                #expect(try await client.ask("XFORWARD ADDR=198.51.100.8 HELO=other").hasPrefix("250"))
                try await client.send("MAIL FROM:<>\r\nRCPT TO:<bob@example.net>\r\nDATA\r\n")
                for _ in 0..<3 { _ = try await client.reply() }
                #expect(try await client.ask("x\r\n.").hasPrefix("250"))
            }
        }
        let origins = recorder.messages.map(\.origin)
        #expect(origins.map(\.clientAddress) == ["198.51.100.7", "198.51.100.8"])
        #expect(origins.map(\.clientName) == ["spike", "other"] && origins.map(\.user) == ["alice", "alice"])
        #expect(origins.map(\.protocolName) == ["ESMTP", "ESMTP"])
    }

    @Test func aUnixSocketIsTrustedOnlyByName() async throws {
        for (peers, expected) in [(["unix"], true), (["127.0.0.1", "::1", "0.0.0.0/0", "::/0"], false)] {
            try await withFolder { folder in
                try await withListener(
                    at: .unix(path: "\(folder)/socket"), configure: { $0.trustedPeers = PeerList(peers) }
                ) { address, _ in
                    try await withClient(address) { client in
                        _ = try await client.reply()
                        #expect(try await client.ask("EHLO x").contains("XCLIENT") == expected)
                        #expect(try await client.ask("XCLIENT ADDR=192.0.2.1").hasPrefix(expected ? "220" : "502"))
                    }
                }
            }
        }
    }
}

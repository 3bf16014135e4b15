// The PROXY protocol: headers cut anywhere, wrong ones, and what becomes of the connection.

import Listeners
import Mail
import NIOCore
import SettingValues
import SMTP
import Testing

/// Headers as haproxy writes them.
enum HeaderKind: CaseIterable, Sendable {
    case tcp4, tcp6, mapped, unix, local, unspecified, withExtensions

    var source: ProxyHeader.Source {
        switch self {
        case .tcp4, .withExtensions: .address("192.0.2.7")
        case .tcp6: .address("2001:db8::7")
        case .mapped: .address("192.0.2.8")
        case .unix: .unix
        case .local, .unspecified: .proxy
        }
    }
}

func proxyHeader(_ kind: HeaderKind, signature: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10])
    -> [UInt8]
{
    let tcp4: [UInt8] = [192, 0, 2, 7, 198, 51, 100, 1, 0xD0, 0x03, 0, 25]
    let here6: [UInt8] = [0x20, 1, 0x0D, 0xB8] + Array(repeating: 0, count: 11) + [1]
    let (head, body): ([UInt8], [UInt8]) =
        switch kind {
        case .tcp4: ([0x21, 0x11], tcp4)
        case .tcp6:
            ([0x21, 0x21], [0x20, 1, 0x0D, 0xB8] + Array(repeating: 0, count: 11) + [7] + here6 + [0, 1, 0, 25])
        case .mapped:
            ([0x21, 0x21], Array(repeating: 0, count: 10) + [255, 255, 192, 0, 2, 8] + here6 + [0, 1, 0, 25])
        case .unix: ([0x21, 0x31], Array(repeating: 0x2F, count: 216))
        case .local: ([0x20, 0x00], [])
        case .unspecified: ([0x21, 0x00], [1, 2, 3])
        case .withExtensions: ([0x21, 0x11], tcp4 + [4, 0, 200] + Array(repeating: 0x0A, count: 200))
        }
    return signature + head + [UInt8(body.count >> 8), UInt8(body.count & 255)] + body
}

struct ProxyHeaderTests {
    @Test(arguments: HeaderKind.allCases) func readsHeadersCutAnywhere(kind: HeaderKind) {
        let header = proxyHeader(kind)
        for cut in 0..<header.count {
            var buffer = ByteBuffer(bytes: header[..<cut])
            #expect(ProxyHeader.read(from: &buffer) == .needMore)
            #expect(buffer.readableBytes == cut)
            buffer.writeBytes(header[cut...] + Array("EHLO".utf8))
            #expect(ProxyHeader.read(from: &buffer) == .header(kind.source))
            #expect(String(buffer: buffer) == "EHLO")
        }
    }

    @Test func refusesWhatIsNone() {
        func isRefused(_ octets: [UInt8]) -> Bool {
            var buffer = ByteBuffer(bytes: octets)
            if case .malformed = ProxyHeader.read(from: &buffer) { return true }
            return false
        }
        for text in [
            "P", "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n", "EHLO c.example\r\n", "\u{16}\u{3}", "\r\n\r\n\0\r\nQUIP",
        ] {
            #expect(isRefused(Array(text.utf8)), "\(text)")
        }
        let good = proxyHeader(.tcp4)
        for (place, octet) in [
            (12, 0x11), (12, 0x31), (12, 0x22), (12, 0x2F), (13, 0x12), (13, 0x22), (13, 0x32), (13, 0x41), (13, 0x01),
            (13, 0x21), (13, 0x31), (14, 0x10), (14, 0xFF),
        ] as [(Int, UInt8)] {
            var changed = good
            changed[place] = octet
            #expect(isRefused(changed), "\(place): \(octet)")
        }
        var short = good
        short[15] = 11
        #expect(isRefused(short))
        // LOCAL speaks for nobody, whatever stands in it.
        var local = good
        local[12] = 0x20
        local[13] = 0x99
        var buffer = ByteBuffer(bytes: local)
        #expect(ProxyHeader.read(from: &buffer) == .header(.proxy))
    }

    /// Every octet of a header changed to every other: an answer, never a trap.
    @Test func mutationsNeverTrap() {
        let good = proxyHeader(.withExtensions)
        for place in good.indices {
            for octet in UInt8.min...UInt8.max {
                var changed = good
                changed[place] = octet
                var buffer = ByteBuffer(bytes: changed)
                _ = ProxyHeader.read(from: &buffer)
            }
        }
    }
}

@Suite(.timeLimit(.minutes(1)))
struct ProxyTests {
    private func origin(
        _ header: [UInt8], dripping: Bool = false, configure: (inout ListenerConfiguration) -> Void = { _ in }
    ) async throws -> ReceivedMessage.Origin? {
        let recorder = Recorder()
        try await withListener(
            recorder,
            configure: {
                $0.proxyPeers = PeerList(["127.0.0.0/8"])
                configure(&$0)
            }
        ) { address, _ in
            try await withClient(address) { client in
                if dripping {
                    for octet in header { try await client.send(bytes: [octet]) }
                } else {
                    try await client.send(bytes: header)
                }
                try await client.open()
                #expect(try await client.ask("x\r\n.").hasPrefix("250"))
            }
        }
        return recorder.messages.first?.origin
    }

    @Test(arguments: [true, false]) func theClientIsWhomTheProxyNames(dripping: Bool) async throws {
        #expect(try await origin(proxyHeader(.tcp4), dripping: dripping)?.clientAddress == "192.0.2.7")
        #expect(try await origin(proxyHeader(.withExtensions), dripping: dripping)?.clientAddress == "192.0.2.7")
        #expect(try await origin(proxyHeader(.tcp6), dripping: dripping)?.clientAddress == "2001:db8::7")
        #expect(try await origin(proxyHeader(.unix), dripping: dripping)?.clientAddress == "")
        #expect(try await origin(proxyHeader(.local), dripping: dripping)?.clientAddress == "127.0.0.1")
    }

    @Test func headerAndCommandsInOneSegment() async throws {
        try await withListener(configure: { $0.proxyPeers = PeerList(["127.0.0.1"]) }) { address, _ in
            let replies = try await withClient(address) { client in
                try await client.send(bytes: proxyHeader(.tcp4) + Array("EHLO c.example\r\nQUIT\r\n".utf8))
                return try await client.replies()
            }
            #expect(replies.map { $0.prefix(3) } == ["220", "250", "221"])
        }
    }

    @Test(arguments: ["PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n", "EHLO c.example\r\n", "\u{16}\u{3}\u{1}"])
    func withoutAHeaderNothingIsSaid(text: String) async throws {
        try await withListener(configure: { $0.proxyPeers = PeerList(["127.0.0.1"]) }) { address, _ in
            let replies = try await withClient(address) { client in
                try await client.send(text)
                return try await client.replies()
            }
            #expect(replies.isEmpty)
        }
    }

    /// From a peer that is not named a header is nothing but bad commands; and nobody is greeted twice.
    @Test(arguments: [[], ["192.0.2.0/24"], ["unix"], ["::1"]])
    func aStrangerIsNobodysProxy(peers: [String]) async throws {
        let recorder = Recorder()
        try await withListener(recorder, configure: { $0.proxyPeers = PeerList(peers) }) { address, _ in
            let replies = try await withClient(address) { client in
                try await client.send(bytes: proxyHeader(.tcp4) + Array("EHLO c.example\r\n".utf8))
                return try await client.replies()
            }
            #expect(replies.first?.hasPrefix("220") == true)
            #expect(replies.dropFirst().allSatisfy { $0.hasPrefix("5") } && replies.count > 1)
        }
    }

    @Test func beforeTLS() async throws {
        let identity = try TestIdentity()
        try await withListener(
            configure: {
                $0.tls = .implicit(identity.files)
                $0.proxyPeers = PeerList(["127.0.0.1"])
            }
        ) { address, _ in
            try await withClient(address) { client in
                try await client.send(bytes: proxyHeader(.tcp4))
                try await client.beginTLS(identity.certificate)
                #expect(try await client.reply().hasPrefix("220"))
                #expect(try await client.ask("EHLO c.example").contains("REQUIRETLS"))
            }
        }
    }

    /// Whom we trust, and how many connections somebody has, goes by the client and not by the proxy.
    @Test func trustAndCountsGoByTheClient() async throws {
        func offers(_ header: [UInt8], trusted: [String]) async throws -> Bool {
            var offered = false
            try await withListener(configure: {
                $0.proxyPeers = PeerList(["127.0.0.1"])
                $0.trustedPeers = PeerList(trusted)
            }) { address, _ in
                offered = try await withClient(address) { client in
                    try await client.send(bytes: header)
                    _ = try await client.reply()
                    return try await client.ask("EHLO c.example").contains("XCLIENT")
                }
            }
            return offered
        }
        #expect(try await offers(proxyHeader(.tcp4), trusted: ["192.0.2.0/24"]))
        #expect(try await !offers(proxyHeader(.tcp4), trusted: ["127.0.0.1"]))
        #expect(try await offers(proxyHeader(.local), trusted: ["127.0.0.1"]))
        // A socket that only the proxy has seen is not one of ours.
        #expect(try await !offers(proxyHeader(.unix), trusted: ["unix", "127.0.0.1"]))
    }

    @Test func connectionsOfOneClient() async throws {
        try await withListener(
            limits: { $0.connectionsPerClient = 1 }, configure: { $0.proxyPeers = PeerList(["127.0.0.1"]) }
        ) { address, _ in
            func greeting(_ kind: HeaderKind) async throws -> String {
                try await withClient(address) { client in
                    try await client.send(bytes: proxyHeader(kind))
                    return try await client.reply()
                }
            }
            try await withClient(address) { first in
                try await first.send(bytes: proxyHeader(.tcp4))
                #expect(try await first.reply().hasPrefix("220"))
                #expect(try await greeting(.tcp4).hasPrefix("421 4.7.0"))
                #expect(try await greeting(.tcp6).hasPrefix("220"))
                // The proxy itself is on loopback, which nobody counts.
                try await withClient(address) { local in
                    try await local.send(bytes: proxyHeader(.local))
                    #expect(try await local.reply().hasPrefix("220"))
                    #expect(try await greeting(.local).hasPrefix("220"))
                }
            }
            var last = ""
            for _ in 0..<500 where !last.hasPrefix("220") { last = try await greeting(.tcp4) }
            #expect(last.hasPrefix("220"))
        }
    }
}

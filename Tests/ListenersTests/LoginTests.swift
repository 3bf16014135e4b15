// Log-in through real sockets: offered inside TLS, checked away from the event loop, needed where it is asked for.

import Listeners
import Mail
import NIOCore
import NIOPosix
import SASL
import SMTP
import Synchronization
import Testing

/// Knows alice, whose password is "secret", by PLAIN; everybody is throttled after `wrongTries`; `slow` never ends by
/// itself.
final class TestDesk: LoginDesk {
    let mechanisms = ["PLAIN", "TWICE"]
    let slowBegun = Signal()
    let slowRelease = Signal()
    private let addresses = Mutex<[String]>([])

    var seenAddresses: [String] { addresses.withLock { $0 } }

    func begin(_ mechanism: String, clientAddress: String) -> (any LoginExchange)? {
        addresses.withLock { $0.append(clientAddress) }
        return mechanisms.contains(mechanism) ? TestExchange(desk: self, mechanism: mechanism) : nil
    }
}

final class TestExchange: LoginExchange {
    let desk: TestDesk
    let mechanism: String
    private let steps = Mutex(0)

    init(desk: TestDesk, mechanism: String) {
        self.desk = desk
        self.mechanism = mechanism
    }

    func step(_ response: [UInt8]?) async -> LoginStep {
        let step = steps.withLock {
            $0 += 1
            return $0
        }
        guard let response else { return .challenge(Array("say".utf8)) }
        if mechanism == "TWICE", step == 1 { return .challenge(Array("again".utf8)) }
        switch String(decoding: response, as: UTF8.self) {
        case "\0alice\0secret":
            let login = Login(name: "alice", maySendAs: DomainList(["alice@example.org"]))
            return .success(login, final: mechanism == "TWICE" ? Array("v=ok".utf8) : nil)
        case "\0slow\0secret":
            desk.slowBegun.give()
            await desk.slowRelease.wait()
            return .failure(.unavailable)
        case "\0many\0x": return .failure(.throttled(seconds: 7))
        default: return .failure(.wrong)
        }
    }
}

@Suite(.timeLimit(.minutes(1)))
struct LoginTests {
    private let alice = "AGFsaWNlAHNlY3JldA=="

    private func withSubmission(
        _ recorder: Recorder = Recorder(), desk: TestDesk = TestDesk(),
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        _ body: (HostPort, String) async throws -> Void
    ) async throws {
        let identity = try TestIdentity()
        try await withListener(
            recorder,
            configure: {
                $0.tls = .implicit(identity.files)
                $0.loginDesk = desk
                $0.requiresLogin = true
            }, group: group
        ) { address, _ in try await body(address, identity.certificate) }
    }

    @Test func aUserSubmits() async throws {
        let recorder = Recorder()
        let desk = TestDesk()
        try await withSubmission(recorder, desk: desk) { address, certificate in
            try await withClient(address) { client in
                try await client.beginTLS(certificate)
                _ = try await client.reply()
                #expect(try await client.ask("EHLO c.example").hasSuffix(" AUTH PLAIN TWICE"))
                #expect(try await client.ask("MAIL FROM:<alice@example.org>").hasPrefix("530 5.7.0"))
                #expect(try await client.ask("AUTH PLAIN AAAA").hasPrefix("535 5.7.8"))
                #expect(try await client.ask("AUTH PLAIN AG1hbnkAeA==").hasPrefix("454 4.7.0 too many wrong passwords"))
                #expect(try await client.ask("AUTH PLAIN") == "334 c2F5")
                #expect(try await client.ask("*").hasPrefix("501"))
                #expect(try await client.ask("AUTH TWICE =") == "334 YWdhaW4=")
                #expect(try await client.ask(alice) == "334 dj1vaw==")
                #expect(try await client.ask("").hasPrefix("235 2.7.0"))
                #expect(try await client.ask("MAIL FROM:<bob@example.org>").hasPrefix("553 5.7.1"))
                try await client.open(greeted: true)
                #expect(try await client.ask("x\r\n.").hasPrefix("250"))
            }
        }
        #expect(recorder.messages.first?.origin.user == "alice")
        #expect(recorder.messages.first?.origin.protocolName == "ESMTPSA")
        #expect(Set(desk.seenAddresses) == ["127.0.0.1"])
    }

    /// A password that takes long to check keeps nobody else waiting, not even on the same event loop; and what its own
    /// client pipelines behind it is read afterwards.
    @Test func aSlowCheckKeepsNobodyWaiting() async throws {
        let desk = TestDesk()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        try await withSubmission(desk: desk, group: group) { address, certificate in
            try await withClient(address) { slow in
                try await slow.beginTLS(certificate)
                _ = try await slow.reply()
                _ = try await slow.ask("EHLO c.example")
                try await slow.send("AUTH PLAIN AHNsb3cAc2VjcmV0\r\nNOOP\r\n")
                await desk.slowBegun.wait()
                try await withClient(address) { other in
                    try await other.beginTLS(certificate)
                    _ = try await other.reply()
                    _ = try await other.ask("EHLO c.example")
                    #expect(try await other.ask("AUTH PLAIN \(alice)").hasPrefix("235"))
                }
                desk.slowRelease.give()
                #expect(try await slow.reply().hasPrefix("454"))
                #expect(try await slow.reply().hasPrefix("250"))
            }
        }
        try await group.shutdownGracefully()
    }

    @Test func withoutTLSNobodyLogsIn() async throws {
        let identity = try TestIdentity()
        try await withListener(
            configure: {
                $0.tls = .starttls(identity.files)
                $0.loginDesk = TestDesk()
            }
        ) { address, _ in
            try await withClient(address) { client in
                _ = try await client.reply()
                #expect(try await !client.ask("EHLO c.example").contains("AUTH"))
                #expect(try await client.ask("AUTH PLAIN \(alice)").hasPrefix("538 5.7.11"))
                _ = try await client.ask("STARTTLS")
                try await client.beginTLS(identity.certificate)
                #expect(try await client.ask("EHLO c.example").hasSuffix(" AUTH PLAIN TWICE"))
                #expect(try await client.ask("AUTH PLAIN \(alice)").hasPrefix("235"))
            }
        }
    }
}

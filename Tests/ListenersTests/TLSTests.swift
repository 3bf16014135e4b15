// TLS on listeners: after STARTTLS and from the first octet; what is smuggled around it; certificates that change.

import Foundation
import Listeners
import Mail
import NIOCore
import NIOPosix
import NIOSSL
import SMTP
import ServiceLifecycle
import Support
import Testing

@Suite(.timeLimit(.minutes(1)))
struct TLSTests {
    private let one = "MAIL FROM:<alice@example.org>\r\nRCPT TO:<bob@example.net>\r\nDATA\r\n"

    @Test func startTLS() async throws {
        let identity = try TestIdentity()
        let recorder = Recorder()
        try await withListener(recorder, configure: { $0.tls = .starttls(identity.files) }) { address, _ in
            try await withClient(address) { client in
                _ = try await client.reply()
                #expect(try await client.ask("EHLO c.example").hasSuffix(" STARTTLS"))
                #expect(try await client.ask("STARTTLS") == "220 2.0.0 begin TLS")
                try await client.beginTLS(identity.certificate)
                #expect(try await client.ask("MAIL FROM:<>") == "503 5.5.1 send EHLO or HELO first")
                #expect(try await client.ask("EHLO c.example").hasSuffix(" REQUIRETLS"))
                try await client.send("MAIL FROM:<a@example.org> REQUIRETLS\r\nRCPT TO:<bob@example.net>\r\nDATA\r\n")
                for _ in 0..<3 { _ = try await client.reply() }
                #expect(try await client.ask("x\r\n.").hasPrefix("250"))
                #expect(try await client.ask("QUIT").hasPrefix("221"))
                #expect(try await client.reply() == "closed")
            }
        }
        let message = try #require(recorder.messages.first)
        #expect(message.origin.protocolName == "ESMTPS" && message.envelope.requiresTLS)
    }

    @Test(arguments: [ListenerConfiguration.DoorProtocol.smtp, .lmtp])
    func implicitTLS(door: ListenerConfiguration.DoorProtocol) async throws {
        let identity = try TestIdentity()
        let recorder = Recorder()
        try await withListener(
            recorder,
            configure: {
                $0.tls = .implicit(identity.files)
                $0.doorProtocol = door
            }
        ) { address, _ in
            try await withClient(address) { client in
                try await client.beginTLS(identity.certificate)
                #expect(try await client.reply().hasPrefix("220 gate.example.org "))
                #expect(try await !client.ask("\(door == .lmtp ? "LHLO" : "EHLO") c.example").contains("STARTTLS"))
                try await client.send(one)
                for _ in 0..<3 { _ = try await client.reply() }
                #expect(try await client.ask("x\r\n.").hasPrefix("250"))
                #expect(try await client.ask("QUIT").hasPrefix("221"))
                #expect(try await client.reply() == "closed")
            }
        }
        #expect(recorder.messages.first?.origin.protocolName == (door == .lmtp ? "LMTPS" : "ESMTPS"))
        #expect(recorder.messages.first?.origin.door == (door == .lmtp ? .lmtp : .smtp))
    }

    @Test func aLargeMessageThroughTLS() async throws {
        let identity = try TestIdentity()
        let recorder = Recorder()
        let text = String(repeating: String(repeating: "x", count: 98) + "\r\n", count: 30_000)
        try await withListener(recorder, configure: { $0.tls = .implicit(identity.files) }) { address, _ in
            try await withClient(address) { client in
                try await client.beginTLS(identity.certificate)
                try await client.open()
                #expect(try await client.ask(text + ".").hasPrefix("250"))
            }
        }
        #expect(recorder.messages.first?.bytes == MessageBytes(text))
    }

    /// CVE-2011-0411 and its kin: in one segment with STARTTLS.
    @Test(arguments: ["MAIL FROM:<eve@example.org>\r\n", "EHLO x\r\nMAIL FROM:<eve@example.org>\r\n", "\u{16}", "\r\n"])
    func whatIsInjectedBehindStartTLSIsNeverRead(injected: String) async throws {
        let identity = try TestIdentity()
        let recorder = Recorder()
        try await withListener(recorder, configure: { $0.tls = .starttls(identity.files) }) { address, _ in
            let replies = try await withClient(address) { client in
                try await client.send("EHLO c.example\r\n")
                _ = try await client.reply()
                _ = try await client.reply()
                try await client.send("STARTTLS\r\n\(injected)")
                return try await client.replies()
            }
            #expect(replies == ["503 5.5.1 nothing may follow STARTTLS before TLS has begun, closing"])
        }
    }

    /// In a segment of its own it is TLS, and none.
    @Test(arguments: [true, false])
    func whatComesInTheClearAfterStartTLSIsNoCommand(waits: Bool) async throws {
        let identity = try TestIdentity()
        try await withListener(configure: { $0.tls = .starttls(identity.files) }) { address, _ in
            let replies = try await withClient(address) { client in
                _ = try await client.reply()
                _ = try await client.ask("EHLO c.example")
                try await client.send("STARTTLS\r\n")
                var replies: [String] = []
                if waits { replies.append(try await client.reply()) }
                try await client.send("NOOP\r\nMAIL FROM:<eve@example.org>\r\n")
                return replies + (try await client.replies())
            }
            #expect(replies.first.map { $0.hasPrefix("220") || $0.hasPrefix("503") } == true)
            #expect(!replies.contains { $0.hasPrefix("250") })
        }
    }

    @Test func oldVersionsAreRefused() async throws {
        let identity = try TestIdentity()
        try await withListener(configure: { $0.tls = .implicit(identity.files) }) { address, _ in
            let reply = try await withClient(address) { client in
                try await client.beginTLS(identity.certificate) {
                    $0.minimumTLSVersion = .tlsv1
                    $0.maximumTLSVersion = .tlsv11
                }
                return try await client.reply()
            }
            #expect(reply == "closed")
            let accepted = try await withClient(address) { client in
                try await client.beginTLS(identity.certificate) { $0.maximumTLSVersion = .tlsv12 }
                return try await client.reply()
            }
            #expect(accepted.hasPrefix("220"))
        }
    }

    /// What the listener shows to a client that trusts one certificate only.
    private func greeting(_ address: HostPort, trusting certificate: String) async throws -> String {
        try await withClient(address) { client in
            try await client.beginTLS(certificate)
            return try await client.reply()
        }
    }

    @Test func aNewCertificateIsUsedWithoutARestart() async throws {
        let identity = try TestIdentity()
        let former = try TestIdentity()
        try FileManager.default.removeItem(atPath: former.certificate)
        try FileManager.default.copyItem(atPath: identity.certificate, toPath: former.certificate)
        try await withListener(configure: { $0.tls = .implicit(identity.files) }) { address, _ in
            #expect(try await greeting(address, trusting: former.certificate).hasPrefix("220"))
            try identity.make()
            #expect(try await greeting(address, trusting: former.certificate) == "closed")
            #expect(try await greeting(address, trusting: identity.certificate).hasPrefix("220"))
        }
    }

    /// A pair that does not fit, rubbish, no file at all: the former one stays until there is a good one.
    @Test func aBrokenCertificateChangesNothing() async throws {
        let identity = try TestIdentity()
        try identity.folder.write("former.pem", String(contentsOfFile: identity.certificate, encoding: .utf8))
        let former = identity.folder.file("former.pem")
        try await withListener(configure: { $0.tls = .implicit(identity.files) }) { address, _ in
            try identity.make(key: "other-key.pem")
            #expect(try await greeting(address, trusting: former).hasPrefix("220"))
            try identity.folder.write("cert.pem", "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n")
            #expect(try await greeting(address, trusting: former).hasPrefix("220"))
            try FileManager.default.removeItem(atPath: identity.certificate)
            #expect(try await greeting(address, trusting: former).hasPrefix("220"))
            try identity.make()
            #expect(try await greeting(address, trusting: identity.certificate).hasPrefix("220"))
        }
    }

    private func bindError(_ configure: (inout ListenerConfiguration) -> Void) async -> String? {
        var configuration = ListenerConfiguration(
            address: .tcp(host: "127.0.0.1", port: 0), hostname: "gate.example.org", limits: Limits())
        configure(&configuration)
        let listener = Listener(
            configuration: configuration, handler: Recorder(), logger: quiet,
            group: MultiThreadedEventLoopGroup.singleton)
        do {
            try await listener.bind()
            return nil
        } catch {
            return error.reason
        }
    }

    @Test func filesThatCannotBeUsedAreNamedAtTheStart() async throws {
        let identity = try TestIdentity()
        let other = try TestIdentity()
        var files = identity.files
        files.certificatePath = identity.folder.file("missing.pem")
        #expect(
            await bindError { $0.tls = .starttls(files) }
                == "reading \"\(files.certificatePath)\": No such file or directory")
        files = identity.files
        files.keyPath = try identity.folder.write("rubbish.pem", "rubbish\n")
        #expect(
            await bindError { $0.tls = .implicit(files) }?.hasPrefix("reading \"\(files.keyPath)\": this is no PEM")
                == true)
        files.certificatePath = files.keyPath
        #expect(await bindError { $0.tls = .implicit(files) }?.hasPrefix("reading \"\(files.keyPath)\": ") == true)
        files = identity.files
        files.keyPath = other.files.keyPath
        #expect(
            await bindError { $0.tls = .starttls(files) }
                == "\"\(files.keyPath)\" is not the key of the certificate in \"\(files.certificatePath)\"")
        #expect(
            await bindError {
                $0.requiresLogin = true
                $0.loginDesk = TestDesk()
            } == "log-in is required, and is possible only with TLS")
        #expect(
            await bindError {
                $0.doorProtocol = .lmtp
                $0.address = .tcp(host: "127.0.0.1", port: 25)
            } == "port 25 is not for LMTP (RFC 2033 section 5)")
    }

    /// A client that connects and says nothing, or stops in the middle.
    @Test func aHandshakeThatDoesNotEnd() async throws {
        let identity = try TestIdentity()
        try await withListener(configure: { $0.tls = .implicit(identity.files) }) { address, services in
            try await withClient(address) { client in
                try await client.send(bytes: [0x16, 3, 1])
                // Time itself is tested with a clock that can be set; here, that stopping does not wait for it.
                await services.triggerGracefulShutdown()
                #expect(try await client.reply() == "closed")
            }
        }
    }

    @Test func aConnectionTooManyIsJustClosed() async throws {
        let identity = try TestIdentity()
        try await withListener(
            limits: { $0.connections = 1 }, configure: { $0.tls = .implicit(identity.files) }
        ) { address, _ in
            try await withClient(address) { first in
                try await first.beginTLS(identity.certificate)
                #expect(try await first.reply().hasPrefix("220"))
                // Closed before TLS can begin, or in its first moment.
                let second = (try? await greeting(address, trusting: identity.certificate)) ?? "closed"
                #expect(second == "closed")
            }
        }
    }
}

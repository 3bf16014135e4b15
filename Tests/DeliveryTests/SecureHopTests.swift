// TLS to the next hop, with real handshakes: what each mode takes, what it refuses, and what it falls back to.

import Delivery
import Foundation
import Mail
import NIOSSL
import SettingValues
import SMTP
@testable import Sealing
import Support
import Testing

@Suite struct SecureHopTests {
    private static let authority = Result { try TestAuthority() }
    private let message = outbound(transmission(to: ["b@x.org"]))

    private func security(names: String = "DNS:hop.example.org", days: Int = 30) throws -> (HopSecurity, String) {
        let made = try Self.authority.get().server(names: names, days: days)
        return (HopSecurity(context: made.context), made.pin)
    }

    @Test(arguments: [NextHopSettings.TLS.opportunistic, .required, .verified], [false, true])
    func mailGoesUnderTLS(_ mode: NextHopSettings.TLS, _ isImplicit: Bool) async throws {
        var (security, _) = try security()
        security.isImplicit = isImplicit
        let file = try Self.authority.get().file
        try await withBench(
            extensions: ScriptedHop.secureExtensions, security: security,
            settings: {
                $0.tls = mode
                $0.isImplicit = isImplicit
                $0.caFile = file
                $0.name = "hop.example.org"
            }
        ) { bench in
            for _ in 1...2 { #expect(await bench.deliver(message) == nil) }
            let record = bench.hop.record
            #expect(record.deliveries.count == 2)
            #expect(record.handshakes == 1)
            #expect(record.securedCommands.contains { $0.hasPrefix("MAIL") })
            #expect(record.commands.filter { $0.hasPrefix("EHLO") }.count == (isImplicit ? 1 : 2))
            #expect(record.commands.contains("STARTTLS") == !isImplicit)
            #expect(record.commands.filter { !record.securedCommands.contains($0) } == (isImplicit ? [] : ["STARTTLS"]))
        }
    }

    @Test func anAddressIsVerifiedAsAnAddress() async throws {
        for (names, isTaken) in [("IP:127.0.0.1", true), ("DNS:hop.example.org", false)] {
            let (security, _) = try security(names: names)
            let file = try Self.authority.get().file
            try await withBench(
                extensions: ScriptedHop.secureExtensions, security: security,
                settings: {
                    $0.tls = .verified
                    $0.caFile = file
                }
            ) { bench in
                let refusal = await bench.deliver(message)
                #expect((refusal == nil) == isTaken)
            }
        }
    }

    struct Refused: Sendable, CustomTestStringConvertible {
        var name = "hop.example.org"
        var days = 30
        var ownAuthority = true
        var pins: [String] = []
        var words: String
        var testDescription: String { words }
    }

    @Test(
        arguments: [
            Refused(name: "other.example.org", words: "not for this name"),
            Refused(ownAuthority: false, words: "an authority that is not trusted"),
            Refused(days: -1, words: "expired"),
            Refused(pins: ["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="], words: "none of the pinned"),
        ]) func whoCannotProveHisNameGetsNothing(_ refused: Refused) async throws
    {
        for isImplicit in [false, true] {
            var (security, _) = try security(days: refused.days)
            security.isImplicit = isImplicit
            let other = try TestAuthority("Other authority")
            let file = refused.ownAuthority ? try Self.authority.get().file : other.file
            try await withBench(
                extensions: ScriptedHop.secureExtensions, security: security,
                settings: {
                    $0.tls = .verified
                    $0.isImplicit = isImplicit
                    $0.caFile = file
                    $0.name = refused.name
                    $0.pins = refused.pins.compactMap { KeyPin($0) }
                }
            ) { bench in
                let refusal = await bench.deliver(message)
                #expect(refusal?.codes == "451 4.4.1")
                #expect(refusal?.detail.contains(refused.words) == true, "\(refusal?.detail ?? "")")
                #expect(refusal?.publicText == "no secure connection to the next hop can be made")
                #expect(bench.hop.record.deliveries.isEmpty)
                #expect(!bench.hop.record.commands.contains { $0.hasPrefix("MAIL") })
                #expect(await bench.relay.probe(by: .now + .seconds(20))?.detail == refusal?.detail)
            }
        }
    }

    /// The pinned key counts, whatever else the certificate says.
    @Test func aPinnedKeyIsProofEnough() async throws {
        let (security, pin) = try security(names: "DNS:elsewhere.example.org", days: -1)
        for text in [pin, "sha256/\(pin)", "sha256//\(pin)"] {
            let good = try #require(KeyPin(text))
            #expect(KeyPin(good.description) == good)
            try await withBench(
                extensions: ScriptedHop.secureExtensions, security: security,
                settings: {
                    $0.tls = .verified
                    $0.pins = [KeyPin("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")!, good]
                }
            ) { bench in
                #expect(await bench.deliver(message) == nil)
                #expect(bench.hop.record.handshakes == 1)
            }
        }
        // Digits that begin with a slash.
        let slash = "/7lKGDqbO0Am33yUVGZk0q28MESAL1uThwmaX/sXSvU="
        #expect(KeyPin(slash) == KeyPin("sha256/" + slash) && KeyPin(slash) == KeyPin("sha256//" + slash))
        #expect(KeyPin(slash)?.description == "sha256/" + slash)
        for bad in [
            "", "AAAA", "sha1/" + slash, "x" + slash, String(repeating: "A", count: 44),
            String(repeating: "A", count: 42) + "==",
        ] {
            #expect(KeyPin(bad) == nil)
        }
    }

    @Test func required() async throws {
        try await withBench(extensions: ["PIPELINING"], settings: { $0.tls = .required }) { bench in
            let refusal = await bench.deliver(message)
            #expect(refusal?.codes == "451 4.4.1")
            #expect(refusal?.detail.contains("does not offer STARTTLS") == true)
        }
        let (security, _) = try security()
        try await withBench(
            extensions: ScriptedHop.secureExtensions, security: security, settings: { $0.tls = .required },
            script: { $0.verb == "STARTTLS" ? .reply("454 4.7.0 not now") : .usual }
        ) { bench in
            let refusal = await bench.deliver(message)
            #expect(refusal?.codes == "451 4.4.1")
            #expect(refusal?.detail.contains("454") == true)
            #expect(bench.hop.record.deliveries.isEmpty)
        }
    }

    @Test(arguments: ["not offered", "refused", "drop", "silence", "rubbish"])
    func opportunisticFallsBack(_ how: String) async throws {
        var (security, _) = try security()
        let ways: [String: HopSecurity.Handshake] = ["drop": .drop, "silence": .silence, "rubbish": .rubbish]
        security.handshake = ways[how] ?? .usual
        var limits = Limits()
        limits.nextHopConnectSeconds = how == "silence" ? 1 : 30
        try await withBench(
            extensions: how == "not offered" ? ["PIPELINING"] : ScriptedHop.secureExtensions, limits: limits,
            security: security, settings: { $0.tls = .opportunistic },
            script: { $0.verb == "STARTTLS" && how == "refused" ? .reply("454 4.7.0 not now") : .usual }
        ) { bench in
            // The second connection does not meet STARTTLS: the client does not ask for it.
            #expect(await bench.deliver(message) == nil)
            let record = bench.hop.record
            #expect(record.deliveries.count == 1)
            #expect(record.handshakes == 0)
            #expect(record.connections == (ways[how] == nil ? 1 : 2))
        }
    }

    /// More than fits into any buffer, and every octet of it.
    @Test func aLargeMessageGoesUnderTLS() async throws {
        let (security, _) = try security()
        let line = String(repeating: "x", count: 70) + "\r\n.dots\r\n"
        let content = "Subject: x\r\n\r\n" + String(repeating: line, count: 60_000)
        try await withBench(
            extensions: ScriptedHop.secureExtensions, security: security, settings: { $0.tls = .required }
        ) { bench in
            #expect(
                await bench.deliver(outbound(transmission(to: ["b@x.org"], content: MessageBytes(content)))) == nil)
            #expect(bench.hop.record.deliveries.first?.content == content)
        }
    }

    @Test func injectedRepliesEndTheConnection() async throws {
        for mode in [NextHopSettings.TLS.opportunistic, .required] {
            var (security, _) = try security()
            security.injection = "\r\n250-evil\r\n250 REQUIRETLS"
            try await withBench(
                extensions: ScriptedHop.secureExtensions, security: security, settings: { $0.tls = mode }
            ) { bench in
                let refusal = await bench.deliver(message)
                #expect(refusal?.codes == "451 4.4.1")
                #expect(refusal?.detail.contains("between the answer to STARTTLS and the handshake") == true)
                #expect(bench.hop.record.deliveries.isEmpty)
            }
        }
    }

    /// What is announced in clear is forgotten: here, all of it.
    @Test func onlyTheSecondEHLOCounts() async throws {
        var (security, _) = try security()
        security.extensions = ["SIZE 5"]
        try await withBench(
            extensions: ["STARTTLS", "SIZE 100000"], security: security, settings: { $0.tls = .required }
        ) { bench in
            #expect(await bench.deliver(message)?.codes == "552 5.3.4")
        }
    }

    /// REQUIRETLS goes to a hop that has proved who it is and offers it, and nowhere else (RFC 8689 section 4.2.1).
    @Test func requireTLSIsKept() async throws {
        var options = Transmission.Options()
        options.requiresTLS = true
        let message = outbound(transmission(to: ["b@x.org"], options: options))
        var (security, _) = try security()
        let file = try Self.authority.get().file
        let offers = ["DSN", "REQUIRETLS"]
        for (mode, inClear, underTLS) in [
            (NextHopSettings.TLS.verified, ["STARTTLS"], offers), (.verified, ["STARTTLS"] + offers, ["DSN"]),
            (.required, ["STARTTLS"], offers), (.opportunistic, ["STARTTLS"] + offers, offers), (.none, offers, offers),
        ] {
            security.extensions = underTLS
            try await withBench(
                extensions: inClear, security: security,
                settings: {
                    $0.tls = mode
                    $0.caFile = file
                    $0.name = "hop.example.org"
                }
            ) { bench in
                let refusal = await bench.deliver(message)
                let isKept = mode == .verified && underTLS == offers
                #expect(refusal?.codes == (isKept ? nil : "550 5.7.30"))
                let mail = bench.hop.record.securedCommands.first { $0.hasPrefix("MAIL") }
                #expect(mail == (isKept ? "MAIL FROM:<alice@example.org> REQUIRETLS" : nil))
            }
        }
    }

    @Test func dsnParametersArePassedOn() async throws {
        var options = Transmission.Options()
        options.ret = .headers
        options.envelopeID = "QQ314"
        options.recipientOptions = [
            mailbox("b@x.org"): Envelope.RecipientOptions(
                notify: [.success, .failure], originalRecipient: "rfc822;bob+2B@x.org")
        ]
        let message = outbound(transmission(to: ["b@x.org", "c@x.org"], options: options))
        for (extensions, mail, rcpt) in [
            (["DSN"], " RET=HDRS ENVID=QQ314", " NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;bob+2B@x.org"), ([], "", ""),
        ] {
            try await withBench(extensions: extensions) { bench in
                #expect(await bench.deliver(message) == nil)
                let commands = bench.hop.record.commands
                #expect(commands.contains("MAIL FROM:<alice@example.org>\(mail)"))
                #expect(commands.contains("RCPT TO:<b@x.org>\(rcpt)"))
                #expect(commands.contains("RCPT TO:<c@x.org>"))
            }
        }
    }

    /// A hop that takes two transactions a connection gets no third one on it (MAILMAX, RFC 9422).
    @Test func mailMaxIsKept() async throws {
        try await withBench(extensions: ["PIPELINING", "LIMITS MAILMAX=2"]) { bench in
            for _ in 1...5 { #expect(await bench.deliver(message) == nil) }
            #expect(bench.hop.record.connections == 3)
            try await eventually { bench.hop.record.commands.filter { $0 == "QUIT" }.count == 2 }
        }
    }

    @Test func anUnreadableAuthorityFileIsSaidSo() async throws {
        let (security, _) = try security()
        try await withBench(
            extensions: ScriptedHop.secureExtensions, security: security,
            settings: {
                $0.tls = .verified
                $0.caFile = "/nowhere/ca.pem"
                $0.name = "hop.example.org"
            }
        ) { bench in
            #expect(await bench.deliver(message)?.detail.contains("/nowhere/ca.pem") == true)
        }
    }

    @Test func theAuthorityFileIsReadAgainWhenItChanges() async throws {
        let (security, _) = try security()
        let other = try TestAuthority("Other authority")
        let folder = try TemporaryFolder()
        let file = folder.file("ca.pem")
        func copy(_ source: String) throws {
            try folder.write("ca.pem", String(contentsOfFile: source, encoding: .utf8))
        }
        try copy(other.file)
        try await withBench(
            extensions: ScriptedHop.secureExtensions, security: security,
            settings: {
                $0.tls = .verified
                $0.caFile = file
                $0.name = "hop.example.org"
            }
        ) { bench in
            #expect(await bench.deliver(message) != nil)
            try copy(Self.authority.get().file)
            #expect(await bench.deliver(message) == nil)
        }
    }

    @Test func theProbeSaysWhetherTheHopIsThere() async throws {
        try await withBench { bench in
            #expect(await bench.relay.probe(by: .now + .seconds(20)) == nil)
            try await eventually { bench.hop.record.commands.last == "QUIT" && bench.hop.record.closed == 1 }
            #expect(!bench.hop.record.commands.contains { $0.hasPrefix("MAIL") })
            bench.hop.follow { $0.verb == "EHLO" ? .silence : .usual }
            #expect(await bench.relay.probe(by: .now + .milliseconds(300))?.codes == "451 4.4.7")
            try await bench.hop.stop()
            #expect(await bench.relay.probe(by: .now + .seconds(20))?.codes == "451 4.4.1")
        }
    }
}

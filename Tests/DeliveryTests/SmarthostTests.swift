// Logging in at the next hop, with each mechanism, and only where a password may go.

import Delivery
import Foundation
import Mail
import SASL
import Sealing
import SettingValues
import Support
import Testing

@Suite struct SmarthostTests {
    private let message = outbound(transmission(to: ["b@x.org"]))

    private struct World {
        let folder: TemporaryFolder
        let desk: UserLoginDesk
        let security: HopSecurity

        init() throws {
            folder = try TemporaryFolder()
            try UserFile.edit(folder.file("users"), create: true) { file in
                let verifier = try #require(ScramVerifier(password: Secret("open sesame"), iterations: 4096))
                file.put(try #require(StoredUser(name: "gate", verifier: verifier, maySendAs: DomainList([]))))
            }
            try folder.write("password", "open sesame\n")
            desk = UserLoginDesk(
                directory: UserDirectory(path: folder.file("users")) { Issue.record($0) }, limits: Limits())
            security = HopSecurity(context: try TestAuthority().server().context)
        }

        func login(_ user: String = "gate") -> NextHopSettings.Login {
            NextHopSettings.Login(user: user, passwordFile: folder.file("password"))
        }
    }

    @Test(arguments: ["SCRAM-SHA-256", "PLAIN", "LOGIN", "DIGEST-MD5 LOGIN PLAIN SCRAM-SHA-256"])
    func eachMechanismLetsUsIn(_ offered: String) async throws {
        let world = try World()
        var security = world.security
        security.extensions = ["PIPELINING", "AUTH \(offered)"]
        try await withBench(
            extensions: ["STARTTLS"], security: security, desk: world.desk,
            settings: {
                $0.tls = .required
                $0.login = world.login()
            }
        ) { bench in
            #expect(await bench.deliver(message) == nil)
            let used = bench.hop.record.securedCommands.first { $0.hasPrefix("AUTH") } ?? ""
            #expect(used.hasPrefix("AUTH \(offered.hasPrefix("D") ? "SCRAM-SHA-256" : offered)"))
            #expect(bench.hop.record.deliveries.count == 1)
        }
    }

    @Test(arguments: ["SCRAM-SHA-256", "PLAIN", "LOGIN"]) func aWrongPasswordKeepsTheMailInTheQueue(
        _ mechanism: String
    ) async throws {
        let world = try World()
        try await withBench(
            extensions: ["AUTH \(mechanism)"], desk: world.desk, settings: { $0.login = world.login() }
        ) { bench in
            try world.folder.write("password", "wrong")
            let refusal = await bench.deliver(message)
            #expect(refusal?.codes == "451 4.4.1")
            #expect(refusal?.publicText == "the next hop does not let the gateway log in")
            #expect(refusal?.detail.contains("535") == true)
            #expect(bench.hop.record.deliveries.isEmpty)
            // The file is read again for the next connection. On this machine, TLS is no must.
            try world.folder.write("password", "open sesame\r\nmore\n")
            #expect(await bench.deliver(message) == nil)
        }
    }

    @Test func withoutAuthOrPasswordNothingIsSent() async throws {
        let world = try World()
        try await withBench(extensions: [], settings: { $0.login = world.login() }) { bench in
            #expect(await bench.deliver(message)?.detail.contains("does not offer AUTH") == true)
        }
        try await withBench(
            extensions: ["AUTH GSSAPI"], settings: { $0.login = world.login() }
        ) { bench in
            #expect(await bench.deliver(message)?.detail.contains("none of its mechanisms") == true)
        }
        try await withBench(
            extensions: ["AUTH PLAIN"],
            settings: { $0.login = NextHopSettings.Login(user: "gate", passwordFile: "/nowhere") }
        ) { bench in
            let refusal = await bench.deliver(message)
            #expect(refusal?.codes == "451 4.4.1")
            #expect(refusal?.detail.contains("/nowhere") == true)
            #expect(bench.hop.record.connections == 0)
        }
    }

    /// A hop that says yes without knowing the password is not the hop.
    @Test func scramNeedsTheServersProof() async throws {
        let world = try World()
        try await withBench(
            extensions: ["AUTH SCRAM-SHA-256"], desk: Liar(), settings: { $0.login = world.login() }
        ) { bench in
            #expect(await bench.deliver(message)?.detail.contains("did not prove") == true)
            #expect(bench.hop.record.deliveries.isEmpty)
        }
    }

    private final class Liar: LoginDesk, LoginExchange {
        let mechanisms: [String] = []
        func begin(_ mechanism: String, clientAddress: String) -> (any LoginExchange)? { self }
        func step(_ response: [UInt8]?) async -> LoginStep {
            .success(Login(name: "", maySendAs: DomainList([])), final: nil)
        }
    }
}

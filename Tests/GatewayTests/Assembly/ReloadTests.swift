// A reload takes everything or nothing; probes tell what works.

import Foundation
import Gateway
import Mail
import Support
import Testing

@Suite struct ReloadTests {
    private static let plain = "From: alice@example.org\r\nSubject: hello\r\n\r\nText\r\n"

    private static let strict = """
        version: 1
        defaults: { protect: none, with: [pgp] }
        rules:
          - id: nothing-leaves
            when: { recipient: { not-in: inside } }
            then: { refuse: "not today" }
        """

    @Test("New rules and domains count from the next message on")
    func taken() async throws {
        try await withGateway { running in
            #expect(try await running.submit(Self.plain, to: "bob@elsewhere.example").hasPrefix("250"))
            try running.folder.write("policy/rules.yaml", Self.strict)
            #expect(try await running.submit(Self.plain, to: "bob@elsewhere.example").hasPrefix("250"))
            _ = try running.gateway.reload(running.configuration)
            #expect(try await running.submit(Self.plain, to: "bob@elsewhere.example").hasPrefix("550"))
            var changed = running.configuration
            changed.inside = DomainList(["elsewhere.example"])
            _ = try running.gateway.reload(changed)
            #expect(try await running.submit(Self.plain, to: "bob@elsewhere.example").hasPrefix("250"))
        }
    }

    @Test("Broken rules change nothing")
    func kept() async throws {
        try await withGateway(TestOptions(policy: Self.strict)) { running in
            for text in ["version: 1\nrules: [", "version: 1\nrules: [{ id: x, when: { subjekt: y }, then: {} }]", ""] {
                try running.folder.write("policy/rules.yaml", text)
                #expect(throws: PolicyRejected.self) { _ = try running.gateway.reload(running.configuration) }
                #expect(try await running.submit(Self.plain, to: "bob@elsewhere.example").hasPrefix("550"))
            }
            try FileManager.default.removeItem(atPath: running.folder.file("policy"))
            #expect(throws: PolicyRejected.self) { _ = try running.gateway.reload(running.configuration) }
            #expect(try await running.submit(Self.plain, to: "bob@elsewhere.example").hasPrefix("550"))
        }
    }

    @Test("All parts of a sound gateway work; a part that does not says so")
    func probes() async throws {
        try await withGateway { running in
            var names: [String] = []
            for probe in running.gateway.probes {
                names.append(probe.name)
                #expect(await probe.problem() == nil, "\(probe.name)")
            }
            #expect(
                names == [
                    "gpg", "gateway-database", "letters-database", "letters-room", "state-folder", "keys", "next-hop",
                ])
            let keys = try #require(running.gateway.probes.first { $0.name == "keys" })
            #expect(await keys.warning?() == nil)
            try running.folder.write("keys/junk.asc", "no key")
            #expect(await keys.problem() == nil)
            #expect(await keys.warning?()?.contains("junk.asc") == true)
            try FileManager.default.removeItem(atPath: running.folder.file("keys"))
            #expect(await keys.problem() != nil)
        }
        try await withGateway(TestOptions(gpgProgram: "/bin/false", nextHopPort: 1)) { running in
            let probes = running.gateway.probes
            #expect(await probes.first { $0.name == "gpg" }?.problem()?.contains("ended with status 1") == true)
            #expect(await probes.last?.problem()?.contains("connecting to the next hop") == true)
        }
    }

    @Test("Letters are counted for monitoring")
    func samples() async throws {
        try await withGateway { running in
            let message = "From: alice@example.org\r\nSubject: [secure] x\r\n\r\nText\r\n"
            let reply = try await running.submit(message, to: "carol@nokey.example")
            #expect(reply.hasPrefix("250"))
            let samples = await running.gateway.samples()
            #expect(samples.first { $0.labels.first?.1 == "readable" }?.value == 1)
            #expect(samples.filter { $0.name == "letterlock_link_attempts_total" }.count == 2)
        }
    }
}

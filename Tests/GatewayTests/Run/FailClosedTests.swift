// Promise 1: whatever fails, the message stays with the sender's MTA and nothing leaves in clear.

import Foundation
import Gateway
import Mail
import Support
import Testing

struct FailClosedTests {
    private static let card = "4111 1111 1111 1111"

    @Test(
        arguments: [
            ("missing", nil), ("fails", "#!/bin/sh\nexit 2\n"), ("hangs", "#!/bin/sh\nsleep 600\n"),
            ("writes rubbish", "#!/bin/sh\nhead -c 2000 /dev/urandom\n"),
        ] as [(String, String?)])
    func brokenGPG(_ what: String, _ script: String?) async throws {
        let folder = try TemporaryFolder()
        let program = folder.file("gpg")
        if let script {
            // The certificates are read by the real gpg, so that it is the sealing that fails.
            try folder.writeProgram(
                "gpg",
                script.replacingOccurrences(
                    of: "#!/bin/sh\n",
                    with: """
                        #!/bin/sh
                        case "$*" in *--encrypt*|*" -e "*) ;; *) exec /usr/bin/gpg "$@" ;; esac

                        """))
        }
        try await withGateway(TestOptions(gpgProgram: program, gpgTimeoutSeconds: 2)) { gateway in
            try gateway.addKey("bob@example.net")
            let reply = try await gateway.submit(
                Samples.plain(subject: "[secure] x", body: "secret"), to: "bob@example.net")
            #expect(reply.hasPrefix("451 "), "\(what): \(reply)")
            #expect(gateway.sink.messages.isEmpty)
            // Mail that needs no seal is not held up.
            #expect(
                try await gateway.submit(Samples.plain(subject: "hi", body: "x"), to: "carol@example.net").hasPrefix(
                    "250"))
        }
    }

    @Test func expiredKeyNeverLeavesInClear() async throws {
        try await withGateway(TestOptions(links: false)) { gateway in
            let key = try gateway.gpg.makeKey("bob@example.net", expire: "2021-01-01", at: "20200101T000000")
            try gateway.folder.write("keys/bob.asc", key)
            let reply = try await gateway.submit(
                Samples.plain(subject: "[secure] x", body: "secret"), to: "bob@example.net")
            #expect(reply.hasPrefix("550 5.7.1"))
            #expect(reply.contains("bob@example.net"))
            #expect(!reply.contains("asked-for"), "no rule names to the other side")
            #expect(gateway.sink.messages.isEmpty)
        }
    }

    @Test func oneRefusedRecipientRefusesAll() async throws {
        try await withGateway { gateway in
            try gateway.addKey("bob@example.net")
            let reply = try await gateway.submit(
                Samples.plain(subject: "x", body: Self.card), to: "bob@example.net", "carol@example.net")
            #expect(reply.hasPrefix("550 5.7.1"))
            #expect(reply.contains("carol@example.net"))
            #expect(gateway.sink.messages.isEmpty)
        }
    }

    @Test func refusesPrograms() async throws {
        try await withGateway { gateway in
            let reply = try await gateway.submit(
                Samples.attachment(
                    subject: "x", to: "bob@example.net", name: "invoice.pdf.exe", type: "application/octet-stream"),
                to: "bob@example.net")
            #expect(reply.hasPrefix("550 5.7.1"))
            #expect(reply.contains("programs do not leave by mail"))
            #expect(gateway.sink.messages.isEmpty)
        }
    }

    @Test(arguments: ["letters/letters.db", "gateway/gateway.db"])
    func lockedDatabase(_ name: String) async throws {
        try await withGateway { gateway in
            let path = gateway.folder.file("var/\(name)")
            let blocker = Process()
            blocker.executableURL = URL(fileURLWithPath: "/usr/bin/sqlite3")
            blocker.arguments = [path]
            let (input, output) = (Pipe(), Pipe())
            blocker.standardInput = input
            blocker.standardOutput = output
            try blocker.run()
            // It holds the lock for as long as its input stays open.
            input.fileHandleForWriting.write(Data("BEGIN EXCLUSIVE;\nSELECT 'locked';\n".utf8))
            defer {
                try? input.fileHandleForWriting.close()
                blocker.waitUntilExit()
            }
            #expect(String(decoding: output.fileHandleForReading.availableData, as: UTF8.self).contains("locked"))
            let reply = try await gateway.submit(
                Samples.plain(subject: "[secure] x", body: "secret"), to: "carol@example.net")
            // 4.3.1, or 4.7.x where the gateway has noticed by itself before.
            #expect(reply.hasPrefix("451 4."), "\(reply)")
            #expect(gateway.sink.messages.isEmpty)
        }
    }

    /// Links are then unknown, not absent: `preferred` would go in clear.
    @Test func lettersThatCannotBeUsedHoldUpLinksOnly() async throws {
        let policy = """
            version: 1
            defaults: { protect: none, with: [pgp, link] }
            rules:
              - id: asked-for
                when: { subject: '^\\[secure\\]' }
                then: { protect: required }
              - id: wished-for
                when: { subject: '^\\[please\\]' }
                then: { protect: preferred }
            """
        try await withGateway(TestOptions(policy: policy)) { gateway in
            try gateway.addKey("bob@example.net")
            let path = "\(gateway.configuration.lettersFolder)/letters.db"
            try FileManager.default.moveItem(atPath: path, toPath: "\(path).sound")
            try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "\(path).sound")
            for subject in ["[secure] x", "[please] x"] {
                for _ in 0..<2 {
                    let reply = try await gateway.submit(
                        Samples.plain(subject: subject, body: "secret"), to: "carol@example.net")
                    #expect(reply.hasPrefix("451 4."), "\(subject): \(reply)")
                }
                #expect(gateway.sink.messages.isEmpty)
            }
            let problem = gateway.gateway.probes.first { $0.name == "letters-database" }
            let words = await problem?.problem()
            #expect(words?.contains("letters.db") == true, "\(words ?? "nothing")")
            for (subject, to) in [("x", "carol@example.net"), ("[secure] x", "bob@example.net")] {
                let reply = try await gateway.submit(Samples.plain(subject: subject, body: "x"), to: to)
                #expect(reply.hasPrefix("250"), "\(reply)")
            }
            #expect(gateway.sink.messages.count == 2)
            try FileManager.default.removeItem(atPath: path)
            try FileManager.default.moveItem(atPath: "\(path).sound", toPath: path)
            for _ in 0..<600 where gateway.gateway.lettersProblem != nil {
                try await Task.sleep(for: .milliseconds(50))
            }
            let reply = try await gateway.submit(
                Samples.plain(subject: "[please] x", body: "secret"), to: "carol@example.net")
            #expect(reply.hasPrefix("250"), "\(reply)")
        }
    }

    @Test func noLinkWithoutSomeoneToTell() async throws {
        try await withGateway { gateway in
            for sender in ["", "noreply@example.org", "stranger@elsewhere.example"] {
                let reply = try await gateway.submit(
                    Samples.plain(subject: "[secure] x", body: "x"), from: sender, to: "carol@example.net")
                #expect(reply.hasPrefix("550 5.7.1"), "\(sender): \(reply)")
            }
            #expect(gateway.sink.messages.isEmpty)
        }
    }
}

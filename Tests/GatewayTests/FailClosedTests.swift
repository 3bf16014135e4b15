// Promise 1: whatever fails, the message stays with the sender's MTA and nothing leaves in clear.

import Foundation
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
            #expect(reply.hasPrefix("451 4.3.1"), "\(reply)")
            #expect(gateway.sink.messages.isEmpty)
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

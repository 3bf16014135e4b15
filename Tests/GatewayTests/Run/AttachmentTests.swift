// What attachments hold, through the whole gateway: a rule sees into an archive, and what cannot be looked into counts as
// if the rule applied.

import Foundation
import Mail
import Policy
import Support
import Synchronization
import Testing

struct AttachmentTests {
    private static let policy = """
        version: 1
        rules:
          - id: programs
            when: { attachment: { kind: program, inside: true } }
            then: { refuse: "programs do not leave by mail" }
          - id: locked
            when: { attachment: { encrypted: true } }
            then: { refuse: "what has a password cannot be looked into" }
        """

    private func submit(
        _ fixture: String, name: String, _ options: TestOptions
    ) async throws -> (reply: String, rules: [String]) {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("ExtractionTests/Fixtures/\(fixture)")
        let body = try Data(contentsOf: file).base64EncodedString(
            options: [.lineLength76Characters, .endLineWithCarriageReturn, .endLineWithLineFeed])
        let message = """
            From: alice@example.org\r
            To: bob@example.net\r
            Subject: see attached\r
            MIME-Version: 1.0\r
            Content-Type: multipart/mixed; boundary=b\r
            \r
            --b\r
            \r
            hello\r
            --b\r
            Content-Type: application/zip\r
            Content-Disposition: attachment; filename="\(name)"\r
            Content-Transfer-Encoding: base64\r
            \r
            \(body)\r
            --b--\r

            """
        let result = Mutex(("", [String]()))
        try await withGateway(options) { gateway in
            let reply = try await gateway.submit(message, to: "bob@example.net")
            let rules = gateway.plans.last?.decisions.first?.rules ?? []
            result.withLock { $0 = (reply, rules) }
        }
        return result.withLock { $0 }
    }

    private func options(_ change: (inout TestOptions) -> Void = { _ in }) -> TestOptions {
        var options = TestOptions()
        options.policy = Self.policy
        change(&options)
        return options
    }

    @Test func aProgramInAnArchiveIsFound() async throws {
        let (reply, rules) = try await submit("mixed.zip", name: "pictures.zip", options())
        #expect(reply.hasPrefix("550"))
        #expect(rules == ["programs"])
    }

    @Test(arguments: ["letter.docx", "letter.pdf", "figures.xlsx", "mixed.zip", "selfextract.exe"])
    func aNumberInADocumentIsFound(_ fixture: String) async throws {
        let policy =
            "version: 1\nrules:\n  - id: cards\n    when: { content: { detector: payment-card } }\n"
            + "    then: { refuse: \"card numbers do not leave\" }\n"
        let (reply, rules) = try await submit(fixture, name: "document.bin", options { $0.policy = policy })
        #expect(reply.hasPrefix("550"))
        #expect(rules == ["cards"])
        let (other, none) = try await submit("macro.docm", name: "document.bin", options { $0.policy = policy })
        #expect(other.hasPrefix("250"), "\(other)")
        #expect(none.isEmpty)
    }

    @Test func whatIsHarmlessPasses() async throws {
        let (reply, rules) = try await submit("nested4.zip", name: "notes.zip", options())
        #expect(reply.hasPrefix("250"), "\(reply)")
        #expect(rules.isEmpty)
    }

    @Test func anArchiveWithAPasswordIsKnownToHaveOne() async throws {
        let (reply, rules) = try await submit("locked.zip", name: "notes.zip", options())
        #expect(reply.hasPrefix("550"))
        #expect(rules.contains("locked"))
    }

    @Test func withoutTheProgramEverythingInsideIsUnknown() async throws {
        let (reply, rules) = try await submit(
            "nested4.zip", name: "notes.zip", options { $0.extractor = "/nowhere/letterlock-extract" })
        #expect(reply.hasPrefix("550"))
        #expect(rules == ["programs", "locked"])
    }

    @Test func aReaderThatDiesMakesOneFactUnknown() async throws {
        let folder = try TemporaryFolder()
        let script = try folder.writeProgram("extract", "#!/bin/sh\nexit 0\n")
        let (reply, rules) = try await submit("nested4.zip", name: "notes.zip", options { $0.extractor = script })
        #expect(reply.hasPrefix("550"))
        #expect(rules.contains("programs"))
    }
}

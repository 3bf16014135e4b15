// The loop behind `make bench`: it measures what it says it measures.

import Mail
import Policy
import PolicyTesting
import SettingValues
import Testing

@Suite struct EngineSpeedTests {
    private static let rule = "  - { id: secret, when: { subject: secret }, then: { protect: required } }"

    private static func speed(_ message: String) throws -> EngineSpeed {
        try EngineSpeed(
            MessageBytes(message), from: try #require(Mailbox("alice@example.org")),
            to: try #require(Mailbox("carol@example.com")), rules: try DiffTests.rules(rule), limits: Limits(),
            seconds: 0)
    }

    @Test("It says how large the message is and how many rules there are and apply")
    func figures() throws {
        let text = "From: alice@example.org\r\nSubject: a secret\r\n\r\nhello\r\n"
        let speed = try Self.speed(text)
        #expect(speed.rules == 1 && speed.applied == 1 && speed.messageBytes == text.utf8.count)
        #expect(speed.decideMicroseconds > 0 && speed.readAndDecideMicroseconds > 0)
        #expect(try Self.speed("From: alice@example.org\r\nSubject: hello\r\n\r\n").applied == 0)
    }
}

// What the demo finds in the mails about a letter, and what it says where something is missing. The mails are the
// samples of the real ones.

import Demo
import MIME
import Mail
import Sealing
import SettingValues
import Testing
import Wording

struct DemoLetterTests {
    private static func mail(_ kind: String, _ language: Language = .en) throws -> ParsedMessage {
        let from = try #require(Mailbox("letters@example.org"))
        var links = LinkSettings()
        links.url = "http://127.0.0.1:8080"
        links.from = from
        let enabled = try #require(EnabledLinks(links))
        let samples = try #require(SampleMails(links: enabled, hostname: "gate.example.org"))
        let sample = try #require(try samples.all(language).first { $0.kind == kind })
        return try read(
            ReceivedMessage(
                envelope: Envelope(sender: nil, recipients: []), bytes: sample.bytes, origin: .init(id: "test"),
                receivedAtSeconds: 0), limits: Limits())
    }

    @Test(arguments: Language.allCases) func linkAndPasswordAreFoundInEveryLanguage(_ language: Language) throws {
        let letter = try DemoLetter(
            notification: try Self.mail("notification", language),
            passwordMail: try Self.mail("password mail", language))
        #expect(letter.link.hasPrefix("http://127.0.0.1:8080/l/AAAAAAAAAAAAAAAAAAAAAA#"))
        #expect(letter.password == "ABCD-EFGH-JKMN")
    }

    @Test func aMailWithoutALinkIsNamed() throws {
        let notice = try Self.mail("letter: opened")
        let error = #expect(throws: DemoError.self) {
            try DemoLetter(notification: notice, passwordMail: notice)
        }
        #expect(error?.description == "the notification holds no link")
    }

    @Test func aMailWithoutAPasswordIsNamed() throws {
        let notification = try Self.mail("notification")
        let error = #expect(throws: DemoError.self) {
            try DemoLetter(notification: notification, passwordMail: try Self.mail("letter: opened"))
        }
        #expect(error?.description == "the password mail holds no password")
    }
}

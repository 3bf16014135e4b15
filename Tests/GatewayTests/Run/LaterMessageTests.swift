// Later messages of a conversation: they come under the link that their reader has, and their sender is told so; other
// people's messages, and those of other conversations, do not.

import Foundation
import GRDB
import Gateway
import Links
import Listeners
import Mail
import Sealing
import SettingValues
import Support
import Testing

import Vault
@testable import VaultSQLite  // to take keys away

@Suite(.timeLimit(.minutes(5)))
struct LaterMessageTests {
    /// A message that names an earlier one.
    private static func reply(_ text: String, to field: String, from: String, naming id: String?) -> String {
        let reference = id.map { "In-Reply-To: \($0)\r\nReferences: <0@elsewhere.example>\r\n \($0)\r\n" } ?? ""
        return """
            From: \(from)\r
            To: \(field)\r
            Subject: [secure] once more\r
            Message-ID: <\(UUID().uuidString)@client.example.org>\r
            \(reference)MIME-Version: 1.0\r
            Content-Type: text/plain\r
            \r
            \(text)\r

            """
    }

    private static func mails(_ hop: ScriptedHop) -> [(to: [String], text: String)] {
        hop.record.deliveries.map { ($0.recipients, $0.content.replacingOccurrences(of: "=\r\n", with: "")) }
    }

    /// What a reader sees under a link beside the letter.
    private static func following(_ reader: Reader) async throws -> [String] {
        var texts: [String] = []
        let now = Int64(Date().timeIntervalSince1970)
        for message in try await reader.portal.following(reader.id, nowSeconds: now) {
            let key = try LetterOpener.unwrapFollowing(
                message.wrappedKey, number: message.number, letterID: reader.id, conversation: reader.conversation,
                gateway: reader.gatewayKey)
            let chunk = try #require(
                try await reader.portal.chunk(
                    reader.id, proof: reader.proof, index: 0, following: message.number, nowSeconds: now
                ).value)
            texts.append(
                String(decoding: try LetterOpener.open([chunk], key: key).message.copy(), as: UTF8.self))
        }
        return texts
    }

    @Test func theSendersNextMessageComesUnderTheSameLink() async throws {
        try await withScriptedHop { gateway, hop in
            let reader = try await gateway.reader()
            hop.forgetAll()
            for text in ["the second letter", "the third letter"] {
                let message = Self.reply(
                    text, to: "carol@example.com", from: "alice@example.org", naming: "<1@client.example.org>")
                let handled = await gateway.hand(message, to: ["carol@example.com"], door: .smtp)
                #expect(handled.refusal == nil)
            }
            let mails = Self.mails(hop)
            let (carol, alice) = (["carol@example.com"], ["alice@example.org"])
            #expect(mails.map(\.to) == [carol, alice, carol, alice])
            for mail in mails where mail.to == alice {
                // Who, its fate, no password, and no control link of its own: the earlier one controls it.
                #expect(
                    mail.text.contains(
                        "    carol@example.com\r\n    It is under the link that the recipient already has"))
                #expect(mail.text.firstMatch(of: #/    [0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}/#) == nil)
                #expect(!mail.text.contains("/control#") && !mail.text.contains(reader.id))
                #expect(!mail.text.contains("once more") && !mail.text.contains("letter the"))
            }
            for mail in mails where mail.to == carol {
                #expect(mail.text.contains("/l/\(reader.id)\r\n"), "its secret is not known before an answer")
                #expect(!mail.text.contains("once more") && !mail.text.contains("letter the"))
            }
            let texts = try await Self.following(reader)
            #expect(texts.count == 2 && texts[0].contains("the second letter") && texts[1].contains("the third letter"))
            let file = try Data(
                contentsOf: URL(fileURLWithPath: "\(gateway.configuration.settings.lettersFolder)/letters.db"))
            #expect(file.range(of: Data("the second letter".utf8)) == nil)
        }
    }

    /// The mail to the sender is for information: it is left out where the sender does not want it, and holds up
    /// nothing.
    @Test func theMailToTheSenderHoldsNothingUp() async throws {
        var options = TestOptions()
        options.editLinks = { $0.notices.sent = false }
        @Sendable func reply() -> String {
            Self.reply("more", to: "carol@example.com", from: "alice@example.org", naming: "<1@client.example.org>")
        }
        try await withScriptedHop(options) { gateway, hop in
            _ = try await gateway.reader()
            hop.forgetAll()
            #expect(await gateway.hand(reply(), to: ["carol@example.com"], door: .smtp).refusal == nil)
            #expect(Self.mails(hop).map(\.to) == [["carol@example.com"]])
        }
        try await withScriptedHop { gateway, hop in
            let reader = try await gateway.reader()
            hop.forgetAll()
            hop.follow { $0.line.contains("TO:<alice@") ? .reply("550 5.2.2 full") : .usual }
            #expect(await gateway.hand(reply(), to: ["carol@example.com"], door: .smtp).refusal == nil)
            #expect(Self.mails(hop).map(\.to) == [["carol@example.com"]])
            #expect(try await Self.following(reader).count == 1)
        }
    }

    /// One mail for one message: a password for who has no letter yet, a line for who has one.
    @Test func newLettersAndLaterMessagesAreToldTogether() async throws {
        try await withScriptedHop { gateway, hop in
            let reader = try await gateway.reader()
            hop.forgetAll()
            let message = Self.reply(
                "more", to: "carol@example.com, erin@example.net", from: "alice@example.org",
                naming: "<1@client.example.org>")
            let to = ["carol@example.com", "erin@example.net"]
            #expect(await gateway.hand(message, to: to, door: .smtp).refusal == nil)
            let told = Self.mails(hop).filter { $0.to == ["alice@example.org"] }
            let text = try #require(told.first).text
            #expect(told.count == 1 && text.contains("/control#"))
            #expect(text.firstMatch(of: #/    erin@example\.net\r\n    [0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}/#) != nil)
            #expect(text.contains("    carol@example.com\r\n    It is under the link that the recipient already has"))
            #expect(try await Self.following(reader).count == 1)
        }
    }

    @Test func nobodyElsesMessageDoes() async throws {
        try await withScriptedHop { gateway, hop in
            let reader = try await gateway.reader()
            hop.forgetAll()
            let others: [(from: String, to: String, names: String?)] = [
                ("bob@example.org", "carol@example.com", "<1@client.example.org>"),
                ("alice@example.org", "erin@example.com", "<1@client.example.org>"),
                ("alice@example.org", "carol@example.com", "<2@client.example.org>"),
                ("alice@example.org", "carol@example.com", nil),
            ]
            for other in others {
                let message = Self.reply("not for there", to: other.to, from: other.from, naming: other.names)
                let answer = try await gateway.submit(message, from: other.from, to: other.to)
                #expect(answer.hasPrefix("250"))
            }
            #expect(try await Self.following(reader).isEmpty)
            // Each has a letter and a password of its own.
            #expect(Self.mails(hop).count == 2 * others.count)
        }
    }

    /// The letter that the reader has opens with the password it was made with: a rule that has a word in that is
    /// obeyed.
    @Test(arguments: ["link: { password: to-sender }", "link: { replies: no }"])
    func aRuleAboutTheLinkGetsALetterOfItsOwn(_ effect: String) async throws {
        var options = TestOptions()
        options.policy += """

              - id: strict
                when: { subject: 'medical' }
                then: { protect: required, with: [link], \(effect) }
            """
        try await withScriptedHop(options) { gateway, hop in
            let reader = try await gateway.reader()
            hop.forgetAll()
            let message = Self.reply(
                "results", to: "carol@example.com", from: "alice@example.org", naming: "<1@client.example.org>"
            ).replacing("once more", with: "medical")
            #expect(await gateway.hand(message, to: ["carol@example.com"], door: .smtp).refusal == nil)
            #expect(try await Self.following(reader).isEmpty)
            #expect(Self.mails(hop).count == 2 && !Self.mails(hop).contains { $0.text.contains(reader.id) })
        }
    }

    /// Message-IDs are chosen by senders: an answer goes under letters of the one who is answered only.
    @Test func nobodyDrawsAnswersUnderALetterOfHis() async throws {
        try await withScriptedHop { gateway, hop in
            let carol = try await gateway.reader(
                to: "carol@example.com, erin@example.net", also: ["erin@example.net"])
            let erin = try await gateway.openLetter(of: "erin@example.net")
            hop.forgetAll()
            let bait = Samples.plain(subject: "[secure] bait", body: "bait", to: "erin@example.net")
                .replacing("Alice Example <alice@example.org>", with: "Mallory <mallory@example.org>")
            let handled = await gateway.hand(
                bait, from: "mallory@example.org", to: ["erin@example.net"], door: .smtp)
            #expect(handled.refusal == nil)
            let baited = try await gateway.openLetter(of: "erin@example.net")
            #expect(baited.id != erin.id)
            let answer = try await carol.send(
                .init(head: carol.head(to: ["erin@example.net"], text: "for erin")))
            await gateway.round()
            #expect(try await carol.state(answer) == .sent)
            #expect(try await Self.following(erin).count == 1)
            #expect(try await Self.following(baited).isEmpty)
        }
    }

    /// Whether answers are taken is another matter than who wrote.
    @Test func aLetterWithoutAnswersHasLaterMessages() async throws {
        try await withScriptedHop(TestOptions(editLinks: { $0.answers = nil })) { gateway, hop in
            let reader = try await gateway.reader()
            #expect(!reader.takesAnswers)
            hop.forgetAll()
            let message = Self.reply(
                "the second letter", to: "carol@example.com", from: "alice@example.org",
                naming: "<1@client.example.org>")
            #expect(await gateway.hand(message, to: ["carol@example.com"], door: .smtp).refusal == nil)
            #expect(try await Self.following(reader).count == 1)
            // One to the reader, one to the sender.
            #expect(Self.mails(hop).map { $0.to.joined() }.count { $0.contains("carol@example.com") } == 1)
            #expect(Self.mails(hop).count == 2)
        }
    }

    /// Without it nothing could show that the gateway wrote.
    @Test func aLetterWhoseKeyIsGoneIsReplacedByANewOne() async throws {
        try await withScriptedHop { gateway, hop in
            let reader = try await gateway.reader()
            try await reader.ledger.database.write("forgetting keys") { database in
                try database.execute(sql: "DELETE FROM answer_keys")
            }
            hop.forgetAll()
            let message = Self.reply(
                "again", to: "carol@example.com", from: "alice@example.org", naming: "<1@client.example.org>")
            #expect(await gateway.hand(message, to: ["carol@example.com"], door: .smtp).refusal == nil)
            #expect(Self.mails(hop).count == 2 && !Self.mails(hop).contains { $0.text.contains("/l/\(reader.id)") })
        }
    }

    /// Everybody knows how the field was called by which answers once told their letter.
    @Test func aFieldOfAStrangersDrawsNothingUnderALetter() async throws {
        try await withScriptedHop { gateway, hop in
            let reader = try await gateway.reader()
            hop.forgetAll()
            let message = Self.reply(
                "not for there", to: "carol@example.com", from: "bob@example.org",
                naming: "<1@client.example.org>"
            ).replacing("MIME-Version", with: "X-Letterlock-Answer: \(reader.id)\r\nMIME-Version")
            // A field that looks like one of ours is refused.
            let handled = await gateway.hand(message, from: "bob@example.org", to: ["carol@example.com"], door: .smtp)
            #expect(handled.refusal?.publicText.contains("X-Letterlock-") == true)
            #expect(try await Self.following(reader).isEmpty)
        }
    }

    @Test func aLetterThatIsGoneIsReplacedByANewOne() async throws {
        try await withScriptedHop { gateway, hop in
            let reader = try await gateway.reader()
            #expect(try await reader.gateway.revoke(reader.id))
            hop.forgetAll()
            let message = Self.reply(
                "again", to: "carol@example.com", from: "alice@example.org", naming: "<1@client.example.org>")
            #expect(await gateway.hand(message, to: ["carol@example.com"], door: .smtp).refusal == nil)
            #expect(Self.mails(hop).count == 2)
            #expect(!Self.mails(hop).contains { $0.text.contains("/l/\(reader.id)") })
        }
    }

    @Test func anAnswerToAllReachesOtherReadersUnderTheirOwnLinks() async throws {
        try await withScriptedHop { gateway, hop in
            let field = "carol@example.com, erin@example.net"
            let carol = try await gateway.reader(to: field, also: ["erin@example.net"])
            let erin = try await gateway.openLetter(of: "erin@example.net")
            hop.forgetAll()
            let answer = try await carol.send(
                .init(head: carol.head(to: ["alice@example.org", "erin@example.net"], text: "Thank you all")))
            await gateway.round()
            #expect(try await carol.state(answer) == .sent)
            let mails = Self.mails(hop)
            #expect(Set(mails.map(\.to)) == [["alice@example.org"], ["erin@example.net"]])
            let notice = try #require(mails.first { $0.to == ["erin@example.net"] })
            #expect(notice.text.contains("/l/\(erin.id)") && !notice.text.contains("Thank you all"))
            #expect(!notice.text.contains(carol.id) && hop.record.deliveries.allSatisfy { $0.sender == "" })
            let texts = try await Self.following(erin)
            #expect(texts.count == 1 && texts[0].contains("Thank you all"))
            // The sender answers the answer: carol's page has told the link's secret by now.
            let id = try #require(
                mails.first { $0.to == ["alice@example.org"] }?.text.firstMatch(of: /Message-ID: (<[^>]+>)/))
            hop.forgetAll()
            let message = Self.reply(
                "you are welcome", to: "carol@example.com", from: "alice@example.org", naming: String(id.1))
            #expect(await gateway.hand(message, to: ["carol@example.com"], door: .smtp).refusal == nil)
            let last = try #require(Self.mails(hop).first)
            #expect(last.to == ["carol@example.com"] && last.text.contains("/l/\(carol.id)#\(carol.linkSecret)"))
            #expect(Self.mails(hop).map(\.to).last == ["alice@example.org"] && Self.mails(hop).count == 2)
            #expect(try await Self.following(carol).count == 1)
        }
    }
}

// Conversations that were protected, and marks without a rule, the whole way: by every door, under a link, from behind
// one, out of the quarantine.

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
import VaultSQLite

@Suite(.timeLimit(.minutes(5)))
struct ProtectedConversationTests {
    private static let options: TestOptions = {
        var options = TestOptions()
        options.policy += """

              - id: protected-conversation
                when: { sender: { in: inside }, recipient: { not-in: inside }, conversation: protected }
                then: { protect: required }
            """
        return options
    }()

    private static func reply(_ header: String, to field: String = "carol@example.com") -> String {
        """
        From: alice@example.org\r
        To: \(field)\r
        Subject: Re: hello\r
        Message-ID: <\(UUID().uuidString)@client.example.org>\r
        \(header)MIME-Version: 1.0\r
        Content-Type: text/plain\r
        \r
        the canary sings\r

        """
    }

    private static func isClear(
        _ gateway: RunningTest, _ hop: ScriptedHop, _ header: String, to: String = "zoe@example.com"
    )
        async throws -> Bool
    {
        hop.forgetAll()
        let handled = await gateway.hand(reply(header, to: to), to: [to], door: .smtp)
        try #require(handled.refusal == nil, "\(handled)")
        return hop.record.deliveries.contains { $0.content.contains("canary") }
    }

    @Test func whatAnswersAProtectedMessageIsProtected() async throws {
        try await withScriptedHop(Self.options) { gateway, hop in
            #expect(try await Self.isClear(gateway, hop, "In-Reply-To: <1@client.example.org>\r\n"))
            _ = try await gateway.reader()
            for header in [
                "In-Reply-To: <1@client.example.org>\r\n", "References: <0@x.example>\r\n <1@client.example.org>\r\n",
                "In-Reply-To: Your mail <1@client.example.org> of Monday\r\n",
                "References: <0@x.example><1@client.example.org><2@x.example>\r\n",
                "In-Reply-To: 1@client.example.org\r\n",
                "References: <1@client.example.org\r\n", "In-Reply-To: <1@Client.Example.ORG>\r\n",
                "In-Reply-To: < 1@client.example.org >\r\n", "References: <1@client.\r\n example.org>\r\n",
                "In-Reply-To: =?utf-8?q?=3C1=40client=2Eexample=2Eorg=3E?=\r\n",
                "In-Reply-To: =?utf-8?q?=3C1=40client?=\r\n =?utf-8?b?LmV4YW1wbGUub3JnPg==?=\r\n",
                "In-Reply-To: \((1...80).map { "<i\($0)@x.example>" }.joined(separator: "\r\n "))\r\n"
                    + "References: <1@client.example.org>\r\n",
                "in-reply-to: <3@x.example>\r\nREFERENCES: \r\n\t<1@client.example.org>\r\n",
            ] {
                #expect(try await !Self.isClear(gateway, hop, header), "\(header)")
            }
            for header in [
                "", "In-Reply-To: <2@client.example.org>\r\n", "Thread-Topic: <1@client.example.org>\r\n",
            ] {
                #expect(try await Self.isClear(gateway, hop, header), "\(header)")
            }
            // Colleagues read it in clear.
            let inside = "In-Reply-To: <1@client.example.org>\r\n"
            #expect(try await Self.isClear(gateway, hop, inside, to: "dave@example.org"))
        }
    }

    @Test func anAnswerFromBehindALinkAndTheMailThatToldOfIt() async throws {
        try await withScriptedHop(Self.options) { gateway, hop in
            let reader = try await gateway.reader()
            let notice = try #require(hop.record.deliveries.last { $0.content.contains("/l/") })
            let told = try #require(notice.content.firstMatch(of: /Message-ID: (<[^>]+>)/))
            #expect(try await !Self.isClear(gateway, hop, "In-Reply-To: \(told.1)\r\n"))
            hop.forgetAll()
            let answer = try await reader.send(.init(head: reader.head(text: "Thank you")))
            await gateway.round()
            #expect(try await reader.state(answer) == .sent)
            let mail = try #require(hop.record.deliveries.first).content.replacing("=\r\n", with: "")
            let id = try #require(mail.firstMatch(of: /Message-ID: (<[^>]+>)/))
            #expect(mail.contains("your reply is protected as well"))
            #expect(try await !Self.isClear(gateway, hop, "In-Reply-To: \(id.1)\r\n"))
        }
    }

    @Test func anAnswerSaysNothingWhereNoRuleAsks() async throws {
        try await withScriptedHop { gateway, hop in
            let reader = try await gateway.reader()
            hop.forgetAll()
            try await reader.send(.init(head: reader.head(text: "Thank you")))
            await gateway.round()
            let mail = try #require(hop.record.deliveries.first).content
            #expect(mail.contains("Thank you") && !mail.contains("protected as well"))
            // It is remembered all the same, for a rule to come.
            let id = try #require(mail.firstMatch(of: /Message-ID: (<[^>]+>)/))
            let isKnown = try await reader.ledger.knowsProtected(
                [String(id.1)], nowSeconds: Int64(Date().timeIntervalSince1970))
            #expect(isKnown)
        }
    }

    /// Whatever its way out was: LMTP, the milter's edits, a release.
    @Test func everyDoorRemembers() async throws {
        var options = Self.options
        options.milterSplits = true
        options.quarantineKey = ""
        options.policy += """

              - id: codenames
                when: { subject: '^\\[secure\\] codename' }
                then: { quarantine: "look" }
            """
        try await withScriptedHop(options) { gateway, hop in
            try gateway.addKey("bob@example.net")
            func mail(_ name: String, _ subject: String) -> String {
                Samples.plain(subject: subject, body: "x").replacing("<1@client", with: "<\(name)@client")
            }
            let lmtp = await gateway.hand(mail("lmtp", "[secure] x"), to: ["bob@example.net"], door: .lmtp)
            #expect(lmtp.refusal == nil)
            let milter = try await handOver(
                HeldMessage(mail("milter", "[secure] x"), to: ["bob@example.net"]), port: gateway.milterPort)
            #expect(milter.answer == "accepted")
            let held = await gateway.hand(mail("held", "[secure] codename"), to: ["bob@example.net"], door: .smtp)
            #expect(held.refusal == nil)
            #expect(try await Self.isClear(gateway, hop, "In-Reply-To: <held@client.example.org>\r\n"), "not out yet")
            _ = try await gateway.release()
            for name in ["lmtp", "milter", "held"] {
                #expect(
                    try await !Self.isClear(gateway, hop, "In-Reply-To: <\(name)@client.example.org>\r\n"), "\(name)")
            }
            // The milter and LMTP ask, too.
            let answer = Self.reply("In-Reply-To: <lmtp@client.example.org>\r\n")
            let edited = try await handOver(
                HeldMessage(answer, to: ["carol@example.com"]), port: gateway.milterPort)
            #expect(edited.answer == "discarded")
            hop.forgetAll()
            let other = Self.reply("In-Reply-To: <lmtp@client.example.org>\r\n")
            _ = await gateway.hand(other, to: ["carol@example.com"], door: .lmtp)
            #expect(!hop.record.deliveries.contains { $0.content.contains("canary") } && !hop.record.deliveries.isEmpty)
        }
    }

    @Test func whatIsRefusedOrOnlyPreferredIsNotRemembered() async throws {
        var options = Self.options
        options.policy += """

              - id: nice
                when: { subject: 'nice' }
                then: { protect: preferred }
            """
        try await withScriptedHop(options) { gateway, hop in
            try gateway.addKey("bob@example.net")
            let refused = await gateway.hand(
                Samples.plain(subject: "[hide] x", body: "x"), to: ["nokey@example.net"], door: .smtp)
            #expect(refused.refusal != nil)
            let nice = await gateway.hand(
                Samples.plain(subject: "nice", body: "x"), to: ["bob@example.net"], door: .smtp)
            #expect(nice.refusal == nil)
            #expect(try await Self.isClear(gateway, hop, "In-Reply-To: <1@client.example.org>\r\n"))
        }
    }

    /// A database that cannot be asked puts off those for whom the rule matters, and nobody else's mail.
    @Test func withoutTheDatabaseNothingIsConcluded() async throws {
        try await withScriptedHop(Self.options) { gateway, hop in
            let database = try DatabaseQueue(path: "\(gateway.configuration.settings.state)/gateway/gateway.db")
            try await database.write { try $0.execute(sql: "ALTER TABLE protected_messages RENAME TO gone") }
            let answer = Self.reply("In-Reply-To: <1@client.example.org>\r\n")
            let handled = await gateway.hand(answer, to: ["carol@example.com"], door: .smtp)
            #expect(handled.refusal?.replyCode == 451)
            #expect(
                try await Self.isClear(gateway, hop, "In-Reply-To: <1@client.example.org>\r\n", to: "dave@example.org"))
            #expect(try await Self.isClear(gateway, hop, ""))
            // What has to be remembered does not leave without it.
            hop.forgetAll()
            let sealed = await gateway.hand(
                Samples.plain(subject: "[secure] x", body: "x"), to: ["carol@example.com"], door: .smtp)
            #expect(sealed.refusal?.replyCode == 451 && hop.record.deliveries.isEmpty)
            try await database.write { try $0.execute(sql: "ALTER TABLE gone RENAME TO protected_messages") }
            #expect(try await Self.isClear(gateway, hop, "In-Reply-To: <1@client.example.org>\r\n"))
        }
    }

    // MARK: - Marks

    private static let good = "kestrel on the roof 7"

    @Test(arguments: [
        ("[pw: kestrel on the roof 7] x", ""), ("x", "X-Letterlock-Password: kestrel on the roof 7\r\n"),
    ])
    func theSenderIsToldWhereAKeyWasUsed(subject: String, extra: String) async throws {
        var options = TestOptions(policy: "version: 1\nrules: []\n")
        options.milterSplits = true
        try await withScriptedHop(options) { gateway, hop in
            try gateway.addKey("bob@example.net")
            let mail = Samples.plain(subject: subject, body: "the canary sings", extra: extra)
            func told(_ deliveries: [ScriptedHop.Delivery]) -> [String] {
                deliveries.filter { $0.sender == "" && $0.recipients == ["alice@example.org"] }.map(\.content)
            }
            let handled = await gateway.hand(mail, to: ["bob@example.net"], door: .smtp)
            #expect(handled.refusal == nil)
            var all = hop.record.deliveries
            #expect(all.count == 2 && all.first?.content.contains("multipart/encrypted") == true)
            #expect(told(all).count == 1 && told(all).first?.contains("bob@example.net") == true)
            #expect(!all.contains { $0.content.contains("kestrel") || $0.content.contains("canary") })
            hop.forgetAll()
            let milter = try await handOver(HeldMessage(mail, to: ["bob@example.net"]), port: gateway.milterPort)
            #expect(milter.answer == "accepted" && milter.message.text.contains("multipart/encrypted"))
            #expect(!milter.message.text.contains("kestrel"))
            all = hop.record.deliveries
            #expect(all.count == 1 && told(all).count == 1)
            hop.forgetAll()
            // Nobody has a key, and nothing allows the password.
            let refused = await gateway.hand(mail, to: ["bob@example.net", "carol@example.com"], door: .smtp)
            #expect(refused.refusal?.replyCode == 550 && hop.record.deliveries.isEmpty)
        }
    }

    @Test func nobodyIsToldWhereNoticesAreOff() async throws {
        var options = TestOptions(policy: "version: 1\nrules: []\n")
        options.editLinks = { $0.notices.sent = false }
        try await withScriptedHop(options) { gateway, hop in
            try gateway.addKey("bob@example.net")
            let mail = Samples.plain(subject: "[pw: \(Self.good)] x", body: "x")
            let handled = await gateway.hand(mail, to: ["bob@example.net"], door: .smtp)
            #expect(handled.refusal == nil && hop.record.deliveries.count == 1)
        }
    }

    /// A held message of somebody else is kept without the fields, and leaves without them.
    @Test func theFieldsOfOthersAreNotKept() async throws {
        let options = TestOptions(
            policy: "version: 1\nrules:\n  - { id: r, when: { subject: codename }, then: { quarantine: look } }\n",
            quarantineKey: "")
        try await withScriptedHop(options) { gateway, hop in
            let mail = Samples.plain(
                subject: "codename", body: "x", extra: "X-Letterlock-Password: nightjar\r\nX-Letterlock-SMS: 1\r\n")
            let handled = await gateway.hand(mail, from: "eve@elsewhere.example", to: ["bob@example.net"], door: .smtp)
            #expect(handled.refusal == nil)
            let (_, kept) = try await gateway.opened()
            let text = String(decoding: try kept.copy(), as: UTF8.self)
            #expect(!text.contains("X-Letterlock") && text.contains("codename"))
            _ = try await gateway.release()
            #expect(hop.letters.count == 1 && hop.letters.first?.content.contains("X-Letterlock") == false)
        }
    }
}

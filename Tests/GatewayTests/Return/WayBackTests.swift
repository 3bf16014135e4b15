// The way back: what a reader sends from behind a link, through the outbox, the gateway and the message path to the
// next hop.

import Cryptography
import Delivery
import Foundation
import Gateway
import Links
import Listeners
import Logging
import Mail
import Operations
import Policy
import Sealing
import SettingValues
import Support
import Synchronization
import Testing
import Vault
import VaultSQLite

private let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

extension RunningTest {
    /// Sends a letter to a stranger, and opens it.
    func reader(
        _ address: String = "carol@example.com", to field: String? = nil, also others: [String] = [],
        body: String = "the letter"
    ) async throws -> Reader {
        let message = Samples.plain(subject: "[secure] hello", body: body, to: field ?? address)
        let handled = await hand(message, to: [address] + others, door: .smtp)
        try #require(handled.refusal == nil)
        return try await openLetter(of: address)
    }

    func openLetter(of address: String) async throws -> Reader {
        let mails = hop?.record.deliveries.map(\.content) ?? []
        return try await Reader(address, mails: mails, folder: configuration.settings.state)
    }

    /// One look into the outbox, so many seconds from now.
    func round(after seconds: Int64 = 0) async {
        await round(at: Int64(Date().timeIntervalSince1970) + seconds)
    }

    /// One look into the outbox at a time.
    func round(at seconds: Int64) async {
        await gateway.answerWorker(logger: silent).round(nowSeconds: seconds)
    }
}

@Suite(.timeLimit(.minutes(5)))
struct WayBackTests {
    @Test func anAnswerArrivesAsOrdinaryMail() async throws {
        try await withScriptedHop { gateway, hop in
            let reader = try await gateway.reader(
                to: "Carol <carol@example.com>, Dave D <dave@example.org>, else@elsewhere.example")
            #expect(
                reader.index.participants?.map(\.address) == [
                    "alice@example.org", "carol@example.com", "dave@example.org",
                ])
            #expect(reader.index.participants?.map { $0.sender ?? false } == [true, false, false])
            #expect(reader.index.participants?[2].name == "Dave D")
            #expect(reader.index.participants?.filter { $0.letter != nil }.map(\.address) == ["carol@example.com"])
            hop.forgetAll()
            let file = MessageBytes(bytes: (0..<300_000).map { UInt8(97 + $0 % 26) })
            let answer = try await reader.send(
                .init(
                    head: reader.head(
                        to: ["alice@example.org", "Dave@Example.org"], subject: "Re: r\u{e9}sultats",
                        text: "Merci\nbeaucoup",
                        files: [
                            ("r\u{e9}sum\u{e9}.txt", "text/plain", 300_000), ("../../etc/passwd", "text/x y", 0),
                        ]), files: [file, .empty]))
            #expect(try await reader.state(answer) == .waiting)
            await gateway.round()
            let state = try await reader.state(answer)
            #expect(state == .sent)
            #expect(hop.record.deliveries.count == 1)
            let mail = try #require(hop.record.deliveries.first)
            #expect(mail.sender == "")
            #expect(Set(mail.recipients.map { $0.lowercased() }) == ["alice@example.org", "dave@example.org"])
            let (head, body) = Self.split(mail.content)
            #expect(head.contains("From: \"carol@example.com via example.org\"\r\n <letters@example.org>\r\n"))
            #expect(head.contains("Reply-To: <carol@example.com>\r\n"))
            #expect(head.contains("To: <alice@example.org>,\r\n <dave@example.org>\r\n"))
            #expect(head.contains("In-Reply-To: <1@client.example.org>\r\nReferences: <1@client.example.org>\r\n"))
            #expect(!head.contains(reader.id) && !head.contains("X-Letterlock") && head.contains("=?"))
            #expect(!head.lowercased().contains("auto-submitted"))
            #expect(body.contains("\r\n\r\nMerci\r\nbeaucoup\r\n"))
            #expect(body.contains("filename*0*=UTF-8''r%C3%A9sum%C3%A9.txt"))
            #expect(body.contains("filename=\"passwd\"") && body.contains("application/octet-stream"))
            let base64 = try #require(body.components(separatedBy: "base64\r\n\r\n").dropFirst().first)
                .components(separatedBy: "\r\n--")[0]
            #expect(base64.components(separatedBy: "\r\n").allSatisfy { $0.count <= 76 })
            let decoded = Data(base64Encoded: base64.replacingOccurrences(of: "\r\n", with: ""))
            let copied = try file.copy()
            #expect(decoded.map { Array($0) } == copied)
            // The conversation knows the answer's Message-ID, and the link by now.
            let id = try #require(head.firstMatch(of: /Message-ID: (<[^>]+>)/))
            let known = try await reader.ledger.conversations(
                recipient: "carol@example.com", messageIDs: [String(id.1)])
            #expect(known.map(\.letterID) == [reader.id])
            #expect(known.first?.linkSecret == reader.linkSecret && known.first?.answersSent == 1)
        }
    }

    @Test func itIsSealedWhereTheRecipientHasAKey() async throws {
        try await withScriptedHop { gateway, hop in
            let reader = try await gateway.reader()
            try gateway.addKey("alice@example.org")
            hop.forgetAll()
            let answer = try await reader.send(.init(head: reader.head(text: "nightjar flies")))
            await gateway.round()
            #expect(try await reader.state(answer) == .sent)
            let mail = try #require(hop.record.deliveries.first)
            #expect(mail.sender == "" && mail.content.contains("multipart/encrypted"))
            #expect(!mail.content.contains("nightjar"))
            for file in try gateway.folder.allBytes() {
                #expect(file.bytes.range(of: Data("nightjar".utf8)) == nil, "\(file.path)")
            }
            let armor = try #require(mail.content.range(of: "-----BEGIN PGP MESSAGE-----"))
            let plain = try gateway.gpg.decrypt(Data(mail.content[armor.lowerBound...].utf8))
            #expect(String(decoding: plain, as: UTF8.self).contains("nightjar flies"))
        }
    }

    @Test func rulesJudgeItAsItsReaders() async throws {
        var options = TestOptions()
        options.policy += """

              - id: outsiders
                when: { sender: { not-in: inside }, subject: 'forbidden' }
                then: { refuse: "not by answer" }
              - id: must
                when: { sender: { not-in: inside }, subject: 'must' }
                then: { protect: required }
            """
        try await withScriptedHop(options) { gateway, hop in
            let reader = try await gateway.reader()
            hop.forgetAll()
            for (subject, said) in [("forbidden", "not by answer"), ("must be", "must be encrypted")] {
                let answer = try await reader.send(.init(head: reader.head(subject: subject)))
                await gateway.round()
                guard case .refused(let reason, let text)? = try await reader.state(answer) else {
                    Issue.record("\(subject) is not refused")
                    continue
                }
                #expect(reason == "rules" && text?.contains(said) == true)
            }
            let program = MessageBytes(
                bytes: Array("\u{7f}ELF".utf8) + [2, 1, 1, 0] + [UInt8](repeating: 0, count: 200))
            let answer = try await reader.send(
                .init(
                    head: reader.head(files: [("tool.exe", "application/octet-stream", program.count)]),
                    files: [program]))
            await gateway.round()
            guard case .refused("rules", let text)? = try await reader.state(answer) else {
                Issue.record("a program passes")
                return
            }
            #expect(text?.contains("programs do not leave by mail") == true)
            #expect(hop.record.deliveries.isEmpty)
            #expect(try await reader.ledger.conversation(reader.id)?.answersSent == 0)
        }
    }

    @Test func theNextHopIsDownThenUp() async throws {
        try await withScriptedHop { gateway, hop in
            let reader = try await gateway.reader()
            hop.forgetAll()
            hop.follow { $0.verb == "DOT" ? .reply("451 4.3.0 later") : .usual }
            let answer = try await reader.send(.init(head: reader.head()))
            let start = Int64(Date().timeIntervalSince1970)
            await gateway.round(at: start)
            #expect(try await reader.state(answer) == .waiting)
            hop.follow { _ in .usual }
            await gateway.round(at: start + 29)
            #expect(hop.record.deliveries.isEmpty)
            await gateway.round(at: start + 30)
            #expect(try await reader.state(answer) == .sent)
            await gateway.round(after: 5000)
            #expect(hop.record.deliveries.count == 1)
            // Refused for good.
            hop.follow { $0.verb == "RCPT" ? .reply("550 5.1.1 nobody") : .usual }
            let second = try await reader.send(.init(head: reader.head()))
            await gateway.round()
            #expect(try await reader.state(second) == .refused(reason: "undeliverable", said: nil))
            // Given up after a week.
            hop.follow { $0.verb == "RCPT" ? .reply("451 4.1.1 later") : .usual }
            let third = try await reader.send(.init(head: reader.head()))
            await gateway.round()
            await gateway.round(after: 7 * 86_400 - 100)
            #expect(try await reader.state(third) == .waiting)
            await gateway.round(after: 7 * 86_400 + 6 * 3600)
            #expect(try await reader.state(third) == .refused(reason: "undeliverable", said: nil))
        }
    }

    /// A recipient that has it by a first try does not get it by the second.
    @Test func aRetryServesTheOthersOnly() async throws {
        try await withScriptedHop { gateway, hop in
            let reader = try await gateway.reader(to: "carol@example.com, dave@example.org")
            try gateway.addKey("alice@example.org")
            hop.forgetAll()
            let seen = Mutex(0)
            hop.follow { point in
                guard point.verb == "DOT" else { return .usual }
                return seen.withLock { count in
                    count += 1
                    return count == 2 ? .reply("451 4.3.0 later") : .usual
                }
            }
            let answer = try await reader.send(
                .init(head: reader.head(to: ["alice@example.org", "dave@example.org"])))
            await gateway.round()
            #expect(try await reader.state(answer) == .waiting)
            #expect(hop.record.deliveries.count == 1)
            await gateway.round(after: 60)
            #expect(try await reader.state(answer) == .sent)
            #expect(hop.record.deliveries.count == 2)
            #expect(
                Set(hop.record.deliveries.flatMap(\.recipients)) == ["alice@example.org", "dave@example.org"])
        }
    }

    /// A kill after each step, and a portal that says the same again.
    @Test func itIsSentOnceWhateverTheOutboxSays() async throws {
        try await withScriptedHop { gateway, hop in
            let reader = try await gateway.reader()
            hop.forgetAll()
            let answer = try await reader.send(.init(head: reader.head()))
            let putBack = try await reader.snapshot()
            await gateway.round()
            #expect(try await reader.state(answer) == .sent && hop.record.deliveries.count == 1)
            // Settled in the gateway's database, the outbox was not told.
            try await putBack()
            #expect(try await reader.state(answer) == .waiting)
            await gateway.round()
            #expect(try await reader.state(answer) == .sent && hop.record.deliveries.count == 1)
            // Delivered, the ledger knows, nothing was settled.
            try await putBack()
            try await reader.unsettle(answer)
            let fingerprint = try reader.ledger.fingerprint(
                MessageBytes("answer \(answer.letter) \(answer.answer)"))
            let ledger = gateway.gateway.parts.ledger
            let alice = try #require(Mailbox("alice@example.org"))
            try await ledger.record(sender: nil, recipients: [alice], fingerprint: fingerprint)
            await gateway.round()
            #expect(try await reader.state(answer) == .sent && hop.record.deliveries.count == 1)
            #expect(try await reader.ledger.conversation(reader.id)?.answersSent == 1)
            let rest = try await ledger.remembered(sender: nil, fingerprint: fingerprint)
            #expect(rest == RememberedMessage())
            // Taken, nothing was sent.
            try await putBack()
            try await reader.unsettle(answer)
            await gateway.round()
            #expect(try await reader.state(answer) == .sent && hop.record.deliveries.count == 2)
            let ids = hop.record.deliveries.map { mail in
                mail.content.firstMatch(of: /Message-ID: <[^>]+>/).map { String($0.0) }
            }
            #expect(ids[0] != nil && ids[0] == ids[1])
        }
    }

    @Test func whatDoesNotOpenIsRefusedAndLeavesNothing() async throws {
        try await withScriptedHop { gateway, hop in
            let reader = try await gateway.reader()
            hop.forgetAll()
            // A portal that has everything but the conversation's private key.
            let forged = try await reader.send(
                .init(head: reader.head()), conversation: try GatewayKey.make().privateDER)
            let altered = try await reader.send(.init(head: reader.head())) { _, sealed in sealed[100] ^= 1 }
            await gateway.round()
            for answer in [forged, altered] {
                #expect(try await reader.state(answer) == .refused(reason: "damaged", said: nil))
                #expect(try await reader.ledger.takenAnswer(answer) == nil)
            }
            // A file that was altered, one that is missing, one of another length.
            let file = MessageBytes("contents")
            let told: [(name: String, type: String, bytes: Int)] = [("a.txt", "text/plain", 8)]
            for number in 0..<3 {
                let answer = try await reader.send(
                    .init(
                        head: reader.head(files: number == 2 ? [("a.txt", "text/plain", 9)] : told),
                        files: number == 1 ? [] : [file])
                ) { item, sealed in
                    if number == 0, item == 1 { sealed[70] ^= 1 }
                }
                await gateway.round()
                #expect(try await reader.state(answer) == .refused(reason: "damaged", said: nil))
            }
            #expect(hop.record.deliveries.isEmpty)
        }
    }

    @Test(arguments: [
        "", "[]", "{}", "null", String(repeating: "[", count: 100_000), "{\"version\":2,\"kind\":\"answer\"}",
        "{\"version\":1,\"kind\":\"other\"}", "{\"version\":1,\"kind\":\"answer\",\"to\":[]}",
        "{\"version\":1,\"kind\":\"answer\",\"to\":\"alice@example.org\"}",
        "{\"version\":1,\"kind\":\"key\",\"files\":[]}",
        "{\"version\":1,\"kind\":\"keep-password\",\"stretched\":\"AAAA\"}",
        "{\"version\":1,\"kind\":\"answer\",\"to\":[\"alice@example.org\"],\"linkSecret\":\"x\"}",
        #"{"version":1,"kind":"answer","to":["alice@example.org"],"files":[{"name":"x","type":"a/b","bytes":-1}]}"#,
    ])
    func aHeadThatIsNone(head: String) async throws {
        try await withScriptedHop { gateway, hop in
            let reader = try await gateway.reader()
            hop.forgetAll()
            let answer = try await reader.send(.init(head: head))
            await gateway.round()
            #expect(try await reader.state(answer) == .refused(reason: "damaged", said: nil))
            #expect(hop.record.deliveries.isEmpty)
        }
    }

    @Test(arguments: [
        ["mallory@example.net"], ["alice@example.org", "mallory@example.org"], ["carol@example.com"], ["alice"],
        ["alice@example.org>\r\nBcc: <mallory@example.net"], ["blind@example.net"],
    ])
    func onlyThoseWhoTookPart(to: [String]) async throws {
        try await withScriptedHop { gateway, hop in
            let reader = try await gateway.reader(also: ["blind@example.net"])
            hop.forgetAll()
            let answer = try await reader.send(.init(head: reader.head(to: to)))
            await gateway.round()
            #expect(try await reader.state(answer) == .refused(reason: "address", said: nil))
            #expect(hop.record.deliveries.isEmpty)
        }
    }

    /// Other readers outside: sealed to their key, under the link that they have, or not at all.
    @Test func outsideItGoesSealedOrNotAtAll() async throws {
        try await withScriptedHop { gateway, hop in
            try gateway.addKey("peter@example.net")
            let reader = try await gateway.reader(
                to: "carol@example.com, peter@example.net, erin@example.net",
                also: ["peter@example.net", "erin@example.net"])
            #expect(
                reader.index.participants?.map(\.address) == [
                    "alice@example.org", "carol@example.com", "peter@example.net", "erin@example.net",
                ])
            hop.forgetAll()
            let one = try await reader.send(.init(head: reader.head(to: ["alice@example.org", "erin@example.net"])))
            let other = try await reader.send(
                .init(head: reader.head(to: ["alice@example.org", "peter@example.net"])))
            await gateway.round()
            #expect(try await reader.state(one) == .sent)
            #expect(try await reader.state(other) == .sent)
            #expect(hop.record.deliveries.count == 4)
            #expect(hop.record.deliveries.filter { $0.recipients == ["erin@example.net"] }.count == 1)
            for mail in hop.record.deliveries where mail.recipients == ["erin@example.net"] {
                #expect(mail.content.contains("/l/") && !mail.content.contains("Thank you"))
            }
            for mail in hop.record.deliveries where mail.recipients == ["peter@example.net"] {
                #expect(mail.content.contains("multipart/encrypted"))
            }
            // Once carol's letter is gone there is no way to carol that is not in clear.
            let erin = try #require(
                try await reader.ledger.conversations(
                    recipient: "erin@example.net", messageIDs: ["<1@client.example.org>"]
                ).first)
            #expect(try await reader.gateway.revoke(erin.letterID))
            hop.forgetAll()
            let late = try await reader.send(.init(head: reader.head(to: ["erin@example.net"])))
            await gateway.round()
            #expect(try await reader.state(late) == .refused(reason: "address", said: nil))
            #expect(hop.record.deliveries.isEmpty)
        }
    }

    @Test func nothingOfItBreaksTheHeader() async throws {
        // No rule about contents: some of what follows cannot be looked into.
        let options = TestOptions(
            policy: """
                version: 1
                defaults: { protect: none, with: [pgp, link] }
                rules:
                  - id: asked-for
                    when: { subject: '^\\[secure\\]' }
                    then: { protect: required }
                """)
        try await withScriptedHop(options) { gateway, hop in
            let reader = try await gateway.reader()
            hop.forgetAll()
            let evil = "x\r\nBcc: mallory@example.net\r\n\r\n--=_answer_\u{0}\u{2028}<script>"
            let answer = try await reader.send(
                .init(
                    head: reader.head(
                        subject: evil + String(repeating: "\u{1F600}", count: 3000),
                        text: "one\r\n.\r\ntwo\rthree\u{0}",
                        files: [("a\"; filename=\"b\r\nBcc: x\u{202E}fdp.txt", "text/html; charset=x\r\nBcc: y", 1)]),
                    files: [MessageBytes("x")]))
            await gateway.round()
            let state = try await reader.state(answer)
            #expect(state == .sent)
            let mail = try #require(hop.record.deliveries.first)
            #expect(mail.recipients == ["alice@example.org"])
            let lines = mail.content.components(separatedBy: "\r\n")
            #expect(!lines.contains { $0.lowercased().hasPrefix("bcc") })
            #expect(mail.content.utf8.allSatisfy { $0 < 128 && $0 != 0 } && lines.allSatisfy { $0.utf8.count < 998 })
            #expect(!mail.content.replacingOccurrences(of: "\r\n", with: "").contains { $0 == "\r" || $0 == "\n" })
            #expect(mail.content.contains("application/octet-stream") && !mail.content.contains("%E2%80%AE"))
        }
    }

    @Test func aSubjectIsWhatItLooksLike() async throws {
        try await withScriptedHop { gateway, hop in
            let reader = try await gateway.reader()
            hop.forgetAll()
            let subject = "Re: a\u{202E}b\u{2028}c\u{85}d\u{1B}[31m\u{200B}e\u{2066}f\tg"
            let answer = try await reader.send(.init(head: reader.head(subject: subject)))
            await gateway.round()
            #expect(try await reader.state(answer) == .sent)
            let mail = try #require(hop.record.deliveries.first)
            #expect(mail.content.contains("\r\nSubject: Re: ab c d[31mef g\r\n"))
        }
    }

    @Test func soManyAndNoMore() async throws {
        let options = TestOptions(editLinks: {
            $0.answers?.limits = AnswerLimits(count: 1, bytes: 70_000, files: 1)
            $0.answers?.perHour = 2
        })
        try await withScriptedHop(options) { gateway, hop in
            let reader = try await gateway.reader()
            let other = try await gateway.reader(body: "another letter")
            hop.forgetAll()
            let first = try await reader.send(.init(head: reader.head()))
            await gateway.round()
            #expect(try await reader.state(first) == .sent)
            await #expect(throws: (any Error).self) { try await reader.send(.init(head: reader.head())) }
            // A portal that forgets to count.
            try await reader.gateway.settle(
                first, as: .refused(reason: "x", said: nil), isCounted: false,
                nowSeconds: Int64(Date().timeIntervalSince1970))
            let second = try await reader.send(.init(head: reader.head()))
            await gateway.round()
            #expect(try await reader.state(second) == .refused(reason: "too-many", said: nil))
            // Two in an hour, to whatever letter: the third waits.
            let third = try await other.send(.init(head: other.head()))
            await gateway.round()
            #expect(try await other.state(third) == .waiting)
            await gateway.round(after: 3700)
            #expect(try await other.state(third) == .sent)
        }
    }

    @Test func aRuleOrTheSettingsSayNo() async throws {
        var options = TestOptions()
        options.policy += """

              - id: one-way
                when: { recipient: { in: carol@example.com } }
                then: { link: { replies: no } }
            """
        try await withScriptedHop(options) { gateway, hop in
            let reader = try await gateway.reader()
            #expect(!reader.takesAnswers && reader.index.participants == nil)
            // By the key its reader knows later messages all the same.
            let conversation = try await reader.ledger.conversation(reader.id)
            #expect(conversation?.gatewayKey == reader.gatewayKey && reader.gatewayKey.count == 65)
            #expect(conversation?.answersAllowed == 0 && conversation?.recipient == "carol@example.com")
            let other = try await gateway.reader("erin@example.net")
            #expect(other.takesAnswers && other.gatewayKey == reader.gatewayKey)
        }
        try await withScriptedHop(TestOptions(editLinks: { $0.answers = nil })) { gateway, _ in
            let reader = try await gateway.reader()
            #expect(!reader.takesAnswers && reader.gatewayKey.count == 65)
        }
    }

    @Test func whatIsNoKeyAndAWishNobodyAskedForAreRefused() async throws {
        try await withScriptedHop { gateway, hop in
            let reader = try await gateway.reader()
            hop.forgetAll()
            let key = try await reader.send(
                .init(
                    head: reader.head(files: [("key.asc", "application/pgp-keys", 3)], kind: "key"),
                    files: [MessageBytes("abc")]))
            let keep = try await reader.send(
                .init(
                    head: reader.head(
                        kind: "keep-password",
                        more: ["stretched": Base64URL.encode([UInt8](repeating: 1, count: 32))])))
            await gateway.round()
            #expect(try await reader.state(key) == .refused(reason: "key", said: nil))
            #expect(try await reader.state(keep) == .refused(reason: "damaged", said: nil))
            #expect(hop.record.deliveries.isEmpty)
        }
    }

    @Test func aHeldAnswerIsReleasedFromNobody() async throws {
        var options = TestOptions()
        options.quarantineKey = ""
        options.policy += """

              - id: look
                when: { sender: { not-in: inside }, subject: 'look' }
                then: { quarantine: "somebody looks first" }
            """
        try await withScriptedHop(options) { gateway, hop in
            let reader = try await gateway.reader()
            hop.forgetAll()
            let answer = try await reader.send(.init(head: reader.head(subject: "look at this")))
            await gateway.round()
            #expect(try await reader.state(answer) == .sent)
            #expect(hop.record.deliveries.isEmpty)
            let opened = try await gateway.opened()
            #expect(opened.line.sender == "carol@example.com")
            let released = try await gateway.release()
            #expect(released.map(\.refusal) == [nil])
            let mails = hop.record.deliveries.filter { $0.recipients == ["alice@example.org"] }
            #expect(mails.allSatisfy { $0.content.contains("look at this") })
            #expect(mails.map(\.sender) == [""] && mails.first?.recipients == ["alice@example.org"])
        }
    }

    /// What is held keeps in mind which letter it answers: a release finds the other reader's link by it.
    @Test func aHeldAnswerIsReleasedUnderTheLinkOfWhoeverIsAnswered() async throws {
        var options = TestOptions()
        options.quarantineKey = ""
        options.policy += """

              - id: look
                when: { sender: { not-in: inside }, subject: 'look' }
                then: { quarantine: "somebody looks first" }
            """
        try await withScriptedHop(options) { gateway, hop in
            let reader = try await gateway.reader(
                to: "carol@example.com, erin@example.net", also: ["erin@example.net"])
            let erin = try await gateway.openLetter(of: "erin@example.net")
            hop.forgetAll()
            let answer = try await reader.send(
                .init(head: reader.head(to: ["erin@example.net"], subject: "look at this")))
            await gateway.round()
            #expect(try await reader.state(answer) == .sent)
            #expect(!hop.record.deliveries.contains { $0.content.contains("/l/") })
            hop.forgetAll()
            _ = try await gateway.opened()
            #expect(try await gateway.release().map(\.refusal) == [nil])
            let mail = try #require(hop.record.deliveries.first { $0.recipients == ["erin@example.net"] })
            #expect(mail.content.contains("/l/\(erin.id)") && !mail.content.contains("look at this"))
        }
    }

    /// A release judges anew: by then the letter of another reader may be gone, and with it the way to that reader.
    @Test func aHeldAnswerIsNotReleasedInClear() async throws {
        var options = TestOptions()
        options.quarantineKey = ""
        options.policy += """

              - id: look
                when: { sender: { not-in: inside }, subject: 'look' }
                then: { quarantine: "somebody looks first" }
            """
        try await withScriptedHop(options) { gateway, hop in
            let reader = try await gateway.reader(
                to: "carol@example.com, erin@example.net", also: ["erin@example.net"])
            let erin = try await gateway.openLetter(of: "erin@example.net")
            hop.forgetAll()
            let answer = try await reader.send(
                .init(head: reader.head(to: ["erin@example.net"], subject: "look at this")))
            await gateway.round()
            #expect(try await reader.state(answer) == .sent)
            #expect(try await erin.gateway.revoke(erin.id))
            hop.forgetAll()
            _ = try await gateway.opened()
            let refusal = await #expect(throws: Refusal.self) { _ = try await gateway.release() }
            #expect(refusal?.cause == .policy)
            #expect(!hop.record.deliveries.contains { $0.recipients == ["erin@example.net"] })
        }
    }

    private static func split(_ mail: String) -> (head: String, body: String) {
        guard let end = mail.range(of: "\r\n\r\n") else { return (mail, "") }
        return (String(mail[..<end.lowerBound]) + "\r\n", String(mail[end.lowerBound...]))
    }
}

// Over LMTP every recipient has a reply of its own (RFC 2033 section 4.2).

import Delivery
import Foundation
import Listeners
import Mail
import SettingValues
import Support
import Testing

struct LMTPReplyTests {
    @Test func eachVerdictConcernsItsOwnRecipient() async throws {
        try await withScriptedHop { gateway, hop in
            try gateway.addKey("bob@example.net")
            // `[hide]` allows OpenPGP only: Carol has no key.
            let message = Samples.plain(subject: "[hide] x", body: "x", to: "bob@example.net, carol@example.net")
            let handled = await gateway.hand(message, to: ["carol@example.net", "bob@example.net"])
            #expect(handled.codes == [550, 250])
            #expect(handled.recipientRefusals[0]?.publicText.contains("carol@example.net") == true)
            #expect(hop.served == ["bob@example.net"])
        }
    }

    @Test func eachAnswerOfTheNextHopConcernsItsOwnRecipient() async throws {
        try await withScriptedHop { gateway, hop in
            hop.follow { point in
                if point.line.contains("TO:<bob@") { return .reply("550 5.1.1 no bob") }
                return point.line.contains("TO:<carol@") ? .reply("452 4.2.2 full") : .usual
            }
            let to = ["bob@example.net", "carol@example.net", "dora@example.net", "dora@example.net"]
            let handled = await gateway.hand(Samples.plain(subject: "hi", body: "x"), to: to)
            #expect(handled.codes == [550, 452, 250, 250], "one named twice has two answers")
            #expect(hop.record.deliveries.map(\.recipients) == [["dora@example.net"]])
            #expect(hop.reports.isEmpty)
        }
    }

    @Test func aRefusedRecipientIsNotInThePasswordMail() async throws {
        try await withScriptedHop { gateway, hop in
            hop.follow { $0.line.contains("TO:<carol@") ? .reply("550 5.1.1 no carol") : .usual }
            let to = ["carol@example.net", "dora@example.net"]
            let message = Samples.plain(subject: "[secure] x", body: "x", to: to.joined(separator: ", "))
            let handled = await gateway.hand(message, to: to)
            #expect(handled.codes == [550, 250])
            #expect(hop.served == ["dora@example.net"])
            let passwords = try #require(hop.passwordMails.first)
            #expect(hop.passwordMails.count == 1)
            #expect(passwords.content.contains("dora@example.net"))
            #expect(!passwords.content.contains("carol@example.net"))
            await handled.replyWritten()
        }
    }

    @Test func gpgDownConcernsWhoNeedsIt() async throws {
        try await withScriptedHop { gateway, hop in
            try gateway.addKey("bob@example.net")
            // Once, so that the certificate is known; then its copies for gpg go, and where they would be made anew.
            let to = ["bob@example.net", "carol@example.net"]
            let message = Samples.plain(subject: "[secure] x", body: "x", to: to.joined(separator: ", "))
            let first = await gateway.hand(message, to: to)
            #expect(first.codes == [250, 250])
            await first.replyWritten()
            try FileManager.default.removeItem(atPath: gateway.folder.file("var/gateway/gnupg"))
            let handled = await gateway.hand(message, to: to)
            #expect(handled.codes == [451, 250])
            #expect(hop.served.filter { $0 == "bob@example.net" }.count == 1)
            #expect(hop.served.filter { $0 == "carol@example.net" }.count == 2)
        }
    }

    @Test func aHopThatIsGonePutsEverybodyOff() async throws {
        var options = TestOptions()
        options.nextHopPort = 1
        try await withGateway(options) { gateway in
            let handled = await gateway.hand(
                Samples.plain(subject: "hi", body: "x"), to: ["bob@example.net", "carol@example.net"])
            #expect(handled.codes == [451, 451])
        }
    }

    @Test func theDeadlinePutsOffWhoIsLeft() async throws {
        var options = TestOptions()
        options.limits.replySeconds = 12
        try await withScriptedHop(options) { gateway, hop in
            try gateway.addKey("bob@example.net")
            hop.follow { $0.verb == "DOT" && $0.occurrence == 2 ? .silence : .usual }
            let to = ["bob@example.net", "erin@example.net"]
            try gateway.addKey("erin@example.net")
            // Erin is blind: a ciphertext of its own.
            let message = Samples.plain(subject: "[secure] x", body: "x", to: "bob@example.net")
            let handled = await gateway.hand(message, to: to)
            #expect(handled.codes == [250, 451])
            await handled.replyWritten()
        }
    }
}

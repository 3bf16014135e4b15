// A user who has logged in may send under the user's own addresses only, in the envelope (SMTPTests) and in the fields
// that people see.

import Foundation
import Gateway
import Listeners
import Mail
import Testing

struct SenderTests {
    private static func message(_ from: String, maySendAs: [String]?) throws -> ReceivedMessage {
        let sender = try #require(Mailbox("alice@example.org"))
        let bob = try #require(Mailbox("bob@example.net"))
        return ReceivedMessage(
            envelope: Envelope(sender: sender, recipients: [bob]),
            bytes: MessageBytes("\(from)To: bob@example.net\r\nSubject: x\r\n\r\nhello\r\n"),
            origin: .init(id: "T", protocolName: "ESMTPSA", user: "alice", maySendAs: maySendAs.map { DomainList($0) }),
            receivedAtSeconds: Int64(Date().timeIntervalSince1970))
    }

    @Test(arguments: [
        "From: boss@example.org\r\n", "From: Boss <boss@example.org>, alice@example.org\r\n",
        "From: alice@example.org\r\nFrom: boss@example.org\r\n", "From: nobody in particular\r\n",
        "From: alice@example.org\r\nSender: boss@example.org\r\n", "From: <alice@example.org.evil.example>\r\n",
    ])
    func aForeignFromIsRefused(field: String) async throws {
        try await withGateway { gateway in
            let answer = await gateway.handler.handle(try Self.message(field, maySendAs: ["alice@example.org"]))
            #expect(answer.refusal?.cause == .senderNotAllowed)
            #expect(gateway.sink.messages.isEmpty)
        }
    }

    /// Whatever a recipient's program may take for the author has to be the user's.
    @Test(arguments: [
        "From: <boss@example.org> <alice@example.org>\r\n", "From: alice@example.org <boss@example.org>\r\n",
        "From: boss@example.org <alice@example.org>\r\n", "From: Boss <alice@example.org>, boss@example.org\r\n",
        "From: Board: boss@example.org;\r\n", "From: boss@example.org: alice@example.org;\r\n",
        "From: <boss\\@example.org>\r\n", "From: <boss@example.org.>\r\n",
        "From: boss\\@example.org, alice@example.org\r\n",
        "From: \"<boss@example.org>\" <alice@example.org>\r\n", "From: <@a.org,@b.org:boss@example.org>\r\n",
        "From: =?utf-8?q?boss=40example.org=2C?= <alice@example.org>\r\n", "From: =?utf-8?q?boss=40example.org?=\r\n",
        "From: boss\u{FF20}example.org <alice@example.org>\r\n", "From: <boss>, alice@example.org\r\n",
        "From: <boss@example.org\u{0}.evil>\r\n", "From: alice@example.org\r\n (, boss@example.org\r\n", "From: <>\r\n",
        "From: alice@example.org\r\nFrom : boss@example.org\r\n", "From: \"boss@example.org\"@example.org\r\n",
        "From: alice@example.org\r\nSender: <alice@example.org> <boss@example.org>\r\n",
        "From: alice@example.org\r\nSender: boss\r\n", "From: alice@example.org boss@example.org\r\n",
    ])
    func aFromThatMayReadAsForeignIsRefused(field: String) async throws {
        try await withGateway { gateway in
            let answer = await gateway.handler.handle(try Self.message(field, maySendAs: ["alice@example.org"]))
            #expect(answer.refusal?.cause == .senderNotAllowed)
            #expect(gateway.sink.messages.isEmpty)
        }
    }

    @Test(arguments: [
        "From: Smith, Alice <alice@example.org>\r\n", "From: \"Smith, Alice\" <ALICE@example.org>\r\n",
        "From: alice@example.org (Alice (Sales) Smith)\r\n", "From: Sales: alice@example.org;\r\n",
        "From: \"boss@example.org\" <alice@example.org>\r\n", "From: Alice\r\n <alice@example.org>\r\n",
        "From: =?utf-8?q?Smith=2C_Alice?= <alice@example.org>\r\n", "From: <alice@example.org.>\r\n",
        "From: \"Alice\" <alice@example.org>\r\nSender: alice+news@example.org\r\n",
    ])
    func everydayShapesOfOwnAddressesPass(field: String) async throws {
        try await withGateway { gateway in
            let message = try Self.message(field, maySendAs: ["alice@example.org"])
            #expect(await gateway.handler.handle(message).refusal == nil)
        }
    }

    @Test func aDomainInLettersIsItsXNForm() async throws {
        try await withGateway { gateway in
            let message = try Self.message(
                "From: Alice <alice@xn--bcher-kva.example>\r\n", maySendAs: ["bücher.example", "alice@example.org"])
            #expect(await gateway.handler.handle(message).refusal == nil)
        }
    }

    @Test func ownAddressesPass() async throws {
        try await withGateway { gateway in
            for field in ["From: Alice <alice@example.org>\r\n", "From: news@shop.example.org\r\n", ""] {
                let message = try Self.message(field, maySendAs: ["alice@example.org", ".example.org"])
                #expect(await gateway.handler.handle(message).refusal == nil)
            }
            // Nobody has logged in: the MTA in front has seen to it, or not.
            #expect(
                await gateway.handler.handle(try Self.message("From: boss@example.org\r\n", maySendAs: nil)).refusal
                    == nil)
        }
    }
}

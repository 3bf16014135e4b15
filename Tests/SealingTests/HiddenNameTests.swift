// Where a rule has found something in names beside addresses, Comments or Keywords, these do not stand outside of what
// is sealed, nor in the mail that brings a link; inside they stay, and decrypting brings them back.

import Mail
import Policy
import Sealing
import Support
import Testing

@Suite struct HiddenNameTests {
    private static let rule = "when: { content: { detector: payment-card } }\n    then: { protect: required }"
    private static let rest =
        """
        Date: Thu, 1 Oct 2026 10:00:00 +0000\r\n\
        Subject: hello\r\n\
        MIME-Version: 1.0\r\n\
        Content-Type: text/plain\r\n\
        \r\n\
        x\r\n
        """

    static let headers: [String] = [
        "From: Alice <alice@example.org>\r\nTo: \"4111 1111 1111 1111\" <bob@example.net>\r\nComments: a\r\n",
        "From: Alice <alice@example.org>\r\nTo: bob@example.net (4111111111111111), Carol <carol@example.net>\r\n",
        "From: alice@example.org\r\nTo: Bob <bob@example.net>\r\nComments: 4111-1111-1111-1111\r\nKeywords: 4111\r\n",
        "From: =?utf-8?Q?4111111111111111?= <alice@example.org>\r\nTo: team: bob@example.net;\r\n",
        "From: Alice <alice@example.org>\r\nTo: bob@example.net\r\nReply-To: 4111111111111111 <none>\r\n",
    ]

    @Test(arguments: headers) func namesComeBack(_ header: String) async throws {
        let fixture = try SealingFixture(keys: ["bob@example.net"])
        let message = header + Self.rest
        let plan = try await fixture.plan(message, to: ["bob@example.net"], rules: Self.rule)
        #expect(plan.decisions.first?.hidesNames == true)
        let sealed = try await fixture.sealer.sealOne(plan)
        #expect(!sealed.text.contains("4111"))
        #expect(!sealed.text.contains("Alice"))
        #expect(!sealed.text.contains("Comments:"))
        #expect(sealed.text.contains("From: alice@example.org\r\n"))
        #expect(sealed.text.contains("bob@example.net"))
        #expect(sealed.text.contains("Subject: hello\r\n"))
        #expect(try await fixture.open(sealed) == message)
        await fixture.end()
    }

    @Test func otherHitsLeaveNamesAlone() async throws {
        let fixture = try SealingFixture(keys: ["bob@example.net"])
        let header = "From: Alice <alice@example.org>\r\nTo: Bob <bob@example.net>\r\nComments: a\r\n"
        let message = header + Self.rest + "4111 1111 1111 1111\r\n"
        let plan = try await fixture.plan(message, to: ["bob@example.net"], rules: Self.rule)
        #expect(plan.decisions.first?.hidesNames == false)
        let sealed = try await fixture.sealer.sealOne(plan)
        #expect(sealed.text.contains("From: Alice <alice@example.org>\r\n"))
        #expect(sealed.text.contains("Comments: a\r\n"))
        await fixture.end()
    }

    /// The mail that brings a link is read in clear.
    @Test func linksDoNotTellTheName() async throws {
        let fixture = try SealingFixture(keys: [])
        let message =
            "From: \"4111 1111 1111 1111\" <alice@example.org>\r\nTo: bob@example.net\r\n" + Self.rest
        let plan = try await fixture.plan(message, to: ["bob@example.net"], rules: Self.rule)
        let outbound = try await fixture.sealer.seal(plan)
        for transmission in outbound.transmissions { #expect(!transmission.content.text.contains("4111 1111")) }
        await fixture.end()
    }
}

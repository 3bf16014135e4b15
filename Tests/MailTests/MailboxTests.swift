// Addresses: what is one, and when two are the same.

import Mail
import Testing

struct MailboxTests {
    @Test(arguments: [
        "bob@example.org", "Bob.O'Neil+tag@sub.example.org", "\"a b\"@example.org", "\"q\\\"x\"@example.org",
        "x@[192.0.2.1]", "x@[IPv6:2001:db8::1]", "grüße@exämple.org", "a@b", "under_score@a_b.org",
    ])
    func accepted(_ text: String) throws {
        let mailbox = try #require(Mailbox(text))
        #expect(mailbox.description == text)
    }

    @Test(arguments: [
        "", "@", "bob", "bob@", "@example.org", "a b@example.org", "a..b@example.org", ".a@example.org",
        "a.@example.org",
        "a@b..c", "a@-b.org", "a@b-.org", "a@b c", "a@b\r\n", "a\r\n@b.org", "\"open@example.org",
        "\"a\"b\"@example.org",
        "<a@b.org>", "a@[", "a@[]", "a@b\u{0}", String(repeating: "a", count: 65) + "@b.org",
        "a@" + String(repeating: "b", count: 64) + ".org", "a@" + String(repeating: "b.", count: 128),
    ])
    func refused(_ text: String) { #expect(Mailbox(text) == nil) }

    @Test func folding() throws {
        #expect(try #require(Mailbox("BOB@Example.ORG")).folded == "bob@example.org")
        #expect(try #require(Mailbox("\"bob\"@example.org")).folded == "bob@example.org")
        #expect(try #require(Mailbox("\"b ob\"@example.org")).folded == "\"b ob\"@example.org")
        #expect(try #require(Mailbox("\"b\\ob\"@example.org")).folded == "bob@example.org")
        #expect(try #require(Mailbox("\"\\b ob\"@example.org")).folded == "\"b ob\"@example.org")
        #expect(try #require(Mailbox("\"a\\\"b\"@example.org")).folded == "\"a\\\"b\"@example.org")
        #expect(try #require(Mailbox("Bob+News+x@Example.org")).foldedWithoutTag == "bob@example.org")
        #expect(try #require(Mailbox("+x@example.org")).foldedWithoutTag == nil)
        #expect(try #require(Mailbox("bob@example.org")).foldedWithoutTag == nil)
    }

    @Test func lists() throws {
        let list = DomainList(["Example.org", ".sub.example.net", "bob@bank.example"])
        func contains(_ text: String) throws -> Bool { list.contains(try #require(Mailbox(text))) }
        #expect(try contains("x@EXAMPLE.ORG"))
        #expect(try !contains("x@a.example.org"))
        #expect(try contains("x@a.sub.example.net"))
        #expect(try !contains("x@sub.example.net"))
        #expect(try contains("BOB+x@bank.example"))
        #expect(try !contains("eve@bank.example"))
        #expect(try !contains("x@notexample.org"))
    }

    @Test(
        arguments: [
            ("protec", "protect"), ("recipeint", "recipient"), ("wiht", "with"), ("Subjct", "subject"), ("zzzz", nil),
            ("", nil), ("rules", "rules"),
        ] as [(String, String?)])
    func nearest(_ typed: String, _ expected: String?) {
        #expect(Diagnostic.nearest(to: typed, among: ["protect", "recipient", "with", "subject", "rules"]) == expected)
    }
}

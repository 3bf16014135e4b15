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
        "<a@b.org>", "a@[", "a@[]", "a@b\u{0}", String(repeating: "a", count: 257) + "@b.org",
        "a@" + String(repeating: "b", count: 64) + ".org", "a@" + String(repeating: "b.", count: 128),
    ])
    func refused(_ text: String) { #expect(Mailbox(text) == nil) }

    /// SRS and VERP addresses are longer than the 64 octets that RFC 5321 asks for at least.
    @Test func longAddresses() throws {
        let domain =
            (0..<3).map { _ in String(repeating: "d", count: 63) + "." }.joined() + String(repeating: "e", count: 63)
        let longest = String(repeating: "a", count: 256) + "@" + domain
        #expect(domain.utf8.count == 255)
        #expect(try #require(Mailbox(longest)).description == longest)
        #expect(Mailbox("a" + longest) == nil)
        #expect(Mailbox.fault(in: "a" + longest) == "the local part has 257 octets, more than 256")
        #expect(Mailbox.fault(in: longest + ".f") == "the domain has 257 octets, more than 255")
    }

    @Test(
        arguments: [
            ("bob", "it has no @"), ("@b.org", "nothing stands before the @"), ("bob@", "nothing stands behind the @"),
            ("a b@b.org", "the local part holds a character that must be quoted"),
            (".a@b.org", "a dot of the local part stands at an end or beside another"),
            ("\"a@b.org", "the quotes of the local part are not right"),
            ("a\n@b.org", "the local part holds a control character"),
            ("a@b..org", "a dot of the domain stands at an end or beside another"),
            ("a@-b.org", "a label of the domain begins or ends with a hyphen"),
            ("a@b c", "the domain holds a character that no domain has"),
            ("a@" + String(repeating: "b", count: 64) + ".org", "a label of the domain has more than 63 octets"),
            ("a@[]", "the address literal is not right"),
        ] as [(String, String)])
    func faults(_ text: String, _ fault: String) {
        #expect(Mailbox(text) == nil)
        #expect(Mailbox.fault(in: text) == fault)
    }

    /// Two spellings of one domain, and domains that only look alike (UTS 46, not transitional).
    @Test(
        arguments: [
            ("b@bücher.example", "b@xn--bcher-kva.example"), ("b@BÜCHER.Example", "b@xn--bcher-kva.example"),
            ("b@XN--Bcher-KVA.example", "b@xn--bcher-kva.example"),
            // Decomposed, full-width, ideographic full stop.
            ("b@bu\u{308}cher.example", "b@xn--bcher-kva.example"), ("b@ｅｘａｍｐｌｅ.org", "b@example.org"),
            ("b@bücher。example", "b@xn--bcher-kva.example"), ("b@straße.example", "b@xn--strae-oqa.example"),
            ("b@STRAẞE.example", "b@xn--strae-oqa.example"),
            ("b@faß.strasse.example", "b@xn--fa-hia.strasse.example"), ("b@βόλος.example", "b@xn--nxasmm1c.example"),
            ("B@x_y.münchen.example", "b@x_y.xn--mnchen-3ya.example"), ("b@почта.рф", "b@xn--80a1acny.xn--p1ai"),
            // What IDNA does not allow stays as it is written; its neighbours do not.
            ("b@☃︎\u{200E}.example", "b@☃︎\u{200E}.example"), ("b@-ü.bücher.example", nil),
            ("b@a⒈b.bücher.example", "b@a⒈b.xn--bcher-kva.example"), ("b@℀.example", "b@℀.example"),
            ("b@[192.0.2.1]", "b@[192.0.2.1]"), ("Grüße@x.org", "grüße@x.org"),
        ] as [(String, String?)])
    func domainsFoldToALabels(_ text: String, _ folded: String?) {
        #expect(Mailbox(text)?.folded == folded)
        #expect(Mailbox(text).map(\.description) == (folded == nil ? nil : text))
    }

    @Test func listsCompareALabels() throws {
        let letters = try #require(Mailbox("Bob+news@Bücher.example"))
        let labels = try #require(Mailbox("bob@mail.xn--bcher-kva.example"))
        for entry in ["bücher.example", "xn--bcher-kva.example", "bob@BÜCHER.example", "\"bob\"@xn--bcher-kva.example"]
        {
            #expect(DomainList([entry]).contains(letters))
            #expect(!DomainList([entry]).contains(labels))
        }
        for entry in [".bücher.example", ".XN--bcher-kva.example"] {
            #expect(DomainList([entry]).contains(labels))
            #expect(!DomainList([entry]).contains(letters))
        }
        #expect(!DomainList(["strasse.example"]).contains(try #require(Mailbox("b@straße.example"))))
        // Told as it was written.
        #expect(DomainList(["Bücher.example"]).entries == ["bücher.example"])
        #expect(DomainList.folded(".Bücher.example") == ".xn--bcher-kva.example")
    }

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

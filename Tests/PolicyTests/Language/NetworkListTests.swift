// A list is of addresses or of networks, and each kind is for conditions of its own.

import MIME
import Mail
import Policy
import PolicyLanguage
import SettingValues
import Testing

struct NetworkListTests {
    private static let then = "then: {protect: required}"

    @Test("A list of networks is used with client, beside networks")
    func client() throws {
        let rules = try ruleset(
            "version: 1\nlists: {office: [10.0.0.0/8, '2001:db8::/32'], home: 192.0.2.1}\nrules:\n"
                + "  - {id: r, when: {client: {in: [office, 198.51.100.0/24], not-in: home}}, \(Self.then)}\n")
        func applies(_ client: String) throws -> Bool {
            let envelope = Envelope(sender: nil, recipients: [try #require(Mailbox("a@x.example"))])
            var origin = ReceivedMessage.Origin(id: "t")
            origin.clientAddress = client
            let parsed = try read(
                ReceivedMessage(
                    envelope: envelope, bytes: MessageBytes("\r\n"), origin: origin, receivedAtSeconds: 0),
                limits: Limits())
            return try rules.matches(parsed)
        }
        for client in ["10.1.2.3", "2001:db8::5", "198.51.100.7"] { #expect(try applies(client), "\(client)") }
        for client in ["192.0.2.1", "198.51.101.7"] { #expect(try !applies(client), "\(client)") }
    }

    @Test(
        "Mixed and misplaced lists are errors in words",
        arguments: [
            (
                "lists: {p: [10.0.0.0/8, a.example]}", "",
                "has networks such as '10.0.0.0/8' and addresses such as 'a.example'",
                "make two lists"
            ),
            ("lists: {p: [b@a.example, 192.0.2.1]}", "", "a list is of one kind", "make two lists"),
            (
                "lists: {p: [10.0.0.0/8, 10.0.0.0/33]}", "",
                "'10.0.0.0/33' in list 'p' is neither an IP address nor a network",
                "such as"
            ),
            ("lists: {p: [10.0.0.0/8]}", "recipient: {in: p}", "list 'p' is of networks", "client: { in: p }"),
            ("lists: {p: [10.0.0.0/8]}", "recipients: {all-in: p}", "list 'p' is of networks", "client: { in: p }"),
            ("lists: {p: [10.0.0.0/8]}", "user: {in: p}", "list 'p' is of networks", "client: { in: p }"),
            ("lists: {p: [a.example]}", "client: {in: p}", "list 'p' is of mail addresses", "list of networks"),
            ("", "client: {in: inside}", "list 'inside' is of mail addresses", "list of networks"),
            (
                "lists: {office: [10.0.0.0/8]}", "client: {in: ofice}", "'ofice' in 'in' of 'client' is neither",
                "did you mean the list 'office'?"
            ),
            (
                "", "client: {in: 10.0.0.1-10.0.0.20}", "is neither an IP address nor a network",
                "a range is written as networks"
            ),
            ("", "client: {in: 192.0.2.*}", "is neither an IP address nor a network", "192.0.2.0/24"),
            ("", "client: {in: 10.0.0.0/255.0.0.0}", "is neither an IP address nor a network", "number of bits"),
            ("", "recipient: {in: outside}", "unknown list 'outside'", "not-in: inside"),
            ("", "sender: {in: internal}", "unknown list 'internal'", "in: inside"),
            ("", "recipient: {in: 10.0.0.0/8}", "is an IP address or a network, and no mail address", ""),
            ("lists: {p: [10.0.0.0/8], q: [p]}", "client: {in: q}", "'p' is neither a domain nor an address", ""),
        ])
    func mistakes(_ head: String, _ when: String, _ message: String, _ hint: String) throws {
        let rule = when.isEmpty ? "" : "rules:\n  - {id: r, when: {\(when)}, \(Self.then)}\n"
        let result = load("version: 1\n\(head)\n\(rule)")
        #expect(result.ruleset == nil)
        let shown = result.diagnostics.map(\.description)
        let finding = try #require(result.diagnostics.first { $0.message.contains(message) }, "\(shown)")
        #expect(finding.severity == .error && finding.line > 0)
        #expect(hint.isEmpty || finding.hint?.contains(hint) == true, "\(shown)")
    }

    @Test("Entries of networks that others cover are told of")
    func covered() {
        let findings = Ruleset.check(
            files: [
                PolicyFile(
                    name: "rules.yaml",
                    text:
                        "version: 1\nlists: {office: [10.1.0.0/16, 10.0.0.0/8, 192.0.2.1, 192.0.2.1/32, "
                        + "'::ffff:192.0.2.1']}\n"
                        + "rules:\n  - {id: r, when: {client: {in: office}}, \(Self.then)}\n")
            ], surroundings: Surroundings(inside: DomainList(["example.org"]), linksAvailable: true), nowSeconds: 0
        ).diagnostics
        #expect(findings.map(\.code) == ["covered-entry", "covered-entry", "covered-entry"])
        #expect(findings.first?.message.contains("'10.1.0.0/16' in list 'office' is covered by '10.0.0.0/8'") == true)
    }

    @Test(
        "Addresses written as in other programs get what to write",
        arguments: [
            ("'*.example.org'", "write '.example.org' for its sub-domains, and 'example.org' beside it"),
            ("'@example.org'", "write 'example.org'"), ("'https://example.org/x'", "write 'example.org'"),
            ("'mailto:bob@example.org'", "write 'bob@example.org'"),
            ("'Bob <bob@example.org>'", "write 'bob@example.org'"),
            ("'a.example, b.example'", "write a list: [a.example, b.example]"),
            ("'.*@example.org'", "write 'example.org'"), ("'*example.org'", "write '.example.org'"),
            ("'<>'", "the null sender is in no list"),
        ])
    func addresses(_ entry: String, _ hint: String) throws {
        for yaml in [
            "lists: {p: [\(entry)]}", "rules:\n  - {id: r, when: {recipient: {in: [\(entry)]}}, \(Self.then)}",
        ] {
            let result = load("version: 1\n\(yaml)\n")
            #expect(result.ruleset == nil)
            #expect(result.diagnostics.first?.hint?.contains(hint) == true, "\(result.diagnostics.map(\.description))")
        }
    }

    @Test(
        "A star in an address is a warning",
        arguments: [("'*@example.org'", "write 'example.org'"), ("'no*@example.org'", "matches")])
    func stars(_ entry: String, _ hint: String) throws {
        for yaml in [
            "lists: {p: [\(entry)]}\nrules:\n  - {id: r, when: {recipient: {in: p}}, \(Self.then)}",
            "rules:\n  - {id: r, when: {recipient: {in: [\(entry)]}}, \(Self.then)}",
        ] {
            let findings = load("version: 1\n\(yaml)\n").diagnostics
            #expect(findings.map(\.code) == ["wildcard-entry"])
            #expect(findings.first?.hint?.contains(hint) == true, "\(findings)")
        }
    }
}

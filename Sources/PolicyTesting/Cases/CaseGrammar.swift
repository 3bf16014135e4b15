// The language of case files as a table, as ``PolicyGrammar`` is of policy files. Adding a key is one line.

import Mail
package import Policy
import PolicyLanguage
import SettingValues

/// The maps of case files.
package enum CaseGrammar {
    private static func key(
        _ name: String, _ value: PolicyGrammar.Value, _ about: String, needed: Bool = false
    ) -> PolicyGrammar.Key {
        PolicyGrammar.Key(name: name, value: value, about: about, isNeeded: needed)
    }

    private static func one(_ line: String) -> String {
        "cases:\n  - name: n\n    from: a@example.org\n    to: [b@x.example]\n    subject: s\n\(line)"
    }

    /// Every map whose keys are fixed; the probes are case files.
    package static let maps: [PolicyGrammar.Map] = [
        PolicyGrammar.Map(
            name: "file",
            keys: [
                key("cases", .list(.map("case")), "The cases."),
                key("invariants", .list(.map("invariant")), "What must hold for every message."),
                key("inside", .texts, "Our own domains, for the cases of this file."),
                key("unattended", .texts, "Mailboxes nobody reads."),
                key("links", .boolean, "Whether links are set up."),
                key("password", .texts, "How passwords of links go where no rule says so."),
            ], probe: "KEY: 1\ncases: []\n"),
        PolicyGrammar.Map(
            name: "invariant",
            keys: [
                key("name", .text, "What it says.", needed: true),
                key("when", .anything, "For which messages: conditions as in a rule."),
                key("then", .text, "What must hold for them.", needed: true),
            ], probe: "invariants:\n  - { name: n, then: protected, KEY: 1 }\ncases: []\n"),
        PolicyGrammar.Map(
            name: "case",
            keys: [
                key("name", .text, "What it shows; once in the whole folder.", needed: true),
                key("from", .text, "Envelope sender; \"<>\" is the null sender.", needed: true),
                key("to", .list(.text), "Envelope recipients, in the To field of an inline message.", needed: true),
                key("bcc", .list(.text), "Envelope recipients who stand in no header."),
                key("keys", .list(.text), "Who has a usable key; nobody else has one."),
                key("expired", .list(.text), "Who has only an expired key."),
                key("revoked", .list(.text), "Who has only a revoked key."),
                key("standing", .list(.text), "Who has a standing password."),
                key("phones", .list(.text), "Whose telephone number is known."),
                key("conversation", .words(["protected"]), "The message answers one that was protected."),
                key("message", .text, "A message file, relative to this file."),
                key("messages", .text, "Or a folder of *.eml files: a case for each."),
                key("each", .list(.table(.anything)), "A case for each row: <column> stands for its value."),
                key("subject", .text, "Subject of an inline message."),
                key("body", .text, "Its plain text."),
                key("html", .text, "Its HTML."),
                key("headers", .table(.text), "Further header fields."),
                key("attachments", .list(.map("attachment")), "Its attachments."),
                key("expect", .table(.map("expect")), "By recipient, or '*' for all: what must hold."),
                key("at", .text, "When it is judged: 2027-01-31 or 2027-01-31T18:00:00+01:00."),
                key("user", .text, "Who logged in."),
                key("client", .text, "The client's address."),
                key("listener", .text, "The listener it came by."),
                key("faults", .table(.text), "What fails: gpg: fails, …; then nothing may leave."),
            ], probe: one("    KEY: 1\n    expect: { b@x.example: { verdict: pass } }\n")),
        PolicyGrammar.Map(
            name: "attachment",
            keys: [
                key("name", .text, "The file name.", needed: true),
                key("type", .text, "Media type."),
                key("content", .text, "Its content as text."),
                key("file", .text, "Or a file with the content, relative to this file."),
                key("zip", .list(.map("member")), "Or an archive of these files."),
                key("docx", .text, "Or a Word document with this text."),
                key("pdf", .text, "Or a PDF with this text."),
            ],
            probe: one(
                """
                    attachments: [{ name: a, content: b, KEY: 1 }]
                    expect: { b@x.example: { verdict: pass } }

                """)),
        PolicyGrammar.Map(
            name: "member",
            keys: [
                key("name", .text, "Its path in the archive.", needed: true),
                key("locked", .boolean, "Marked as encrypted."),
                key("content", .text, "Its content as text."),
                key("file", .text, "Or a file with the content, relative to this file."),
                key("zip", .list(.map("member")), "Or an archive of these files."),
                key("docx", .text, "Or a Word document with this text."),
                key("pdf", .text, "Or a PDF with this text."),
            ],
            probe: one(
                """
                    attachments: [{ name: a, zip: [{ name: b, KEY: 1 }] }]
                    expect: { b@x.example: { verdict: pass } }

                """
            )),
        PolicyGrammar.Map(
            name: "expect",
            keys: [
                key("verdict", .words(Verdict.allCases.map(\.rawValue)), "What happens."),
                key("method", .words(["pgp", "smime", "link"]), "With seal: how."),
                key(
                    "password", .words(PasswordMode.allCases.map(\.rawValue)),
                    "With a link: how its password reaches the recipient."),
                key("rules", .texts, "Ids of exactly the rules that apply, in any order."),
                key("not-rules", .texts, "Ids of rules that must not apply."),
                key("watched", .texts, "Ids of exactly the rules that match and only watch."),
                key("effects", .texts, "Exactly what else is done."),
                key("refusal", .text, "The text of the refusal."),
                key("reply", .text, "The code of the reply."),
                key("fingerprints", .texts, "Certificates it is sealed to."),
                key("subject", .text, "The subject outside."),
            ], probe: one("    expect: { b@x.example: { verdict: pass, KEY: 1 } }\n")),
    ]

    /// The JSON Schema of case files.
    package static var schema: String { GrammarSchema(title: "Letterlock policy cases", maps: maps, root: "file").text }
}

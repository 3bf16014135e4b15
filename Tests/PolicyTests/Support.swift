// What the tests of this folder share: rules from text, messages from text, keys from names.

import Detection
import MIME
import Mail
import Policy
import PolicyLanguage
import SettingValues
import Testing

/// Rules from one file's text; a finding of any kind but a warning is a failure.
func ruleset(
    _ yaml: String, inside: [String] = ["example.org"], links: Bool = true, unattended: [String] = [],
    sourceLocation: SourceLocation = #_sourceLocation
) throws -> Ruleset {
    let result = load(yaml, inside: inside, links: links, unattended: unattended)
    return try #require(
        result.ruleset, "\(result.diagnostics.map(\.description).joined(separator: "\n"))",
        sourceLocation: sourceLocation)
}

/// Loads one file named `rules.yaml`.
func load(
    _ yaml: String, inside: [String] = ["example.org"], links: Bool = true, unattended: [String] = []
) -> RulesetResult {
    Ruleset.load(
        files: [PolicyFile(name: "rules.yaml", text: yaml)],
        surroundings: Surroundings(
            inside: DomainList(inside), unattended: DomainList(unattended), linksAvailable: links))
}

/// One rule named `r` with this `when` (YAML of a map in braces) and `then`.
func oneRule(when: String, then: String = "{ protect: required }", extra: String = "") throws -> Ruleset {
    try ruleset("version: 1\n\(extra)\nrules:\n  - id: r\n    when: \(when)\n    then: \(then)\n")
}

/// Reads a message given with LF line ends.
func message(
    _ text: String, from: String? = "alice@example.org", to: [String] = ["carol@elsewhere.example"]
) throws -> ParsedMessage {
    let crlf =
        text.utf8.elementsEqual(text.replacing("\r\n", with: "\n").utf8) ? text.replacing("\n", with: "\r\n") : text
    return try message(MessageBytes(crlf), from: from, to: to)
}

/// Reads a message.
func message(_ bytes: MessageBytes, from: String?, to: [String]) throws -> ParsedMessage {
    let envelope = Envelope(
        sender: try from.map { try #require(Mailbox($0)) }, recipients: try to.map { try #require(Mailbox($0)) })
    return try read(
        ReceivedMessage(envelope: envelope, bytes: bytes, origin: .init(id: "t"), receivedAtSeconds: 0),
        limits: Limits())
}

/// A message with a subject and a plain text.
func plain(
    subject: String = "Lunch", _ body: String = "At noon?", from: String? = "alice@example.org",
    to: [String] = ["carol@elsewhere.example"], extra: String = ""
) throws -> ParsedMessage {
    try message(
        "From: a@example.org\nTo: \(to.first ?? "x@y.example")\nSubject: \(subject)\n\(extra)MIME-Version: 1.0\n"
            + "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n\(body)\n", from: from,
        to: to)
}

let bobsCertificate = Certificate(
    fingerprint: "B0B0", encryptionKeyIDs: [KeyID(0x8B09_BA81_54EC_CBEE)], source: "bob.asc")

/// Keys by address.
func keys(_ table: [String: KnownKeys.Status]) -> KnownKeys { KnownKeys(table) }
/// A usable certificate for each address.
func usable(_ addresses: String...) -> KnownKeys {
    KnownKeys(Dictionary(uniqueKeysWithValues: addresses.map { ($0, .usable([bobsCertificate])) }))
}

extension Ruleset {
    /// Decision for the first recipient.
    func decision(_ parsed: ParsedMessage, _ known: KnownKeys = KnownKeys()) throws -> Decision {
        try #require(decide(parsed, known: known, rules: self, nowSeconds: 0).decisions.first)
    }

    /// True where the rule `r` applies to the first recipient.
    func matches(_ parsed: ParsedMessage) throws -> Bool { try decision(parsed).rules.contains("r") }

    /// The answer of the rule `r`'s `when` for the first recipient.
    func answer(_ parsed: ParsedMessage) throws -> Truth {
        let record = explain(parsed, known: KnownKeys(), rules: self, nowSeconds: 0)
        return try #require(record.recipients.first?.rules.first { $0.rule.id == "r" }?.when?.result)
    }
}

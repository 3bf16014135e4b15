// Reads case files: `DIR/tests/*.yaml`. Every mistake is a finding with its place and the nearest known key.

import Detection
import Foundation
import MIME
package import Mail
import Policy
import PolicyLanguage
import SettingValues

/// All cases of a policy folder.
package struct CaseFolder: Sendable {
    /// In order of file name, then as written.
    package let cases: [PolicyCase]
    /// What must hold for every message.
    package let invariants: [Invariant]
    /// Findings; with an error among them the cases are not to be trusted.
    package let diagnostics: [Diagnostic]

    /// Reads the cases beside the rules of `folder`.
    /// - Parameter fallback: what holds where a file does not say `inside`, `unattended` or `links`.
    ///   - nowSeconds: when cases without `at` are judged.
    package init(
        policyFolder folder: String, fallback: CaseSurroundings, nowSeconds: Int64 = PolicyCase.defaultSeconds
    ) {
        let tests = "\(folder)/tests"
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: tests)) ?? []).sorted()
        let problems = Problems()
        var cases: [PolicyCase] = []
        var invariants: [Invariant] = []
        for name in names where name.hasSuffix(".yaml") && !name.hasPrefix(".") {
            let path = "\(tests)/\(name)"
            guard let data = FileManager.default.contents(atPath: path),
                let text = String(validating: data, as: UTF8.self)
            else {
                problems.error(Place(file: path), "the file cannot be read as UTF-8 text", hint: nil)
                continue
            }
            guard let document = YAMLDocument(PolicyFile(name: path, text: text), problems) else { continue }
            var reader = CaseReader(
                file: path, folder: tests, nodes: NodeReader(file: path, problems: problems), nowSeconds: nowSeconds)
            cases += reader.cases(document.root, fallback)
            invariants += reader.invariants
        }
        for (name, twice) in Dictionary(grouping: cases, by: \.name) where twice.count > 1 {
            guard let last = twice.last else { continue }
            problems.error(
                Place(file: last.file, line: last.line), "two cases are named \"\(name)\"",
                hint: "give each a name of its own")
        }
        self.cases = cases
        self.invariants = invariants
        self.diagnostics = problems.diagnostics
    }
}

/// Reads one case file.
struct CaseReader {
    let file: String
    let folder: String
    let nodes: NodeReader
    let nowSeconds: Int64
    private(set) var invariants: [Invariant] = []

    init(file: String, folder: String, nodes: NodeReader, nowSeconds: Int64) {
        self.file = file
        self.folder = folder
        self.nodes = nodes
        self.nowSeconds = nowSeconds
    }

    private static let fileKeys = ["cases", "invariants", "inside", "unattended", "links", "password"]
    private static let caseKeys = [
        "name", "from", "to", "bcc", "keys", "expired", "revoked", "message", "subject", "body", "html", "headers",
        "attachments", "expect", "at", "user", "client", "listener", "faults",
        "messages", "each", "standing", "phones", "conversation",
    ]
    private static let expectKeys = [
        "verdict", "method", "rules", "not-rules", "watched", "effects", "subject", "refusal", "reply", "fingerprints",
        "password",
    ]
    private static let methods = ["pgp", "smime", "link"]

    mutating func cases(_ root: ConditionNode, _ fallback: CaseSurroundings) -> [PolicyCase] {
        guard let fields = nodes.fields(root, "the case file", known: Self.fileKeys) else { return [] }
        var around = fallback
        if let node = fields["inside"], let texts = nodes.texts(node, "inside") { around.inside = texts.map(\.text) }
        if let node = fields["unattended"], let texts = nodes.texts(node, "unattended") {
            around.unattended = texts.map(\.text)
        }
        if let node = fields["links"], let value = nodes.boolean(node, "links") { around.links = value }
        if let node = fields["password"], let modes = passwords(node) { around.passwords = modes }
        if let node = fields["invariants"] { invariants = InvariantReader(nodes: nodes).invariants(node) }
        guard let list = fields["cases"] else {
            if fields.contains("invariants") { return [] }
            nodes.problems.error(fields.place, "the file has no 'cases'", hint: "start it with 'cases:' and a list")
            return []
        }
        let rows = CaseRows(nodes: nodes, folder: folder)
        return (nodes.list(list, "cases") ?? []).flatMap(rows.rows).compactMap { one($0, around) }
    }

    private func one(_ node: ConditionNode, _ around: CaseSurroundings) -> PolicyCase? {
        guard let fields = nodes.fields(node, "a case", known: Self.caseKeys) else { return nil }
        guard let name = required("name", fields).flatMap({ nodes.text($0, "name") }),
            let from = required("from", fields).flatMap({ nodes.text($0, "from") }),
            let to = required("to", fields)
        else { return nil }
        let sender = Mailbox(from)
        if sender == nil, from != "<>" {
            nodes.problems.error(
                fields.place(of: "from"), "'\(from)' is no mail address: \(Mailbox.fault(in: from))",
                hint: "write name@example.org, or \"<>\" for the null sender")
            return nil
        }
        let visible = mailboxes(to, "to")
        let blind = fields["bcc"].map { mailboxes($0, "bcc") } ?? []
        guard let message = message(fields, from: from, to: visible) else { return nil }
        let recipients = visible + blind
        let faults = faults(fields)
        // What a fault case must not do needs no words: see CaseRunner.
        guard
            let expect = faults.isEmpty
                ? required("expect", fields) : fields["expect"] ?? ConditionNode(text: "", fields.place)
        else {
            return nil
        }
        var item = PolicyCase(
            name: name, file: file, line: fields.place.line, sender: sender, recipients: recipients,
            keys: fields["keys"].map { mailboxes($0, "keys") } ?? [],
            expired: fields["expired"].map { mailboxes($0, "expired") } ?? [],
            revoked: fields["revoked"].map { mailboxes($0, "revoked") } ?? [], message: message,
            expectations: fields.contains("expect") ? expectations(expect, recipients) : [], surroundings: around)
        item.faults = faults
        item.standing = fields["standing"].map { mailboxes($0, "standing") } ?? []
        item.phones = fields["phones"].map { mailboxes($0, "phones") } ?? []
        if word(fields, "conversation", ["protected"]) != nil { item.conversation = .protected }
        item.user = fields["user"].flatMap { nodes.text($0, "user") }
        item.client = fields["client"].flatMap { nodes.text($0, "client") } ?? ""
        item.listener = fields["listener"].flatMap { nodes.text($0, "listener") } ?? ""
        item.nowSeconds = moment(fields) ?? nowSeconds
        return item
    }

    /// `links.password` of the settings, for the cases of one file.
    private func passwords(_ node: ConditionNode) -> [PasswordMode]? {
        nodes.texts(node, "password")?.compactMap { text, place in
            if let mode = PasswordMode(rawValue: text) { return mode }
            nodes.unknown(text, place, "password", in: nil, known: PasswordMode.allCases.map(\.rawValue))
            return nil
        }
    }

    private func moment(_ fields: NodeReader.Fields) -> Int64? {
        guard let node = fields["at"], let text = nodes.text(node, "at") else { return nil }
        if let seconds = Moments.moment(text) { return seconds }
        nodes.problems.error(
            nodes.place(node), "at: '\(text)' is no moment", hint: "write 2027-01-31 or 2027-01-31T18:00:00+01:00")
        return nil
    }

    /// `faults: { gpg: fails, vault: down }`.
    private func faults(_ fields: NodeReader.Fields) -> Set<PolicyCase.Fault> {
        guard let node = fields["faults"], let entries = nodes.map(node, "faults") else { return [] }
        var faults: Set<PolicyCase.Fault> = []
        for (key, place, value) in entries {
            guard let word = nodes.text(value, "faults") else { continue }
            if let fault = PolicyCase.Fault(rawValue: "\(key): \(word)") {
                faults.insert(fault)
            } else {
                nodes.unknown(
                    "\(key): \(word)", place, "fault", in: nil, known: PolicyCase.Fault.allCases.map(\.rawValue))
            }
        }
        return faults
    }

    private func required(_ key: String, _ fields: NodeReader.Fields) -> ConditionNode? {
        if let node = fields[key] { return node }
        nodes.problems.error(fields.place, "the case has no '\(key)'", hint: nil)
        return nil
    }

    /// A list of addresses; an empty list is a list.
    private func mailboxes(_ node: ConditionNode, _ what: String) -> [Mailbox] {
        guard node.sequence?.isEmpty != true else { return [] }
        return (nodes.texts(node, what) ?? []).compactMap { text, place in
            if let mailbox = Mailbox(text) { return mailbox }
            nodes.problems.error(
                place, "'\(text)' in \(what) is no mail address: \(Mailbox.fault(in: text))",
                hint: "write it as name@example.org")
            return nil
        }
    }

    private func message(_ fields: NodeReader.Fields, from: String, to: [Mailbox]) -> MessageBytes? {
        let inline = ["subject", "body", "html", "headers", "attachments"].filter(fields.contains)
        guard let node = fields["message"] else {
            guard !inline.isEmpty else {
                nodes.problems.error(
                    fields.place, "the case has no message",
                    hint: "name a file with 'message', or write 'subject' and 'body'")
                return nil
            }
            return InlineMessage(fields, nodes, folder: folder).build(from: from, to: to)
        }
        if let first = inline.first {
            nodes.problems.error(
                fields.place(of: first), "'\(first)' beside 'message': the message is in the file",
                hint: "keep one of them")
        }
        guard let name = nodes.text(node, "message") else { return nil }
        guard let data = FileManager.default.contents(atPath: "\(folder)/\(name)") else {
            nodes.problems.error(
                fields.place(of: "message"), "message \"\(name)\": no such file",
                hint: "paths are relative to the case file")
            return nil
        }
        return LineEnds.canonical(data)
    }

    private func expectations(_ node: ConditionNode, _ recipients: [Mailbox]) -> [PolicyCase.Expectation] {
        guard let entries = nodes.map(node, "expect") else { return [] }
        if entries.isEmpty {
            nodes.problems.error(
                nodes.place(node), "the case expects nothing, so it cannot fail", hint: "name a recipient and a verdict"
            )
        }
        return entries.flatMap { key, place, value -> [PolicyCase.Expectation] in
            guard key != "*" else { return recipients.compactMap { one(value, place, key: key, for: $0) } }
            guard let mailbox = Mailbox(key), recipients.contains(where: { $0.folded == mailbox.folded }) else {
                let near = Diagnostic.nearest(to: key, among: recipients.map(\.description)).map {
                    "did you mean '\($0)'?"
                }
                nodes.problems.error(
                    place, "'\(key)' is no recipient of this case", hint: near ?? "'*' is all recipients")
                return []
            }
            return one(value, place, key: key, for: mailbox).map { [$0] } ?? []
        }
    }

    private func one(
        _ value: ConditionNode, _ place: Place, key: String, for mailbox: Mailbox
    ) -> PolicyCase.Expectation? {
        guard let fields = nodes.fields(value, "expect", known: Self.expectKeys) else { return nil }
        if fields.isEmpty {
            nodes.problems.error(place, "nothing is expected for '\(key)'", hint: "add a 'verdict'")
        }
        return PolicyCase.Expectation(
            recipient: mailbox,
            verdict: word(fields, "verdict", Verdict.allCases.map(\.rawValue)).flatMap(Verdict.init),
            method: word(fields, "method", Self.methods),
            password: word(fields, "password", PasswordMode.allCases.map(\.rawValue)), rules: list(fields, "rules"),
            notRules: list(fields, "not-rules") ?? [], watched: list(fields, "watched"),
            effects: list(fields, "effects"),
            subject: fields["subject"].flatMap { nodes.text($0, "subject") },
            refusal: fields["refusal"].flatMap { nodes.text($0, "refusal") },
            reply: fields["reply"].flatMap { nodes.text($0, "reply") }, fingerprints: list(fields, "fingerprints"))
    }

    private func word(_ fields: NodeReader.Fields, _ key: String, _ known: [String]) -> String? {
        guard let node = fields[key], let text = nodes.text(node, key) else { return nil }
        if known.contains(text) { return text }
        nodes.unknown(text, nodes.place(node), key, in: nil, known: known)
        return nil
    }

    private func list(_ fields: NodeReader.Fields, _ key: String) -> [String]? {
        guard let node = fields[key] else { return nil }
        if node.sequence?.isEmpty == true { return [] }
        return nodes.texts(node, key)?.map(\.text)
    }
}

/// CRLF for every line, as mail has it and files here do not.
enum LineEnds {
    static func canonical(_ data: some Sequence<UInt8>) -> MessageBytes {
        var out: [UInt8] = []
        for byte in data {
            if byte == 10, out.last != 13 { out.append(13) }
            out.append(byte)
        }
        return MessageBytes(bytes: out)
    }
}

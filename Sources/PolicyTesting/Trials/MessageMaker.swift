// Messages made up from what the cases are made of: their senders, recipients, subjects, texts and keys, put together
// anew. The same seed makes the same messages on every machine.

import Foundation
import MIME
import Mail

/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// Makes messages.
struct MessageMaker {
    private let senders: [Mailbox?]
    private let recipients: [Mailbox]
    private let subjects: [String]
    private let texts: [String]
    private var random: SeededGenerator
    private let template: PolicyCase?

    /// - Parameter cases: what to make them from.
    init(_ cases: [PreparedCases.Prepared], seed: UInt64) {
        var senders: [Mailbox?] = []
        var recipients: [Mailbox] = []
        var subjects = [""]
        var texts = [""]
        for prepared in cases {
            if !senders.contains(prepared.item.sender) { senders.append(prepared.item.sender) }
            for one in prepared.item.recipients where !recipients.contains(one) { recipients.append(one) }
            guard let root = prepared.parsed?.root else { continue }
            if let subject = prepared.parsed?.subject, !subjects.contains(subject) { subjects.append(subject) }
            func add(_ part: Part) {
                if case .text(let text, _) = part.text, text.utf8.count < 4096, !texts.contains(text) {
                    texts.append(text)
                }
                part.children.forEach(add)
            }
            add(root)
        }
        self.senders = senders
        self.recipients = recipients
        self.subjects = subjects
        self.texts = texts
        template = cases.first?.item
        random = SeededGenerator(seed: seed)
    }

    /// The next message as a case without expectations, and that case as YAML; nil where there is nothing to make it
    /// from.
    mutating func next(_ number: Int) -> (item: PolicyCase, yaml: String)? {
        guard var item = template, let sender = senders.randomElement(using: &random), !recipients.isEmpty else {
            return nil
        }
        let all = recipients.shuffled(using: &random).prefix(
            Int.random(in: 1...min(3, recipients.count), using: &random))
        let blind = Int.random(in: 0..<4, using: &random) == 0 ? Array(all.suffix(1)) : []
        let visible = all.filter { !blind.contains($0) }
        let subject = subjects.randomElement(using: &random) ?? ""
        let bodies = (0..<Int.random(in: 1...2, using: &random)).compactMap { _ in texts.randomElement(using: &random) }
        item.name = "made-up message \(number)"
        item.sender = sender
        item.recipients = visible + blind
        item.keys = all.filter { _ in Bool.random(using: &random) }
        item.expired = all.filter { mailbox in
            !item.keys.contains(mailbox) && Int.random(in: 0..<4, using: &random) == 0
        }
        item.revoked = []
        item.faults = []
        item.expectations = []
        item.message = Self.message(sender, Array(visible), subject, bodies.joined(separator: "\r\n"))
        return (item, Self.yaml(item, visible: Array(visible), blind: blind, subject, bodies.joined(separator: "\n")))
    }

    private static func message(
        _ sender: Mailbox?, _ visible: [Mailbox], _ subject: String, _ body: String
    ) -> MessageBytes {
        var text = "From: <\(sender?.description ?? "MAILER-DAEMON@localhost")>\r\n"
        if !visible.isEmpty { text += "To: \(visible.map { "<\($0)>" }.joined(separator: ",\r\n "))\r\n" }
        text += "Subject: \(HeaderText.encode(subject, fieldName: "Subject"))\r\nMIME-Version: 1.0\r\n"
        let base64 = Data(body.utf8).base64EncodedString(options: [
            .lineLength76Characters, .endLineWithCarriageReturn, .endLineWithLineFeed,
        ])
        text += "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n\(base64)\r\n"
        return MessageBytes(text)
    }

    /// A case to paste into a case file.
    private static func yaml(
        _ item: PolicyCase, visible: [Mailbox], blind: [Mailbox], _ subject: String, _ body: String
    ) -> String {
        func list(_ mailboxes: [Mailbox]) -> String { "[\(mailboxes.map(\.description).joined(separator: ", "))]" }
        var lines = [
            "- name: found by an invariant", "  from: \"\(item.sender?.description ?? "<>")\"",
            "  to: \(list(visible))",
        ]
        if !blind.isEmpty { lines.append("  bcc: \(list(blind))") }
        lines.append("  keys: \(list(item.keys))")
        if !item.expired.isEmpty { lines.append("  expired: \(list(item.expired))") }
        lines.append("  subject: \(quoted(subject))")
        lines.append("  body: \(quoted(String(body.prefix(400))))")
        return lines.joined(separator: "\n")
    }

    private static func quoted(_ text: String) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": out += "\\\(scalar)"
            case "\n": out += "\\n"
            case "\r": continue
            case let control where control.value < 32: out += " "
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out + "\""
    }
}

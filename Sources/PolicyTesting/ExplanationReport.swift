// `letterlock policy explain`: what was read, each rule with what its conditions saw (masked), and the plan. Text for
// people, and the same as JSON.

package import Extraction
import MIME
package import Mail
package import Policy

/// A printable explanation.
package struct ExplanationReport: Sendable, Encodable {
    package struct Part: Sendable, Encodable {
        package let path: String
        package let type: String
        package let name: String?
        package let bytes: Int
        package let text: String
    }
    package struct Condition: Sendable, Encodable {
        package let says: String
        package let line: Int
        package let result: String
        package let reason: String?
        package let saw: [String]
        package let parts: [Condition]
    }
    package struct Rule: Sendable, Encodable {
        package let id: String
        package let about: String
        package let applies: Bool
        package let because: String?
        package let asks: String
        package let when: Condition?
        package let unless: Condition?
    }
    package struct Recipient: Sendable, Encodable {
        package let recipient: String
        package let visible: Bool
        package let verdict: String
        package let method: String?
        package let fingerprints: [String]
        package let reply: String?
        package let protection: String
        package let methodsAllowed: [String]
        package let hidesSubject: Bool
        package let notes: [String]
        package let rules: [Rule]
    }

    package let parts: [Part]
    package let problems: [String]
    package let encryption: String
    package let recipients: [Recipient]
    /// True where the message would be taken.
    package let accepted: Bool

    package init(_ explanation: Explanation) {
        let parsed = explanation.decided.parsed
        parts = parsed.root.all.map {
            Part(
                path: $0.path, type: $0.type.essence, name: $0.fileName, bytes: $0.decodedBytes,
                text: Self.text($0.text))
        }
        problems = parsed.problems.map { $0.path.isEmpty ? $0.kind.rawValue : "\($0.kind.rawValue) in part \($0.path)" }
        encryption = Self.word(parsed.encryption)
        recipients = explanation.recipients.map(Self.recipient)
        accepted = explanation.decided.refusal == nil
    }

    /// Reads and judges a message as the gateway would, at no particular time and without any door.
    /// - Parameters:
    ///   - message: CRLF lines.
    ///   - extraction: looks into attachments where a rule asks for it; nil: nothing is looked into.
    /// - Throws: a ``Refusal`` of cause `storage`.
    package init(
        message: MessageBytes, sender: Mailbox?, recipients: [Mailbox], known: KnownKeys, rules: Ruleset,
        limits: Limits, extraction: ExtractionPool? = nil
    ) async throws(Refusal) {
        let received = ReceivedMessage(
            envelope: Envelope(sender: sender, recipients: recipients), bytes: message, origin: .init(id: "explain"),
            receivedAtSeconds: 0)
        let parsed = try read(received, limits: limits)
        let extracted = await AttachmentLook.extract(parsed, rules, extraction)
        self.init(explain(parsed, known: known, rules: rules, nowSeconds: 0, extracted: extracted))
    }

    private static func text(_ text: PartText) -> String {
        switch text {
        case .none: "no text"
        case .text(let text, _): "text, \(text.count) characters"
        case .unreadable(let why): "unreadable: \(why)"
        }
    }

    private static func word(_ encryption: Encryption) -> String {
        switch encryption {
        case .none: "none"
        case .pgpMIME: "pgp"
        case .partialPGP: "looks like OpenPGP, but is not exactly RFC 3156"
        case .smime: "smime"
        }
    }

    private static func recipient(_ trace: RecipientTrace) -> Recipient {
        var fingerprints: [String] = []
        if case .seal(.pgp(let certificates)) = trace.decision.outcome {
            fingerprints = certificates.map(\.fingerprint)
        }
        let refusal = trace.decision.outcome.refusal
        return Recipient(
            recipient: trace.decision.recipient.description, visible: trace.decision.isVisible,
            verdict: trace.decision.verdict, method: trace.decision.method, fingerprints: fingerprints,
            reply: refusal.map { "\($0.replyCode) \($0.enhancedCode) \($0.publicText)" }, protection: trace.level.word,
            methodsAllowed: trace.allowedMethods.map(\.rawValue), hidesSubject: trace.decision.hidesSubject,
            notes: trace.decision.notes, rules: trace.rules.map(rule))
    }

    private static func rule(_ trace: RuleTrace) -> Rule {
        var because: String?
        switch trace.application {
        case .applies: because = nil
        case .appliesUnknown(let reason): because = "it cannot be excluded: \(reason)"
        case .undecided(let reason): because = "it cannot be decided now: \(reason)"
        case .no:
            // The condition that settled it: what failed in `when`, or what held in `unless`.
            let failed = trace.when.flatMap { $0.result == .no ? $0.decisive.first : nil }
            let held = trace.unless.flatMap { $0.result == .yes ? $0.decisive.first : nil }
            because = failed.map { "\($0.label) is false" } ?? held.map { "unless \($0.label) is true" }
        }
        return Rule(
            id: trace.rule.id, about: trace.rule.about, applies: trace.application.counts, because: because,
            asks: trace.asks, when: trace.when.map(condition), unless: trace.unless.map(condition))
    }

    private static func condition(_ trace: ConditionTrace) -> Condition {
        Condition(
            says: trace.label, line: trace.place.line, result: trace.result.word, reason: trace.result.unknown?.reason,
            saw: trace.saw, parts: trace.parts.map(condition))
    }
}

extension ExplanationReport {
    /// For a terminal.
    package var text: String {
        var lines = ["message"]
        for part in parts {
            let name = part.name.map { " \"\($0)\"" } ?? ""
            lines.append(
                "  \(part.path.isEmpty ? "whole" : "part \(part.path)"): \(part.type)\(name), \(part.bytes) bytes, \(part.text)"
            )
        }
        if encryption != "none" { lines.append("  encrypted already: \(encryption)") }
        for problem in problems { lines.append("  problem: \(problem)") }
        for recipient in recipients {
            lines += ["", "<\(recipient.recipient)>\(recipient.visible ? "" : " (blind: not in To or Cc)")"]
            for rule in recipient.rules { lines += Self.lines(rule) }
            lines.append(
                "  plan: protection \(recipient.protection), methods allowed: \(recipient.methodsAllowed.joined(separator: ", "))"
            )
            for note in recipient.notes { lines.append("        \(note)") }
            var verdict = "  verdict: \(recipient.verdict)"
            if let method = recipient.method { verdict += " by \(method)" }
            if !recipient.fingerprints.isEmpty { verdict += " to \(recipient.fingerprints.joined(separator: ", "))" }
            if recipient.hidesSubject { verdict += ", subject hidden" }
            if let reply = recipient.reply { verdict += ": \(reply)" }
            lines.append(verdict)
        }
        lines += ["", accepted ? "the message would be taken" : "the message would be refused as a whole"]
        return lines.joined(separator: "\n")
    }

    private static func lines(_ rule: Rule) -> [String] {
        let because = rule.because.map { " (\($0))" } ?? ""
        var lines = [
            "  \(rule.applies ? "applies" : "does not apply"): \(rule.id)\(because)\(rule.applies ? ", asks \(rule.asks)" : "")"
        ]
        if let when = rule.when { lines += self.lines(when, "when", 4) }
        if let unless = rule.unless { lines += self.lines(unless, "unless", 4) }
        return lines
    }

    private static func lines(_ condition: Condition, _ word: String, _ indent: Int) -> [String] {
        let reason = condition.reason.map { " (\($0))" } ?? ""
        let saw = condition.saw.isEmpty ? "" : "; saw \(condition.saw.joined(separator: ", "))"
        let head =
            "\(String(repeating: " ", count: indent))\(word.isEmpty ? "" : "\(word) ")\(condition.says): \(condition.result)\(reason)\(saw)"
        return [head] + condition.parts.flatMap { lines($0, "", indent + 2) }
    }
}

// `letterlock policy explain`: what was read and extracted, each rule with what its conditions saw (masked), the join,
// the plan, and the mail that would be sent (its header and structure; content is never in it). Text for people, the
// same as JSON, and as a page (`ExplanationReport+HTML`).

import Detection
package import Extraction
import Foundation
import Gateway
import MIME
package import Mail
package import Operations
package import Policy
package import SettingValues

/// A printable explanation.
package struct ExplanationReport: Sendable, Encodable {
    package struct Part: Sendable, Encodable {
        package let path: String
        package let type: String
        package let name: String?
        package let bytes: Int
        package let text: String
        /// What was found inside; nil where it was not looked into.
        package let inside: Inside?
    }
    /// What extraction found in an attachment: names and sizes, never a text.
    package struct Inside: Sendable, Encodable {
        package struct Text: Sendable, Encodable {
            package let name: String
            package let characters: Int
        }
        package struct Member: Sendable, Encodable {
            package let name: String
            package let type: String?
            package let bytes: Int
            package let encrypted: Bool
        }
        package let realType: String?
        package let texts: [Text]
        package let members: [Member]
        package let encrypted: Bool
        package let problem: String?
    }
    /// A header field, masked.
    package struct Field: Sendable, Encodable {
        package let name: String
        package let text: String
    }
    /// A part of a message that would be sent.
    package struct SentPart: Sendable, Encodable {
        package let path: String
        package let type: String
        package let bytes: Int
    }
    /// One transaction that would be made.
    package struct Transmission: Sendable, Encodable {
        package let role: String
        package let sender: String
        package let recipients: [String]
        package let bytes: Int
        package let fields: [Field]
        package let parts: [SentPart]
    }
    /// What one applying rule adds to the join.
    package struct Asked: Sendable, Encodable {
        package let rule: String
        package let asks: String
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
        /// True where it only watches (`mode: watch`).
        package let watches: Bool
        package let because: String?
        /// Where it applies because something could not be read: what.
        package let unknown: Unknown?
        package let asks: String
        package let when: Condition?
        package let unless: Condition?
        /// Those of its file.
        package let scope: Condition?
        package let exempt: Condition?
    }
    /// What could not be read, and why.
    package struct Unknown: Sendable, Encodable {
        /// MIME part path, "" for the message as a whole; nil where it is about no part.
        package let part: String?
        /// Its media type, where that is known.
        package let type: String?
        package let cause: String
    }
    package struct Recipient: Sendable, Encodable {
        package let recipient: String
        package let visible: Bool
        package let verdict: Verdict
        package let method: String?
        /// With a link: how its password goes.
        package let password: String?
        package let fingerprints: [String]
        package let reply: String?
        package let protection: String
        package let methodsAllowed: [String]
        package let hidesSubject: Bool
        /// ``Decision/hidesNames``.
        package let hidesNames: Bool
        /// What the applying rules ask for: their join is `protection` and `methodsAllowed`.
        package let asked: [Asked]
        /// What else is done to the message.
        package let effects: [String]
        /// Rules that match and only watch.
        package let watched: [String]
        package let notes: [String]
        package let rules: [Rule]
    }

    package let parts: [Part]
    package let problems: [String]
    package let encryption: String
    package let recipients: [Recipient]
    /// True where the message would be taken.
    package let accepted: Bool
    /// When it was judged, in seconds since 1970.
    package let judgedAtSeconds: Int64
    /// The same as RFC 3339 writes it, for people.
    package var judgedAt: String {
        Date(timeIntervalSince1970: Double(judgedAtSeconds)).formatted(.iso8601)
    }
    /// What extraction was asked for: `not asked`, `done`, or why it is not available.
    package let extraction: String
    /// Different values that each built-in detector finds, where there are any.
    package let detectors: [String: Int]
    /// The mail that would be sent, in order; nil where that was not made.
    package let mail: [Transmission]?
    /// Why nothing, or not everything, would be sent.
    package let mailProblems: [String]

    /// - Parameter outgoing: the mail that would be sent.
    package init(_ explanation: Explanation, outgoing: OutgoingPreview? = nil, limits: Limits = Limits()) {
        let parsed = explanation.decided.parsed
        parts = parsed.readableParts.map { part, _ in
            Part(
                path: part.path, type: part.type.essence, name: part.fileName.map { Masking.shown($0) },
                bytes: part.decodedBytes, text: Self.text(part.text),
                inside: explanation.extracted[part.path].map(Self.inside))
        }
        judgedAtSeconds = explanation.judgedAtSeconds
        extraction =
            switch explanation.extracted.state {
            case .notAsked: "not asked"
            case .done: "done"
            case .unavailable(let reason): reason
            }
        detectors = explanation.detectors
        mail = outgoing?.transmissions.map { Self.transmission($0, limits) }
        mailProblems = outgoing?.problems ?? []
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

    /// Reads and judges a message whose attachments have been looked into.
    /// - Throws: a ``Refusal`` of cause `storage`.
    package static func judge(
        _ received: ReceivedMessage, known: KnownKeys, rules: Ruleset, limits: Limits,
        extracted: ExtractedParts = ExtractedParts()
    ) throws(Refusal) -> Explanation {
        explain(
            try read(received, limits: limits), known: known, rules: rules, nowSeconds: received.receivedAtSeconds,
            extracted: extracted)
    }

    /// Reads and judges a message as the gateway would.
    /// - Parameter extraction: looks into attachments; nil: nobody does.
    /// - Throws: a ``Refusal`` of cause `storage`.
    package static func judge(
        _ received: ReceivedMessage, known: KnownKeys, rules: Ruleset, limits: Limits, extraction: ExtractionPool?,
        contacts: KnownContacts = KnownContacts(), conversation: KnownConversation = .notKnownHere
    ) async throws(Refusal) -> Explanation {
        let parsed = try read(received, limits: limits)
        return explain(
            parsed, known: known, rules: rules, nowSeconds: received.receivedAtSeconds,
            extracted: await AttachmentLook.extract(parsed, rules, extraction), contacts: contacts,
            conversation: conversation)
    }

    private static func inside(_ part: ExtractedPart) -> Inside {
        var problem: String?
        switch part.problem {
        case .none: break
        case .unreadable(let reason): problem = reason
        case .temporary(let reason): problem = "for now: \(reason)"
        }
        return Inside(
            realType: part.realType,
            texts: part.texts.map { .init(name: Masking.shown($0.name), characters: $0.text.count) },
            members: part.members.map {
                .init(name: Masking.shown($0.name), type: $0.realType, bytes: $0.bytes, encrypted: $0.isEncrypted)
            }, encrypted: part.isEncrypted, problem: problem)
    }

    private static func transmission(_ sent: OutgoingPreview.Transmission, _ limits: Limits) -> Transmission {
        let root = try? readStructure(sent.content, limits: limits)
        return Transmission(
            role: sent.role, sender: sent.sender, recipients: sent.recipients, bytes: sent.content.count,
            fields: root?.header.fields.map { Field(name: $0.name, text: Masking.shown($0.text)) } ?? [],
            parts: root?.all.map { SentPart(path: $0.path, type: $0.type.essence, bytes: $0.bodyRange.count) } ?? [])
    }

    private static func text(_ text: PartText) -> String {
        switch text {
        case .none: "no text"
        case .text(let text, _): "text, \(text.count.counted("character"))"
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
        let watched = Set(trace.decision.watched)
        let applied = Set(trace.decision.rules)
        return Recipient(
            recipient: trace.decision.recipient.description, visible: trace.decision.isVisible,
            verdict: trace.decision.verdict, method: trace.decision.method?.rawValue,
            password: trace.decision.password?.mode.rawValue, fingerprints: fingerprints,
            reply: refusal.map { "\($0.replyCode) \($0.enhancedCode) \($0.publicText)" }, protection: trace.level.word,
            methodsAllowed: trace.allowedMethods.map(\.rawValue), hidesSubject: trace.decision.hidesSubject,
            hidesNames: trace.decision.hidesNames,
            asked: trace.rules.filter { applied.contains($0.rule.id) }.map { Asked(rule: $0.rule.id, asks: $0.asks) },
            effects: trace.decision.effects.words, watched: trace.decision.watched, notes: trace.decision.notes,
            rules: trace.rules.map { rule($0, watches: watched.contains($0.rule.id)) })
    }

    private static func rule(_ trace: RuleTrace, watches: Bool) -> Rule {
        var because: String?
        switch trace.application {
        case .applies: because = nil
        case .appliesUnknown(let reason): because = "it cannot be excluded: \(reason)"
        case .undecided(let reason): because = "it cannot be decided now: \(reason)"
        case .no:
            // The condition that settled it: what failed in `scope` or `when`, or what held in `unless` or `exempt`.
            func settled(_ trace: ConditionTrace?, _ result: Truth) -> String? {
                trace.flatMap { $0.result == result ? $0.decisive.first?.label : nil }
            }
            because =
                settled(trace.scope, .no).map { "scope: \($0) is false" }
                ?? settled(trace.when, .no).map { "\($0) is false" }
                ?? settled(trace.unless, .yes).map { "unless \($0) is true" }
                ?? settled(trace.exempt, .yes).map { "exempt: \($0) is true" }
        }
        return Rule(
            id: trace.rule.id, about: trace.rule.about, applies: trace.application.counts,
            watches: watches, because: because,
            unknown: trace.application.doubt.map { Unknown(part: $0.part?.path, type: $0.part?.type, cause: $0.cause) },
            asks: trace.asks, when: trace.when.map(condition), unless: trace.unless.map(condition),
            scope: trace.scope.map(condition), exempt: trace.exempt.map(condition))
    }

    private static func condition(_ trace: ConditionTrace) -> Condition {
        Condition(
            says: trace.label, line: trace.place.line, result: trace.result.word, reason: trace.result.unknown?.reason,
            saw: trace.saw, parts: trace.parts.map(condition))
    }
}

extension ExplanationReport.Rule {
    /// Its conditions and those of its file, by the key under which they stand.
    var conditions: [(word: String, condition: ExplanationReport.Condition)] {
        [("scope", scope), ("when", when), ("unless", unless), ("exempt", exempt)].compactMap { word, condition in
            condition.map { (word, $0) }
        }
    }
}

extension ExplanationReport {
    /// For a terminal.
    package var text: String {
        var lines = ["message"]
        for part in parts {
            let name = part.name.map { " \"\($0)\"" } ?? ""
            lines.append(
                """
                  \(part.path.isEmpty ? "whole" : "part \(part.path)"): \
                \(part.type)\(name), \(part.bytes.counted("byte")), \(part.text)
                """
            )
            if let inside = part.inside { lines += Self.lines(inside) }
        }
        if extraction != "not asked", extraction != "done" {
            lines.append("  attachments were not looked into: \(extraction)")
        }
        for (name, count) in detectors.sorted(by: { $0.key < $1.key }) { lines.append("  detector \(name): \(count)") }
        if encryption != "none" { lines.append("  encrypted already: \(encryption)") }
        for problem in problems { lines.append("  problem: \(problem)") }
        for recipient in recipients {
            lines += ["", "<\(recipient.recipient)>\(recipient.visible ? "" : " (blind: not in To or Cc)")"]
            for rule in recipient.rules { lines += Self.lines(rule) }
            for asked in recipient.asked { lines.append("  join: \(asked.rule) asks \(asked.asks)") }
            lines.append(
                """
                  plan: protection \(recipient.protection), methods allowed: \
                \(recipient.methodsAllowed.joined(separator: ", "))
                """
            )
            for note in recipient.notes { lines.append("        \(note)") }
            var verdict = "  verdict: \(recipient.verdict)"
            if let method = recipient.method { verdict += " by \(method)" }
            if let password = recipient.password { verdict += ", password \(password)" }
            if !recipient.fingerprints.isEmpty { verdict += " to \(recipient.fingerprints.joined(separator: ", "))" }
            if recipient.hidesSubject { verdict += ", subject hidden" }
            if recipient.hidesNames { verdict += ", names and remarks hidden" }
            if let reply = recipient.reply { verdict += ": \(reply)" }
            lines.append(verdict)
            for effect in recipient.effects { lines.append("  effect: \(effect)") }
            if !recipient.watched.isEmpty {
                lines.append("  only watched, not acted on: \(recipient.watched.joined(separator: ", "))")
            }
        }
        if let mail {
            lines += ["", "the mail that would be sent"]
            for one in mail { lines += Self.lines(one) }
            for problem in mailProblems { lines.append("  \(problem)") }
        }
        lines += ["", accepted ? "the message would be taken" : "the message would be refused as a whole"]
        return lines.joined(separator: "\n")
    }

    private static func lines(_ inside: Inside) -> [String] {
        var lines: [String] = []
        if let type = inside.realType { lines.append("    really \(type)\(inside.encrypted ? ", encrypted" : "")") }
        for text in inside.texts {
            lines.append(
                "    text\(text.name.isEmpty ? "" : " of \"\(text.name)\""), \(text.characters.counted("character"))")
        }
        for member in inside.members {
            lines.append(
                """
                    holds "\(member.name)" (\(member.type ?? "type not known"), \
                \(member.bytes.counted("byte")))\(member.encrypted ? ", encrypted" : "")
                """
            )
        }
        if let problem = inside.problem { lines.append("    cannot be read inside: \(problem)") }
        return lines
    }

    private static func lines(_ sent: Transmission) -> [String] {
        var lines = [
            """
              \(sent.role): from <\(sent.sender)> to \(sent.recipients.map { "<\($0)>" }.joined(separator: ", ")),\
             \(sent.bytes.counted("byte"))
            """
        ]
        for field in sent.fields { lines.append("    \(field.name): \(field.text)") }
        for part in sent.parts {
            lines.append(
                "    \(part.path.isEmpty ? "whole" : "part \(part.path)"): \(part.type), \(part.bytes.counted("byte"))")
        }
        return lines
    }

    private static func lines(_ rule: Rule) -> [String] {
        let because = rule.because.map { " (\($0))" } ?? ""
        var lines = [
            """
              \(rule.watches ? "only watches" : rule.applies ? "applies" : "does not apply")\
            : \(rule.id)\(because)\(rule.applies ? ", asks \(rule.asks)" : "")
            """
        ]
        for (word, condition) in rule.conditions { lines += self.lines(condition, word, 4) }
        return lines
    }

    private static func lines(_ condition: Condition, _ word: String, _ indent: Int) -> [String] {
        let reason = condition.reason.map { " (\($0))" } ?? ""
        let saw = condition.saw.isEmpty ? "" : "; saw \(condition.saw.joined(separator: ", "))"
        let head =
            """
            \(String(repeating: " ", count: indent))\(word.isEmpty ? "" : "\(word) ")\
            \(condition.says): \(condition.result)\(reason)\(saw)
            """
        return [head] + condition.parts.flatMap { lines($0, "", indent + 2) }
    }
}

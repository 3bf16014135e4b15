// Takes down what the features log keeps of a message, at the moment it is judged. Pure; who writes it down salts it
// first where that is asked for (Gateway).

import Detection
import MIME
import Mail
import SettingValues

/// Knows the conditions of one ruleset.
package struct FeatureRecorder: Sendable {
    private let leaves: [(condition: any Condition, fingerprint: String)]
    private let headers: Set<String>

    /// - Parameters:
    ///   - headers: fields whose texts are kept.
    ///   - keepsNamedHeaders: true keeps those that the rules' `header` conditions name too.
    ///   - fingerprint: a short name for a long text: equal for equal texts only. Keyed where the log is salted.
    package init(
        _ rules: Ruleset, headers: [String] = [], keepsNamedHeaders: Bool = true, fingerprint: (String) -> String
    ) {
        var seen: Set<String> = []
        var leaves: [(any Condition, String)] = []
        for condition in rules.leaves {
            guard let text = rules.question(of: condition), seen.insert(text).inserted else { continue }
            leaves.append((condition, fingerprint(text)))
        }
        self.leaves = leaves
        let named = rules.leaves.compactMap { ($0 as? HeaderCondition)?.name }
        // What the subject says is content: it is kept only where the settings name it.
        let kept = keepsNamedHeaders ? named.filter { $0.lowercased() != "subject" } : []
        self.headers = Set((headers + kept).map { $0.lowercased() })
    }

    /// - Parameters:
    ///   - wishes: the ways of passwords that the sender asked for in the message.
    ///   - ways: the ways of passwords that could be used for a recipient.
    func features(
        of decided: DecidedMessage, _ facts: MessageFacts, link: Usability, wishes: [PasswordMode],
        ways: (Mailbox) -> [PasswordMode]
    ) -> MessageFeatures {
        let parsed = decided.parsed
        let received = parsed.received
        let first = received.envelope.recipients.first
        var answers: [String: String] = [:]
        if let first {
            for leaf in leaves where !leaf.condition.dependsOnRecipient {
                answers[leaf.fingerprint] = leaf.condition.test(facts, first).recorded
            }
        }
        var headers: [String: [String]] = [:]
        for name in self.headers where facts.hiddenText(of: name) == .no { headers[name] = facts.headerTexts(name) }
        let outside = leaves.filter { leaf in
            (leaf.condition as? ContentCondition).map { facts.texts.standsOutside($0.asked) } ?? false
        }
        return MessageFeatures(
            id: received.origin.id, timeSeconds: received.receivedAtSeconds, door: received.origin.door.rawValue,
            user: received.origin.user, listener: received.origin.listener, client: received.origin.clientAddress,
            sender: received.envelope.sender?.description,
            recipients: decided.decisions.map { recipient($0, decided, facts, ways($0.recipient)) },
            link: Self.word(link),
            bytes: received.bytes.count,
            parts: parsed.readableParts.map {
                .init(path: $0.part.path, type: $0.part.type.essence, bytes: $0.part.decodedBytes)
            },
            encryption: Self.word(parsed.encryption), signature: Self.word(parsed.signature),
            fields: Set(parsed.root.header.fields.map { $0.name.lowercased() }).sorted(), headers: headers,
            detectors: facts.detectorCounts(),
            attachments: facts.attachmentParts.map { Self.attachment($0, facts.extracted) },
            hidden: .init(
                content: facts.hiding.content.unknown?.reason, attachments: facts.hiding.attachments.unknown?.reason,
                header: facts.hiding.header.unknown?.reason), answers: answers,
            outside: outside.isEmpty ? nil : outside.map(\.fingerprint),
            marks: wishes.isEmpty ? nil : wishes.map(\.rawValue), conversation: Self.word(facts.conversation))
    }

    private func recipient(
        _ decision: Decision, _ decided: DecidedMessage, _ facts: MessageFacts, _ ways: [PasswordMode]
    ) -> MessageFeatures.Recipient {
        let status = decided.known[decision.recipient]
        var answers: [String: String] = [:]
        for leaf in leaves where leaf.condition.dependsOnRecipient {
            answers[leaf.fingerprint] = leaf.condition.test(facts, decision.recipient).recorded
        }
        return MessageFeatures.Recipient(
            address: decision.recipient.description, visible: decision.isVisible, key: Self.word(status),
            sealedAlready: SealedAlready.holds(decided.parsed.encryption, status), verdict: decision.verdict.rawValue,
            method: decision.method?.rawValue, rules: decision.rules, answers: answers,
            // What was always so is not said: lines stay short, and those of before mean the same.
            passwords: ways == [.toSender] ? nil : ways.map(\.rawValue))
    }

    private static func attachment(_ part: Part, _ extracted: ExtractedParts) -> MessageFeatures.Attachment {
        let found = extracted[part.path]
        let names = Attachment(part).names
        return MessageFeatures.Attachment(
            path: part.path, names: names, suffixes: names.map(suffix).filter { !$0.isEmpty }, type: part.type.essence,
            realType: found?.realType, bytes: part.decodedBytes, encrypted: found?.isEncrypted,
            text: text(part, extracted),
            members: found?.members.map {
                .init(suffix: suffix($0.name), type: $0.realType, bytes: $0.bytes, encrypted: $0.isEncrypted)
            },
            problem: found?.problem.map {
                switch $0 {
                case .unreadable(let reason), .temporary(let reason): reason
                }
            })
    }

    /// As `attachment: { text: none }` sees it.
    private static func text(_ part: Part, _ extracted: ExtractedParts) -> Bool? {
        switch AttachedFile.hasNoText(Attachment(part), extracted) {
        case .yes: false
        case .no: true
        case .unknown: nil
        }
    }

    private static func suffix(_ name: String) -> String {
        // As the recipient's system sees it: no invisible characters, nothing after a colon, no dots or spaces at the
        // end.
        var seen = String.UnicodeScalarView()
        for scalar in name.lowercased().unicodeScalars.prefix(1000) {
            switch scalar.properties.generalCategory {
            case .control, .format: continue
            default: seen.append(scalar)
            }
        }
        var text = String(seen).prefix { $0 != ":" }
        while let last = text.unicodeScalars.last,
            last.properties.isWhitespace || "./\\\"'".unicodeScalars.contains(last)
        {
            text = text.dropLast()
        }
        let file = text.split(separator: "/").last ?? ""
        guard let dot = file.lastIndex(of: ".") else { return "" }
        return String(file[file.index(after: dot)...].prefix(20))
    }

    private static func word(_ conversation: KnownConversation) -> String? {
        switch conversation {
        case .protected: "protected"
        case .unprotected: "unprotected"
        case .unknown: "unknown"
        case .notKnownHere: nil
        }
    }

    private static func word(_ link: Usability) -> String {
        switch link {
        case .usable: "usable"
        case .absent(let why, _), .broken(let why, _), .unknown(let why): why
        }
    }

    private static func word(_ status: KnownKeys.Status) -> String {
        switch status {
        case .usable: "usable"
        case .unusable: "unusable"
        case .none: "none"
        case .unknown: "unknown"
        }
    }

    private static func word(_ encryption: Encryption) -> String {
        switch encryption {
        case .none: "none"
        case .pgpMIME: "pgp"
        case .partialPGP: "partial"
        case .smime: "smime"
        }
    }

    private static func word(_ signature: Signature) -> String {
        switch signature {
        case .none: "none"
        case .pgpMIME: "pgp"
        case .smime: "smime"
        }
    }
}

extension MessageFacts {
    /// Different values that each built-in detector finds, at most ``ContentTexts/valueLimit`` of each.
    func detectorCounts() -> [String: Int] {
        var counts: [String: Int] = [:]
        for detector in Detector.allCases { counts[detector.rawValue] = texts.count(of: detector) }
        return counts
    }
}

extension Condition {
    /// The conditions that it is made of and that are not made of others; itself where it is one.
    var leaves: [any Condition] { parts.isEmpty ? [self] : parts.flatMap(\.leaves) }
}

extension Rule {
    /// What its `when`, and `scope` of its file, look for in content.
    var contentConditions: [ContentCondition] { condition?.leaves.compactMap { $0 as? ContentCondition } ?? [] }

    /// What its `when`, and `scope` of its file, ask of the Subject.
    var subjectConditions: [any MessageCondition] {
        condition?.leaves.compactMap { leaf in
            if let subject = leaf as? SubjectCondition { return subject }
            guard let header = leaf as? HeaderCondition, header.asksText(of: "Subject") else { return nil }
            return header
        } ?? []
    }
}

extension Ruleset {
    /// All conditions that are not made of others, in order; what is shared once.
    var leaves: [any Condition] {
        let own = compiled.flatMap { [$0.when, $0.unless].compactMap { $0 } }
        var seen: Set<Place> = []
        return (own + shared.map(\.condition)).flatMap(\.leaves).filter { seen.insert($0.place).inserted }
    }

    /// What a condition asks, unmistakably and independent of the ruleset it stands in; nil where that is not known.
    func question(of condition: any Condition) -> String? {
        definitions[condition.place].map { "\($0.canonical)\n\(condition.label)" }
    }

    /// What a rule asks for, in one line; nil where there is no such rule.
    package func asks(_ id: String) -> String? { compiled.first { $0.info.id == id }?.then.summary }
}
